/** `auth` of the shell: who the user is, from here on. */
import { parseAuth } from "../access.ts";
import type { Context } from "../ports.ts";
import { declare, type Register } from "./command.ts";

/** Shows who the user is: in this session, and in those that follow it. */
export async function auth(context: Context, credential: string): Promise<void> {
  await context.show(parseAuth(credential, "auth"));
}

/** In the shell only: elsewhere `--auth` says it for each command. */
export const registerAuth: Register = (program, host) => {
  declare(program, host, "auth", {
    summary: "show who you are, for access control lists",
    description: [
      `From here on you are who you show to be, beside whom you were: what lists permit to any of these you may do, and
auth in a list stands for all of them. It lasts as long as the shell.`,
    ],
    examples: ["kvctl auth digest:bob:secret"],
  })
    .argument("<credential>", "digest:USER:PASSWORD")
    .action((credential: string) => host.run({}, (context) => auth(context, credential)));
};
