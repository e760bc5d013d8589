/**
 * The watches of a session that have not fired, as the client remembers them.
 *
 * The server keeps its own list, for one connection. On the next connection the session arms all of these again. Several
 * watchers of the same path and kind share one watch of the server: one event serves them all.
 */
import type { WatchKind, WatchSpec } from "../base/operations.ts";
import type { SetWatches } from "../protocol/client-messages.ts";

/** Orders the arming; any fixed order does. */
const kinds: readonly WatchKind[] = ["data", "exist", "children"];

export class WatchRegistry<W> {
  readonly #watchers: Readonly<Record<WatchKind, Map<string, W[]>>> = {
    data: new Map(),
    exist: new Map(),
    children: new Map(),
  };
  #size = 0;

  /** Watchers registered. */
  get size(): number {
    return this.#size;
  }

  register(kind: WatchKind, path: string, watcher: W): void {
    const watchers = this.#watchers[kind].get(path);
    if (watchers === undefined) this.#watchers[kind].set(path, [watcher]);
    else watchers.push(watcher);
    this.#size++;
  }

  /** The watchers of an event, in the order in which they registered; they are registered no more. */
  fire(kind: WatchKind, path: string): readonly W[] {
    const watchers = this.#watchers[kind].get(path);
    if (watchers === undefined) return [];
    this.#watchers[kind].delete(path);
    this.#size -= watchers.length;
    return watchers;
  }

  /** Forgets a watcher. The server's watch stays and its event, if it comes, is ignored. */
  forget(kind: WatchKind, path: string, watcher: W): void {
    const watchers = this.#watchers[kind].get(path);
    const position = watchers?.indexOf(watcher) ?? -1;
    if (watchers === undefined || position < 0) return;
    watchers.splice(position, 1);
    this.#size--;
    if (watchers.length === 0) this.#watchers[kind].delete(path);
  }

  /**
   * The messages that arm everything again, each with at most `countMax` watches and, unless one path alone is longer,
   * about `bytesMax` bytes. All carry the same zxid: what one of them makes fire must not hide from the next what
   * happened before.
   */
  rearm(relativeZxid: number, countMax: number, bytesMax: number): SetWatches[] {
    const messages: SetWatches[] = [];
    let watches: WatchSpec[] = [];
    let bytes = 0;
    for (const kind of kinds) {
      for (const path of this.#watchers[kind].keys()) {
        // Three bytes of UTF-8 for a UTF-16 unit is the most there can be.
        const size = 3 * path.length + 16;
        if (watches.length > 0 && (watches.length === countMax || bytes + size > bytesMax)) {
          messages.push({ type: "setWatches", relativeZxid, watches });
          watches = [];
          bytes = 0;
        }
        watches.push({ kind, path });
        bytes += size;
      }
    }
    if (watches.length > 0) messages.push({ type: "setWatches", relativeZxid, watches });
    return messages;
  }
}
