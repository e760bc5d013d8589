/** `kvctl import` and `kvctl export`: a subtree from ZooKeeper servers, and to them. */
import type { Command } from "commander";
import { checkPath } from "../arguments.ts";
import { parseTtl } from "../duration.ts";
import { usage } from "../failures.ts";
import type { KindOfPath } from "../moving/zookeeper-tree.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, type CommonOptions, commonOptions, declare, type Register } from "./command.ts";

export interface MoveArguments {
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly counters: boolean;
  /** Credentials as typed. */
  readonly zkAuth: readonly string[];
}

/** Which znodes become containers, or get a time to live, by patterns of paths: ZooKeeper does not tell. */
export interface KindArguments {
  readonly containers: readonly string[];
  /** `pattern=time`. */
  readonly ttls: readonly string[];
}

/** Moves a subtree of ZooKeeper servers below `target`, by default below the path that it has there. */
export async function importTree(
  context: Context,
  address: string,
  target: string | undefined,
  args: MoveArguments & KindArguments,
): Promise<void> {
  const { from, to } = await ends(address, target);
  const kindOfPath = kinds(args);
  const { TerrariumTree, ZooKeeperTree, credentials, transfer } = await moving();
  const theirs = { hosts: from.hosts, credentials: await credentials(args.zkAuth, context), kindOfPath };
  const zookeeper = await ZooKeeperTree.open({ ...theirs, timeoutMs: context.timeoutMs }, from.path);
  try {
    const source = { tree: zookeeper, path: from.path, text: from.text };
    const tree = await TerrariumTree.open(context);
    await transfer(context, "import", source, { tree, path: to, text: to }, args);
  } finally {
    await zookeeper.close();
  }
}

/** Moves a subtree to ZooKeeper servers. */
export async function exportTree(context: Context, path: string, address: string, args: MoveArguments): Promise<void> {
  const { from, to } = await ends(address, path);
  const { TerrariumTree, ZooKeeperTree, credentials, transfer } = await moving();
  const theirs = { hosts: from.hosts, credentials: await credentials(args.zkAuth, context) };
  const zookeeper = await ZooKeeperTree.open({ ...theirs, timeoutMs: context.timeoutMs }, "/");
  try {
    const tree = await TerrariumTree.open(context);
    const target = { tree: zookeeper, path: from.path, text: from.text };
    await transfer(context, "export", { tree, path: to, text: to }, target, args);
  } finally {
    await zookeeper.close();
  }
}

/** What moves znodes is loaded when some are moved: most calls of kvctl do not. */
async function moving() {
  const [address, terrarium, zookeeper, transfers] = await Promise.all([
    import("../moving/zookeeper-address.ts"),
    import("../moving/terrarium-tree.ts"),
    import("../moving/zookeeper-tree.ts"),
    import("../moving/transfer.ts"),
  ]);
  const credentials = (texts: readonly string[], { inputs }: Context) =>
    Promise.all(texts.map((text) => address.readCredential(text, inputs)));
  return {
    TerrariumTree: terrarium.TerrariumTree,
    ZooKeeperTree: zookeeper.ZooKeeperTree,
    transfer: transfers.transfer,
    credentials,
  };
}

/** The ends of a move: neither may be what servers keep for themselves. */
async function ends(address: string, path: string | undefined) {
  const { parsePlace, placeText } = await import("../moving/zookeeper-address.ts");
  const place = parsePlace(address);
  const own = checkPath(path ?? place.path);
  for (const one of [place.path, own])
    if (one === "/zookeeper" || one.startsWith("/zookeeper/"))
      throw usage("what is at /zookeeper belongs to the servers and is not moved", "give another path");
  return { from: { ...place, text: placeText(place) }, to: own };
}

/** The first pattern that fits decides. */
function kinds({ containers, ttls }: KindArguments): KindOfPath {
  const rules = [
    ...containers.map((pattern) => ({ fits: patternOf(pattern), kind: "container" as const, ttlMs: 0 })),
    ...ttls.map((text) => {
      const at = text.lastIndexOf("=");
      if (at < 0) throw usage(`--ttl: '${text}' is not path=time`, "give it as --ttl '/alive/*=30s'");
      return { fits: patternOf(text.slice(0, at)), kind: "ttl" as const, ttlMs: parseTtl(text.slice(at + 1)) };
    }),
  ];
  return (path) => rules.find(({ fits }) => fits.test(path));
}

