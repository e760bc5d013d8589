/** What the simulator's programs have in common: exit codes, printing, Ctrl-C, and errors that are no news to anybody. */
import { MutantMismatch } from "../mutants/mutant.ts";
import { PlanError } from "../plan/schema.ts";

/** Exit codes of `sim`, `hunt`, `mutants` and `sim:bench`. */
export const exitCodes = {
  fine: 0,
  /** A promise broke; of `mutants`: one survived. */
  broken: 1,
  /** Arguments or a plan that cannot be used: nothing was run. */
  refused: 2,
  /** Nothing broke, but what came of it could not be written. */
  unwritten: 3,
  /** Ctrl-C, as shells have it: 128 + SIGINT. */
  interrupted: 130,
} as const;

/** Arguments that cannot be used. The message is one sentence for whoever typed them. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A file, or the standard output, that could not be written. It says nothing about the code under test. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/** Words for what the system says of a file. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  EACCES: "permission is denied",
  EPERM: "that is not permitted",
  EROFS: "its file system is read-only",
  ENOSPC: "no space is left on its device",
  EDQUOT: "the quota is used up",
  ENAMETOOLONG: "its name is too long",
};

/** Why something could not be done with a file: "no space is left on its device (ENOSPC)". */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return Object.hasOwn(reasons, code) ? `${reasons[code]} (${code})` : error.message;
}

/** Why the standard output could not be written; `undefined` as long as it can. */
let lost: string | undefined;

function stdoutFailed(error: Error): void {
  // A reader that has gone, such as `head`, has seen what it wanted.
  if (lost !== undefined || ("code" in error && error.code === "EPIPE")) return;
  lost = reason(error);
  console.error(`The standard output cannot be written: ${lost}.`);
  if ((process.exitCode ?? exitCodes.fine) === exitCodes.fine) process.exitCode = exitCodes.unwritten;
}

/** Prints a line. Unlike `console.log`, it does not pass over an error: the program then ends with {@link exitCodes}.unwritten. */
export function print(line: string): void {
  try {
    process.stdout.write(`${line}\n`);
  } catch (error) {
    stdoutFailed(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Runs a program and sets its exit code. A user's mistake gets its sentence on stderr, never a stack trace. */
export async function runCommand(main: (args: readonly string[]) => number | Promise<number>): Promise<void> {
  process.stdout.on("error", stdoutFailed);
  try {
    const code = await main(process.argv.slice(2));
    process.exitCode = code === exitCodes.fine && lost !== undefined ? exitCodes.unwritten : code;
  } catch (error) {
    if (error instanceof OutputError) process.exitCode = exitCodes.unwritten;
    else if (error instanceof UsageError || error instanceof PlanError || error instanceof MutantMismatch)
      process.exitCode = exitCodes.refused;
    else throw error;
    console.error(error.message);
  }
}

/** npm hands on the Ctrl-C that its child has had from the terminal too, ms. */
const sameCtrlCMs = 500;

/** Aborted by the first Ctrl-C, so that what was done can be told. A second one ends the program at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  process.on("SIGINT", () => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > sameCtrlCMs) process.exit(exitCodes.interrupted);
    controller.abort();
  });
  return controller.signal;
}
