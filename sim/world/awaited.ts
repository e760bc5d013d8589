/** What the user of a client waits for: answers, and events of watches. Kept beside the session, which is judged by it. */
import type { Result } from "../../src/base/operations.ts";
import type { WatchEvent, WatchSpec } from "../../src/base/reads.ts";
import { staysArmed } from "../../src/base/watch-rules.ts";
import type { SessionRequest } from "../../src/client/session.ts";
import { armedBy } from "../../src/client/session-checks.ts";
import type { SessionRetained } from "../../src/client/session-options.ts";
import type { RequestBody } from "../../src/protocol/client-messages.ts";
import type { HistoryOperation } from "./history.ts";
import { watchesOf } from "./requested-watches.ts";

type Asked = SessionRequest<HistoryOperation>;

/** Of one session. */
export class Awaited {
  /** Requests without an answer, and those whose watch has not fired. */
  #asked: Asked[] = [];
  #watching: Asked[] = [];

  /** What was asked and is not answered. */
  get bodies(): readonly RequestBody[] {
    return this.#asked.map(({ body }) => body);
  }

  /** The watches that somebody waits for, without doubles. */
  get watches(): readonly WatchSpec[] {
    return watchesOf(this.#watching);
  }

  /** For how long one has waited beyond its deadline, ms; negative if none has. */
  overdueMs(now: number): number {
    return this.#asked.reduce((most, { deadline }) => Math.max(most, now - deadline), Number.NEGATIVE_INFINITY);
  }

  asked(request: Asked): void {
    this.#asked.push(request);
  }

  /** Answered: perhaps with a watch that is armed by now. */
  answered(request: Asked, result: Result): void {
    this.forget(request);
    if (armedBy(request.body, result) !== undefined) this.#watching.push(request);
  }

  /** An event came for these. */
  fired(event: WatchEvent, watchers: readonly Asked[]): void {
    if (!staysArmed(event.kind)) this.#watching = this.#watching.filter((asked) => !watchers.includes(asked));
  }

  /** One that its user may give up, counted round and round; `undefined` if there is none. */
  anyToGiveUp(nth: number): Asked | undefined {
    const all = [...this.#asked.filter(({ body }) => body.type !== "close" && body.type !== "auth"), ...this.#watching];
    return all[nth % Math.max(1, all.length)];
  }

  /** Nobody waits for it any more. Returns whether it was still to be answered. */
  forget(request: Asked): boolean {
    const unanswered = this.#asked.includes(request);
    if (unanswered) this.#asked = this.#asked.filter((other) => other !== request);
    else this.#watching = this.#watching.filter((other) => other !== request);
    return unanswered;
  }

  /** What a session keeps beyond that. */
  excess({ requests, requestBytes, watchers, ...rest }: SessionRetained): SessionRetained {
    return {
      ...rest,
      requests: requests - this.#asked.length,
      requestBytes: this.#asked.length === 0 ? requestBytes : 0,
      watchers: watchers - this.#watching.length,
    };
  }
}
