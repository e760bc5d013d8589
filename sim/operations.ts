/**
 * What the simulator knows of each operation: how a plan says it, what it should come to, and how often and with what
 * clients draw it. A new operation gets its row in each table here; the compiler asks for it.
 */
import { dataOf, pathOf } from "../src/base/operation-traits.ts";
import type {
  MultiPart,
  OperationName,
  OperationOf,
  Operations,
  PartResult,
  SingleOperations,
} from "../src/base/operations.ts";
import type { Same, True } from "../src/protocol/wire.ts";
import { drawList, drawSharedList, kept, may } from "./access-rules.ts";
import { statOf } from "./checkers/model-stat.ts";
import { type ModelEntry, type ModelTree, parentOf } from "./checkers/model-tree.ts";
import { createRule, type Done, dataBytesMax, ok, refused } from "./checkers/rules.ts";
import { drawListStory, drawMulti, drawUsedUp } from "./draw-multi.ts";
import { drawQuota } from "./draw-quota.ts";
import { flag, integer, list, object, optional, type ShapeOf, tagged, text } from "./plan/schema.ts";
import type { Drawing, PlainCreateStep, StepOf, WriteStep } from "./write-steps.ts";

const path = text(4096);
const data = optional(text(4096), "");
const version = optional(integer(-1, 2 ** 31), -1);
const sequential = optional(flag, false);
const acl = list(object({ perms: integer(-(2 ** 31), 2 ** 31 - 1), scheme: text(100), id: text(1000) }), 100);

const plainCreates = {
  create: { path, data, ephemeral: optional(flag, false), sequential },
  createContainer: { path, data },
  createTtl: { path, data, sequential, ttlMs: integer(1, 2 ** 40 - 1) },
};

const singleSteps = {
  ...plainCreates,
  delete: { path, version },
  setData: { path, data, version },
  setAcl: { path, acl, version },
  createWithAcl: { acl, create: tagged(plainCreates) },
} satisfies { readonly [N in keyof SingleOperations]: ShapeOf<StepOf<N>> };

/** How a plan says each operation. */
export const writeSteps = {
  ...singleSteps,
  multi: { parts: list(tagged({ ...singleSteps, check: { path, version } }), 100) },
} satisfies { readonly [N in OperationName]: ShapeOf<StepOf<N>> };

interface SimOperation<N extends OperationName> {
  /** Whether a server without room on its disk refuses it. */
  readonly takesRoom: (operation: Operations[N]) => boolean;
  /** What it does to the model's tree: written from the rules of ZooKeeper and not from `src/znode`. */
  readonly rule: (tree: ModelTree, entry: ModelEntry, operation: Operations[N]) => Done;
}

const operations: { readonly [N in OperationName]: SimOperation<N> } = {
  create: {
    takesRoom: () => true,
    rule: (tree, entry, { ephemeral, ...wanted }) =>
      createRule(tree, entry, { ...wanted, owner: ephemeral ? entry.sessionId : 0 }),
  },
  createContainer: {
    takesRoom: () => true,
    rule: (tree, entry, wanted) => createRule(tree, entry, { ...wanted, sequential: false, container: true }),
  },
  createTtl: {
    takesRoom: () => true,
    rule: createRule,
  },
  delete: {
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
    takesRoom: () => true,
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
    takesRoom: () => true,
    rule: (tree, entry, { acl, create }) => {
      const owner = create.op === "create" && create.ephemeral ? entry.sessionId : 0;
      const container = create.op === "createContainer";
      return createRule(tree, entry, { sequential: false, ...create, container, owner, acl });
    },
  },
  multi: {
    takesRoom: ({ parts }) => parts.some((part) => part.op.startsWith("create") || part.op.startsWith("set")),
    rule: (tree, entry, { parts }) =>
      tree.atomically(
        () => multiRule(tree, entry, parts),
        ({ code }) => code === "ok",
      ),
  },
};

/** One after the other, up to the first that is refused. */
function multiRule(tree: ModelTree, entry: ModelEntry, parts: readonly MultiPart[]): Done {
  const bytes = parts.reduce((sum, part) => sum + pathOf(part).length + dataOf(part).length, 0);
  if (parts.length > 1_000 || bytes > 2 * dataBytesMax) return refused("MULTI_TOO_LARGE");
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

/** Whether a server without room on its disk refuses an operation. */
export function takesRoom<N extends OperationName>(operation: OperationOf<N>): boolean {
  return operations[operation.op].takesRoom(operation);
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
      const create = (): PlainCreateStep => {
        if (ephemeral || acl.length < 2) return { kind: "create", path: at, data, ephemeral, sequential };
        if (sequential) return { kind: "createTtl", path: at, data, sequential, ttlMs: 500 };
        return { kind: "createContainer", path: at, data };
      };
      return { kind: "createWithAcl", acl, create: create() };
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
  /** One of two lists that many znodes have, and that keep nobody from anything. Plans of before do not draw it. */
  setSharedAcl: {
    weight: 0,
    hunted: [],
    step: ({ path, draws }) => ({ kind: "setAcl", path, acl: drawSharedList(draws), version: -1 }),
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
