/** `kvctl txn`: several operations together, all or none. */
import { limits } from "../../base/limits.ts";
import type { Stat } from "../../base/operations.ts";
import type { TerrariumError, TransactionResult } from "../../client/index.ts";
import { TransactionError } from "../../client/transaction.ts";
import { usage } from "../failures.ts";
import { result } from "../format.ts";
import type { Context, DataInputs } from "../ports.ts";
import {
  type AnyTransaction,
  atLine,
  lineUsages,
  readLines,
  type TransactionLine,
  withLine,
} from "../transaction-lines.ts";
import { untilEnd } from "../waiting.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** What a transaction may hold, and as much again for the words around it. */
const bytesMax = 2 * limits.multiBytesMax;

/** Does what the lines of a file, or of standard input, ask for, and prints what came of each. */
export async function txn(context: Context, file: string | undefined): Promise<void> {
  const { out, inputs } = context;
  const bytes = await (file === undefined || file === "-"
    ? inputs.readStdin(bytesMax + 1)
    : inputs.readFile(file, bytesMax + 1));
  if (bytes.length > bytesMax) throw usage(`the transaction has more than ${bytesMax} bytes`, "make several of it");
  const lines = await readLines(bytes, dataInputs(inputs));
  if (lines.length === 0) throw usage("the transaction has no operation", `lines are: ${lineUsages.join(", ")}`);
  const session = await context.session();
  const results = await commit(session.transaction(), lines);
  const held = lines.some(({ ephemeral }) => ephemeral) && !context.inShell;
  const done = lines.map((line, i) => outcomeOf(line, results[i]));
  const holding = held ? { session: session.sessionId, holding: true } : {};
  result(out, done.map(({ text }) => text).join("\n"), { results: done.map(({ object }) => object), ...holding });
  if (!held) return;
  out.note(`kvctl: holding session ${session.sessionId}; its ephemerals are removed when this ends (Ctrl-C)`);
  await context.follow("hold the transaction's ephemerals", (signal) => untilEnd(session, signal), true);
}

async function commit(begun: AnyTransaction, lines: readonly TransactionLine[]): Promise<readonly TransactionResult[]> {
  try {
    return await lines.reduce(withLine, begun).commit();
  } catch (error) {
    throw error instanceof TransactionError ? inLines(error, lines) : error;
  }
}

/** The same error, with the number of the line that was refused. */
function inLines(error: TransactionError, lines: readonly TransactionLine[]): TerrariumError {
  const refused = lines[error.failedIndex ?? -1];
  if (refused === undefined) return error;
  return atLine(refused.line, error, `${error.reason}; nothing of the transaction was done`);
}

function outcomeOf({ op, path }: TransactionLine, answer: TransactionResult) {
  if (op === "create" && answer !== undefined && "path" in answer)
    return { text: answer.path, object: { op, path: answer.path, stat: answer.stat } };
  if (op === "set" && isStat(answer))
    return { text: `${path} version ${answer.version}`, object: { op, path, stat: answer } };
  if (op === "acl" && isStat(answer))
    return { text: `${path} list version ${answer.aversion}`, object: { op, path, stat: answer } };
  return { text: `${op === "delete" ? "deleted" : "checked"} ${path}`, object: { op, path } };
}

function isStat(answer: TransactionResult): answer is Stat {
  return answer !== undefined && "version" in answer;
}

/** Standard input is where the lines come from. */
function dataInputs({ readFile }: DataInputs): DataInputs {
  const readStdin = () => Promise.reject(usage("- is no data in a transaction", "use @file"));
  return { readFile, readStdin };
}

export const registerTxn: Register = (program, host) => {
  const command = declare(program, host, "txn", {
    summary: "make several changes together, or none",
    description: [
      `Makes several changes together: all of them, in this order and at one zxid, or none. Each sees those before it.
Prints what came of each.`,
      `One operation a line; # begins a comment, and quotes are as in the shell:`,
      lineUsages.map((line) => `  ${line}`).join("\n"),
      `check changes nothing: its znode has to be there, with the version given. Data: text as it is, @file for a file,
@@text for text that starts with @. At most 1,000 lines and 2 MiB go together. A transaction that is refused names the line
for whose sake.`,
    ],
    examples: [
      "kvctl txn changes.txt",
      "printf 'check /leader --version 4\\nset /config two\\n' | kvctl txn",
      "echo 'create -s /queue/job- mow' | kvctl txn --json",
    ],
  })
    .aliases(["multi", "transaction"])
    .argument("[file]", "what to do (default: standard input)")
    .action((file: string | undefined) => host.run(commonOptions(command), (context) => txn(context, file)));
  addCommonOptions(command, host.inShell);
};
