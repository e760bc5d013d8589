/**
 * What the simulator knows of each operation: the step of a plan that asks for it, how often and with what clients draw
 * it, and what it should come to. A new operation gets its row in each table here; the compiler asks for it.
 */
import { hex, utf8 } from "../src/base/bytes.ts";
import type { ErrorCode } from "../src/base/errors.ts";
import { dataOf, partsOf } from "../src/base/operation-traits.ts";
import type {
  MultiPart,
  Operation,
  OperationName,
  OperationOf,
  Operations,
  PartResult,
  PlainCreate,
  Success,
} from "../src/base/operations.ts";
import type { Same, True } from "../src/protocol/wire.ts";
import { drawList, firstList, kept, may } from "./access-rules.ts";
import { statOf } from "./checkers/model-stat.ts";
import { type MadeZnode, type ModelEntry, type ModelTree, parentOf } from "./checkers/model-tree.ts";
import { drawListStory, drawMulti, drawUsedUp } from "./draw-multi.ts";
import { drawQuota } from "./draw-quota.ts";
import type { Drawing, PartStep, StepOf, WriteStep } from "./write-steps.ts";

/** What comes of an operation: an error's code or "ok", and what a success answers. */
export interface Done {
  readonly code: ErrorCode | "ok";
  readonly success: Success;
  /** multi: the part for whose sake nothing was done, from 0. */
  readonly failedPart?: number;
}

interface SimOperation<N extends OperationName> {
  /** The operation that a step asks for. */
  readonly asked: (step: StepOf<N>) => Operations[N];
  /** Whether a server without room on its disk refuses it. */
  readonly takesRoom: (operation: Operations[N]) => boolean;
  /** What it does to the model's tree: written from the rules of ZooKeeper and not from `src/znode`. */
  readonly rule: (tree: ModelTree, entry: ModelEntry, operation: Operations[N]) => Done;
}

/** No znode holds more, bytes. */
const dataBytesMax = 1024 * 1024;

const operations: { readonly [N in OperationName]: SimOperation<N> } = {
  create: {
    asked: ({ path, data, ephemeral, sequential }) => ({ op: "create", path, data: utf8(data), ephemeral, sequential }),
    takesRoom: () => true,
    rule: (tree, entry, { ephemeral, ...wanted }) =>
      createRule(tree, entry, { ...wanted, owner: ephemeral ? entry.sessionId : 0 }),
  },
  createContainer: {
    asked: ({ path, data }) => ({ op: "createContainer", path, data: utf8(data) }),
    takesRoom: () => true,
    rule: (tree, entry, wanted) => createRule(tree, entry, { ...wanted, sequential: false, container: true }),
  },
  createTtl: {
    asked: ({ path, data, sequential, ttlMs }) => ({ op: "createTtl", path, data: utf8(data), sequential, ttlMs }),
    takesRoom: () => true,
    rule: createRule,
  },
  delete: {
    asked: ({ path, version }) => ({ op: "delete", path, version }),
    takesRoom: () => false,
    rule: (tree, { zxid, identities }, { path, version }) => {
      if (["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"].includes(path)) return refused("BAD_ARGUMENTS");
      const parent = tree.now(parentOf(path));
      if (parent !== undefined && !may(parent.acl, ["DELETE"], identities)) return refused("NO_AUTH");
      const znode = tree.now(path);
      if (znode === undefined) return refused("NO_NODE");
      if (version !== -1 && version !== znode.version) return refused("BAD_VERSION");
      if (znode.children > 0) return refused("NOT_EMPTY");
      tree.remove(zxid, path);
      return ok({});
    },
  },
  setData: {
    asked: ({ path, data, version }) => ({ op: "setData", path, data: utf8(data), version }),
    takesRoom: () => true,
    rule: (tree, entry, { path, data, version }) => {
      if (data.length > dataBytesMax) return refused("DATA_TOO_LARGE");
      const znode = tree.now(path);
      if (znode === undefined) return refused("NO_NODE");
      if (!may(znode.acl, ["WRITE"], entry.identities)) return refused("NO_AUTH");
      if (path === "/zookeeper/config") return refused("BAD_ARGUMENTS");
      if (tree.exceeds(path, { count: 0, bytes: data.length - znode.data.length })) return refused("QUOTA_EXCEEDED");
      if (version !== -1 && version !== znode.version) return refused("BAD_VERSION");
      return ok({ stat: statOf(tree.change(entry, path, znode, data)) });
    },
  },
  setAcl: {
    asked: ({ path, acl, version }) => ({ op: "setAcl", path, acl, version }),
    takesRoom: () => false,
    rule: (tree, { zxid, identities }, { path, acl, version }) => {
      if (path !== "/" && !/^(?:\/[^/]+)+$/.test(path)) return refused("BAD_ARGUMENTS");
      const list = kept(acl, identities);
      if (list === undefined) return refused("INVALID_ACL");
      const znode = tree.now(path);
      if (znode === undefined) return refused("NO_NODE");
      if (!may(znode.acl, ["ADMIN"], identities)) return refused("NO_AUTH");
      if (version !== -1 && version !== znode.aversion) return refused("BAD_VERSION");
      return ok({ stat: statOf(tree.changeAcl(path, zxid, znode, list)) });
    },
  },
  createWithAcl: {
    asked: ({ acl, goes, data: text, path, ephemeral, sequential }) => {
      const data = utf8(text);
      const create: Record<typeof goes, PlainCreate> = {
        never: { op: "create", path, data, ephemeral, sequential },
        empty: { op: "createContainer", path, data },
        unset: { op: "createTtl", path, data, sequential, ttlMs: 500 },
      };
      return { op: "createWithAcl", acl, create: create[goes] };
    },
    takesRoom: () => true,
    rule: (tree, entry, { acl, create }) => {
      const owner = create.op === "create" && create.ephemeral ? entry.sessionId : 0;
      const container = create.op === "createContainer";
      return createRule(tree, entry, { sequential: false, ...create, container, owner, acl });
    },
  },
  multi: {
    asked: ({ parts }) => ({ op: "multi", parts: parts.map(partOf) }),
    takesRoom: ({ parts }) => parts.some((part) => part.op.startsWith("create") || part.op === "setData"),
    rule: (tree, entry, { parts }) =>
      tree.atomically(
        () => multiRule(tree, entry, parts),
        ({ code }) => code === "ok",
      ),
  },
};

