/**
 * A small language for the shape of JSON: one description gives both the TypeScript type and the strict check with a
 * sentence for whoever wrote the plan.
 */

/** A plan that cannot be run. The message is one sentence for its author. */
export class PlanError extends Error {
  override readonly name = "PlanError";
}

/** Checks a value found at `where` and returns it as a `T`, with defaults filled in. */
export interface Schema<T> {
  readonly check: (value: unknown, where: string) => T;
}

/** The type that a schema describes. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

/** A field that may be left out. */
export interface Defaulted<T> extends Schema<T> {
  readonly byDefault: T;
}

function refuse(where: string, expected: string, value: unknown): never {
  const text = JSON.stringify(value);
  const shown = value === undefined ? "is missing" : `is ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
  throw new PlanError(`${where} ${shown}, but must be ${expected}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): Schema<number> {
  return {
    check: (value, where) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
        ? value
        : refuse(where, `an integer from ${min} to ${max}`, value),
  };
}

/** A number from `min` to `max`. */
export function number(min: number, max: number): Schema<number> {
  return {
    check: (value, where) =>
      typeof value === "number" && value >= min && value <= max
        ? value
        : refuse(where, `a number from ${min} to ${max}`, value),
  };
}

/** True or false. */
export const flag: Schema<boolean> = {
  check: (value, where) => (typeof value === "boolean" ? value : refuse(where, "true or false", value)),
};

/** A string of at most `max` characters. */
export function text(max: number): Schema<string> {
  return {
    check: (value, where) =>
      typeof value === "string" && value.length <= max
        ? value
        : refuse(where, `a string of at most ${max} characters`, value),
  };
}

/** One of a few strings. */
export function word<const W extends string>(...words: readonly W[]): Schema<W> {
  return {
    check: (value, where) => {
      const found = words.find((candidate) => candidate === value);
      return found ?? refuse(where, `one of ${words.map((w) => `"${w}"`).join(", ")}`, value);
    },
  };
}

/** What either of two schemas describes; `expected` names both. */
export function either<A, B>(a: Schema<A>, b: Schema<B>, expected: string): Schema<A | B> {
  return {
    check: (value, where) => {
      try {
        return a.check(value, where);
      } catch {
        try {
          return b.check(value, where);
        } catch {
          return refuse(where, expected, value);
        }
      }
    },
  };
}

/** At most `max` items. */
export function list<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  return {
    check: (value, where) => {
      if (!Array.isArray(value)) return refuse(where, "a list", value);
      if (value.length > max)
        throw new PlanError(`${where} has ${value.length} items, but at most ${max} are allowed.`);
      return value.map((entry: unknown, i) => item.check(entry, `${where}[${i}]`));
    },
  };
}

/** `schema`, or `byDefault` where the field is left out. */
export function optional<T>(schema: Schema<T>, byDefault: T): Defaulted<T> {
  return { check: (value, where) => (value === undefined ? byDefault : schema.check(value, where)), byDefault };
}

/** The fields of an object. */
export type Shape = Readonly<Record<string, Schema<unknown>>>;

/** The object type that a shape describes. */
export type InferShape<S extends Shape> = { readonly [K in keyof S]: Infer<S[K]> };

/** The shapes whose object type is `T`, which may have a `kind` beside them (see {@link tagged}). */
export type ShapeOf<T> = { readonly [K in Exclude<keyof T, "kind">]: Schema<T[K]> };

/** The shape that has one field for each row of a table. */
export function shapeOf<K extends string, R, T>(
  rows: Readonly<Record<K, R>>,
  field: (row: R) => Schema<T>,
): { readonly [name in K]: Schema<T> } {
  const fields = Object.entries<R>(rows).map(([name, row]) => [name, field(row)]);
  return Object.fromEntries(fields) as { readonly [name in K]: Schema<T> };
}

function checkFields(
  shape: Shape,
  value: Record<string, unknown>,
  where: string,
  extra?: string,
): Record<string, unknown> {
  for (const field of Object.keys(value)) {
    if (field !== extra && !Object.hasOwn(shape, field)) {
      const known = Object.keys(shape).join(", ");
      throw new PlanError(`${where} has the unknown field "${field}"; it may have: ${known}.`);
    }
  }
  const checked: Record<string, unknown> = {};
  if (extra !== undefined) checked[extra] = value[extra];
  for (const [field, schema] of Object.entries(shape)) checked[field] = schema.check(value[field], `${where}.${field}`);
  return checked;
}

/** An object with exactly these fields. */
export function object<S extends Shape>(shape: S): Schema<InferShape<S>> {
  return {
    check: (value, where) => {
      if (!isRecord(value)) return refuse(where, "an object", value);
      // checkFields has put each field through its own schema.
      return checkFields(shape, value, where) as InferShape<S>;
    },
  };
}

/** The union type that {@link tagged} describes. */
export type InferTagged<V extends Readonly<Record<string, Shape>>> = {
  [K in keyof V & string]: { readonly kind: K } & InferShape<V[K]>;
}[keyof V & string];

/** An object whose field `kind` says which further fields it has. */
export function tagged<V extends Readonly<Record<string, Shape>>>(variants: V): Schema<InferTagged<V>> {
  return {
    check: (value, where) => {
      if (!isRecord(value)) return refuse(where, "an object", value);
      const kind = value["kind"];
      const shape = typeof kind === "string" && Object.hasOwn(variants, kind) ? variants[kind] : undefined;
      if (shape === undefined) return refuse(`${where}.kind`, `one of ${Object.keys(variants).join(", ")}`, kind);
      return checkFields(shape, value, where, "kind") as InferTagged<V>;
    },
  };
}
