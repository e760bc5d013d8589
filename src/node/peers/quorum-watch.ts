/**
 * Whether this server can serve its clients: it knows a leader that a majority follows, what it asks reaches that leader
 * and comes back, and is applied here. A server whose disk hangs applies nothing that is new.
 *
 * To hear a leader is not enough: messages may pass in one direction only, or the own disk may hang. While it has
 * clients and nothing of its own came back lately, the server asks for a read index that nobody reads with; if that is
 * not answered and applied within an election timeout, the clients should go elsewhere.
 */
import type { Zxid } from "../../base/operations.ts";

interface Probe {
  readonly id: number;
  /** Since when it could have been answered, monotonic ms. */
  sinceMs: number;
  /** The answer: the probe has succeeded once this is applied. */
  index: Zxid | undefined;
}

/** How this server stands at the end of a turn. */
export interface ServerState {
  readonly knowsLeader: boolean;
  readonly diskHangs: boolean;
  /** Whether it has committed entries to apply, or events of them to tell, and does so turn by turn. */
  readonly applying: boolean;
}

export class QuorumWatch {
  readonly #electionTimeoutMs: number;
  #quorum = false;
  #leaderlessSinceMs: number | undefined;
  #provenAtMs = Number.NEGATIVE_INFINITY;
  #probe: Probe | undefined;
  /** Probes have negative numbers, clients' reads positive ones. */
  #lastProbeId = 0;

  constructor(electionTimeoutMs: number) {
    this.#electionTimeoutMs = electionTimeoutMs;
  }

  get quorum(): boolean {
    return this.#quorum;
  }

  /** Something that this server proposed was applied here. */
  proven(nowMs: number): void {
    this.#provenAtMs = nowMs;
  }

  /** The id of a read index to ask for, if it is time for a probe. */
  nextProbe(nowMs: number): number | undefined {
    if (this.#probe !== undefined || nowMs - this.#provenAtMs < this.#electionTimeoutMs / 2) return undefined;
    this.#lastProbeId--;
    this.#probe = { id: this.#lastProbeId, sinceMs: nowMs, index: undefined };
    return this.#lastProbeId;
  }

  /** A probe has its read index. */
  answered(id: number, index: Zxid): void {
    if (this.#probe?.id === id) this.#probe.index = index;
  }

  /** Ends a turn. Returns whether {@link quorum} changed. */
  observe(nowMs: number, server: ServerState, applied: Zxid): boolean {
    const probe = this.#probe;
    // What is left is this server's own work, and gets done: elsewhere the clients would find the same.
    if (probe?.index !== undefined && server.applying) probe.sinceMs = nowMs;
    if (probe?.index !== undefined && probe.index <= applied) {
      this.#probe = undefined;
      this.proven(nowMs);
    }
    const before = this.#quorum;
    const reachable = server.knowsLeader ? this.#withLeader(nowMs) : this.#withoutLeader(nowMs);
    this.#quorum = reachable && !server.diskHangs;
    return this.#quorum !== before;
  }

  #withLeader(nowMs: number): boolean {
    this.#leaderlessSinceMs = undefined;
    return this.#probe === undefined || nowMs - this.#probe.sinceMs < this.#electionTimeoutMs;
  }

  #withoutLeader(nowMs: number): boolean {
    this.#leaderlessSinceMs ??= nowMs;
    if (this.#probe !== undefined) this.#probe.sinceMs = nowMs;
    return this.#quorum && nowMs - this.#leaderlessSinceMs < this.#electionTimeoutMs;
  }
}
