/**
 * What changed lately, so that a watch that is armed again on another server learns what it missed. The history is
 * bounded; for a time before it begins, the present Stats tell what they can, and `resync` stands for the rest.
 *
 * Recording lies on the path of every write and asking does not, hence the index by path is brought up to date only
 * when somebody asks.
 */
import { present } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type { Stat, Zxid } from "../base/operations.ts";
import type { WatchEvent, WatchSpec } from "../base/reads.ts";
import { isAt, isFiredBy, staysArmed } from "../base/watch-rules.ts";
import type { Change } from "./commands.ts";

/** The present state, as the history looks at it; the machine is one. */
export interface PresentState {
  readonly appliedIndex: Zxid;
  stat(path: string): Stat | undefined;
}

export class ChangeHistory {
  readonly #capacity: number;
  /** Every change above this zxid is remembered. */
  #floor: Zxid;
  /** The change number n, counted from 0, is at n modulo the capacity. */
  readonly #ring: Change[] = [];
  /** For each indexed change, at the same place: the number of the one before it on its path; -1 = none. */
  readonly #previous: number[] = [];
  /** Changes ever recorded: the number of the next one. */
  #recorded = 0;
  /** Those below this number are in the index. */
  #indexed = 0;
  /** The newest indexed change of each path, by number; that change may be forgotten by now. */
  readonly #newest = new Map<string, number>();

  /**
   * A history that begins after `floor`, the zxid of the state from which the server starts, and holds `capacity`
   * changes.
   */
  constructor(floor: Zxid = 0, capacity: number = limits.changeHistoryMax) {
    this.#floor = floor;
    this.#capacity = capacity;
  }

  /** Changes that are remembered. */
  get size(): number {
    return this.#ring.length;
  }

  /** Remembers the changes of one entry, forgetting the oldest beyond the capacity. */
  record(changes: readonly Change[]): void {
    for (const change of changes) {
      const place = this.#recorded % this.#capacity;
      const oldest = this.#ring[place];
      // Its entry may have made more changes: the history is complete only for later ones.
      if (oldest !== undefined) this.#floor = oldest.zxid;
      this.#ring[place] = change;
      this.#recorded++;
    }
  }

  /**
   * What a watch would have told whose client knows everything up to `relativeZxid`: its first event since, or
   * `undefined` if there was none, so that it can be armed. A `resync` says that the answer is not known any more; of a watch
   * that stays armed, that it would have told of something, since its client has to read again anyway.
   */
  missed(relativeZxid: Zxid, spec: WatchSpec, now: PresentState): WatchEvent | undefined {
    if (staysArmed(spec.kind))
      return this.#mayHaveMissed(relativeZxid, spec, now) ? event("resync", spec, now.appliedIndex) : undefined;
    if (relativeZxid < this.#floor) return missedLongAgo(relativeZxid, spec, now);
    if (relativeZxid >= now.appliedIndex) return undefined;
    this.#catchUp();
    const oldest = this.#recorded - this.#ring.length;
    let first: Change | undefined;
    for (let n = this.#newest.get(spec.path) ?? -1; n >= oldest; n = this.#previousOf(n)) {
      const change = this.#change(n);
      if (change.zxid <= relativeZxid) break;
      if (isFiredBy(spec.kind, change.type)) first = change;
    }
    return first === undefined ? undefined : event(first.type, spec, first.zxid);
  }

  /** Looks at the newest changes first, and at no more than so many: then something may have happened. */
  #mayHaveMissed(relativeZxid: Zxid, { kind, path }: WatchSpec, { appliedIndex }: PresentState): boolean {
    if (relativeZxid >= appliedIndex) return false;
    if (relativeZxid < this.#floor) return true;
    const oldest = Math.max(this.#recorded - this.#ring.length, this.#recorded - limits.missedLookedAtMax);
    for (let n = this.#recorded - 1; n >= oldest; n--) {
      const change = this.#change(n);
      if (change.zxid <= relativeZxid) return false;
      if (isFiredBy(kind, change.type) && isAt(kind, path, change.path)) return true;
    }
    return oldest > this.#recorded - this.#ring.length;
  }

  /** Indexes what was recorded since the last time. */
  #catchUp(): void {
    const oldest = this.#recorded - this.#ring.length;
    this.#indexed = Math.max(this.#indexed, oldest);
    // Paths whose changes are all forgotten do no harm, but must not pile up.
    if (this.#newest.size > 2 * this.#capacity) {
      this.#newest.clear();
      this.#indexed = oldest;
    }
    for (; this.#indexed < this.#recorded; this.#indexed++) {
      const { path } = this.#change(this.#indexed);
      this.#previous[this.#indexed % this.#capacity] = this.#newest.get(path) ?? -1;
      this.#newest.set(path, this.#indexed);
    }
  }

  #change(n: number): Change {
    return present(this.#ring[n % this.#capacity], "a remembered change");
  }

  #previousOf(n: number): number {
    return present(this.#previous[n % this.#capacity], "the link of an indexed change");
  }
}

/**
 * The same from the present Stat alone, for a time that the history does not reach. An event is named only if it is
 * certain to have happened; where the znode may have come and gone, nothing but `resync` is true.
 */
function missedLongAgo(relativeZxid: Zxid, spec: WatchSpec, now: PresentState): WatchEvent | undefined {
  const stat = now.stat(spec.path);
  const resync = event("resync", spec, now.appliedIndex);
  if (stat === undefined) return resync;
  if (stat.czxid > relativeZxid) return spec.kind === "exist" ? event("created", spec, stat.czxid) : resync;
  // The znode has been there all the time.
  if (spec.kind === "children")
    return stat.pzxid > relativeZxid ? event("childrenChanged", spec, stat.pzxid) : undefined;
  return stat.mzxid > relativeZxid ? event("dataChanged", spec, stat.mzxid) : undefined;
}

function event(type: WatchEvent["type"], { kind, path }: WatchSpec, zxid: Zxid): WatchEvent {
  return { type, path, zxid, kind };
}
