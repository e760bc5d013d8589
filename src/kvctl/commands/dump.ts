/** `kvctl dump` and `kvctl load`: a subtree as lines of JSON. */
import { TerrariumError } from "../../base/errors.ts";
import { fileReason } from "../../files/reasons.ts";
import { WholeFile } from "../../files/whole-file.ts";
import { checkPath } from "../arguments.ts";
import { usage } from "../failures.ts";
import { result } from "../format.ts";
import type { Context, Output } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** Lines are written so many bytes at a time. */
const chunkBytes = 64 * 1024;

/** Where lines go, as they come. */
interface Sink {
  write(text: string): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Writes a znode and all below it, a line each, to a new file or to standard output. */
export async function dump(context: Context, path: string, file: string): Promise<void> {
  checkPath(path);
  const { dumpTree } = await import("../moving/dump.ts");
  const sink = file === "-" ? outputSink(context.out) : await fileSink(file);
  try {
    const { counts, words } = await dumpTree(context, path, (text) => sink.write(text));
    await sink.commit();
    if (file !== "-") result(context.out, `dumped ${path} to ${file}: ${words}`, { path, file, ...counts });
    else if (counts.ephemerals + counts.gone + counts.refused > 0) context.out.note(`kvctl: ${words}`);
    if (counts.refused > 0)
      throw new TerrariumError("INCOMPLETE", `not all of ${path} is in the dump: ${counts.refused} could not be read`);
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** Makes the znodes of a file's lines, or of standard input's. */
export async function load(
  context: Context,
  file: string,
  target: string | undefined,
  options: LoadArguments,
): Promise<void> {
  if (target !== undefined) checkPath(target);
  const { loadLines } = await import("../moving/load.ts");
  await loadLines(context, file, target, { ...options });
}

export interface LoadArguments {
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

function outputSink(out: Output): Sink {
  return {
    async write(text) {
      out.write(text);
      await out.drained?.();
    },
    commit: async () => undefined,
    discard: async () => undefined,
  };
}

/** A file has its name only once it is whole. */
async function fileSink(name: string): Promise<Sink> {
  const trouble = (error: unknown): TerrariumError =>
    usage(`cannot write '${name}': ${fileReason(error)}`, "give a name that is not taken, or - for standard output");
  const tried = <T>(what: Promise<T>): Promise<T> =>
    what.catch((error: unknown) => {
      throw trouble(error);
    });
  const file = await tried(WholeFile.create(name));
  let waiting = "";
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(waiting);
    waiting = "";
    await tried(file.write(bytes));
  };
  return {
    async write(text) {
      waiting += text;
      if (waiting.length >= chunkBytes) await flush();
    },
    async commit() {
      await flush();
      await tried(file.commit());
    },
    discard: () => file.discard(),
  };
}

export const registerDump: Register = (program, host) => {
  const command = declare(program, host, "dump", {
    summary: "write a subtree as lines of JSON",
    description: [
      `Writes a znode and all below it, one JSON object a line, parents first and names in order: what can be read, compared
by diff, changed by hand and loaded again. Ephemeral znodes are left out, as is /zookeeper.`,
      `  {"path":"/app/name","data":"text, if the data are valid UTF-8"}
  {"path":"/app/key","base64":"AAH/"}
  {"path":"/app/locks","data":"","kind":"container"}
  {"path":"/app/alive","data":"","kind":"ttl","ttlMs":30000}
  {"path":"/app/mine","data":"","acl":["digest:bob:HASH:cdrwa"]}`,
      `A file has its name only once it is whole; none that exists is touched. A tree that is changed meanwhile is written as
it was at no single moment: \`kvctl snapshot save\` makes a backup that is.`,
    ],
    examples: ["kvctl dump /app app.jsonl", "kvctl dump / | jq -r .path", "kvctl dump /app | grep -c container"],
  })
    .argument("<path>", "the znode")
    .argument("[file]", "where to; - for standard output, which is the default", "-")
    .action((path: string, file: string) => host.run(commonOptions(command), (context) => dump(context, path, file)));
  addCommonOptions(command, host.inShell);
};

interface LoadOptions {
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
}

export const registerLoad: Register = (program, host) => {
  const command = declare(program, host, "load", {
    summary: "make the znodes of lines of JSON",
    description: [
      `Makes the znodes that \`kvctl dump\` has written, or you: see there for what a line is. A line without data makes a
znode without. Given a path, the first line's znode goes there and all others, which have to be below it, go with it; missing parents
of the first are made.`,
      `What is there already with the same data, kind and list is left alone; what differs is named and left as it is,
unless --overwrite replaces its data and list. The exit code is 1 if something is not there in the end.`,
      `A file is checked to its end first: where a line is malformed nothing is done. Standard input is taken as it comes: a
malformed line ends it, and it is said what was done before.`,
    ],
    examples: ["kvctl load app.jsonl", "kvctl load app.jsonl /copy/of/app", "kvctl dump /a | kvctl load - /b"],
  })
    .argument("<file>", "the lines; - for standard input")
    .argument("[path]", "where to put them (default: where their paths say)")
    .option("--dry-run", "change nothing; tell what would be done")
    .option("--overwrite", "replace data and access control lists that differ")
    .action((file: string, path: string | undefined, { overwrite, dryRun }: LoadOptions) =>
      host.run(commonOptions(command), (context) =>
        load(context, file, path, { overwrite: overwrite === true, dryRun: dryRun === true }),
      ),
    );
  addCommonOptions(command, host.inShell);
};
