/**
 * How long a server takes for the requests of one client, from a sample that costs next to nothing: one request of a
 * connection is timed at a time.
 */
import type { AdmittedMessage, ServerMessage } from "../protocol/client-messages.ts";

export type RequestKind = "read" | "write";

/** Who is told. */
export interface RequestObserver {
  asked?(reads: number, writes: number): void;
  answered?(kind: RequestKind, durationMs: number): void;
}

export class RequestClock {
  /** The request that is being timed; none: 0. */
  #xid = 0;
  #kind: RequestKind = "read";
  #sinceMs = 0;

  /** Messages of the client have arrived. */
  asked(messages: readonly AdmittedMessage[], observer: RequestObserver): void {
    let reads = 0;
    let writes = 0;
    for (const message of messages) {
      if (message.type !== "request") continue;
      const { type } = message.body;
      const kind = type === "write" || type === "close" ? "write" : "read";
      if (kind === "read") reads += 1;
      else writes += 1;
      if (this.#xid !== 0) continue;
      this.#xid = message.xid;
      this.#kind = kind;
      this.#sinceMs = performance.now();
    }
    if (reads + writes > 0) observer.asked?.(reads, writes);
  }

  /** Messages leave for the client. */
  answered(messages: readonly ServerMessage[], observer: RequestObserver): void {
    if (this.#xid === 0) return;
    for (const message of messages) {
      // Answers leave in the order of the requests, and each request is answered.
      if (message.type !== "reply" || message.xid < this.#xid) continue;
      this.#xid = 0;
      observer.answered?.(this.#kind, performance.now() - this.#sinceMs);
      return;
    }
  }
}
