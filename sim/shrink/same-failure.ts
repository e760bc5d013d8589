/** Whether two runs failed for the same reason. */
import { isError, type RunFailure } from "../outcome.ts";

/** The same invariant; for errors that the code threw, the same sentence but for its numbers. */
export function sameFailure(a: RunFailure | undefined, b: RunFailure | undefined): boolean {
  if (a === undefined || b === undefined || a.invariant !== b.invariant) return false;
  return !isError(a) || withoutNumbers(a.message) === withoutNumbers(b.message);
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, "N");
}
