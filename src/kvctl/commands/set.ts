/** `kvctl set`: replaces a znode's data. */
import { checkPath, parseVersion } from "../arguments.ts";
import { readData } from "../data.ts";
import { result } from "../format.ts";
import type { Context } from "../ports.ts";
import { aboutData, addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface SetArguments {
  readonly path: string;
  readonly data: string;
  /** -1 = any. */
  readonly version: number;
}

/** Sets the data and prints the new version. */
export async function set(context: Context, args: SetArguments): Promise<void> {
  checkPath(args.path);
  const data = await readData(args.data, context.inputs);
  const session = await context.session();
  const stat = await session.set(args.path, data, { version: args.version });
  result(context.out, `version ${stat.version}`, { path: args.path, stat });
}

export const registerSet: Register = (program, host) => {
  const command = declare(program, host, "set", {
    summary: "replace a znode's data",
    description: [`Replaces a znode's data and prints its new version. ${aboutData}`],
    examples: [
      "kvctl set /config '{\"debug\":false}'",
      "kvctl set /config @config.json --version 3    # only if it still is 3",
      "date | kvctl set /now -",
      "kvctl set /number -- -1                         # data that starts with a dash",
    ],
  })
    .alias("put")
    .argument("<path>", "the znode")
    .argument("<data>", "its new data; '' for none")
    .option("--version <n>", "only if its version is this one; -1 for any", parseVersion, -1)
    .action((path: string, data: string, { version }: { readonly version: number }) =>
      host.run(commonOptions(command), (context) => set(context, { path, data, version })),
    );
  addCommonOptions(command, host.inShell);
};
