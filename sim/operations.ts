/**
 * What the simulator knows of each operation: the step of a plan that asks for it, how often and with what clients draw
 * it, and what it should come to. A new operation gets its row in each table here; the compiler asks for it.
 */
import { utf8 } from "../src/base/bytes.ts";
import type { ErrorCode } from "../src/base/errors.ts";
import type { Operation, OperationName, Operations, Success } from "../src/base/operations.ts";
import type { Same, True } from "../src/protocol/wire.ts";
import { type ModelEntry, type ModelTree, parentOf, statOf } from "./checkers/model-tree.ts";
import { flag, type InferShape, integer, optional, type Shape, text } from "./plan/schema.ts";
import type { Draws } from "./world/random.ts";

const path = text(4096);
const data = optional(text(4096), "");
const version = optional(integer(-1, 2 ** 31), -1);

/** The fields of the step that asks for an operation, whose kind is the operation's name. */
export const writeSteps = {
  create: { path, data, ephemeral: optional(flag, false), sequential: optional(flag, false) },
  delete: { path, version },
  setData: { path, data, version },
} satisfies { readonly [N in OperationName]: Shape };

type StepOf<N extends OperationName> = {
  readonly [M in N]: { readonly kind: M } & InferShape<(typeof writeSteps)[M]>;
}[N];

/** A step that asks for an operation. */
export type WriteStep = StepOf<OperationName>;

/** What comes of an operation: an error's code or "ok", and what a success answers. */
export interface Done {
  readonly code: ErrorCode | "ok";
  readonly success: Success;
}

interface SimOperation<N extends OperationName> {
  /** The operation that a step asks for. */
  readonly asked: (step: StepOf<N>) => Operations[N];
  /** Whether a server without room on its disk refuses it. */
  readonly takesRoom: boolean;
  /** What it does to the model's tree: written from the rules of ZooKeeper and not from `src/znode`. */
  readonly rule: (tree: ModelTree, entry: ModelEntry, operation: Operations[N]) => Done;
}

const operations: { readonly [N in OperationName]: SimOperation<N> } = {
  create: {
    asked: ({ path, data, ephemeral, sequential }) => ({ op: "create", path, data: utf8(data), ephemeral, sequential }),
    takesRoom: true,
    rule: (tree, entry, { path: wanted, data, ephemeral, sequential }) => {
      const parent = tree.now(parentOf(wanted));
      if (parent === undefined) return refused("NO_NODE");
      const path = wanted + (sequential ? String(parent.childrenMade).padStart(10, "0") : "");
      if (tree.now(path) !== undefined) return refused("NODE_EXISTS");
      if (parent.owner !== 0) return refused("NO_CHILDREN_FOR_EPHEMERALS");
      return ok({ path, stat: statOf(tree.add(entry, path, data, ephemeral ? entry.sessionId : 0)) });
    },
  },
  delete: {
    asked: ({ path, version }) => ({ op: "delete", path, version }),
    takesRoom: false,
    rule: (tree, { zxid }, { path, version }) => {
      if (path === "/" || path.startsWith("/zookeeper")) return refused("BAD_ARGUMENTS");
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
    takesRoom: true,
    rule: (tree, entry, { path, data, version }) => {
      const znode = tree.now(path);
      if (znode === undefined) return refused("NO_NODE");
      if (version !== -1 && version !== znode.version) return refused("BAD_VERSION");
      return ok({ stat: statOf(tree.change(entry, path, znode, data)) });
    },
  },
};

function ok(success: Success): Done {
  return { code: "ok", success };
}

/** It comes to nothing. */
export function refused(code: ErrorCode): Done {
  return { code, success: {} };
}

/** The operation that a step asks for. */
export function operationOf<N extends OperationName>(step: StepOf<N>): Operation {
  return operations[step.kind].asked(step);
}

/** Whether a server without room on its disk refuses an operation. */
export function takesRoom({ op }: Operation): boolean {
  return operations[op].takesRoom;
}

/** Does an operation to the model's tree. */
export function ruleOf<N extends OperationName>(
  tree: ModelTree,
  entry: ModelEntry,
  operation: { readonly [M in N]: Operations[M] & { readonly op: M } }[N],
): Done {
  return operations[operation.op].rule(tree, entry, operation);
}

/** What a client has at hand to draw a step from. */
export interface Drawing {
  readonly draws: Draws;
  /** One of the paths that clients contend for. */
  readonly path: string;
  /** What the step may store, and the same with what the plan adds to it. */
  readonly data: string;
  readonly largeData: string;
  /** The version of `path` that the client saw last; 0 = none. */
  readonly version: number;
  /** Draws a parent of sequential znodes, and one of those that the client has seen, if any. */
  parent(): string;
  someName(): string | undefined;
}

interface Choice {
  /** How often clients draw it, unless the plan says so. */
  readonly weight: number;
  /** The weights that the hunter draws from. */
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
} satisfies Readonly<Record<string, Choice>>;

export type WriteChoice = keyof typeof writeChoices;

/** Clients draw every operation. */
export type EveryOperationIsDrawn = True<
  Same<ReturnType<(typeof writeChoices)[WriteChoice]["step"]>["kind"], OperationName>
>;
