/** Strings on the wire that must be words of a known list. */
import { type ErrorCode, isErrorCode } from "../base/errors.ts";
import { malformed } from "./wire.ts";

/** The code of a refusal. */
export function errorCode(text: string): ErrorCode {
  if (!isErrorCode(text)) throw malformed("a refusal with an unknown code");
  return text;
}
