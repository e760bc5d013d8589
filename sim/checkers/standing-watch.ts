/**
 * A watch that stays armed, as its user knows it: persistent and recursive ones, by ZooKeeper's description. It tells of
 * every change that concerns it, once each and entry by entry; of what happened while the client was between two servers,
 * by one "resync" if there was anything. Of what its client may not read it tells nothing.
 */

import type { Zxid } from "../../src/base/operations.ts";
import type { WatchEvent, WatchKind, WatchSpec } from "../../src/base/reads.ts";
import type { ModelChange, ModelTree } from "./model-tree.ts";

/** Whether watches of a kind stay armed. */
export function stands(kind: WatchKind): boolean {
  return kind === "persistent" || kind === "recursive";
}

/** Whether a watch is on `path`. */
export function covers({ kind, path: watched }: WatchSpec, path: string): boolean {
  if (kind === "persistent") return path === watched;
  return kind === "recursive" && `${path}/`.startsWith(watched === "/" ? "/" : `${watched}/`);
}

function concerns(watch: WatchSpec, { type, path }: ModelChange): boolean {
  // The children that come and go are told of themselves.
  return covers(watch, path) && !(watch.kind === "recursive" && type === "childrenChanged");
}

/** Whether something that concerns a watch happened after `zxid`, up to `upTo`. */
export function happenedBetween(tree: ModelTree, watch: WatchSpec, zxid: Zxid, upTo: Zxid): boolean {
  return tree.changesAfter(zxid).some((change) => change.zxid <= upTo && concerns(watch, change));
}

export class StandingWatch {
  readonly spec: WatchSpec;
  readonly #tree: ModelTree;
  readonly #mayRead: (change: ModelChange) => boolean;
  /** All up to here is told. */
  #done: Zxid;
  /** Of an entry behind it, what is told. */
  #told: { readonly zxid: Zxid; readonly changes: readonly string[] } = { zxid: 0, changes: [] };

  /** Armed in the state of `armedAt`. `mayRead`: whether its client may, for sure: others it need not be told of. */
  constructor(spec: WatchSpec, tree: ModelTree, armedAt: Zxid, mayRead: (change: ModelChange) => boolean) {
    this.spec = spec;
    this.#tree = tree;
    this.#done = armedAt;
    this.#mayRead = mayRead;
  }

  /** Takes in an event, no "resync"; returns what is wrong with it. */
  tells({ type, path, zxid }: WatchEvent): string | undefined {
    const missing = this.untold(zxid - 1);
    if (missing !== undefined) return `before "${missing.type}" of ${missing.path} at ${missing.zxid}`;
    const left = this.#left(zxid);
    if (!left.some((change) => change.type === type && change.path === path))
      return "though that did not happen, or was told";
    this.#told = { zxid, changes: [...this.#toldOf(zxid), `${type} ${path}`] };
    return undefined;
  }

  /** All up to `zxid` may have happened, its client was told. */
  resync(zxid: Zxid): void {
    this.#done = Math.max(this.#done, zxid);
  }

  /** The first change up to `zxid` that it has not told of. */
  untold(zxid: Zxid): ModelChange | undefined {
    for (;;) {
      const next = this.#tree.changesAfter(this.#done).find((change) => this.#isDue(change));
      if (next === undefined || next.zxid > zxid) {
        // Not to be looked at again.
        this.#done = Math.max(this.#done, zxid);
        return undefined;
      }
      // A parent that loses several children with a session has changed once.
      const told = this.#toldOf(next.zxid);
      const missing = this.#left(next.zxid).find(
        (change) =>
          this.#isDue(change) && (change.type !== "childrenChanged" || !told.includes(`${change.type} ${change.path}`)),
      );
      if (missing !== undefined) return missing;
      this.#done = next.zxid;
    }
  }

  #isDue(change: ModelChange): boolean {
    return concerns(this.spec, change) && this.#mayRead(change);
  }

  #toldOf(zxid: Zxid): readonly string[] {
    return this.#told.zxid === zxid ? this.#told.changes : [];
  }

  /** What of the entry `zxid` is not told. */
  #left(zxid: Zxid): ModelChange[] {
    const told = [...this.#toldOf(zxid)];
    return this.#tree.changesAfter(Math.max(zxid - 1, this.#done)).filter((change) => {
      if (change.zxid !== zxid || !concerns(this.spec, change)) return false;
      const at = told.indexOf(`${change.type} ${change.path}`);
      if (at < 0) return true;
      told.splice(at, 1);
      return false;
    });
  }
}
