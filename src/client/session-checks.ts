/** What the session has to know of a request's content. */
import { utf8Length } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { dataOf, type Result, versionOf, type WatchSpec } from "../base/operations.ts";
import { watchArmedBy } from "../base/watch-rules.ts";
import type { RequestBody } from "../protocol/client-messages.ts";

/** Bytes of the request on the wire, about. Throws BAD_ARGUMENTS, DATA_TOO_LARGE for what no server could even take in. */
export function checkedBytes(body: RequestBody): number {
  if (body.type === "close") return 64;
  const path = body.type === "write" ? body.operation.path : body.read.path;
  const pathBytes = utf8Length(path);
  if (pathBytes > limits.pathBytesMax) {
    throw new TerrariumError("BAD_ARGUMENTS", `the path has ${pathBytes} bytes, more than ${limits.pathBytesMax}`);
  }
  // The name of a child, which stands in for one segment of a path.
  const afterBytes = body.type === "read" && body.read.after !== undefined ? utf8Length(body.read.after) : 0;
  if (afterBytes > limits.pathBytesMax) {
    throw new TerrariumError("BAD_ARGUMENTS", `\`after\` has ${afterBytes} bytes, more than ${limits.pathBytesMax}`);
  }
  const version = body.type === "write" ? versionOf(body.operation) : -1;
  // The wire has 32 bits for it. Versions overflow into the negative numbers, so that those below -1 are versions too.
  if ((version | 0) !== version) {
    throw new TerrariumError("BAD_ARGUMENTS", `the version ${version} is not an integer of 32 bits`);
  }
  const data = body.type === "write" ? dataOf(body.operation).length : 0;
  if (data > limits.dataBytesMax) {
    throw new TerrariumError("DATA_TOO_LARGE", `the data has ${data} bytes, more than ${limits.dataBytesMax}`);
  }
  return pathBytes + afterBytes + data + 64;
}

/** The watch that a request arms, given its result; without one, the watch that it arms if all goes well. */
export function armedBy(body: RequestBody, result?: Result): WatchSpec | undefined {
  return body.type === "read" ? watchArmedBy(body.read, result) : undefined;
}
