/** `kvctl ephemerals`: which ephemerals there are, and whose they are. */
import { countOf } from "../../base/printable.ts";
import { usage } from "../failures.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";
import { liveSessions } from "./sessions.ts";

/** Rows of the table that are written at once. */
const rowsAtOnce = 1_000;

/** Prints the paths of ephemerals that begin with `prefix`: those of this session, or with `all` of every session. */
export async function ephemerals(context: Context, prefix: string, all: boolean): Promise<void> {
  if (!prefix.startsWith("/")) throw usage(`'${prefix}' is no beginning of a path`, "paths begin with /");
  await (all ? ofAll(context, prefix) : ofThisSession(context, prefix));
}

async function ofThisSession({ session, out }: Context, prefix: string): Promise<void> {
  const own = await session();
  const { paths } = await own.ephemerals({ prefix });
  for (const path of paths) result(out, path, { session: own.sessionId, path });
}

async function ofAll(context: Context, prefix: string): Promise<void> {
  const { out } = context;
  let rows: string[][] = [];
  let head: readonly (readonly string[])[] = [["SESSION", "PATH"]];
  const flush = (): void => {
    if (rows.length > 0) out.write(`${table([...head, ...rows])}\n`);
    head = [];
    rows = [];
  };
  for await (const { id, ephemeralCount, ephemerals: paths } of liveSessions(context)) {
    for (const path of paths) {
      if (!path.startsWith(prefix)) continue;
      if (out.json) result(out, "", { session: id, path });
      else if (rows.push([String(id), path]) >= rowsAtOnce) flush();
    }
    const further = ephemeralCount - paths.length;
    if (further > 0)
      out.note(`kvctl: session ${id} has ${countOf(further, "further ephemeral")}, which no server lists`);
  }
  flush();
}

export const registerEphemerals: Register = (program, host) => {
  const what = host.inShell ? "of this session" : "of every session";
  const command = declare(program, host, "ephemerals", {
    summary: "list ephemeral znodes, and whose they are",
    description: [
      `Prints the ephemeral znodes whose paths begin with a prefix. In the shell they are those of its own session, unless
--all is given; elsewhere, where a session lasts for one command, those of every session with its id. Of a session with
very many the servers list the first ones.`,
    ],
    examples: ["kvctl ephemerals", "kvctl ephemerals /workers/ --json"],
  })
    .argument("[prefix]", "what the paths begin with", "/")
    .option("-a, --all", `those of every session (default: those ${what})`)
    .action((prefix: string, { all }: { readonly all?: boolean }) =>
      host.run(commonOptions(command), (context) => ephemerals(context, prefix, all === true || !context.inShell)),
    );
  addCommonOptions(command, host.inShell);
};