/** A path as a pattern: * stands for any characters of a name. */
function patternOf(pattern: string): RegExp {
  const plain = checkPath(pattern)
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${plain.join("[^/]*")}$`);
}

interface Options extends CommonOptions {
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly counters?: boolean;
  readonly zkAuth: readonly string[];
  readonly container?: readonly string[];
  readonly ttl?: readonly string[];
}

function moveArguments({ overwrite, dryRun, counters, zkAuth }: Options): MoveArguments {
  return { overwrite: overwrite === true, dryRun: dryRun === true, counters: counters === true, zkAuth };
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

function moveOptions(command: Command): Command {
  return command
    .option("--dry-run", "change nothing; tell what would be done")
    .option("--overwrite", "replace data and access control lists that differ")
    .option("--counters", "let numbers of sequences go on where they are")
    .option("--zk-auth <credential>", "show ZooKeeper who you are: digest:user:password, @file", collect, []);
}

const rules = `What is there already with the same data, kind and access control list is left alone; what differs is named
and left as it is, unless --overwrite replaces its data and list. So a move that was broken off goes on when it is given again. What
was left out or differs is counted, and the exit code is 1 if something is not there in the end.`;

const aboutCounters = `The next number of a sequence is one more than all the children that its parent ever had, and begins
anew where the parent is made anew; --counters makes and removes children until it is as high. Versions, zxids and times
are those of the new place. A tree that others change meanwhile is moved as it was at no single moment.`;

export const registerImport: Register = (program, host) => {
  const command = declare(program, host, "import", {
    summary: "bring a subtree in from ZooKeeper",
    description: [
      `Copies a znode of ZooKeeper servers and all below it, to the same path or below another one; missing parents are
made. Ephemeral znodes are left out, since they belong to sessions, as is /zookeeper.`,
      rules,
      aboutCounters,
      `ZooKeeper does not tell which znodes are containers or have a time to live: say so by --container and --ttl, where *
stands for any part of a name. A file for --zk-auth keeps a password out of the list of processes.`,
    ],
    examples: [
      "kvctl import zk://10.0.0.1:2181,10.0.0.2:2181/ --dry-run",
      "kvctl import zk://127.0.0.1:2181/app /old/app",
      "kvctl import zk://zk1/app --container '/app/locks/*' --ttl '/app/alive/*=30s'",
    ],
  })
    .argument("<address>", "zk://host:port/path; the port is 2181 unless given")
    .argument("[target]", "where to put it (default: the same path)")
    .option("--container <path>", "znodes to make as containers; may be given again", collect, [])
    .option("--ttl <path=time>", "znodes to give a time to live; may be given again", collect, []);
  moveOptions(command).action((address: string, target: string | undefined, options: Options) =>
    host.run(commonOptions(command), (context) => {
      const { container: containers = [], ttl: ttls = [] } = options;
      return importTree(context, address, target, { ...moveArguments(options), containers, ttls });
    }),
  );
  addCommonOptions(command, host.inShell);
};

export const registerExport: Register = (program, host) => {
  const command = declare(program, host, "export", {
    summary: "take a subtree out to ZooKeeper",
    description: [
      `Copies a znode and all below it to ZooKeeper servers; missing parents are made. Ephemeral znodes are left out, since
they belong to sessions, as is /zookeeper. Times to live need servers with extendedTypesEnabled.`,
      rules,
      aboutCounters,
    ],
    examples: ["kvctl export /app zk://127.0.0.1:2181/app", "kvctl export / zk://zk1,zk2,zk3/terrarium --dry-run"],
  })
    .argument("<path>", "the znode")
    .argument("<address>", "zk://host:port/path; the port is 2181 unless given");
  moveOptions(command).action((path: string, address: string, options: Options) =>
    host.run(commonOptions(command), (context) => exportTree(context, path, address, moveArguments(options))),
  );
  addCommonOptions(command, host.inShell);
};
