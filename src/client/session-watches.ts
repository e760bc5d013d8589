/**
 * The watches of a session that have not fired, as the client remembers them.
 *
 * The server keeps its own list, for one connection. On the next connection the session arms all of these again. Several
 * watchers of the same path and kind share one watch of the server: one event serves them all.
 */
import { limits } from "../base/limits.ts";
import type { WatchSpec } from "../base/operations.ts";
import { forEachKind, watchKey, watchKinds } from "../base/watch-rules.ts";
import type { Disarm, SetWatches } from "../protocol/client-messages.ts";
import { sessionLimits } from "./session-limits.ts";

export class WatchRegistry<W> {
  readonly #watchers = forEachKind(() => new Map<string, W[]>());
  #size = 0;
  /** Armed on the present connection, perhaps, and wanted by nobody when they were noted. By kind and path. */
  readonly #unwanted = new Map<string, WatchSpec>();

  /** Watchers registered. */
  get size(): number {
    return this.#size;
  }

  register({ kind, path }: WatchSpec, watcher: W): void {
    const watchers = this.#watchers[kind].get(path);
    if (watchers === undefined) this.#watchers[kind].set(path, [watcher]);
    else watchers.push(watcher);
    this.#size++;
  }

  /** The watchers of an event, in the order in which they registered; they are registered no more. */
  fire({ kind, path }: WatchSpec): readonly W[] {
    const watchers = this.#watchers[kind].get(path);
    if (watchers === undefined) return [];
    this.#watchers[kind].delete(path);
    this.#size -= watchers.length;
    return watchers;
  }

  /** Forgets a watcher. If it was the last, the server's watch is to be disarmed; an event that comes all the same is ignored. */
  forget({ kind, path }: WatchSpec, watcher: W): void {
    const watchers = this.#watchers[kind].get(path);
    const position = watchers?.indexOf(watcher) ?? -1;
    if (watchers === undefined || position < 0) return;
    watchers.splice(position, 1);
    this.#size--;
    if (watchers.length > 0) return;
    this.#watchers[kind].delete(path);
    this.unwanted({ kind, path });
  }

  /** The server has armed a watch for a reader who has given up. */
  unwanted(spec: WatchSpec): void {
    this.#unwanted.set(watchKey(spec), spec);
  }

  /**
   * What the server is to disarm. `underWay`: the watches of reads that the server has not answered; it may have armed them
   * before it reads this, so what they want is left for later.
   */
  takeDisarms(underWay: () => Iterable<WatchSpec>): Disarm[] {
    if (this.#unwanted.size === 0) return [];
    const later = new Set<string>();
    for (const spec of underWay()) later.add(watchKey(spec));
    const watches: WatchSpec[] = [];
    for (const [key, spec] of this.#unwanted) {
      if (later.has(key)) continue;
      this.#unwanted.delete(key);
      if (!this.#watchers[spec.kind].has(spec.path)) watches.push(spec);
    }
    return portions(watches).map((portion) => ({ type: "disarm", watches: portion }));
  }

  /**
   * The messages that arm everything again on a new connection, which has nothing armed. All carry the same zxid: what one
   * of them makes fire must not hide from the next what happened before.
   */
  rearm(relativeZxid: number): SetWatches[] {
    this.#unwanted.clear();
    const watches = watchKinds.flatMap((kind) => [...this.#watchers[kind].keys()].map((path) => ({ kind, path })));
    return portions(watches).map((portion) => ({ type: "setWatches", relativeZxid, watches: portion }));
  }
}

/** Cut so that each part fits in a message: by number and, unless one path alone is longer, by bytes. */
function portions(watches: readonly WatchSpec[]): readonly (readonly WatchSpec[])[] {
  const all: WatchSpec[][] = [];
  let portion: WatchSpec[] = [];
  let bytes = 0;
  for (const spec of watches) {
    // Three bytes of UTF-8 for a UTF-16 unit is the most there can be.
    const size = 3 * spec.path.length + 16;
    const full = portion.length === limits.setWatchesMax || bytes + size > sessionLimits.setWatchesBytesMax;
    if (portion.length > 0 && full) {
      all.push(portion);
      portion = [];
      bytes = 0;
    }
    portion.push(spec);
    bytes += size;
  }
  if (portion.length > 0) all.push(portion);
  return all;
}
