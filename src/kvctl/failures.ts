/** What went wrong, in the words and exit codes of the CLI. */
import { type ErrorClass, errorClass, errorHint, isErrorCode, TerrariumError } from "../base/errors.ts";
import { hintOf } from "./hints.ts";
import type { Output } from "./ports.ts";

/** Exit codes: 0 done, 1 refused by what the cluster has, 2 given wrongly, 3 no quorum or no server in time. */
export const exitCodes: Readonly<Record<ErrorClass, number>> = { refused: 1, usage: 2, unavailable: 3 };

/** A failure as the user sees it. */
export interface ShownFailure {
  /** An `ErrorCode`, or INTERNAL. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
}

/** A command was given wrongly; `hint` says how it goes. */
export function usage(message: string, hint: string = errorHint("USAGE")): TerrariumError {
  return new TerrariumError("USAGE", message, hint);
}

/** Any thrown value as a {@link ShownFailure}. What is no `TerrariumError` is a bug and says so, without a stack. */
export function describe(error: unknown): ShownFailure {
  if (error instanceof TerrariumError) {
    const { code, message } = error;
    return { code, message, hint: hintOf(error), exitCode: exitCodeOf(code) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message, hint: "this looks like a bug of Terrarium: please report it", exitCode: 1 };
}

/** What is malformed is a mistake of the user's, whoever finds it: this program, the client or a server. */
function exitCodeOf(code: string): number {
  if (code === "BAD_ARGUMENTS") return exitCodes.usage;
  return isErrorCode(code) ? exitCodes[errorClass(code)] : exitCodes.refused;
}

/** Whether `error` is a `TerrariumError` with this code. */
export function hasCode(error: unknown, code: TerrariumError["code"]): boolean {
  return error instanceof TerrariumError && error.code === code;
}

/** Whether trying again later may help. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof TerrariumError && errorClass(error.code) === "unavailable";
}

/** Shows a failure: an object on standard output with --json, else a message and a hint on standard error. */
export function report(out: Output, failure: ShownFailure): void {
  const { code, message, hint } = failure;
  const place = out.place === undefined ? {} : { place: out.place };
  if (out.json) out.write(`${JSON.stringify({ error: { code, message, hint, ...place } })}\n`);
  else {
    out.note(`kvctl: ${out.place === undefined ? "" : `${out.place}: `}${message}`);
    if (hint !== "") out.note(`  hint: ${hint}`);
  }
}
