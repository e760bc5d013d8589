/** The lines of a transaction: one operation each, in the words of the commands of the same names. */
import { emptyBytes, fromUtf8 } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import type { AclItem, Transaction, TransactionResult } from "../client/index.ts";
import { closest } from "../client/spelling.ts";
import { parseItems } from "./access.ts";
import { checkDeletable, checkPath, parseVersion } from "./arguments.ts";
import { readData } from "./data.ts";
import { parseTtl } from "./duration.ts";
import { usage } from "./failures.ts";
import { splitWords } from "./lexer.ts";
import type { DataInputs } from "./ports.ts";

/** A transaction of any steps. */
export type AnyTransaction = Transaction<TransactionResult[]>;

/** One line. */
export interface TransactionLine {
  /** Its number, from 1. */
  readonly line: number;
  readonly op: keyof typeof operations;
  readonly path: string;
  readonly data: Uint8Array;
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  readonly container: boolean;
  /** Milliseconds; undefined: it has no time to live. */
  readonly ttlMs: number | undefined;
  /** create: undefined for everybody. */
  readonly acl: readonly AclItem[] | undefined;
  /** -1 = any. */
  readonly version: number;
}

interface Grammar {
  readonly usage: string;
  /** How many words may follow that are no options. */
  readonly words: readonly [min: number, max: number];
  readonly flags: readonly string[];
  readonly add: (transaction: AnyTransaction, line: TransactionLine) => AnyTransaction;
}

const ephemeral = ["-e", "--ephemeral"];
const sequential = ["-s", "--sequential"];

const operations = {
  create: {
    usage: "create <path> [data] [-e] [-s] [--container] [--ttl <time>] [--acl <items>]",
    words: [1, 2],
    flags: [...ephemeral, ...sequential, "-es", "-se", "--container", "--ttl", "--acl"],
    add: (transaction, { path, data, ephemeral, sequential, container, ttlMs, acl }) =>
      transaction.create(path, data, { ephemeral, sequential, container, ttlMs, acl }),
  },
  set: {
    usage: "set <path> <data> [--version <n>]",
    words: [2, 2],
    flags: ["--version"],
    add: (transaction, { path, data, version }) => transaction.set(path, data, { version }),
  },
  acl: {
    usage: "acl <path> <items> [--version <n>]",
    words: [2, 2],
    flags: ["--version"],
    add: (transaction, { path, acl = [], version }) => transaction.setAcl(path, acl, { version }),
  },
  delete: {
    usage: "delete <path> [--version <n>]",
    words: [1, 1],
    flags: ["--version"],
    add: (transaction, { path, version }) => transaction.delete(path, { version }),
  },
  check: {
    usage: "check <path> [--version <n>]",
    words: [1, 1],
    flags: ["--version"],
    add: (transaction, { path, version }) => transaction.check(path, { version }),
  },
} satisfies { readonly [op: string]: Grammar };

/** How lines look, for the helping page. */
export const lineUsages: readonly string[] = Object.values(operations).map(({ usage }) => usage);

/** Reads the lines of a transaction; empty ones and comments say nothing. USAGE, with the line's number, if one is wrong. */
export async function readLines(bytes: Uint8Array, inputs: DataInputs): Promise<readonly TransactionLine[]> {
  const read: TransactionLine[] = [];
  for (const [i, text] of fromUtf8(bytes).split("\n").entries()) {
    try {
      const words = splitWords(text);
      if (words.length > 0) read.push(await lineOf(i + 1, words, inputs));
    } catch (error) {
      throw error instanceof TerrariumError ? atLine(i + 1, error, error.message) : error;
    }
  }
  return read;
}

/** An error with the line that it is about. */
export function atLine(line: number, { code, hint }: TerrariumError, message: string): TerrariumError {
  return new TerrariumError(code, `line ${line}: ${message}`, hint);
}

/** The step of a transaction that a line asks for. */
export function withLine(transaction: AnyTransaction, line: TransactionLine): AnyTransaction {
  return operations[line.op].add(transaction, line);
}

async function lineOf(
  line: number,
  [name = "", ...rest]: readonly string[],
  inputs: DataInputs,
): Promise<TransactionLine> {
  const op = operationNamed(name);
  const { words, flags, version, ttlMs, acl } = sorted(op, rest);
  const { usage: form, words: counts } = operations[op];
  const [min, max] = counts;
  if (words.length < min || words.length > max) {
    const problem = words.length < min ? "something is missing" : `'${words[max]}' is too much`;
    throw usage(`${problem}: ${form}`, "data with blanks needs quotes");
  }
  const [path = "", data] = words;
  const has = (names: readonly string[]): boolean =>
    flags.some((flag) => names.includes(flag) || flag === "-es" || flag === "-se");
  const kind = {
    ephemeral: has(ephemeral),
    sequential: has(sequential),
    container: flags.includes("--container"),
    ttlMs,
  };
  const parsed = { line, op, path, version, acl, ...kind };
  if (op === "delete") checkDeletable(path);
  else checkPath(path, parsed.sequential);
  if (op === "acl") return { ...parsed, data: emptyBytes, acl: parseItems([data ?? ""]) };
  return { ...parsed, data: await readData(data, inputs) };
}

function operationNamed(name: string): keyof typeof operations {
  for (const op of ["create", "set", "acl", "delete", "check"] as const) if (op === name) return op;
  const known = Object.keys(operations);
  const meant = closest(name, known);
  const suggestion = meant === undefined ? "" : `did you mean ${meant}? `;
  throw usage(`'${name}' is no operation of a transaction`, `${suggestion}there are ${known.join(", ")}`);
}

/** Options and other words apart; behind `--` there are no options. */
function sorted(op: keyof typeof operations, rest: readonly string[]) {
  const words: string[] = [];
  const flags: string[] = [];
  let version = -1;
  let ttlMs: number | undefined;
  let acl: readonly AclItem[] | undefined;
  const known: readonly string[] = operations[op].flags;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? "";
    const [flag = "", value] = /^(--version|--ttl|--acl)=(.*)$/.exec(word)?.slice(1) ?? [word];
    if (word === "--") {
      words.push(...rest.slice(i + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") words.push(word);
    else if (!known.includes(flag))
      throw usage(`unknown option '${word}': ${operations[op].usage}`, "data that starts with a dash goes after `--`");
    else if (flag === "--version") version = parseVersion(value ?? rest[++i] ?? "");
    else if (flag === "--ttl") ttlMs = parseTtl(value ?? rest[++i] ?? "");
    else if (flag === "--acl") acl = [...(acl ?? []), ...parseItems([value ?? rest[++i] ?? ""])];
    else flags.push(flag);
  }
  return { words, flags, version, ttlMs, acl };
}
