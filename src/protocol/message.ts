/** Whole messages and their bytes. */
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const shared = new WireWriter();

/** The bytes of a message; `write` is its generated function. The hot paths have a writer of their own instead. */
export function encodeMessage<T>(write: (writer: WireWriter, message: T) => void, message: T): Uint8Array {
  shared.begin();
  write(shared, message);
  return shared.finish();
}

/**
 * Reads a message; `read` is its generated function. Bytes in it are views on `bytes`. PROTOCOL_ERROR if it is
 * malformed; whether it makes sense is checked by the caller.
 */
export function decodeMessage<T>(read: (reader: WireReader) => T, bytes: Uint8Array): T {
  return read(new WireReader(bytes));
}
