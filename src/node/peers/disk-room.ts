/**
 * Whether there is room on the disks for more data. A disk that is quite full ends its server, and a majority of them the
 * cluster; so before that creates, setDatas and setAcls are refused, while deletes, which make room, and sessions go on.
 *
 * Each server refuses for its own clients: when its own disk is almost full, and when its leader says so. The leader says
 * so when its own disk is, or when those of so many voters are that the others are no majority: each server tells it with
 * its reports (`WallClock`). It says it in answer to each report, for as long as it holds, and its word counts for a
 * while: nobody needs to hear that there is room again.
 */
import { quorumValue } from "../../raft/quorum.ts";
import type { Configuration, ServerId } from "../../raft/types.ts";

export class DiskRoom {
  readonly #id: ServerId;
  readonly #wordMs: number;
  #low: string | undefined;
  /** At a leader: when a server last told that its disk is almost full, monotonic ms. */
  readonly #reports = new Map<ServerId, number>();
  #told: { readonly by: ServerId; readonly atMs: number } | undefined;

  /** What another server says counts for `wordMs`. */
  constructor(id: ServerId, wordMs: number) {
    this.#id = id;
    this.#wordMs = wordMs;
  }

  /** This server's own disk is almost full, since `low`; undefined: it has room. */
  set(low: string | undefined): void {
    this.#low = low;
  }

  /** Whether this server's own disk is almost full. */
  get isLow(): boolean {
    return this.#low !== undefined;
  }

  /** Another server has told this one, which may lead, of its disk. */
  reported(from: ServerId, low: boolean, nowMs: number): void {
    if (low) this.#reports.set(from, nowMs);
    else this.#reports.delete(from);
  }

  /** A server that leads, or thinks so, has said that the disks of the cluster are almost full. */
  told(by: ServerId, nowMs: number): void {
    this.#told = { by, atMs: nowMs };
  }

  /** For a leader: whether its own disk is almost full, or those of so many voters that the others are no majority. */
  isClusterLow(configuration: Configuration, nowMs: number): boolean {
    // Asked for each write: mostly nobody is short, and then there is nothing to count.
    if (this.#reports.size === 0) return this.isLow;
    return this.isLow || quorumValue(configuration, (id) => (this.#hasRoom(id, nowMs) ? 1 : 0)) === 0;
  }

  /** Why creates and setDatas of this server's clients are refused, a clause; undefined while they are not. */
  refusal(leader: ServerId | undefined, configuration: Configuration, nowMs: number): string | undefined {
    if (this.#low !== undefined) return `the disk of server ${this.#id} is almost full: ${this.#low}`;
    if (leader === this.#id)
      return this.isClusterLow(configuration, nowMs)
        ? `the disks of too many servers are almost full: of ${this.#lowServers(nowMs)}`
        : undefined;
    const told = this.#told;
    if (told === undefined || told.by !== leader || nowMs - told.atMs > this.#wordMs) return undefined;
    return `server ${leader}, which leads, says that its disk, or those of too many others, are almost full`;
  }

  /** Forgets who is no member. */
  keep(configuration: Configuration): void {
    for (const id of this.#reports.keys())
      if (!configuration.members.some((member) => member.id === id)) this.#reports.delete(id);
  }

  #hasRoom(id: ServerId, nowMs: number): boolean {
    const atMs = this.#reports.get(id);
    return id === this.#id ? !this.isLow : atMs === undefined || nowMs - atMs > this.#wordMs;
  }

  #lowServers(nowMs: number): string {
    const low = [...this.#reports.keys()].filter((id) => !this.#hasRoom(id, nowMs)).sort((a, b) => a - b);
    return low.map((id) => `server ${id}`).join(", ");
  }
}
