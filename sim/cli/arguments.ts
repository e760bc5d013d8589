/** Command-line options of the simulator's programs: `--name value` and `--flag`. */
import { PlanError } from "../plan/schema.ts";

/** What an option takes. */
export type OptionKind = "flag" | "value";

/** Options as given. */
export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/** Splits arguments. Throws {@link PlanError} with one sentence for anything unknown. */
export function parseArguments(args: readonly string[], known: Readonly<Record<string, OptionKind>>): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const [name = "", inline] = arg.replace(/^--/, "").split("=", 2);
    const kind = arg.startsWith("--") && Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined)
      throw new PlanError(
        `There is no option ${arg}; the options are ${Object.keys(known)
          .map((k) => `--${k}`)
          .join(", ")}.`,
      );
    if (kind === "flag") {
      if (inline !== undefined) throw new PlanError(`The option --${name} takes no value.`);
      flags.add(name);
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined) throw new PlanError(`The option --${name} needs a value.`);
    values.set(name, value);
  }
  return { flags, values };
}

/** The number of an option, or `undefined` if it was not given. */
export function numberOption(options: Options, name: string, min: number, max: number): number | undefined {
  const text = options.values.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= min && value <= max))
    throw new PlanError(`The option --${name} is "${text}", but must be a number from ${min} to ${max}.`);
  return value;
}

/** The seed given as an option: an integer from 0 to 4294967295, decimal or hexadecimal with 0x. */
export function seedOption(options: Options, name: string): number | undefined {
  const text = options.values.get(name);
  if (text === undefined) return undefined;
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isInteger(value) || value > 4294967295)
    throw new PlanError(`The seed "${text}" is unknown; a seed is an integer from 0 to 4294967295.`);
  return value;
}
