/** `kvctl watch`: the changes of a znode, for ever. */

import type { Stat, WatchEventType } from "../../client/index.ts";
import { checkPath } from "../arguments.ts";
import { firstPage } from "../children.ts";
import { hasCode, usage } from "../failures.ts";
import { showEvent, type WatchNews } from "../format.ts";
import type { Context, KvSession } from "../ports.ts";
import { watchBelow } from "../recursive-watch.ts";
import { patiently, untilEvent, type Watcher, watcher } from "../waiting.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface WatchArguments {
  readonly path: string;
  /** What to tell of; none of the three means all. */
  readonly data: boolean;
  readonly children: boolean;
  readonly exists: boolean;
  /** Whether to watch all below it, too; then `data` has the data printed. */
  readonly recursive: boolean;
}

/** What of a znode one watch is on: the node itself, or its children. */
type Side = "node" | "children";

/** What has been told so far: whether the znode is there, and the zxid of its newest change on this side. */
interface Known {
  readonly present: boolean;
  readonly zxid: number;
}

/** A watch that is armed, and the stat that was read with it: undefined where there is no znode. */
interface Armed {
  readonly session: KvSession;
  readonly stat: Stat | undefined;
  readonly watcher: Watcher;
}

/** Prints each event until interrupted. */
export async function watch(context: Context, args: WatchArguments): Promise<void> {
  const path = checkPath(args.path);
  if (args.recursive && (args.children || args.exists))
    throw usage("--children and --exists do not go with -R", "-R tells of all znodes that come, go or are set");
  if (args.recursive) return watchBelow(context, { path, data: args.data });
  const all = !args.data && !args.children && !args.exists;
  const node = all || args.data || args.exists;
  const told = new Set<WatchEventType>(["created", "deleted", "resync"]);
  if (all || args.data) told.add("dataChanged");
  const tell = (types: ReadonlySet<WatchEventType>) => (change: WatchNews) => {
    if (types.has(change.type)) showEvent(context.out, change);
  };
  // Where both sides are watched, the comings and goings of the znode are told once: by its own side.
  const childTypes: ReadonlySet<WatchEventType> = new Set(node ? ["childrenChanged"] : [...told, "childrenChanged"]);
  const sides: [Side, (change: WatchNews) => void][] = [];
  if (node) sides.push(["node", tell(told)]);
  if (all || args.children) sides.push(["children", tell(childTypes)]);
  // The first arming belongs to the command: a wrong path or a missing quorum must fail it.
  const first: [Side, (change: WatchNews) => void, Armed][] = [];
  for (const [side, show] of sides) first.push([side, show, await arm(context, path, side)]);
  const missing = first[0]?.[2].stat === undefined ? "; it does not exist yet" : "";
  context.out.note(`kvctl: watching ${path}${missing}${context.inShell ? "" : " (Ctrl-C ends it)"}`);
  const follow = async (signal: AbortSignal) => {
    await Promise.all(first.map(([side, show, armed]) => watchSide(context, path, side, armed, show, signal)));
  };
  await context.follow(`watch ${path}`, follow, true);
}

/** Tells an event, arms the watch again, tells what changed in between, and so on. */
async function watchSide(
  context: Context,
  path: string,
  side: Side,
  first: Armed,
  show: (change: WatchNews) => void,
  signal: AbortSignal,
): Promise<never> {
  let armed = first;
  let known = after(side, { present: armed.stat !== undefined, zxid: 0 }, armed.stat);
  for (;;) {
    try {
      const event = await untilEvent(armed.session, armed.watcher, signal, show);
      if (event.type !== "resync") known = { present: event.type !== "deleted", zxid: event.zxid };
    } catch (error) {
      if (!hasCode(error, "SESSION_EXPIRED")) throw error;
    }
    armed = await patiently(context, `the watch of ${path} waits`, () => arm(context, path, side), signal);
    for (const change of missed(side, path, known, armed.stat)) show(change);
    known = after(side, known, armed.stat);
  }
}

/** Reads with a watch. A missing znode has no data or children to watch: then its creation is. */
async function arm(context: Context, path: string, side: Side): Promise<Armed> {
  const session = await context.session();
  for (;;) {
    const own = watcher();
    if (side === "node") return { session, stat: await session.exists(path, { watch: own.watch }), watcher: own };
    try {
      // Of the names one is enough: the Stat tells of all changes.
      const { stat } = await firstPage(session, path, { limit: 1, watch: own.watch });
      return { session, stat, watcher: own };
    } catch (error) {
      if (!hasCode(error, "NO_NODE")) throw error;
    }
    const creation = watcher();
    const stat = await session.exists(path, { watch: creation.watch });
    if (stat === undefined) return { session, stat, watcher: creation };
  }
}

/** What `stat` says beyond what has been told: changes that fell between an event and the next arming. */
export function missed(side: Side, path: string, known: Known, stat: Stat | undefined): WatchNews[] {
  if (stat === undefined) return known.present ? [{ type: "deleted", path }] : [];
  const changes: WatchNews[] = [];
  let told = known.zxid;
  if (stat.czxid > known.zxid) {
    if (known.present) changes.push({ type: "deleted", path });
    changes.push({ type: "created", path, zxid: stat.czxid });
    told = stat.czxid;
  }
  const newest = newestOf(side, stat);
  if (newest > told) changes.push({ type: side === "node" ? "dataChanged" : "childrenChanged", path, zxid: newest });
  return changes;
}

function after(side: Side, known: Known, stat: Stat | undefined): Known {
  if (stat === undefined) return { present: false, zxid: known.zxid };
  return { present: true, zxid: Math.max(known.zxid, stat.czxid, newestOf(side, stat)) };
}

function newestOf(side: Side, stat: Stat): number {
  return side === "node" ? stat.mzxid : stat.pzxid;
}

interface Options {
  readonly data?: boolean;
  readonly children?: boolean;
  readonly exists?: boolean;
  readonly recursive?: boolean;
}

export const registerWatch: Register = (program, host) => {
  const command = declare(program, host, "watch", {
    summary: "print the changes of a znode as they come",
    description: [
      `Prints each change of a znode, arming the watch again after each one, until interrupted (then the exit code is 0).
It tells of the znode's creation and deletion, and of what the options name; with none of them, of everything. It goes
on through failovers, and says so on standard error. The znode need not exist yet.`,
      "Several changes in quick succession may come as one event.",
      `With -R it tells of the znode and of all below it: which was created, set or deleted, each change of its own; and with
--data of the data that it has then. "resync" stands for whatever happened while it was between two servers.`,
      ...(host.inShell ? ["In the shell it goes on behind the prompt; `unwatch <path>` ends it."] : []),
    ],
    examples: [
      "kvctl watch /config",
      "kvctl watch /members --children",
      "kvctl watch -R /services --data",
      "kvctl watch /leader --exists --json | while read -r event; do …; done",
    ],
  })
    .argument("<path>", "the znode")
    .option("-R, --recursive", "all below it, too")
    .option("--data", "changes of its data; with -R, the data themselves, too")
    .option("--children", "changes of its children")
    .option("--exists", "nothing more than its creation and deletion")
    .action((path: string, { data, children, exists, recursive }: Options) =>
      host.run(commonOptions(command), (context) =>
        watch(context, {
          path,
          data: data === true,
          children: children === true,
          exists: exists === true,
          recursive: recursive === true,
        }),
      ),
    );
  addCommonOptions(command, host.inShell);
};
