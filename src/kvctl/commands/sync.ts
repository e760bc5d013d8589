/** `kvctl sync`: a round through the quorum. */
import { result } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** Waits until the attached server has all that was committed; prints the zxid up to which it has. */
export async function sync(context: Context): Promise<void> {
  const session = await context.session();
  const zxid = await session.sync();
  result(context.out, `zxid ${zxid}`, { zxid });
}

export const registerSync: Register = (program, host) => {
  const command = declare(program, host, "sync", {
    summary: "bring the attached server up to date",
    description: [
      `Waits until the attached server has applied all that the cluster had committed when it was asked, and prints the
zxid (the index in the log) that it has reached. Local reads of the same session then show at least that.`,
    ],
    examples: ["kvctl sync", "kvctl sync && echo the cluster has a quorum"],
  }).action(() => host.run(commonOptions(command), sync));
  addCommonOptions(command, host.inShell);
};
