/**
 * The rules of watches: which read arms which kind, which change fires it, and whether it then stays armed. The server that
 * arms a watch, the client that arms it again and the history that tells what it missed all go by these. One row a kind.
 */

import type { Result } from "./operations.ts";
import type { Read, ReadKind, WatchEventType, WatchKind, WatchSpec } from "./reads.ts";

/** What happens to a znode, as its watches tell it. */
export type ChangeType = Exclude<WatchEventType, "resync">;

interface WatchRule {
  /** The read that arms it. */
  readonly armedBy: ReadKind;
  /** Whether it is armed on a znode that is not there, too, to hear of its creation. */
  readonly onMissing: boolean;
  /** The changes of its path that fire it. */
  readonly firedBy: readonly ChangeType[];
  /** Whether it stays armed when it fires. */
  readonly stays: boolean;
}

const onNode = ["created", "deleted", "dataChanged"] as const;

/** Where one change fires watches of several kinds, they fire in the order of the rows. */
const rules: { readonly [kind in WatchKind]: WatchRule } = {
  data: { armedBy: "getData", onMissing: false, firedBy: onNode, stays: false },
  exist: { armedBy: "exists", onMissing: true, firedBy: onNode, stays: false },
  // That a child comes or goes is a change of its parent; what becomes of a child's data is none.
  children: { armedBy: "getChildren", onMissing: false, firedBy: ["deleted", "childrenChanged"], stays: false },
  persistent: { armedBy: "addWatch", onMissing: true, firedBy: [...onNode, "childrenChanged"], stays: true },
  // Fired by the changes of all paths below its own, too: that a child comes or goes is told by the child itself.
  recursive: { armedBy: "addRecursiveWatch", onMissing: true, firedBy: onNode, stays: true },
};

/** All kinds, in the order in which they fire. */
export const watchKinds = Object.keys(rules) as readonly WatchKind[];

/** One thing for each kind. */
export function forEachKind<T>(make: () => T): Readonly<Record<WatchKind, T>> {
  return { data: make(), exist: make(), children: make(), persistent: make(), recursive: make() };
}

/** Whether a change of its path fires a watch of this kind. */
export function isFiredBy(kind: WatchKind, type: ChangeType): boolean {
  return rules[kind].firedBy.includes(type);
}

/** Whether a watch of this kind stays armed when it fires. */
export function staysArmed(kind: WatchKind): boolean {
  return rules[kind].stays;
}

/** Whether a watch of this kind at `watched` is fired by changes of `path`. */
export function isAt(kind: WatchKind, watched: string, path: string): boolean {
  if (path === watched) return true;
  return kind === "recursive" && (watched === "/" || path.startsWith(`${watched}/`));
}

/** The paths where a watch of this kind may lie that a change of `path` fires: itself, and for recursive ones all above it. */
export function* watchedPaths(kind: WatchKind, path: string): Generator<string> {
  yield path;
  if (kind !== "recursive") return;
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) yield path.slice(0, end);
  if (path !== "/") yield "/";
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
