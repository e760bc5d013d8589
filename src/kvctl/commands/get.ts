/** `kvctl get`: a znode's data, byte for byte. */
import { checkPath } from "../arguments.ts";
import { dataFields } from "../data.ts";
import { result, showEvent, statText } from "../format.ts";
import type { Context } from "../ports.ts";
import { noteWaiting, untilEvent, watcher } from "../waiting.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface GetArguments {
  readonly path: string;
  readonly watch: boolean;
  readonly stat: boolean;
  readonly local: boolean;
}

/** Prints the data; then, as asked, the stat, and the one event of a watch. */
export async function get(context: Context, args: GetArguments): Promise<void> {
  checkPath(args.path);
  const { out } = context;
  const session = await context.session();
  const watching = watcher();
  const { data, stat } = await session.get(args.path, {
    local: args.local,
    watch: args.watch ? watching.watch : undefined,
  });
  if (out.json) result(out, "", { path: args.path, ...dataFields(data), stat });
  else {
    out.write(data);
    // A file must get the bytes and nothing else; a person, and whatever else is printed, wants a line of its own.
    const moreComes = args.stat || args.watch || context.inShell;
    if (data.length > 0 && data.at(-1) !== 0x0a && (out.terminal || moreComes)) out.write("\n");
    if (args.stat) out.write(`${statText(stat)}\n`);
  }
  if (!args.watch) return;
  noteWaiting(context, `a change of ${args.path}`);
  await context.follow(
    `get ${args.path}`,
    (signal) => untilEvent(session, watching, signal, (event) => showEvent(out, event)),
    false,
  );
}

interface Options {
  readonly watch?: boolean;
  readonly stat?: boolean;
  readonly local?: boolean;
}

export const registerGet: Register = (program, host) => {
  const command = declare(program, host, "get", {
    summary: "print a znode's data",
    description: [
      `Prints a znode's data as it is; a newline is added only on a terminal, in the shell, and before a stat or an event.
With --json, data that is no UTF-8 comes in base64, as "encoding" says.`,
      `With --local the attached server answers from what it has, which may be a little old. Opening the session still
takes a quorum: without one there is nothing to read.`,
    ],
    examples: [
      "kvctl get /config",
      "kvctl get /apps/web/logo > logo.png",
      "kvctl get -w /config          # then waits for its next change",
      "kvctl get --local /config     # may be a little old",
    ],
  })
    .argument("<path>", "the znode")
    .option("-w, --watch", "then wait for one change of the data and print it")
    .option("--stat", "print the stat after the data")
    .option("--local", "the attached server's own data, without a round through the leader")
    .action((path: string, { watch, stat, local }: Options) =>
      host.run(commonOptions(command), (context) =>
        get(context, { path, watch: watch === true, stat: stat === true, local: local === true }),
      ),
    );
  addCommonOptions(command, host.inShell);
};
