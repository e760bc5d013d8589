/** One client connection: from its Connect message to its end. */
import type { ClientIdentity } from "../../base/acl.ts";
import type { SessionId, Zxid } from "../../base/operations.ts";
import { Queue } from "../../base/queue.ts";
import type { AdmittedRequest, ServerMessage } from "../../protocol/client-messages.ts";
import type { ConnectionId } from "../ports.ts";
import type { RequestOrder } from "./request-order.ts";
import { type Evaluator, RequestQueue } from "./request-queue.ts";
import { WatchArming } from "./watch-arming.ts";

/** Where a connection stands. */
export type ConnectionState =
  /** Nothing heard yet. */
  | { readonly type: "new" }
  /** Its createSession or attachSession is on its way through the log. */
  | { readonly type: "attaching"; readonly proposal: number; readonly sinceMs: number }
  /** It speaks for the session until a newer attachment is applied. */
  | {
      readonly type: "attached";
      readonly sessionId: SessionId;
      readonly attachment: Zxid;
      readonly order: RequestOrder;
    };

/** The state of a connection that speaks for a session. */
export type AttachedState = Extract<ConnectionState, { type: "attached" }>;

/** A request, with who its client had shown to be when it came. */
export interface IdentifiedRequest {
  readonly request: AdmittedRequest;
  readonly identities: readonly ClientIdentity[];
}

/** The server's end of a client's stream. */
export class Connection {
  readonly id: ConnectionId;
  readonly requests: RequestQueue;
  /** Proposals that this connection waits for, by request id. */
  readonly proposals = new Map<number, number>();
  /** Bytes of those proposals. */
  proposalBytes = 0;
  state: ConnectionState = { type: "new" };
  /** Who the client has shown to be by now. Never changed: each request keeps the list that there was when it came. */
  identities: readonly ClientIdentity[] = [];
  /** The newest ping's number. */
  ping = 0;
  /** Watches that are to be armed before anything else goes on. */
  readonly arming = new WatchArming();
  /** Requests that came behind those, or behind more reads than are taken up ahead of their answers, in order. */
  readonly waiting = new Queue<IdentifiedRequest>();
  /** As how many requests they count, and their bytes. */
  waitingCount = 0;
  waitingBytes = 0;
  /** Its session is closed; the stream ends when the last request is answered. */
  closing = false;
  #outbox: ServerMessage[] = [];

  constructor(id: ConnectionId, evaluator: Evaluator) {
    this.id = id;
    this.requests = new RequestQueue(evaluator, (message) => this.send(message));
  }

  /** Queues a message for the frame that leaves at the end of the turn. */
  send(message: ServerMessage): void {
    this.#outbox.push(message);
  }

  /** As how many the requests without an answer count: a multi as one for each of its parts. */
  get outstanding(): number {
    return this.requests.count + this.waitingCount;
  }

  /** Bytes of the requests without an answer. */
  get outstandingBytes(): number {
    return this.proposalBytes + this.waitingBytes + this.requests.readBytes;
  }

  /** The frame of this turn. */
  takeOutbox(): readonly ServerMessage[] {
    const messages = this.#outbox;
    if (messages.length > 0) this.#outbox = [];
    return messages;
  }
}
