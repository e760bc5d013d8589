/** Data of a znode on its way in and out. */
import { bytesEqual, emptyBytes, fromUtf8, utf8 } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { countOf, printable } from "../base/printable.ts";
import { usage } from "./failures.ts";
import type { DataInputs } from "./ports.ts";

/**
 * The bytes that a data argument stands for: `-` standard input, `@file` a file, `@@text` the text `@text`, anything
 * else itself in UTF-8. None at all means no bytes.
 */
export async function readData(argument: string | undefined, inputs: DataInputs): Promise<Uint8Array> {
  if (argument === undefined) return emptyBytes;
  const bytes = await source(argument, inputs);
  if (bytes.length <= limits.dataBytesMax) return bytes;
  throw new TerrariumError("DATA_TOO_LARGE", `the data has more than ${limits.dataBytesMax} bytes`);
}

/** One byte more than a znode holds tells as much as all of them: the source may be endless. */
const bytesMax = limits.dataBytesMax + 1;

async function source(argument: string, inputs: DataInputs): Promise<Uint8Array> {
  if (argument === "-") return inputs.readStdin(bytesMax);
  if (argument.startsWith("@@")) return utf8(argument.slice(1));
  if (!argument.startsWith("@")) return utf8(argument);
  const file = argument.slice(1);
  if (file !== "") return inputs.readFile(file, bytesMax);
  throw usage("the file name after @ is missing", "for data that starts with @, double the @");
}

/** Data for a line of text: as a JSON string when it is valid UTF-8, else how much there is. */
export function dataText(data: Uint8Array): string {
  const { data: text, encoding } = dataFields(data);
  return encoding === "utf8" ? JSON.stringify(printable(text)) : countOf(data.length, "byte");
}

/** Data for JSON: text when it is valid UTF-8, else base64. */
export function dataFields(data: Uint8Array): { data: string; encoding: "utf8" | "base64" } {
  const text = fromUtf8(data);
  if (bytesEqual(utf8(text), data)) return { data: text, encoding: "utf8" };
  return { data: Buffer.from(data.buffer, data.byteOffset, data.length).toString("base64"), encoding: "base64" };
}
