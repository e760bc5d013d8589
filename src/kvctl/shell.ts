/** The shell's heart: lines in, commands run in one session, watches that go on behind. No terminal in here. */
import type { Command } from "commander";
import type { TerrariumError } from "../base/errors.ts";
import type { Auth } from "../client/index.ts";
import { registerAuth } from "./commands/auth.ts";
import type { Body, CommandRunner, CommonOptions } from "./commands/command.ts";
import { commands } from "./commands/index.ts";
import { complete } from "./completion.ts";
import { describe, report, usage } from "./failures.ts";
import { splitWords } from "./lexer.ts";
import type { Cluster, Context, Inputs, Output } from "./ports.ts";
import { newProgram, runWords, wantsJson } from "./program.ts";
import { type Sessions, sessionsOf } from "./sessions.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { Interruption, noteStates, whilePatient } from "./waiting.ts";

/** What a shell needs to start. */
export interface ShellStart {
  readonly cluster: Cluster;
  readonly inputs: Inputs;
  readonly out: Output;
  readonly timeoutMs: number;
  /** Whom the user is shown to be. */
  readonly auth?: readonly Auth[];
}

/** How a line went. */
export interface LineOutcome {
  readonly exitCode: number;
  /** The line asked to leave. */
  readonly quit: boolean;
}

export interface Shell {
  /** Opens the session: rejects if there is no server or no quorum. */
  start(): Promise<number>;
  /** Runs a line and reports its failure, with its `place` in a script if it has one; `interrupt` gives it up. */
  execute(line: string, interrupt: AbortSignal, place?: string): Promise<LineOutcome>;
  /** For readline: offers, and the end of the line that they would replace. */
  complete(line: string): Promise<[string[], string]>;
  /** Ends the watches, then the session. */
  close(): Promise<void>;
}

/** Watches that go on behind the prompt. */
const followersMax = 1_000;

interface Follower {
  readonly label: string;
  readonly stop: AbortController;
}

/** A shell; it has no session before `start`. */
export function newShell(world: ShellStart): Shell {
  const end = new AbortController();
  const followers = new Set<Follower>();
  const sessions = sessionsOf(
    world.cluster,
    world.timeoutMs,
    end.signal,
    (session) => noteStates(session, world.out),
    world.auth,
  );

  async function execute(line: string, interrupt: AbortSignal, place?: string): Promise<LineOutcome> {
    const state = { quit: false };
    let out: Output = { ...world.out, place };
    try {
      const words = splitWords(line);
      if (words.length === 0) return { exitCode: 0, quit: false };
      out = { ...out, json: out.json || wantsJson(words) };
      const program = shellProgram(out, followers, state, runner(out, interrupt));
      return { exitCode: await runWords(program, words, out), quit: state.quit };
    } catch (error) {
      if (error instanceof Interruption) return { exitCode: error.exitCode, quit: false };
      const failure = describe(error);
      report(out, failure);
      return { exitCode: failure.exitCode, quit: false };
    }
  }

  function runner(out: Output, interrupt: AbortSignal): CommandRunner {
    const run = async (_options: CommonOptions, body: Body): Promise<void> => {
      await whilePatient(body(contextOf(out, interrupt)), interrupt);
    };
    return { inShell: true, run };
  }

  function contextOf(out: Output, signal: AbortSignal): Context {
    const { cluster, timeoutMs } = world;
    const session = (): ReturnType<Sessions["current"]> => sessions.current();
    const show: Context["show"] = (auth) => sessions.show(auth);
    const follow: Context["follow"] = async (label, task) => startFollower(followers, label, task, out);
    return { cluster, inputs: shellInputs(world.inputs), out, timeoutMs, inShell: true, signal, session, show, follow };
  }

  const vocabulary = vocabularyOf(
    shellProgram(world.out, followers, { quit: false }, runner(world.out, end.signal)),
    async () => sessions.open(),
  );
  return {
    start: async () => (await sessions.current()).sessionId,
    execute,
    complete: (line) => complete(line, vocabulary),
    async close() {
      for (const { stop } of followers) stop.abort(new Interruption(0));
      end.abort(new Interruption(0));
      await sessions.close();
    },
  };
}

/** Lets `task` go on behind the prompt; what it fails with is reported when it does. */
function startFollower(
  followers: Set<Follower>,
  label: string,
  task: (signal: AbortSignal) => Promise<unknown>,
  out: Output,
): void {
  if (followers.size >= followersMax) throw usage(`more than ${followersMax} watches`, "end some with `unwatch`");
  const follower: Follower = { label, stop: new AbortController() };
  followers.add(follower);
  task(follower.stop.signal)
    .catch((error: unknown) => {
      if (!(error instanceof Interruption)) report(out, describe(error));
    })
    .finally(() => followers.delete(follower));
}

function shellProgram(out: Output, followers: Set<Follower>, state: { quit: boolean }, host: CommandRunner): Command {
  const program = newProgram(out, true)
    .usage("<command> [arguments]")
    .description("Commands of the shell. Tab completes commands and paths; watches go on behind the prompt.")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help of a command");
  for (const register of commands) register(program, host);
  registerAuth(program, host);
  program
    .command("unwatch")
    .summary("end watches that go on behind the prompt")
    .description("Ends the watches of a path, or all of them.")
    .argument("[path]", "the watched znode (default: all)")
    .action((path: string | undefined) => unwatch(followers, path));
  program
    .command("exit")
    .alias("quit")
    .summary("leave the shell; its session ends (also: Ctrl-D)")
    .action(() => {
      state.quit = true;
    });
  return program;
}

function unwatch(followers: Set<Follower>, path: string | undefined): void {
  const chosen = [...followers].filter(({ label }) => path === undefined || label.endsWith(` ${path}`));
  if (path !== undefined && chosen.length === 0) throw usage(`nothing watches ${path}`, "`watch` and -w start watches");
  for (const follower of chosen) {
    followers.delete(follower);
    follower.stop.abort(new Interruption(0));
  }
}

function stdinTaken(hint: string): TerrariumError {
  return usage("- as data means standard input, where the shell reads its commands", hint);
}

/** Standard input is where the lines come from: it cannot be data too. */
function shellInputs(inputs: Inputs): Inputs {
  return {
    readFile: inputs.readFile,
    readStdin: () => Promise.reject(stdinTaken("use @file")),
    stream: (path) => {
      if (path === "-") throw stdinTaken("give the name of a file");
      return inputs.stream(path);
    },
  };
}
