/** The user's files and standard input, read no further than needed. */
import { createReadStream, fstatSync } from "node:fs";
import { fileReason } from "../files/reasons.ts";
import { usage } from "./failures.ts";
import type { Inputs } from "./ports.ts";

/** Those of the process. */
export const processInputs: Inputs = {
  async readFile(path, bytesMax) {
    try {
      return await readAtMost(createReadStream(path), bytesMax);
    } catch (error) {
      throw usage(
        `cannot read '${path}': ${fileReason(error)}`,
        "@file takes the data from a file; @@ begins data with @",
      );
    }
  },
  async readStdin(bytesMax) {
    try {
      return await readAtMost(standardInput(), bytesMax);
    } catch (error) {
      throw usage(`cannot read standard input: ${fileReason(error)}`, "- takes the data from standard input");
    }
  },
  async *stream(path) {
    const what = path === "-" ? "standard input" : `'${path}'`;
    try {
      yield* path === "-" ? standardInput() : createReadStream(path);
    } catch (error) {
      throw usage(`cannot read ${what}: ${fileReason(error)}`, "give the name of a file, or - for standard input");
    }
  },
};

function standardInput(): NodeJS.ReadStream {
  // Node takes a directory for an empty file.
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error("EISDIR"), { code: "EISDIR" });
  return process.stdin;
}

/** The first bytes of a stream: all, or `bytesMax` of them, and nothing behind them is waited for. */
export async function readAtMost(stream: AsyncIterable<Uint8Array | string>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const piece = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    chunks.push(piece);
    bytes += piece.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax);
}
