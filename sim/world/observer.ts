/**
 * Whoever watches a run: checkers, marks, traces, diagrams. They see, they never touch. An observer implements the hooks
 * that it needs; a hook that nobody implements costs nothing.
 */

import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import type { Action, ServerTarget } from "../plan/actions.ts";
import type { Plan } from "../plan/plan.ts";
import type { Invariant } from "../promises.ts";
import type { SimEvent } from "./events.ts";
import type { HistoryOperation, SessionEvent } from "./history.ts";
import type { ServerView } from "./view.ts";

/** A promise that the system did not keep. Thrown by checkers; ends the run. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
  /** Which one: the checker's name, as "election-safety". */
  readonly invariant: Invariant;

  constructor(invariant: Invariant, message: string) {
    super(message);
    this.invariant = invariant;
  }
}

/** What observers may look at. */
export interface World {
  readonly plan: Plan;
  /** Virtual time, microseconds. */
  readonly now: number;
  /** Sequence number of the event being handled. */
  readonly current: number;
  /** That event; undefined before the first. */
  readonly event: SimEvent | undefined;
  /** By id; index 0 is not used. */
  readonly servers: readonly (ServerView | undefined)[];
  /** All servers, sorted by id. */
  readonly allServers: readonly ServerView[];
  /** Whether the faults are over and the cluster has to recover. */
  readonly calm: boolean;
}

/** One fault as it struck, with its symbolic targets replaced. */
export interface StruckFault {
  /** Position in the plan. */
  readonly fault: number;
  readonly atUs: number;
  readonly action: Action;
  /** What each symbolic target stood for. */
  readonly resolved: readonly { readonly target: ServerTarget; readonly server: ServerId }[];
  /** The server whose doing triggered it. */
  readonly subject?: ServerId;
  /** The client that was drawn for it. */
  readonly client?: number;
}

export interface Observer {
  /** Shown in reports. */
  readonly name: string;
  /** Before the first event. */
  begin?(world: World): void;
  /** Each event, before it is handled. */
  event?(event: SimEvent, sequence: number, timeUs: number): void;
  /** A server will learn that its stream with a peer broke: at once, or when it wakes. */
  streamBroken?(server: ServerId, peer: ServerId): void;
  /** The same for a client's stream: its server, or the client. */
  connectionBroken?(connection: number, toWhom: "server" | "client"): void;
  /** After a server took an input or flushed. Its state may or may not have changed. */
  step?(server: ServerView): void;
  /** What a server's Raft core wants written, sent and applied at the end of a turn, before any of it happens. */
  effects?(server: ServerView, effects: Effects): void;
  /** A server has applied the command at `index`, one by one in their order; its events are not told yet. */
  appliedCommand?(server: ServerView, index: Index): void;
  /** A server handed a message to the network; it may be lost yet. */
  sent?(from: ServerView, to: ServerId, message: PeerMessage): void;
  /** The network lost a message. */
  lost?(from: ServerId, to: ServerId, message: PeerMessage, why: string): void;
  /** Just before a running server handles a message. */
  delivered?(from: ServerId, to: ServerView, message: PeerMessage): void;
  /** A batch was handed to the disk. */
  writing?(server: ServerView, batch: readonly DiskOperation[]): void;
  /** A batch is on stable storage, in the order in which that happened; before the server learns of it. */
  durable?(server: ServerView, batch: readonly DiskOperation[]): void;
  /** A server died; what its disk has now is what it will find. */
  crashed?(server: ServerView, why: string): void;
  /** A server's process began: it reads its disk. */
  starting?(server: ServerView): void;
  /** A server has recovered and runs. */
  started?(server: ServerView): void;
  /** A server stopped by itself with an error that it could name. */
  stopped?(server: ServerView, error: Error): void;
  /** Frames between a client and the server that it is attached to, as sent. */
  clientFrame?(client: number, server: ServerId, connection: number, messages: readonly ClientMessage[]): void;
  serverFrame?(server: ServerView, client: number, connection: number, messages: readonly ServerMessage[]): void;
  /** Just before a running server handles a frame of a client: of a stream that breaks, the last frames never are. */
  spokenTo?(server: ServerView, connection: number, messages: readonly ClientMessage[]): void;
  /** Just before a client's session takes what a server said, or what it is told in its place. */
  clientHears?(client: number, connection: number, messages: readonly ServerMessage[]): void;
  /** A client closes its stream, or gives up the attempt to open one. */
  clientLeaves?(client: number, connection: number): void;
  /** A client has taken what kept its reads waiting. */
  drained?(server: ServerView, connection: number): void;
  /** A pause of a server's process is over. */
  woke?(server: ServerView): void;
  /** A client's operation began, was answered, or will have no answer. */
  invoked?(operation: HistoryOperation): void;
  answered?(operation: HistoryOperation): void;
  /** A client's session began, ended, lost or found its server, or a watch fired. */
  sessionEvent?(event: SessionEvent): void;
  /** A fault struck. */
  fault?(struck: StruckFault): void;
  /** Faults are over; the core must recover. */
  calmed?(core: readonly ServerId[]): void;
  /** The run is over and nothing broke. */
  end?(): void;
}

type Hook = Exclude<keyof Observer, "name">;

/** Observers sorted by hook, so that calling a hook visits only those who want it. */
export type Observers = { readonly [H in Hook]: readonly (Observer & Required<Pick<Observer, H>>)[] };

function wanting<H extends Hook>(hook: H, observers: readonly Observer[]): (Observer & Required<Pick<Observer, H>>)[] {
  return observers.filter((o): o is Observer & Required<Pick<Observer, H>> => o[hook] !== undefined);
}

/** Sorts observers by the hooks that they implement. */
export function sortObservers(observers: readonly Observer[]): Observers {
  return {
    begin: wanting("begin", observers),
    event: wanting("event", observers),
    streamBroken: wanting("streamBroken", observers),
    connectionBroken: wanting("connectionBroken", observers),
    step: wanting("step", observers),
    effects: wanting("effects", observers),
    appliedCommand: wanting("appliedCommand", observers),
    sent: wanting("sent", observers),
    lost: wanting("lost", observers),
    delivered: wanting("delivered", observers),
    writing: wanting("writing", observers),
    durable: wanting("durable", observers),
    crashed: wanting("crashed", observers),
    starting: wanting("starting", observers),
    started: wanting("started", observers),
    stopped: wanting("stopped", observers),
    clientFrame: wanting("clientFrame", observers),
    serverFrame: wanting("serverFrame", observers),
    spokenTo: wanting("spokenTo", observers),
    clientHears: wanting("clientHears", observers),
    clientLeaves: wanting("clientLeaves", observers),
    drained: wanting("drained", observers),
    woke: wanting("woke", observers),
    invoked: wanting("invoked", observers),
    answered: wanting("answered", observers),
    sessionEvent: wanting("sessionEvent", observers),
    fault: wanting("fault", observers),
    calmed: wanting("calmed", observers),
    end: wanting("end", observers),
  };
}
