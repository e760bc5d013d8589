/** `kvctl transfer`: another server leads. */
import { result } from "../format.ts";
import type { Context } from "../ports.ts";
import { checkEndpointsAgree, leaderOf, survey } from "../survey.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";
import { parseServerId } from "./member-arguments.ts";

/** Hands leadership to server `to`, or to whoever is fit. */
export async function transfer(context: Context, to: string | undefined): Promise<void> {
  const id = to === undefined ? 0 : parseServerId(to);
  const { cluster, timeoutMs, signal, out } = context;
  const there = await checkEndpointsAgree(cluster, timeoutMs);
  await cluster.administer({ type: "transfer", to: id }, timeoutMs, signal);
  const leader = id === 0 ? leaderOf(await survey(cluster, timeoutMs, there))?.id : id;
  const text = leader === undefined ? "another server leads; `kvctl status` tells which" : `server ${leader} leads`;
  result(out, text, { done: true, ...(leader === undefined ? {} : { leader }) });
}

export const registerTransfer: Register = (program, host) => {
  const command = declare(program, host, "transfer", {
    summary: "hand leadership to another server",
    description: [
      `Asks the leader to bring server ID up to date and to let it lead; without an ID, the one that has most of the log.
Nothing fails meanwhile: requests wait the few milliseconds that it takes.`,
    ],
    examples: ["kvctl transfer", "kvctl transfer 3"],
  })
    .argument("[id]", "the server that shall lead")
    .action((id: string | undefined) => host.run(commonOptions(command), (context) => transfer(context, id)));
  addCommonOptions(command, host.inShell);
};
