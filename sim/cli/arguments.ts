/** Command-line options of the simulator's programs: `--name value` and `--flag`. */
import { UsageError } from "./command.ts";

/** What an option takes. */
export type OptionKind = "flag" | "value";

/** Options as given. */
export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/** Splits arguments; `-h` is `--help`. Throws {@link UsageError} with one sentence for anything unknown. */
export function parseArguments(args: readonly string[], known: Readonly<Record<string, OptionKind>>): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : (args[i] ?? "");
    const [, name = "", inline] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) {
      const all = Object.keys(known).map((option) => `--${option}`);
      throw new UsageError(`There is no option ${arg}; the options are ${all.join(", ")}.`);
    }
    if (kind === "flag") {
      if (inline !== undefined) throw new UsageError(`The option --${name} takes no value.`);
      flags.add(name);
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined || value === "") throw new UsageError(`The option --${name} needs a value.`);
    if (values.has(name)) throw new UsageError(`The option --${name} is given twice.`);
    values.set(name, value);
  }
  return { flags, values };
}

function isGiven({ flags, values }: Options, name: string): boolean {
  return flags.has(name) || values.has(name);
}

/** Refuses options that would have no effect beside `option`; `because` says why: "the plan says that already". */
export function refuseBeside(options: Options, option: string, others: readonly string[], because: string): void {
  const idle = isGiven(options, option) ? others.filter((other) => isGiven(options, other)) : [];
  if (idle.length === 0) return;
  const names = idle.map((other) => `--${other}`).join(" and ");
  const verb = idle.length === 1 ? "has" : "have";
  throw new UsageError(`Beside --${option}, ${names} ${verb} no effect: ${because}. Leave out the one or the other.`);
}

/** The number of an option, or `undefined` if it was not given. */
export function numberOption(options: Options, name: string, min: number, max: number): number | undefined {
  return read(options, name, min, max, "a number", () => true);
}

/** The whole number of an option, or `undefined` if it was not given. */
export function integerOption(options: Options, name: string, min: number, max: number): number | undefined {
  return read(options, name, min, max, "an integer", Number.isInteger);
}

function read(
  { values }: Options,
  name: string,
  min: number,
  max: number,
  what: string,
  fits: (value: number) => boolean,
): number | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= min && value <= max && fits(value)))
    throw new UsageError(`The option --${name} is "${text}", but must be ${what} from ${min} to ${max}.`);
  return value;
}

/** The seed given as an option: an integer from 0 to 4294967295, decimal or hexadecimal with 0x. */
export function seedOption(options: Options, name: string): number | undefined {
  const text = options.values.get(name);
  if (text === undefined) return undefined;
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 4294967295))
    throw new UsageError(
      `The option --${name} is "${text}", but a seed is an integer from 0 to 4294967295, decimal or with 0x.`,
    );
  return value;
}

/** A seed that nobody chose. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