/** All kinds of znodes come to be alike. */
function createRule(
  tree: ModelTree,
  entry: ModelEntry,
  wanted: { readonly path: string; readonly sequential: boolean } & Omit<MadeZnode, "path">,
): Done {
  if (wanted.data.length > dataBytesMax) return refused("DATA_TOO_LARGE");
  const acl = wanted.acl === undefined ? undefined : kept(wanted.acl, entry.identities);
  if (wanted.acl !== undefined && acl === undefined) return refused("INVALID_ACL");
  const parent = tree.now(parentOf(wanted.path));
  if (parent === undefined) return refused("NO_NODE");
  if (!may(parent.acl, ["CREATE"], entry.identities)) return refused("NO_AUTH");
  if (parentOf(wanted.path) === "/zookeeper/config") return refused("BAD_ARGUMENTS");
  const path = wanted.path + (wanted.sequential ? String(parent.childrenMade).padStart(10, "0") : "");
  if (!/^(?:\/[^/]+)+$/.test(path)) return refused("BAD_ARGUMENTS");
  if (tree.now(path) !== undefined) return refused("NODE_EXISTS");
  if (parent.owner !== 0) return refused("NO_CHILDREN_FOR_EPHEMERALS");
  if (tree.exceeds(path, { count: 1, bytes: wanted.data.length })) return refused("QUOTA_EXCEEDED");
  return ok({ path, stat: statOf(tree.add(entry, { ...wanted, path, acl: acl ?? firstList(path) })) });
}

function partOf(step: PartStep): MultiPart {
  return step.kind === "check" ? { op: "check", path: step.path, version: step.version } : operationOf(step);
}

/** One after the other, up to the first that is refused. */
function multiRule(tree: ModelTree, entry: ModelEntry, parts: readonly MultiPart[]): Done {
  const results: PartResult[] = [];
  for (const [i, part] of parts.entries()) {
    const { code, success } = partRule(tree, entry, part);
    if (code !== "ok") return { ...refused(code), failedPart: i };
    results.push(success);
  }
  return ok({ results });
}

function partRule(tree: ModelTree, entry: ModelEntry, part: MultiPart): Done {
  if (part.op === "unsupported") return refused("UNIMPLEMENTED");
  if (part.op !== "check") return ruleOf(tree, entry, part);
  const znode = tree.now(part.path);
  if (znode === undefined) return refused("NO_NODE");
  if (!may(znode.acl, ["READ"], entry.identities)) return refused("NO_AUTH");
  return part.version === -1 || part.version === znode.version ? ok({}) : refused("BAD_VERSION");
}

function ok(success: Success): Done {
  return { code: "ok", success };
}

/** It comes to nothing. */
export function refused(code: ErrorCode): Done {
  return { code, success: {} };
}

/** The operation that a step asks for. */
export function operationOf<N extends OperationName>(step: StepOf<N>): Operations[N] {
  return operations[step.kind].asked(step);
}

/** Whether a server without room on its disk refuses an operation. */
export function takesRoom<N extends OperationName>(operation: OperationOf<N>): boolean {
  return operations[operation.op].takesRoom(operation);
}

