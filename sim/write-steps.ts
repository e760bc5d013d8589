/** The steps of a plan that ask for a change of the tree, and what clients have at hand to draw one. */
import type { OperationName, SingleOperations } from "../src/base/operations.ts";
import {
  flag,
  type Infer,
  type InferShape,
  integer,
  list,
  object,
  optional,
  type Shape,
  tagged,
  text,
  word,
} from "./plan/schema.ts";
import type { Draws } from "./world/random.ts";

const path = text(4096);
const data = optional(text(4096), "");
const version = optional(integer(-1, 2 ** 31), -1);
const aclItem = object({ perms: integer(-(2 ** 31), 2 ** 31 - 1), scheme: text(100), id: text(1000) });
const acl = list(aclItem, 100);

const singleSteps = {
  create: { path, data, ephemeral: optional(flag, false), sequential: optional(flag, false) },
  createContainer: { path, data },
  createTtl: { path, data, sequential: optional(flag, false), ttlMs: integer(1, 2 ** 40 - 1) },
  delete: { path, version },
  setData: { path, data, version },
  setAcl: { path, acl, version },
  createWithAcl: {
    path,
    data,
    ephemeral: optional(flag, false),
    sequential: optional(flag, false),
    acl,
    /** A container, or one that lives for half a second, which neither of them is then. */
    goes: optional(word("never", "empty", "unset"), "never"),
  },
} satisfies { readonly [N in keyof SingleOperations]: Shape };

/** A part of a multi: as a step that asks for it alone. */
const partStep = tagged({ ...singleSteps, check: { path, version } });
export type PartStep = Infer<typeof partStep>;

/** The fields of the step that asks for an operation, whose kind is the operation's name. */
export const writeSteps = {
  ...singleSteps,
  multi: { parts: list(partStep, 100) },
} satisfies { readonly [N in OperationName]: Shape };

export type StepOf<N extends OperationName> = {
  readonly [M in N]: { readonly kind: M } & InferShape<(typeof writeSteps)[M]>;
}[N];

/** A step that asks for an operation. */
export type WriteStep = StepOf<OperationName>;

/** What a client has at hand to draw a step from. */
export interface Drawing {
  readonly draws: Draws;
  /** One of the paths that clients contend for. */
  readonly path: string;
  /** What the step may store, and the same with what the plan adds to it. */
  readonly data: string;
  readonly largeData: string;
  /** The version of the list of `path` that the client saw last; 0 = none. */
  readonly aversion: number;
  /** The version of `path` that the client saw last; 0 = none. */
  readonly version: number;
  /** Draws a parent of sequential znodes, and one of those that the client has seen, if any. */
  parent(): string;
  someName(): string | undefined;
}
