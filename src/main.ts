/** `terrarium`: the command line of a server. */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Command, CommanderError } from "commander";
import { TerrariumError } from "./base/errors.ts";
import { countOf } from "./base/printable.ts";
import { fileReason } from "./files/reasons.ts";
import { createLog } from "./server/log.ts";
import { LogOutput } from "./server/log-output.ts";
import { parseServeOptions, type ServeFlags } from "./server/options.ts";
import { type RecoverFlags, recoverAlone, recoverWarning } from "./server/recover.ts";
import { restore } from "./server/restore.ts";
import { startServer } from "./server/start.ts";
import { Stopping } from "./server/stopping.ts";

/** How long a graceful stop may take. */
const stopTimeoutMs = 5000;
/** How long the last words may take to leave. */
const lastWordsMs = 200;

/** Two sentences for a user: what happened, what to do. */
interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function complain({ message, hint }: Explanation): void {
  // Where nobody reads it the process ends all the same.
  const output = new LogOutput(2);
  output.write(`terrarium: ${message}\n  ${hint}\n`);
  output.flushSync();
}

/**
 * Prints what is no line of a server's log: by the descriptor, since Node's streams would make an output that others share one
 * that does not wait. False if nobody reads it any more, as in `terrarium --help | head -1`, which is no failure. The process
 * ends where it cannot be written for another reason.
 */
function print(descriptor: 1 | 2, text: string): boolean {
  try {
    writeFileSync(descriptor, text);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPIPE") return false;
    complain({
      code: "OUTPUT_FAILED",
      message: `the output cannot be written: ${fileReason(error)}`,
      hint: "make room there, or send it elsewhere",
    });
    return process.exit(1);
  }
}

/** 2: started wrongly; 1: the machine or the program failed. */
function exitCodeOf({ code }: Explanation): number {
  return code === "CORRUPT" || code === "DISK_FAILED" || code === "BUG" ? 1 : 2;
}

function explain(error: unknown): Explanation {
  if (error instanceof TerrariumError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const hint = "start the server again; if it happens once more, report it with the server's log";
  return { code: "BUG", message: `this is a bug of Terrarium: ${message}`, hint };
}

async function serve(flags: ServeFlags, stopping: Stopping): Promise<void> {
  const options = parseServeOptions(flags);
  const output = new LogOutput(1);
  const log = createLog(options, output);
  const fatal = (error: unknown): void => {
    const explained = explain(error);
    const where = explained.code === "BUG" ? { err: error } : {};
    log.fatal({ ...where, code: explained.code, hint: explained.hint }, explained.message);
    output.flushSync();
    complain(explained);
    // At once: nothing may be written or sent any more.
    process.exit(1);
  };
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  stopping.onAsked(() => {
    log.info({ signal: stopping.by }, "stopping");
    setTimeout(() => {
      log.error({}, "stopping took too long");
      output.flushSync();
      process.exit(1);
    }, stopTimeoutMs).unref();
  });

  try {
    const server = await startServer(options, { log, output, signal: stopping.signal, fatal: fatalOfDisk(fatal) });
    await stopping.asked;
    await server.stop();
  } catch (error) {
    if (error !== stopping.signal.reason) throw error;
    // It was asked to end before it served, and has let go of all that it held.
  }
  log.info({}, "stopped");
  await output.end(lastWordsMs);
  process.exit(0);
}

/** What is not explained yet comes from the disk. */
function fatalOfDisk(fatal: (error: unknown) => void): (error: Error) => void {
  return (error) => fatal(error instanceof TerrariumError ? error : new TerrariumError("DISK_FAILED", error.message));
}

async function restoreBackup(file: string, flags: ServeFlags, stopping: Stopping): Promise<void> {
  const { summary, members, clusterId, dataDir } = await restore(file, flags, stopping.signal);
  const { index, znodes, sessions } = summary;
  print(
    1,
    `restored ${countOf(znodes, "znode")} and ${countOf(sessions, "session")}, up to entry ${index}, into ${dataDir}\n` +
      (members === 1
        ? "  start the server with the cluster's new name:\n"
        : "  restore the same file for every other member, then start them all with the cluster's new name:\n") +
      `  terrarium serve --id ${flags.id} --members ${flags.members} --data-dir ${dataDir} --cluster-id ${clusterId}\n`,
  );
}

async function recover(flags: RecoverFlags, stopping: Stopping): Promise<void> {
  const { survivor, dataDir } = await recoverAlone(
    flags,
    async (found) => {
      // Who does not see the question is not asked.
      if (!print(2, recoverWarning(found)) || process.stdin.isTTY !== true) return false;
      const terminal = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return (await terminal.question("Type 'alone' to go on: ", { signal: stopping.signal })).trim() === "alone";
      } finally {
        terminal.close();
      }
    },
    stopping.signal,
  );
  if (flags.yes === true) print(2, recoverWarning(survivor));
  print(
    1,
    `server ${survivor.id} is a cluster of its own now, with the data in ${dataDir}\n` +
      "  start it with the command line that it had; then add new servers: `kvctl member add`\n",
  );
}

