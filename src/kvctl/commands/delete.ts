/** `kvctl delete`: removes a znode, or with -r all below it too. */
import { checkDeletable, childPath, parseVersion } from "../arguments.ts";
import { hasCode, usage } from "../failures.ts";
import { result } from "../format.ts";
import { mapInOrder } from "../parallel.ts";
import type { Context, KvSession } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface DeleteArguments {
  readonly path: string;
  /** -1 = any. */
  readonly version: number;
  readonly recursive: boolean;
}

/** Rounds against others who go on creating below the tree that is to go. */
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
  let count = 0;
  let levels = await levelsOf(session, root, await childrenOf(session, root), signal);
  for (let round = 1; ; round++) {
    let refused: unknown;
    for (const level of levels.toReversed()) {
      signal.throwIfAborted();
      const outcomes = await mapInOrder(level, (path) => tryDelete(session, path));
      count += outcomes.filter((outcome) => outcome === "deleted").length;
      refused ??= outcomes.find((outcome) => outcome instanceof Error);
    }
    if (refused === undefined) return count;
    if (round === roundsMax) throw refused;
    levels = await levelsOf(session, root, await childrenIfAny(session, root), signal);
  }
}

/** "gone" if someone else was faster; the error if it has children again. */
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

/** The paths at each depth, from the root down. */
async function levelsOf(
  session: KvSession,
  root: string,
  children: readonly string[],
  signal: AbortSignal,
): Promise<(readonly string[])[]> {
  const levels: (readonly string[])[] = [[root]];
  for (let level = children; level.length > 0; ) {
    signal.throwIfAborted();
    levels.push(level);
    level = (await mapInOrder(level, (path) => childrenIfAny(session, path))).flat();
  }
  return levels;
}

async function childrenIfAny(session: KvSession, path: string): Promise<string[]> {
  try {
    return await childrenOf(session, path);
  } catch (error) {
    if (hasCode(error, "NO_NODE")) return [];
    throw error;
  }
}

async function childrenOf(session: KvSession, path: string): Promise<string[]> {
  const { children } = await session.children(path);
  return children.map((name) => childPath(path, name));
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
    .argument("<path>", "the znode")
    .option("--version <n>", "only if its version is this one; -1 for any", parseVersion, -1)
    .option("-r, --recursive", "remove all below it too, deepest first")
    .action((path: string, { version, recursive }: Options) =>
      host.run(commonOptions(command), (context) => remove(context, { path, version, recursive: recursive === true })),
    );
  addCommonOptions(command, host.inShell);
};
