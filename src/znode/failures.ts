/** Refusals. Every replica must form the same sentence: a session remembers it as the answer to its request. */
import type { ErrorCode } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";

/** A result that says why a request was refused. */
export interface Refusal {
  readonly failure: Failure;
}

/** A {@link Refusal} with its code and sentence. */
export function refusal(code: ErrorCode, message: string): Refusal {
  return { failure: { code, message } };
}
