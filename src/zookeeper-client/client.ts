/** A session with one of several servers, and after its end, which fails what is under way, another one. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Codec } from "../zookeeper/jute.ts";
import { ConnectionError } from "./failures.ts";
import { ZooKeeperSession, type ZooKeeperSessionOptions } from "./session.ts";

/** Between two rounds through the servers, milliseconds. */
const pauseMs = 100;

export interface ZooKeeperClientOptions extends ZooKeeperSessionOptions {
  /** `host:port` of servers, of which any will do. */
  readonly hosts: readonly string[];
  /** How long to look for a server that gives a session, milliseconds: one that has only just started may hang up. */
  readonly patienceMs: number;
}

/** Asks whichever server is there. Nothing is asked again by itself: what had no answer may have been done. */
export class ZooKeeperClient {
  readonly #options: ZooKeeperClientOptions;
  #session: ZooKeeperSession | undefined;
  #opening: Promise<ZooKeeperSession> | undefined;
  /** Of the hosts, the next to try. */
  #next = 0;
  #closed = false;

  private constructor(options: ZooKeeperClientOptions) {
    this.#options = options;
  }

  /** `patienceMs`: for the first session. Rejects with a {@link ConnectionError}. */
  static async open(
    options: ZooKeeperClientOptions,
    patienceMs: number = options.patienceMs,
  ): Promise<ZooKeeperClient> {
    const client = new ZooKeeperClient(options);
    client.#session = await client.#open(patienceMs);
    return client;
  }

  /** Sends a request, now if there is a session. Rejects with a {@link ZooKeeperError} or a {@link ConnectionError}. */
  ask<T, R>(operation: number, codec: Codec<T>, request: T, answer: Codec<R>): Promise<R> {
    const session = this.#session;
    if (session !== undefined && !session.closed) return session.ask(operation, codec, request, answer);
    return this.#again().then((fresh) => fresh.ask(operation, codec, request, answer));
  }

  /** Ends the session; never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#session?.close();
  }

  async #again(): Promise<ZooKeeperSession> {
    this.#opening ??= this.#open(this.#options.patienceMs);
    try {
      this.#session = await this.#opening;
      return this.#session;
    } finally {
      this.#opening = undefined;
    }
  }

  async #open(patienceMs: number): Promise<ZooKeeperSession> {
    const { hosts, connectTimeoutMs } = this.#options;
    const deadline = performance.now() + patienceMs;
    for (;;) {
      let last: ConnectionError | undefined;
      for (let tried = 0; tried < hosts.length; tried++) {
        const host = hosts[this.#next++ % hosts.length] ?? "";
        try {
          if (this.#closed) throw new ConnectionError("lost", host, "the client is closed");
          return await ZooKeeperSession.open(host, { ...this.#options, connectTimeoutMs });
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error;
          last = error;
          if (this.#closed || error.trouble === "authFailed") throw error;
        }
      }
      if (last !== undefined && (last.trouble === "stranger" || performance.now() >= deadline)) throw last;
      await sleep(pauseMs);
    }
  }
}