function version(): string {
  const packageJson: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  if (typeof packageJson !== "object" || packageJson === null || !("version" in packageJson)) return "unknown";
  return String(packageJson.version);
}

function commandLine(stopping: Stopping): Command {
  const program = new Command("terrarium")
    .description("A server of a Terrarium cluster.")
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void print(1, text),
      writeErr: (text) => void print(2, text),
      outputError: (text, write) => write(text.replace(/^error: /, "terrarium: ")),
    })
    .showHelpAfterError("  see terrarium --help");
  const serving = program
    .command("serve", { isDefault: true })
    .description("run one server (the default command)")
    .option("--id <n>", "this server's id, a number from 1: one of --members, or a new one")
    .option("--members <list>", "all servers: 1=HOST:PEERPORT/HOST:CLIENTPORT[/HOST:ZOOKEEPERPORT],2=…")
    .option(
      "--join <list>",
      "instead of --members: client addresses HOST:PORT,… of a cluster that will add this server",
    )
    .option("--data-dir <directory>", "where this server keeps its data; of its own")
    .option("--cluster-id <name>", "name of the cluster, the same on all its servers (default: made of --members)")
    .option("--client-address <host:port>", "where to listen for clients (default: as in --members)")
    .option("--peer-address <host:port>", "where to listen for other servers (default: as in --members)")
    .option("--zookeeper <host:port>", "where to speak ZooKeeper's own protocol, 2181 by custom (default: nowhere)")
    .option("--zookeeper-words <list>", "four-letter words that are answered there: ruok,mntr,…, or * (default: srvr)")
    .option(
      "--zookeeper-reconfig",
      "let ZooKeeper's clients change the membership: those who may write /zookeeper/config, as who shows --super-digest (default: no)",
    )
    .option("--super-digest <user:hash>", "who shows what this is made of may do everything (default: nobody)")
    .option(
      "--http-address <host:port>",
      "where to serve the dashboard, /health, /status and /metrics (default: nowhere)",
    )
    .option(
      "--http-name <list>",
      "names of this server in a browser, beside localhost and IP addresses: a.example,b.example",
    )
    .option("--no-dashboard", "serve no pages and nothing of the tree over HTTP")
    .option("--election-timeout <time>", "silence of the leader after which others campaign (default: 1s)")
    .option("--heartbeat <time>", "how often a leader speaks at least (default: 100ms)")
    .option(
      "--disk-free-min <size>",
      "with less free on its disk it refuses creates and new data; 0: never (default: 64MiB)",
    )
    .option("--disk-quota <size>", "so does it when its data directory is larger, such as 2GiB; 0: never (default: 0)")
    .option("--log-level <level>", "debug, info, warn, error or silent (default: info)")
    .addHelpText(
      "after",
      "\nExample, a cluster of one:\n  terrarium serve --id 1 --members 1=127.0.0.1:7201/127.0.0.1:7101 --data-dir data/1" +
        "\n\nExample, a server that waits to be added (kvctl member add 6 127.0.0.1:7206/127.0.0.1:7106):" +
        "\n  terrarium serve --id 6 --join 127.0.0.1:7101 --peer-address 127.0.0.1:7206" +
        " --client-address 127.0.0.1:7106 --data-dir data/6",
    )
    .allowExcessArguments(false)
    .action((flags: ServeFlags) => serve(flags, stopping));
  program
    .command("restore")
    .description("make the data directory of a server of a new cluster from a backup (`kvctl snapshot save`)")
    .argument("<file>", "the backup")
    .option("--id <n>", "the server's id, one of --members")
    .option("--members <list>", "all servers of the new cluster: 1=HOST:PEERPORT/HOST:CLIENTPORT,2=…")
    .option("--data-dir <directory>", "an empty directory, or one to be made")
    .option("--cluster-id <name>", "name of the new cluster (default: made of --members and the backup)")
    .allowExcessArguments(false)
    .action((file: string, flags: ServeFlags) => restoreBackup(file, flags, stopping));
  program
    .command("recover")
    .description("when a majority is lost for good: make one server that is left a cluster of its own, in place")
    .option("--data-dir <directory>", "the data of that server, which must not run")
    .option("--peer-address <host:port>", "where it listens for other servers from now on (default: as before)")
    .option("--client-address <host:port>", "where it listens for clients from now on (default: as before)")
    .option("--yes", "do it without asking")
    .allowExcessArguments(false)
    .action((flags: RecoverFlags) => recover(flags, stopping));
  program.addHelpText("after", () => `\n${serving.helpInformation()}`);
  return program;
}

/**
 * Runs `terrarium` with these arguments; the process goes on while the server serves. Signals that ask it to end are heard
 * from the call on.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const stopping = new Stopping();
  try {
    await commandLine(stopping).parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it all.
      process.exit(error.exitCode === 0 ? 0 : 2);
    }
    const explained = explain(error);
    complain(explained);
    process.exit(error === stopping.signal.reason ? stopping.exitCode : exitCodeOf(explained));
  }
}
