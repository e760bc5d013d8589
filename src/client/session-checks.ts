/** What the session has to know of a request's content. */
import { aclBytes, type Credential } from "../base/acl.ts";
import { utf8Length } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { aclOf, dataOf, pathOf, requestOverheadBytes, versionOf } from "../base/operation-traits.ts";
import type { MultiPart, Result } from "../base/operations.ts";
import type { ReadPart, WatchSpec } from "../base/reads.ts";
import { watchArmedBy } from "../base/watch-rules.ts";
import type { RequestBody } from "../protocol/client-messages.ts";

/**
 * Bytes of the request on the wire, about. Throws BAD_ARGUMENTS, DATA_TOO_LARGE, MULTI_TOO_LARGE for what no server could
 * even take in.
 */
export function checkedBytes(body: RequestBody): number {
  if (body.type === "close") return requestOverheadBytes;
  if (body.type === "auth") return requestOverheadBytes + checkedCredentialBytes(body.credential);
  if (body.type === "write") {
    const { operation } = body;
    if (operation.op !== "multi") return checkedPartBytes(operation) + 2 * requestOverheadBytes;
    const { parts } = operation;
    checkCount(parts);
    const bytes = parts.reduce((sum, part) => sum + checkedPartBytes(part), 0);
    if (bytes > limits.multiBytesMax)
      throw tooLarge(`the transaction has ${bytes} bytes, more than ${limits.multiBytesMax}`);
    return bytes + requestOverheadBytes * (parts.length + 1);
  }
  const { path, after, parts } = body.read;
  let bytes = requestOverheadBytes + checkedPathBytes(path);
  // It is the name of a child, which stands in for one segment of a path.
  if (after !== undefined) bytes += checkedPathBytes(after, "`after`");
  if (parts === undefined) return bytes;
  checkCount(parts);
  return parts.reduce((sum, part) => sum + checkedPathBytes(part.path) + requestOverheadBytes, bytes);
}

function checkCount({ length }: readonly (MultiPart | ReadPart)[]): void {
  if (length > limits.multiPartsMax)
    throw tooLarge(`${length} operations are to go together, more than ${limits.multiPartsMax}`);
}

function tooLarge(message: string): TerrariumError {
  return new TerrariumError("MULTI_TOO_LARGE", message);
}

function checkedPartBytes(part: MultiPart): number {
  const pathBytes = checkedPathBytes(pathOf(part));
  const version = versionOf(part);
  // The wire has 32 bits for it. Versions overflow into the negative numbers, so that those below -1 are versions too.
  if ((version | 0) !== version) {
    throw new TerrariumError("BAD_ARGUMENTS", `the version ${version} is not an integer of 32 bits`);
  }
  const data = dataOf(part).length;
  if (data > limits.dataBytesMax) {
    throw new TerrariumError("DATA_TOO_LARGE", `the data has ${data} bytes, more than ${limits.dataBytesMax}`);
  }
  const acl = aclOf(part);
  if (acl.length > limits.aclItemsMax)
    throw new TerrariumError("INVALID_ACL", `the list has ${acl.length} items, more than ${limits.aclItemsMax}`);
  const listBytes = aclBytes(acl);
  if (listBytes > limits.aclBytesMax)
    throw new TerrariumError("INVALID_ACL", `the list has ${listBytes} bytes, more than ${limits.aclBytesMax}`);
  return pathBytes + data + listBytes + requestOverheadBytes * acl.length;
}

function checkedCredentialBytes({ scheme, auth }: Credential): number {
  const bytes = utf8Length(scheme) + auth.length;
  if (bytes <= limits.credentialBytesMax) return bytes;
  const message = `the credential has ${bytes} bytes, more than ${limits.credentialBytesMax}`;
  throw new TerrariumError("BAD_ARGUMENTS", message);
}

function checkedPathBytes(path: string, what = "the path"): number {
  const bytes = utf8Length(path);
  if (bytes <= limits.pathBytesMax) return bytes;
  throw new TerrariumError("BAD_ARGUMENTS", `${what} has ${bytes} bytes, more than ${limits.pathBytesMax}`);
}

/** The watch that a request arms, given its result; without one, the watch that it arms if all goes well. */
export function armedBy(body: RequestBody, result?: Result): WatchSpec | undefined {
  return body.type === "read" ? watchArmedBy(body.read, result) : undefined;
}
