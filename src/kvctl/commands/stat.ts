/** `kvctl stat`: what is known of a znode besides its data. */
import { TerrariumError } from "../../base/errors.ts";
import { checkPath } from "../arguments.ts";
import { result, showEvent, statText } from "../format.ts";
import type { Context } from "../ports.ts";
import { noteWaiting, untilEvent, watcher } from "../waiting.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface StatArguments {
  readonly path: string;
  readonly watch: boolean;
}

/** Prints the stat; then, as asked, the one event of a watch. */
export async function stat(context: Context, args: StatArguments): Promise<void> {
  checkPath(args.path);
  const { out } = context;
  const session = await context.session();
  const watching = watcher();
  const found = await session.exists(args.path, { watch: args.watch ? watching.watch : undefined });
  if (found === undefined) {
    const hint = `check the path with \`ls\`; \`watch --exists ${args.path}\` waits for it`;
    throw new TerrariumError("NO_NODE", `the znode ${args.path} does not exist`, hint);
  }
  result(out, statText(found), { path: args.path, stat: found });
  if (!args.watch) return;
  noteWaiting(context, `a change of ${args.path}`);
  await context.follow(
    `stat ${args.path}`,
    (signal) => untilEvent(session, watching, signal, (event) => showEvent(out, event)),
    false,
  );
}

export const registerStat: Register = (program, host) => {
  const command = declare(program, host, "stat", {
    summary: "print what is known of a znode",
    description: [
      `Prints a znode's stat, named as in ZooKeeper:`,
      `  czxid, ctime          when it was created (zxid: the index in the log; time)
  mzxid, mtime          when its data last changed
  pzxid                 when a child was last created or deleted
  version, cversion     how often the data, the children changed
  aversion              how often its access list changed
  ephemeralOwner        the session with which it goes; 0 (persistent) if it
                        stays, 0 (container) if it goes with its last child,
                        0 (ttl) if it goes when it was not set for a time
  dataLength            bytes of data
  numChildren           children
  ttlMs                 that time, milliseconds`,
    ],
    examples: ["kvctl stat /config", "kvctl stat -w /config     # then waits for a change"],
  })
    .argument("<path>", "the znode")
    .option("-w, --watch", "then wait for one change and print it")
    .action((path: string, { watch }: { readonly watch?: boolean }) =>
      host.run(commonOptions(command), (context) => stat(context, { path, watch: watch === true })),
    );
  addCommonOptions(command, host.inShell);
};
