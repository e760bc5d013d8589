/**
 * How long a cluster may take to recover once the faults have stopped. A while for elections, sessions and snapshots; more
 * by what clients had asked for by then, as if the plan's disks and network took it one by one; and more as long as a
 * snapshot comes in, chunk by chunk, since how many those are depends on the run. Work that goes on without end is no
 * progress: each operation counts once, and of each snapshot each chunk.
 */
import type { Index } from "../../src/raft/types.ts";
import type { Config } from "../plan/plan.ts";

/** How often longer than without snapshots it may take at most. */
const longestFactor = 10;

/** A server, and how far the snapshot is that it takes. */
export interface Staging {
  readonly id: number;
  readonly staged: { readonly index: Index; readonly position: number } | undefined;
}

/** Times are virtual, µs. */
export class Patience {
  readonly #longestUs: number;
  /** From one chunk to the next: both may be lost by being overtaken, and are sent again after an election timeout. */
  readonly #chunkUs: number;
  #deadlineUs: number;
  /** By server and snapshot: the best position seen. */
  readonly #best = new Map<string, number>();

  /** `pending`: operations without an answer when it begins, at `nowUs`. */
  constructor(config: Config, pending: number, nowUs: number) {
    const { electionTimeoutMs, sessionTimeoutMs } = config;
    const baseUs = 1000 * (30 * electionTimeoutMs + 4 * sessionTimeoutMs + 5_000);
    const usualUs = baseUs + pending * operationUs(config);
    this.#deadlineUs = nowUs + usualUs;
    this.#longestUs = nowUs + longestFactor * usualUs;
    this.#chunkUs = 1000 * 20 * electionTimeoutMs;
  }

  /** Looks how far snapshots are by now. */
  look(servers: readonly Staging[], nowUs: number): void {
    for (const { id, staged } of servers) {
      if (staged === undefined) continue;
      const snapshot = `${id} ${staged.index}`;
      if (staged.position <= (this.#best.get(snapshot) ?? 0)) continue;
      this.#best.set(snapshot, staged.position);
      this.#deadlineUs = Math.max(this.#deadlineUs, Math.min(this.#longestUs, nowUs + this.#chunkUs));
    }
  }

  /** Whether it is over. */
  isOver(nowUs: number): boolean {
    return nowUs >= this.#deadlineUs;
  }
}

/**
 * How many places an operation takes in the log where a server may send more at a time than the leader holds, as with the
 * product's own limits it may not: most of a burst is lost then, and what comes without what was before it goes again.
 */
const placesOfLost = 4;

/** From a client's request to its answer on this plan's disks and network, by itself. */
function operationUs(config: Config): number {
  const { diskUs, networkUs, lateFlush, lateFlushUs, proposedWindowBytes, forwardedBytesMax } = config;
  const onceUs = 2 * diskUs.typical + 2 * networkUs.typical + 4 * lateFlush * lateFlushUs;
  return proposedWindowBytes > forwardedBytesMax ? placesOfLost * onceUs : onceUs;
}
