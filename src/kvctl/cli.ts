/** One call of kvctl: its options, its command, its exit code. */
import type { Command } from "commander";
import { credentialsOf } from "./access.ts";
import { registerCompletion } from "./cli-completion.ts";
import {
  addCommonOptions,
  type CommandRunner,
  type CommonOptions,
  commonOptions,
  declare,
} from "./commands/command.ts";
import { commands } from "./commands/index.ts";
import { parseDuration } from "./duration.ts";
import { type Env, resolveEndpoints } from "./endpoints.ts";
import { describe, report } from "./failures.ts";
import type { Cluster, Context, Inputs, KvSession, Output } from "./ports.ts";
import { newProgram, runWords, wantsJson } from "./program.ts";
import { sessionsOf } from "./sessions.ts";
import type { ShellStart } from "./shell.ts";
import { Interruption, noteStates, whilePatient } from "./waiting.ts";

/** How long to wait for the session and for each answer, milliseconds, unless --timeout says otherwise. */
export const timeoutDefaultMs = 5_000;

/** The process around the CLI. */
export interface CliWorld {
  readonly env: Env;
  /** The checkout or package that kvctl belongs to. */
  readonly root: string | undefined;
  readonly version: string;
  readonly inputs: Inputs;
  /** Standard output and error; `json` is decided by the words. */
  readonly output: Omit<Output, "json">;
  /** Aborted with an `Interruption` when the user has had enough. */
  readonly interrupt: AbortSignal;
  readonly connectTo: (endpoints: readonly string[]) => Cluster;
  /** Runs the shell; resolves to its exit code. */
  readonly shell: (start: ShellStart) => Promise<number>;
  /** The words with which this program was called, for scripts that call it again. */
  readonly self: readonly string[];
}

/** Runs one command line (without the program's own name). Resolves to the exit code; never rejects. */
export async function runCli(words: readonly string[], world: CliWorld): Promise<number> {
  const json = wantsJson(words);
  const out: Output = { ...world.output, json };
  const state: RunState = { endsWell: false, exitCode: 0 };
  const program = cliProgram(world, out, state);
  try {
    if (words.length === 0) {
      out.note(program.helpInformation().trimEnd());
      return 2;
    }
    return (await runWords(program, words, out)) || state.exitCode;
  } catch (error) {
    if (error instanceof Interruption) return state.endsWell ? 0 : error.exitCode;
    const failure = describe(error);
    report(out, failure);
    return failure.exitCode;
  }
}

interface RunState {
  /** An interrupt is how the command is meant to end. */
  endsWell: boolean;
  /** Of the shell. */
  exitCode: number;
}

function cliProgram(world: CliWorld, out: Output, state: RunState): Command {
  const program = newProgram(out, false)
    .description("Talks to a Terrarium cluster: reads, writes and watches its znodes.")
    .usage("[options] <command>")
    .version(world.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help; every command has its own")
    .helpCommand("help [command]", "print help of a command");
  addCommonOptions(program, false);
  const host: CommandRunner = { inShell: false, run: (options, body) => runBody(world, out, state, options, body) };
  for (const register of commands) register(program, host);
  registerShell(program, host, world, out, state);
  registerCompletion(program, host, world, out, (code) => {
    state.exitCode = code;
  });
  return program.addHelpText("after", manual);
}

async function runBody(
  world: CliWorld,
  out: Output,
  state: RunState,
  options: CommonOptions,
  body: (context: Context) => Promise<void>,
): Promise<void> {
  const { cluster, timeoutMs, auth } = target(world, options);
  const followed: (() => void)[] = [];
  let following = false;
  const note = (session: KvSession): void => {
    if (following) followed.push(noteStates(session, out));
  };
  const sessions = sessionsOf(cluster, timeoutMs, world.interrupt, note, auth);
  const context: Context = {
    cluster,
    inputs: world.inputs,
    out,
    timeoutMs,
    inShell: false,
    signal: world.interrupt,
    session: () => sessions.current(),
    show: (one) => sessions.show(one),
    async follow(_label, task, untilInterrupted) {
      state.endsWell = untilInterrupted;
      following = true;
      const session = sessions.open();
      if (session !== undefined) note(session);
      await task(world.interrupt);
    },
  };
  try {
    await whilePatient(body(context), world.interrupt);
  } finally {
    // How the session ends is not news.
    for (const stop of followed) stop();
    await sessions.close();
  }
}

function target(world: CliWorld, options: CommonOptions): Pick<ShellStart, "cluster" | "timeoutMs" | "auth"> {
  const timeoutMs = options.timeout === undefined ? timeoutDefaultMs : parseDuration(options.timeout, "--timeout");
  const cluster = world.connectTo(resolveEndpoints(options.endpoints, world.env, world.root));
  return { cluster, timeoutMs, auth: credentialsOf(options.auth, world.env) };
}

function registerShell(program: Command, host: CommandRunner, world: CliWorld, out: Output, state: RunState): void {
  const command = declare(program, host, "shell", {
    summary: "many commands in one session",
    description: [
      `Reads commands, one a line, and runs them in one session. On a terminal it has a history, completes commands and
paths with Tab, and shows watch events as they come. Otherwise it is a script: the exit code is that of the last
command that failed. Ephemeral znodes made in it live until it ends.`,
      `Words may be quoted with '…' or "…", or by \\; # begins a comment.`,
    ],
    examples: ["kvctl shell", "kvctl shell < setup.kv", "printf 'create /a\\nls /\\n' | kvctl shell --json"],
  }).action(async () => {
    state.exitCode = await world.shell({ ...target(world, commonOptions(command)), inputs: world.inputs, out });
  });
  addCommonOptions(command, false);
}

const manual = `
Examples:
  kvctl create /hello world
  kvctl get /hello
  kvctl watch /hello
  kvctl status

Where the cluster is:
  --endpoints, else KVCTL_ENDPOINTS, else the local cluster of cluster.sh: its
  members and ports as written in TERRARIUM_HOME (default: .cluster in the
  checkout). TERRARIUM_BASE_PORT must agree with that; where nothing is
  written, it says where five servers would be. They must all be of one
  cluster: \`kvctl status\` tells if they are not.

Who you are:
  --auth digest:USER:PASSWORD, or the same in KVCTL_AUTH, which others on the
  machine do not see. Needed where access control lists ask for it (\`acl\`).

Exit codes:
  0         done
  1         refused: no such znode, it exists, another version, not empty, …
  2         given wrongly: an unknown option, a malformed path, no number, …
  3         no quorum, or no server, in time
  130, 143  interrupted (SIGINT, SIGTERM); 0 where that is how to end it: watch,
            create -e`;