/** All that an operation stores, as one word; "" for nothing. Each drawn step that stores something stores something of its own. */
export function storedBy(operation: Operation): string {
  return partsOf(operation)
    .map((part) => hex(dataOf(part)))
    .join("");
}

/** Does an operation to the model's tree. */
export function ruleOf<N extends OperationName>(tree: ModelTree, entry: ModelEntry, operation: OperationOf<N>): Done {
  return operations[operation.op].rule(tree, entry, operation);
}

interface Choice {
  /** How often clients draw it, unless the plan says so. */
  readonly weight: number;
  /** The weights that the hunter draws from; none: it draws them elsewhere, so that what a seed drew before stays. */
  readonly hunted: readonly number[];
  readonly step: (drawing: Drawing) => WriteStep;
}

const often = [0, 5, 10, 20];
const rarely = [0, 3, 10];

/** What clients draw, in the order in which it is drawn from. */
export const writeChoices = {
  create: {
    weight: 10,
    hunted: often,
    step: ({ path, data }) => ({ kind: "create", path, data, ephemeral: false, sequential: false }),
  },
  createEphemeral: {
    weight: 5,
    hunted: often,
    step: ({ path, data }) => ({ kind: "create", path, data, ephemeral: true, sequential: false }),
  },
  createSequential: {
    weight: 5,
    hunted: often,
    step: ({ parent, data, draws }) => {
      const path = `${parent()}/s-`;
      return { kind: "create", path, data, ephemeral: draws.chance(0.3), sequential: true };
    },
  },
  /** Plans of before draw none of these two. */
  createContainer: {
    weight: 0,
    hunted: [],
    step: ({ path, parent, data, draws }) => {
      const at = draws.chance(0.4) ? path : parent();
      if (draws.chance(0.8)) return { kind: "createContainer", path: at, data };
      return { kind: "multi", parts: drawUsedUp(at, data, parent()) };
    },
  },
  createTtl: {
    weight: 0,
    hunted: [],
    step: ({ path, parent, data, draws }) => {
      const ttlMs = draws.pick([1, 100, 500, 500, 2_000, 2 ** 40 - 1]);
      const sequential = draws.chance(0.3);
      const at = draws.chance(0.5) ? path : parent();
      return { kind: "createTtl", path: sequential ? `${parent()}/t-` : at, data, sequential, ttlMs };
    },
  },
  delete: {
    weight: 8,
    hunted: often,
    step: ({ someName, path }) => ({ kind: "delete", path: someName() ?? path, version: -1 }),
  },
  setData: {
    weight: 15,
    hunted: often,
    step: ({ path, largeData }) => ({ kind: "setData", path, data: largeData, version: -1 }),
  },
  /** Conditional on the version that the client saw last. */
  setIfVersion: {
    weight: 8,
    hunted: often,
    step: ({ path, largeData, version }) => ({ kind: "setData", path, data: largeData, version }),
  },
  deleteIfVersion: {
    weight: 3,
    hunted: rarely,
    step: ({ path, version }) => ({ kind: "delete", path, version }),
  },
  /** Plans of before draw none of these two. */
  createWithAcl: {
    weight: 0,
    hunted: [],
    step: ({ path, parent, data, draws }) => {
      const sequential = draws.chance(0.3);
      const at = sequential ? `${parent()}/s-` : path;
      const ephemeral = draws.chance(0.2);
      const acl = drawList(draws);
      const goes = ephemeral || acl.length < 2 ? "never" : sequential ? "unset" : "empty";
      return { kind: "createWithAcl", path: at, data, ephemeral, sequential, acl, goes };
    },
  },
  setAcl: {
    weight: 0,
    hunted: [],
    step: ({ path, parent, aversion, draws }) => {
      if (draws.chance(0.3)) return { kind: "multi", parts: drawListStory(path, draws) };
      const at = draws.chance(0.7) ? path : parent();
      return { kind: "setAcl", path: at, acl: drawList(draws), version: draws.chance(0.3) ? aversion : -1 };
    },
  },
  /** Several of them together. Plans of before do not draw it. */
  multi: {
    weight: 0,
    hunted: [],
    step: (drawing) => ({ kind: "multi", parts: drawMulti(drawing) }),
  },
  /** Quotas are set, changed, taken away. Plans of before draw none. */
  quota: { weight: 0, hunted: [], step: drawQuota },
} satisfies Readonly<Record<string, Choice>>;

export type WriteChoice = keyof typeof writeChoices;

/** Clients draw every operation. */
export type EveryOperationIsDrawn = True<
  Same<ReturnType<(typeof writeChoices)[WriteChoice]["step"]>["kind"], OperationName>
>;
