/** What can happen in a simulation: plain objects in the heap, one kind each, no closures. */

import type { AdmittedMessage, ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { PendingScan, PendingWrite } from "./disk-work.ts";

export type SimEvent =
  /** A message arrives at a server. */
  | MessageEvent
  /** A server learns that its stream with a peer broke. */
  | { readonly kind: "streamBroken"; readonly cause: number; readonly server: ServerId; readonly peer: ServerId }
  /** A server's deadline passed. */
  | { readonly kind: "tick"; readonly cause: number; readonly server: ServerId; readonly life: number }
  /** A server's turn ends: it flushes. */
  | { readonly kind: "flush"; readonly cause: number; readonly server: ServerId; readonly life: number }
  /** A batch reaches stable storage, or fails. */
  | { readonly kind: "written"; readonly cause: number; readonly server: ServerId; readonly write: PendingWrite }
  | { readonly kind: "scanned"; readonly cause: number; readonly server: ServerId; readonly scan: PendingScan }
  /** A server that was down starts; one that was paused goes on. */
  | { readonly kind: "restart"; readonly cause: number; readonly server: ServerId }
  | { readonly kind: "resume"; readonly cause: number; readonly server: ServerId }
  /** A client's connection: asked for, carrying frames either way, broken. */
  | { readonly kind: "connect"; readonly cause: number; readonly connection: number }
  | {
      readonly kind: "toServer";
      readonly cause: number;
      readonly connection: number;
      readonly messages: readonly ClientMessage[];
      /** As the server's door hands them on, once they have arrived. */
      readonly admitted?: readonly AdmittedMessage[];
    }
  | {
      readonly kind: "toClient";
      readonly cause: number;
      readonly connection: number;
      readonly messages: readonly ServerMessage[];
    }
  /** A server learns that a client has taken what kept its reads waiting. */
  | { readonly kind: "drained"; readonly cause: number; readonly connection: number }
  | { readonly kind: "brokenToServer"; readonly cause: number; readonly connection: number }
  | { readonly kind: "brokenToClient"; readonly cause: number; readonly connection: number }
  /** A client's own timer, and its next drawn or listed operation. */
  | { readonly kind: "clientTimer"; readonly cause: number; readonly client: number }
  | { readonly kind: "operation"; readonly cause: number; readonly client: number; readonly listed: number }
  /** A fault of the plan begins or ends; `phase` counts the turns of a flapping one. */
  | { readonly kind: "fault"; readonly cause: number; readonly fault: number }
  | { readonly kind: "faultEnd"; readonly cause: number; readonly fault: number; readonly phase: number }
  /** The fault phase is over; later, the run looks whether all is well again. */
  | { readonly kind: "calm"; readonly cause: number }
  | { readonly kind: "poll"; readonly cause: number };

export interface MessageEvent {
  readonly kind: "message";
  /** Sequence number of the event during which this one was scheduled; 0 for the plan itself. */
  readonly cause: number;
  readonly from: ServerId;
  readonly to: ServerId;
  readonly message: PeerMessage;
  /** The life of the cluster that the sender belongs to; 0: it takes no part yet. */
  readonly instance: number;
}

export type SimEventKind = SimEvent["kind"];
