/** `kvctl delete`: removes a znode, or with -r all below it too. */
import { checkDeletable, parseVersion } from "../arguments.ts";
import { pathsBelow } from "../children.ts";
import { hasCode, usage } from "../failures.ts";
import { result } from "../format.ts";
import { inOrder } from "../parallel.ts";
import type { Context, KvSession } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface DeleteArguments {
  readonly path: string;
  /** -1 = any. */
  readonly version: number;
  readonly recursive: boolean;
}

/** Rounds against others who go on creating below a znode that is to go. */
const roundsMax = 10;

/** Deletes and prints what is gone. */
export async function remove(context: Context, args: DeleteArguments): Promise<void> {
  // Before anything below it is touched.
  const path = checkDeletable(args.path);
  if (args.recursive && args.version !== -1) {
    throw usage("--version does not go with --recursive", "a version is expected of one znode only");
  }
  const session = await context.session();
  if (!args.recursive) {
    await session.delete(path, { version: args.version });
    result(context.out, `deleted ${path}`, { deleted: path, count: 1 });
    return;
  }
  const count = await removeTree(session, path, context.signal);
  const below = count > 1 ? ` and ${count - 1} below it` : "";
  result(context.out, `deleted ${path}${below}`, { deleted: path, count });
}

/** Deepest first; what others delete meanwhile is fine, what they create is deleted in another round. */
async function removeTree(session: KvSession, root: string, signal: AbortSignal): Promise<number> {
  if ((await session.exists(root)) === undefined) {
    // Tells which of its parents is missing.
    await session.delete(root);
    return 1;
  }
  return removeBelow(session, root, 0, signal);
}

/**
 * How many znodes are tried at a time in one that is so deep below the first, and how many that turned out to have children
 * are emptied at a time. Whoever empties others tries none meanwhile, so that 256 requests are under way at most, and a page of
 * names is held for each znode that is being emptied.
 */
function widthsAt(depth: number): { readonly tries: number; readonly nested: number } {
  return { tries: Math.max(16, 256 >> (3 * depth)), nested: Math.max(1, 8 >> (2 * depth)) };
}

/** Removes a znode that may have children, and lies `depth` below the one that is to go; returns how many znodes went. */
async function removeBelow(session: KvSession, path: string, depth: number, signal: AbortSignal): Promise<number> {
  const { tries, nested } = widthsAt(depth);
  let count = 0;
  for (let round = 1; ; round++) {
    for await (const children of pathsBelow(session, path)) {
      signal.throwIfAborted();
      // Most have no children: to try costs less than to ask.
      const parents: string[] = [];
      const attempt = async (child: string) => ({ child, outcome: await tryDelete(session, child) });
      for await (const { child, outcome } of inOrder(children, attempt, tries)) {
        if (outcome instanceof Error) parents.push(child);
        else if (outcome === "deleted") count++;
      }
      const empty = (child: string) => removeBelow(session, child, depth + 1, signal);
      for await (const gone of inOrder(parents, empty, nested)) count += gone;
    }
    const outcome = await tryDelete(session, path);
    if (outcome === "deleted") return count + 1;
    if (outcome === "gone") return count;
    if (round === roundsMax) throw outcome;
  }
}

/** "gone" if someone else was faster; the error if it has children. */
async function tryDelete(session: KvSession, path: string): Promise<"deleted" | "gone" | Error> {
  try {
    await session.delete(path);
    return "deleted";
  } catch (error) {
    if (hasCode(error, "NO_NODE")) return "gone";
    if (hasCode(error, "NOT_EMPTY") && error instanceof Error) return error;
    throw error;
  }
}

interface Options {
  readonly version: number;
  readonly recursive?: boolean;
}

export const registerDelete: Register = (program, host) => {
  const command = declare(program, host, "delete", {
    summary: "remove a znode",
    description: ["Removes a znode. One with children is refused unless -r is given, which removes them first."],
    examples: ["kvctl delete /config", "kvctl delete /config --version 3", "kvctl delete -r /apps"],
  })
    .aliases(["rm", "del"])
    .argument("<path>", "the znode")
    .option("--version <n>", "only if its version is this one; -1 for any", parseVersion, -1)
    .option("-r, --recursive", "remove all below it too, deepest first")
    .action((path: string, { version, recursive }: Options) =>
      host.run(commonOptions(command), (context) => remove(context, { path, version, recursive: recursive === true })),
    );
  addCommonOptions(command, host.inShell);
};
