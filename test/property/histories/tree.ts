/**
 * The tree as clients should see it, in a statement of its own: paths and what is there, and what one request makes of it.
 * Written from the rules of ZooKeeper; nothing of `src/znode` or of the simulator's model is in it.
 */
import type { Step } from "../../../sim/plan/plan.ts";
import type { ErrorCode } from "../../../src/base/errors.ts";
import type { PartResult, SessionId } from "../../../src/base/operations.ts";

export interface ModelNode {
  readonly data: string;
  readonly version: number;
  /** The session that an ephemeral belongs to; 0: none. */
  readonly owner: SessionId;
  /** How many children were ever made; undefined: nobody knows, until the next number tells. */
  readonly made: number | undefined;
}

export type ModelState = ReadonlyMap<string, ModelNode>;

/** What happens to a path. */
export interface Happening {
  readonly type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  readonly path: string;
}

export type Write = Extract<Step, { readonly kind: "create" | "setData" | "delete" | "multi" }>;
export type Read = Extract<Step, { readonly kind: "read" }>;
type Part = Extract<Write, { readonly kind: "multi" }>["parts"][number];

/** What a write comes to: the state behind it, what happened, in order, and the answer. */
export interface Effect {
  readonly code: ErrorCode | "ok";
  readonly state: ModelState;
  readonly happened: readonly Happening[];
  /** Of a create: the path with its number. */
  readonly path?: string;
  /** Of a create or a set: the version that it leaves. */
  readonly version?: number;
}

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** Names of the children at `path`, sorted. */
export function childrenOf(state: ModelState, path: string): string[] {
  const below = path === "/" ? "/" : `${path}/`;
  return [...state.keys()]
    .filter((other) => other !== "/" && parentOf(other) === path)
    .map((other) => other.slice(below.length))
    .sort();
}

/**
 * What `write`, asked by a session, makes of a state. `given`: the path that a create was answered, which counts where its
 * number cannot be known.
 */
export function effectOf(state: ModelState, session: SessionId, write: Write | Part, given?: string): Effect {
  const refused = (code: ErrorCode): Effect => ({ code, state, happened: [] });
  const node = "path" in write ? state.get(write.path) : undefined;
  switch (write.kind) {
    case "multi": {
      let effect: Effect = { code: "ok", state, happened: [] };
      for (const part of write.parts) {
        const next = effectOf(effect.state, session, part);
        if (next.code !== "ok") return refused(next.code);
        effect = { ...next, happened: [...effect.happened, ...next.happened] };
      }
      return { code: "ok", state: effect.state, happened: effect.happened };
    }
    case "create": {
      const parent = state.get(parentOf(write.path));
      if (parent === undefined) return refused("NO_NODE");
      const made = parent.made ?? madeBefore(given);
      const path = write.sequential ? write.path + String(made).padStart(10, "0") : write.path;
      if (state.has(path)) return refused("NODE_EXISTS");
      if (parent.owner !== 0) return refused("NO_CHILDREN_FOR_EPHEMERALS");
      const after = new Map(state).set(parentOf(path), { ...parent, made: made === undefined ? undefined : made + 1 });
      after.set(path, { data: write.data, version: 0, owner: write.ephemeral ? session : 0, made: 0 });
      return { code: "ok", state: after, happened: withParent("created", path), path, version: 0 };
    }
    case "setData": {
      if (node === undefined) return refused("NO_NODE");
      if (write.version !== -1 && write.version !== node.version) return refused("BAD_VERSION");
      const version = node.version + 1;
      const after = new Map(state).set(write.path, { ...node, data: write.data, version });
      return { code: "ok", state: after, happened: [{ type: "dataChanged", path: write.path }], version };
    }
    case "delete": {
      if (node === undefined) return refused("NO_NODE");
      if (write.version !== -1 && write.version !== node.version) return refused("BAD_VERSION");
      if (childrenOf(state, write.path).length > 0) return refused("NOT_EMPTY");
      return without(state, write.path);
    }
    case "check":
      if (node === undefined) return refused("NO_NODE");
      return write.version === -1 || write.version === node.version
        ? { code: "ok", state, happened: [] }
        : refused("BAD_VERSION");
    default:
      throw new Error(`the model does not know ${write.kind}`);
  }
}

/** How many there were before the one with this sequential path. */
function madeBefore(path: string | undefined): number | undefined {
  const digits = /\d{10}$/.exec(path ?? "")?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/** A session ends in good order: all that it owns goes. */
export function ended(state: ModelState, session: SessionId): Effect {
  const owned = [...state].filter(([, { owner }]) => owner === session).map(([path]) => path);
  let effect: Effect = { code: "ok", state, happened: [] };
  for (const path of owned) {
    const next = without(effect.state, path);
    effect = { ...next, happened: [...effect.happened, ...next.happened] };
  }
  return effect;
}

function without(state: ModelState, path: string): Effect {
  const after = new Map(state);
  after.delete(path);
  return { code: "ok", state: after, happened: withParent("deleted", path) };
}

function withParent(type: "created" | "deleted", path: string): readonly Happening[] {
  return [
    { type, path },
    { type: "childrenChanged", path: parentOf(path) },
  ];
}

/** What a read of `path` should be answered, as one can write it down. */
export function shownBy(state: ModelState, { read, path }: Pick<Read, "read" | "path">): string {
  const node = state.get(path);
  if (node === undefined) return "NO_NODE";
  const children = childrenOf(state, path);
  const stat = `version ${node.version}, owner ${node.owner}, ${children.length} children`;
  if (read === "getData") return `${JSON.stringify(node.data)}, ${stat}`;
  return read === "getChildren" ? `[${children.join(" ")}], ${stat}` : stat;
}

/** The same of what a server has answered. */
export function shownIn({ failure, data, stat, children }: PartResult, read: Read["read"]): string {
  if (failure !== undefined) return failure.code;
  const shown = `version ${stat?.version}, owner ${stat?.ephemeralOwner}, ${stat?.numChildren} children`;
  if (read === "getData") return `${JSON.stringify(new TextDecoder().decode(data))}, ${shown}`;
  return read === "getChildren" ? `[${(children ?? []).join(" ")}], ${shown}` : shown;
}
