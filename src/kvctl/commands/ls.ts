/** `kvctl ls`: the children of a znode, or all below it. */
import type { Stat } from "../../client/index.ts";
import { checkPath, childPath } from "../arguments.ts";
import { hasCode, usage } from "../failures.ts";
import { isoTime, result, showEvent, table } from "../format.ts";
import { inOrder } from "../parallel.ts";
import type { Context, KvSession } from "../ports.ts";
import { untilEvent, watcher } from "../waiting.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface LsArguments {
  readonly path: string;
  readonly recursive: boolean;
  readonly watch: boolean;
  readonly long: boolean;
}

interface Item {
  readonly path: string;
  /** As shown: the name, or the full path in a recursive listing. */
  readonly label: string;
  readonly stat?: Stat;
}

/** Prints the children, sorted; then, as asked, the one event of a watch on them. */
export async function ls(context: Context, args: LsArguments): Promise<void> {
  checkPath(args.path);
  if (args.watch && args.recursive) {
    throw usage("--watch does not go with --recursive", "a watch is on the children of one znode");
  }
  const session = await context.session();
  const watching = watcher();
  const { children } = await session.children(args.path, { watch: args.watch ? watching.watch : undefined });
  const paths = children.map((name) => ({ path: childPath(args.path, name), label: name }));
  const items = args.recursive ? depthFirst(session, paths, context.signal) : each(paths);
  await list(context, args.long ? withStats(session, items) : items, args.long);
  if (!args.watch) return;
  await context.follow(
    `ls ${args.path}`,
    (signal) => untilEvent(session, watching, signal, (event) => showEvent(context.out, event)),
    false,
  );
}

async function* each(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** Each item before what is below it, by full paths; what goes meanwhile is left out with all below it. */
async function* depthFirst(session: KvSession, items: readonly Item[], signal: AbortSignal): AsyncGenerator<Item> {
  const expand = async (item: Item) => ({ item, below: await itemsBelow(session, item.path) });
  for await (const { item, below } of inOrder(items, expand)) {
    signal.throwIfAborted();
    if (below === undefined) continue;
    yield { path: item.path, label: item.path };
    yield* depthFirst(session, below, signal);
  }
}

async function itemsBelow(session: KvSession, path: string): Promise<Item[] | undefined> {
  try {
    const { children } = await session.children(path);
    return children.map((name) => ({ path: childPath(path, name), label: name }));
  } catch (error) {
    if (hasCode(error, "NO_NODE")) return undefined;
    throw error;
  }
}

async function* withStats(session: KvSession, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  const look = async (item: Item) => ({ item, stat: await session.exists(item.path) });
  for await (const { item, stat } of inOrder(all, look)) if (stat !== undefined) yield { ...item, stat };
}

async function list({ out }: Context, items: AsyncIterable<Item>, long: boolean): Promise<void> {
  const rows = [["VERSION", "BYTES", "CHILDREN", "OWNER", "MODIFIED", "NAME"]];
  for await (const { path, label, stat } of items) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (out.json || stat === undefined) result(out, label, { path, name, ...(long ? { stat } : {}) });
    else rows.push([...columns(stat), label]);
  }
  if (rows.length > 1) out.write(`${table(rows)}\n`);
}

function columns(stat: Stat): string[] {
  const owner = stat.ephemeralOwner === 0 ? "-" : String(stat.ephemeralOwner);
  return [String(stat.version), String(stat.dataLength), String(stat.numChildren), owner, isoTime(stat.mtime)];
}

interface Options {
  readonly recursive?: boolean;
  readonly watch?: boolean;
  readonly long?: boolean;
}

export const registerLs: Register = (program, host) => {
  const command = declare(program, host, "ls", {
    summary: "list the children of a znode",
    description: [
      `Prints the names of a znode's children, one a line. With -R, the full paths of all below it, depth first.
OWNER in the long form is the session of an ephemeral znode.`,
    ],
    examples: [
      "kvctl ls /",
      "kvctl ls -l /locks",
      "kvctl ls -R /apps",
      "kvctl ls -w /members   # then waits for a change",
    ],
  })
    .argument("<path>", "the znode")
    .option("-R, --recursive", "all below it, by full paths, depth first")
    .option("-w, --watch", "then wait for one change of the children and print it")
    .option("-l, --long", "a table with version, size, children, owner and time")
    .action((path: string, { recursive, watch, long }: Options) =>
      host.run(commonOptions(command), (context) =>
        ls(context, { path, recursive: recursive === true, watch: watch === true, long: long === true }),
      ),
    );
  addCommonOptions(command, host.inShell);
};
