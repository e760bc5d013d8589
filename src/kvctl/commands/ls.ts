/** `kvctl ls`: the children of a znode, or all below it. */
import { kindOf } from "../../base/znode-kinds.ts";
import type { ChildPage, Stat } from "../../client/index.ts";
import { checkPath, childPath } from "../arguments.ts";
import { firstPage, pageNames } from "../children.ts";
import { hasCode, usage } from "../failures.ts";
import { isoTime, result, showEvent, TableInParts } from "../format.ts";
import { inOrder } from "../parallel.ts";
import type { Context, KvSession } from "../ports.ts";
import { noteWaiting, untilEvent, watcher } from "../waiting.ts";
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
  // The first page belongs to the command: a znode that is missing must fail it.
  const pages = session.childPages(args.path, {
    limit: pageNames,
    watch: args.watch ? watching.watch : undefined,
  });
  const items = args.recursive ? depthFirst(session, args.path, pages, context.signal) : each(args.path, pages);
  await list(context, args.long ? withStats(session, items) : items);
  if (!args.watch) return;
  noteWaiting(context, `a change of the children of ${args.path}`);
  await context.follow(
    `ls ${args.path}`,
    (signal) => untilEvent(session, watching, signal, (event) => showEvent(context.out, event)),
    false,
  );
}

type Pages = AsyncIterable<Pick<ChildPage, "children">>;

async function* each(parent: string, pages: Pages): AsyncGenerator<Item> {
  for await (const { children } of pages)
    for (const name of children) yield { path: childPath(parent, name), label: name };
}

/**
 * Each item before what is below it, by full paths; what goes meanwhile is left out with all below it. Of some items
 * ahead the first pages are there already, so that the walk does not wait for each; no more is kept at once.
 */
async function* depthFirst(
  session: KvSession,
  parent: string,
  pages: Pages,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  for await (const { children } of pages) {
    const expand = async (name: string) => {
      const path = childPath(parent, name);
      return { path, first: await firstPageOf(session, path) };
    };
    for await (const { path, first } of inOrder(children, expand)) {
      signal.throwIfAborted();
      if (first === undefined) continue;
      yield { path, label: path };
      if (first.children.length > 0) yield* depthFirst(session, path, startingWith(session, path, first), signal);
    }
  }
}

/** The pages of a znode's children, of which the first is there. */
async function* startingWith(session: KvSession, path: string, first: ChildPage): Pages {
  yield first;
  const after = first.children.at(-1);
  if (!first.more || after === undefined) return;
  try {
    yield* session.childPages(path, { limit: pageNames, after });
  } catch (error) {
    if (!hasCode(error, "NO_NODE")) throw error;
  }
}

async function firstPageOf(session: KvSession, path: string): Promise<ChildPage | undefined> {
  try {
    return await firstPage(session, path, { limit: pageNames });
  } catch (error) {
    if (hasCode(error, "NO_NODE")) return undefined;
    throw error;
  }
}

async function* withStats(session: KvSession, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const look = async (item: Item) => ({ item, stat: await session.exists(item.path) });
  for await (const some of inGroups(items))
    for await (const { item, stat } of inOrder(some, look)) if (stat !== undefined) yield { ...item, stat };
}

/** As many at a time as a page has. */
async function* inGroups<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < pageNames) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** A long listing is a table, whose columns may grow wider on the way: rows are written when there are many. */
async function list({ out }: Context, items: AsyncIterable<Item>): Promise<void> {
  const head = ["VERSION", "BYTES", "CHILDREN", "OWNER", "MODIFIED", "NAME"];
  const rows = new TableInParts(head);
  for await (const { path, label, stat } of items) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (out.json || stat === undefined) result(out, label, { path, name, ...(stat === undefined ? {} : { stat }) });
    else if (rows.add([...columns(stat), label]) >= pageNames) out.write(rows.take());
  }
  if (rows.length > 0) out.write(rows.take());
}

function columns(stat: Stat): string[] {
  const kind = kindOf(stat);
  const owner = kind === "ephemeral" ? String(stat.ephemeralOwner) : kind === "persistent" ? "-" : kind;
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
OWNER in the long form is the session of an ephemeral znode, and tells a container, and one with a time to live (ttl).`,
    ],
    examples: [
      "kvctl ls",
      "kvctl ls -l /locks",
      "kvctl ls -R /apps",
      "kvctl ls -w /members   # then waits for a change",
    ],
  })
    .argument("[path]", "the znode", "/")
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
