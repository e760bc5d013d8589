/** Checksums of what is on disk: each value begins with the CRC-32C of the rest, four bytes, big-endian. */
import { concatBytes, readU32be, writeU32be } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { TerrariumError } from "../base/errors.ts";

/** How long a checksum is. */
export const checksumBytes = 4;

/** The checksum of `bytes`, as it stands before them. */
export function checksum(bytes: Uint8Array): Uint8Array {
  const sum = new Uint8Array(checksumBytes);
  writeU32be(sum, 0, crc32c(bytes));
  return sum;
}

/** `bytes` with their checksum. */
export function seal(bytes: Uint8Array): Uint8Array {
  return concatBytes([checksum(bytes), bytes]);
}

/** What {@link seal} was given: a view. CORRUPT unless the checksum is right; `what` names the value. */
export function unseal(value: Uint8Array, what: string): Uint8Array {
  if (value.length < checksumBytes) throw corrupt(`${what} is cut short`);
  const bytes = value.subarray(checksumBytes);
  if (readU32be(value, 0) !== crc32c(bytes)) throw corrupt(`the checksum of ${what} is wrong`);
  return bytes;
}

/** The error of everything that should not be as it is on disk. */
export function corrupt(what: string): TerrariumError {
  return new TerrariumError("CORRUPT", `what was safely on disk is damaged: ${what}`);
}
