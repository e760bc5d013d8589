/** `kvctl count`: how many znodes there are below one. */
import { TerrariumError } from "../../base/errors.ts";
import { checkPath } from "../arguments.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** Prints the number of children and that of all znodes below. */
export async function count(context: Context, path: string): Promise<void> {
  checkPath(path);
  const session = await context.session();
  // Asked one behind the other and answered in that order: nearly always of one moment.
  const [stat, { count: below, zxid }] = await Promise.all([session.exists(path), session.countBelow(path)]);
  if (stat === undefined) throw new TerrariumError("NO_NODE", `the znode ${path} does not exist`);
  const children = stat.numChildren;
  const text = table([
    ["children", String(children)],
    ["below", String(below)],
  ]);
  result(context.out, text, { path, children, below, zxid });
}

export const registerCount: Register = (program, host) => {
  const command = declare(program, host, "count", {
    summary: "count what is below a znode",
    description: [
      "Prints how many children a znode has, and how many znodes there are below it in all, children included. The servers\nkeep count: no list is read.",
    ],
    examples: ["kvctl count /", "kvctl count /jobs --json"],
  })
    .argument("<path>", "the znode")
    .action((path: string) => host.run(commonOptions(command), (context) => count(context, path)));
  addCommonOptions(command, host.inShell);
};
