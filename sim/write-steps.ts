/**
 * The steps of a plan that ask for a change of the tree: each is its operation, as JSON can say it. And what clients have at
 * hand to draw one.
 */
import { utf8 } from "../src/base/bytes.ts";
import type {
  MultiPart,
  OperationName,
  Operations,
  PlainCreate,
  UnsupportedOperation,
} from "../src/base/operations.ts";
import type { Draws } from "./world/random.ts";

/** Data as text, and the operation's name as its `kind`. Nothing else that is not JSON is part of an operation. */
type Told<T> = T extends UnsupportedOperation | Uint8Array
  ? never
  : T extends readonly (infer Item)[]
    ? readonly Told<Item>[]
    : T extends object
      ? { readonly [K in keyof T as K extends "op" ? "kind" : K]: K extends "data" ? string : Told<T[K]> }
      : T;

export type StepOf<N extends OperationName> = { readonly [M in N]: Told<Operations[M]> }[N];

/** A step that asks for an operation. */
export type WriteStep = StepOf<OperationName>;

/** A part of a multi: as a step that asks for it alone. */
export type PartStep = Told<MultiPart>;

/** A create without a list. */
export type PlainCreateStep = Told<PlainCreate>;

/** The operation that a step asks for. */
export function operationOf<N extends OperationName>(step: StepOf<N>): Operations[N] {
  return meant(step) as Operations[N];
}

/** What something {@link Told} stands for. */
function meant(told: unknown): unknown {
  if (Array.isArray(told)) return told.map(meant);
  if (typeof told !== "object" || told === null) return told;
  const fields = Object.entries(told).map(([name, value]: [string, unknown]) => {
    if (name === "kind") return ["op", value];
    return [name, name === "data" ? utf8(String(value)) : meant(value)];
  });
  return Object.fromEntries(fields);
}

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
