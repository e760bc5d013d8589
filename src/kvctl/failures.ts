/** What went wrong, in the words and exit codes of the CLI. */
import { type ErrorClass, errorClass, errorHint, isErrorCode, TerrariumError } from "../base/errors.ts";
import { hintOf } from "./hints.ts";
import type { Output } from "./ports.ts";

/** Exit codes: 0 done, 1 refused, 2 usage, 3 no quorum or no server in time. */
export const exitCodes: Readonly<Record<ErrorClass, number>> = { refused: 1, usage: 2, unavailable: 3 };

/** A failure as the user sees it. */
export interface Failure {
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

/** Any thrown value as a {@link Failure}. What is no `TerrariumError` is a bug and says so, without a stack. */
export function describe(error: unknown): Failure {
  if (error instanceof TerrariumError) {
    const { code, message } = error;
    return { code, message, hint: hintOf(error), exitCode: isErrorCode(code) ? exitCodes[errorClass(code)] : 1 };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message, hint: "this looks like a bug of Terrarium: please report it", exitCode: 1 };
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
export function report(out: Output, failure: Failure): void {
  const { code, message, hint } = failure;
  if (out.json) out.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  else {
    out.note(`kvctl: ${message}`);
    if (hint !== "") out.note(`  hint: ${hint}`);
  }
}
