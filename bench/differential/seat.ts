/** A client of one of the servers, and what it would have to do to come back to its session. */
import { ZkClient } from "../../test/support/zookeeper-client.ts";
import type { Ask } from "./steps.ts";

export class Seat {
  client: ZkClient;
  readonly sessionId: bigint;
  readonly passwd: Uint8Array;
  lastZxid = 0;
  /** How many of what the client heard are in the transcript. */
  told = 0;
  /** What was asked and has no answer in the transcript yet, by xid. */
  readonly asked = new Map<number, Ask>();
  /** Armed watches, as `kind path`. */
  readonly #watches = new Set<string>();

  private constructor(client: ZkClient, sessionId: bigint, passwd: Uint8Array) {
    this.client = client;
    this.sessionId = sessionId;
    this.passwd = passwd;
  }

  /** A client with a session of its own. */
  static async open(address: string): Promise<Seat> {
    const client = await ZkClient.open(address);
    const session = await client.connect({ readOnly: false });
    if (session === undefined || session.timeOut === 0) throw new Error(`${address} gives no session`);
    return new Seat(client, session.sessionId, session.passwd);
  }

  /** The client has this zxid, from an answer. */
  hasSeen(zxid: number): void {
    this.lastZxid = Math.max(this.lastZxid, zxid);
  }

  /** The request was answered with `err`: which watches that arms and disarms at `path`. */
  answered(ask: Ask, path: string, err: number): void {
    const { op, mode } = ask;
    if (op === "addWatch" && err === 0) this.#watches.add(`${mode} ${path}`);
    if (op === "removeWatches" && err === 0) {
      const kinds = new Map([
        [1, ["child"]],
        [2, ["data", "exist"]],
      ]).get(mode) ?? ["child", "data", "exist", "0", "1"];
      for (const kind of kinds) this.#watches.delete(`${kind} ${path}`);
    }
    if (!ask.watch) return;
    if (op === "exists" && (err === 0 || err === -101)) this.#watches.add(`${err === 0 ? "data" : "exist"} ${path}`);
    if (err !== 0) return;
    if (op === "getData") this.#watches.add(`data ${path}`);
    if (op === "getChildren" || op === "getChildren2") this.#watches.add(`child ${path}`);
  }

  /** An event of this type came, which spends watches. */
  fired(type: number, path: string): void {
    if (type !== 4) for (const kind of ["data", "exist"]) this.#watches.delete(`${kind} ${path}`);
    if (type === 4 || type === 2) this.#watches.delete(`child ${path}`);
  }

  /** Paths of the armed watches of a kind: `data`, `exist`, `child`; `0` and `1` are those that stay, by their mode. */
  watched(kind: string): string[] {
    return [...this.#watches].filter((key) => key.startsWith(`${kind} `)).map((key) => key.slice(kind.length + 1));
  }

  /** The watches that fire once: their kinds and paths. */
  once(): { readonly kind: string; readonly path: string }[] {
    return ["data", "exist", "child"].flatMap((kind) => this.watched(kind).map((path) => ({ kind, path })));
  }

  forget(kind: string, path: string): void {
    this.#watches.delete(`${kind} ${path}`);
  }

  /** Watches of these kinds are of no further interest. */
  forgetAll(kinds: readonly string[] = ["data", "exist", "child", "0", "1"]): void {
    for (const key of this.#watches) if (kinds.includes(key.slice(0, key.indexOf(" ")))) this.#watches.delete(key);
  }
}
