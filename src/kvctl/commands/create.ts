/** `kvctl create`: makes a znode, and holds the session of an ephemeral one. */

import { emptyBytes } from "../../base/bytes.ts";
import type { AclItem, Created } from "../../client/index.ts";
import { parseItems } from "../access.ts";
import { checkPath, parentPath } from "../arguments.ts";
import { readData } from "../data.ts";
import { parseTtl } from "../duration.ts";
import { hasCode } from "../failures.ts";
import { result } from "../format.ts";
import type { Context, KvSession } from "../ports.ts";
import { untilEnd } from "../waiting.ts";
import { aboutData, addCommonOptions, collected, commonOptions, declare, type Register } from "./command.ts";

export interface CreateArguments {
  readonly path: string;
  readonly data?: string | undefined;
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  readonly parents: boolean;
  readonly container: boolean;
  /** Milliseconds. */
  readonly ttlMs?: number | undefined;
  /** Undefined: everybody may do everything. */
  readonly acl?: readonly AclItem[] | undefined;
}

/** Creates the znode and prints its path; outside the shell, keeps the session of an ephemeral until interrupted. */
export async function create(context: Context, args: CreateArguments): Promise<void> {
  // All of it before the first parent is made.
  checkPath(args.path, args.sequential);
  const data = await readData(args.data, context.inputs);
  const session = await context.session();
  const { path } = await createNode(session, args, data);
  const held = args.ephemeral && !context.inShell;
  result(context.out, path, { path, ...(held ? { session: session.sessionId, holding: true } : {}) });
  if (!held) return;
  context.out.note(`kvctl: holding session ${session.sessionId}; ${path} is removed when this ends (Ctrl-C)`);
  await context.follow(`hold ${path}`, (signal) => untilEnd(session, signal), true);
}

async function createNode(session: KvSession, args: CreateArguments, data: Uint8Array): Promise<Created> {
  const { path, parents, ephemeral, sequential, container, ttlMs, acl } = args;
  const kind = { ephemeral, sequential, container, ttlMs, acl };
  try {
    return await session.create(path, data, kind);
  } catch (error) {
    if (!parents || !hasCode(error, "NO_NODE")) throw error;
    await createParents(session, parentPath(path));
    return session.create(path, data, kind);
  }
}

/** Makes `path` and what is missing above it; that another client is faster is fine. */
async function createParents(session: KvSession, path: string): Promise<void> {
  try {
    await session.create(path, emptyBytes);
  } catch (error) {
    if (hasCode(error, "NODE_EXISTS")) return;
    if (!hasCode(error, "NO_NODE") || path === "/") throw error;
    await createParents(session, parentPath(path));
    await createParents(session, path);
  }
}

interface Options {
  readonly ephemeral?: boolean;
  readonly sequential?: boolean;
  readonly parents?: boolean;
  readonly container?: boolean;
  readonly ttl?: string;
  readonly acl?: readonly string[];
}

export const registerCreate: Register = (program, host) => {
  const command = declare(program, host, "create", {
    summary: "make a znode",
    description: [
      `Makes a znode and prints its path. ${aboutData}`,
      `An ephemeral znode lives as long as its session: outside the shell, create -e keeps the session until it is
interrupted (Ctrl-C), then closes it, which removes the znode, and exits with 0.`,
      `A container is removed soon after its last child is; one with a time to live soon after it was not set for so long,
unless it has children.`,
      `Everybody may do everything with it unless --acl says who may do what (see \`acl --help\`); parents that -p makes are
for everybody.`,
    ],
    examples: [
      "kvctl create /config '{\"debug\":true}'",
      "kvctl create -p /apps/web/logo @logo.png",
      "kvctl create -s /queue/job- 'mow the lawn'    # prints /queue/job-0000000000",
      "kvctl create -e /locks/me                     # holds it until Ctrl-C",
      "kvctl create --container /locks               # goes with its last child",
      "kvctl create /notes hi --acl world:anyone:r   # to be read alone",
      "kvctl create --ttl 30s /alive/me              # goes unless set in time",
    ],
  })
    .argument("<path>", "where; with -s a number is appended to it")
    .argument("[data]", "its data (default: none)")
    .option("-e, --ephemeral", "removed when its session ends")
    .option("-s, --sequential", "append the parent's next number, ten digits")
    .option("-p, --parents", "make missing parents too")
    .option("--container", "removed once its last child is gone")
    .option("--ttl <time>", "removed when it was not set for so long and has no children (such as 30s, 5m, 1d)")
    .option("--acl <item>", "who may do what: scheme:id:permissions; again for more", collected)
    .action((path: string, data: string | undefined, options: Options) =>
      host.run(commonOptions(command), (context) =>
        create(context, {
          path,
          data,
          ephemeral: options.ephemeral === true,
          sequential: options.sequential === true,
          parents: options.parents === true,
          container: options.container === true,
          acl: options.acl === undefined ? undefined : parseItems(options.acl),
          ttlMs: options.ttl === undefined ? undefined : parseTtl(options.ttl),
        }),
      ),
    );
  addCommonOptions(command, host.inShell);
};
