/**
 * Clients that do not keep to the protocol. Each has a stream of its own, says its piece and is gone. Whatever is wrong
 * about it has to be refused, with a code that says what, and nobody else may notice.
 */
import type { ErrorCode } from "../../src/base/errors.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Mistake } from "../plan/actions.ts";
import type { SimConnection } from "./connections.ts";
import { InvariantBroken } from "./observer.ts";
import type { RunParts } from "./parts.ts";
import { type Script, scriptOf, type Victim } from "./stranger-scripts.ts";

/** The clients of a plan have lower numbers. */
const firstNumber = 1_001;

/** What happens to anybody at times, also to somebody who did something wrong. */
const always: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "NO_QUORUM",
  "OVERLOADED",
  "SESSION_EXPIRED",
  "SESSION_TAKEN",
  "DISK_FULL",
]);

/** One of them. */
class Stranger {
  /** Nobody refuses it. */
  readonly refusedUntilUs = 0;
  /** Whom it speaks to. */
  readonly server: ServerId;
  readonly #says: Mistake;
  readonly #script: Script;
  readonly #parts: RunParts;
  #frame = 0;
  /** Answers that it waits for. */
  #waiting = 0;
  #over = false;

  constructor(server: ServerId, says: Mistake, script: Script, parts: RunParts) {
    this.server = server;
    this.#says = says;
    this.#script = script;
    this.#parts = parts;
  }

  /** What it waits for, as a clause; undefined if it is gone. */
  get waits(): string | undefined {
    const what = `a client that makes the mistake "${this.#says}" has no answer from n${this.server}`;
    return this.#over ? undefined : what;
  }

  /** The next frame, or the end. */
  goOn(connection: SimConnection): void {
    const frame = this.#script.frames[this.#frame++];
    if (frame === undefined) {
      this.#over = true;
      return this.#parts.connections.closeByClient(connection);
    }
    this.#waiting = frame.filter(({ type }) => type === "connect" || type === "request" || type === "ping").length;
    const { connections, kernel, plan } = this.#parts;
    const timeoutMs = plan.config.sessionTimeoutMs;
    const sent = frame.map((message) => (message.type === "connect" ? { ...message, timeoutMs } : message));
    kernel.observers.clientFrame(connection.client, this.server, connection.id, sent);
    connections.up(connection, sent);
  }

  receive(connection: SimConnection, messages: readonly ServerMessage[]): void {
    for (const message of messages) {
      if (message.type === "refused") {
        this.#check(message.failure.code);
        this.#waiting = Number.POSITIVE_INFINITY;
      } else if (message.type === "connected") {
        this.#waiting--;
        if (this.#script.wrongFrom === 0) this.#broken("was given a session");
      } else if (message.type === "pong" && message.number > 0) {
        this.#waiting--;
        if (this.#script.refusedWith.length > 0) this.#broken("was answered its ping");
      } else if (message.type === "reply") {
        this.#waiting--;
        const { failure } = message.result;
        if (failure !== undefined) this.#check(failure.code);
        else if (message.xid >= this.#script.wrongFrom) this.#broken(`was answered its request ${message.xid}`);
      }
    }
    if (this.#waiting === 0 && !this.#over) this.goOn(connection);
  }

  /** It was refused, or whoever it spoke to has died. */
  broken(): void {
    this.#over = true;
  }

  #check(code: ErrorCode): void {
    if (!this.#script.refusedWith.includes(code) && !always.has(code)) this.#broken(`was refused with ${code}`);
  }

  #broken(what: string): never {
    throw new InvariantBroken("client-protocol", `a client that makes the mistake "${this.#says}" ${what}`);
  }
}

/** All of a run. */
export class Strangers {
  readonly #parts: RunParts;
  readonly #all: Stranger[] = [];

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** The stranger of that number, if there is one. */
  get(number: number): Stranger | undefined {
    return this.#all[number - firstNumber];
  }

  /** What those wait for that speak to one of `servers`, one clause each. */
  waiting(servers: readonly ServerId[]): readonly string[] {
    return this.#all.flatMap(({ server, waits }) => (waits !== undefined && servers.includes(server) ? [waits] : []));
  }

  /** Another one comes to `server`; `victim` is a session that somebody may have. */
  comes(server: ServerId, says: Mistake, victim: Victim): void {
    const stranger = new Stranger(server, says, scriptOf(says, victim), this.#parts);
    const number = firstNumber + this.#all.push(stranger) - 1;
    stranger.goOn(this.#parts.connections.open(number, server));
  }
}
