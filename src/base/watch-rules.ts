/**
 * The rules of watches: which read arms which kind, and which change fires it. The server that arms a watch, the client
 * that arms it again and the history that tells what it missed all go by these. One row a kind.
 */
import type { Read, ReadKind, Result, WatchEventType, WatchKind, WatchSpec } from "./operations.ts";

/** What happens to a znode, as its watches tell it. */
export type ChangeType = Exclude<WatchEventType, "resync">;

interface WatchRule {
  /** The read that arms it. */
  readonly armedBy: ReadKind;
  /** Whether it is armed on a znode that is not there, too, to hear of its creation. */
  readonly onMissing: boolean;
  /** The changes of its path that fire it. */
  readonly firedBy: readonly ChangeType[];
}

/** Where one change fires watches of several kinds, they fire in the order of the rows. */
const rules: { readonly [kind in WatchKind]: WatchRule } = {
  data: { armedBy: "getData", onMissing: false, firedBy: ["created", "deleted", "dataChanged"] },
  exist: { armedBy: "exists", onMissing: true, firedBy: ["created", "deleted", "dataChanged"] },
  // That a child comes or goes is a change of its parent; what becomes of a child's data is none.
  children: { armedBy: "getChildren", onMissing: false, firedBy: ["deleted", "childrenChanged"] },
};

/** All kinds, in the order in which they fire. */
export const watchKinds = Object.keys(rules) as readonly WatchKind[];

/** One thing for each kind. */
export function forEachKind<T>(make: () => T): Readonly<Record<WatchKind, T>> {
  return { data: make(), exist: make(), children: make() };
}

/** Whether a change of its path fires a watch of this kind. */
export function isFiredBy(kind: WatchKind, type: ChangeType): boolean {
  return rules[kind].firedBy.includes(type);
}

function firing(type: ChangeType): readonly WatchKind[] {
  return watchKinds.filter((kind) => isFiredBy(kind, type));
}

// Asked for every change.
const fired: { readonly [type in ChangeType]: readonly WatchKind[] } = {
  created: firing("created"),
  deleted: firing("deleted"),
  dataChanged: firing("dataChanged"),
  childrenChanged: firing("childrenChanged"),
};

/** Which kinds of watches on the path of a change it fires, in the order in which they fire. */
export function kindsFiredBy(type: ChangeType): readonly WatchKind[] {
  return fired[type];
}

/** The watch that a read arms, given its result; without one, the watch that it arms if all goes well. */
export function watchArmedBy(read: Read, result: Result = {}): WatchSpec | undefined {
  const kind = read.watch ? watchKinds.find((one) => rules[one].armedBy === read.kind) : undefined;
  if (kind === undefined) return undefined;
  const { failure } = result;
  if (failure !== undefined && !(failure.code === "NO_NODE" && rules[kind].onMissing)) return undefined;
  return { kind, path: read.path };
}

/** Watches of a connection with the same key are one and the same. */
export function watchKey({ kind, path }: WatchSpec): string {
  return `${kind} ${path}`;
}
