/** The shell's face: readline with prompt, history and Tab on a terminal; a plain list of lines elsewhere. */
import { createInterface, type Interface } from "node:readline";
import type { Env } from "./endpoints.ts";
import { historyFile, historyLinesMax, loadHistory, saveHistory } from "./history.ts";
import { HistorySearch } from "./history-search.ts";
import type { Output } from "./ports.ts";
import { newShell, type Shell, type ShellStart } from "./shell.ts";
import { Interruption, whilePatient } from "./waiting.ts";

/** The streams of a shell. */
export interface ShellStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

const prompt = "kvctl> ";

/** Runs a shell to its end. Resolves to its exit code; rejects if there is no session to be had. */
export async function runShell(
  start: ShellStart,
  streams: ShellStreams,
  env: Env,
  interrupt: AbortSignal,
): Promise<number> {
  const interactive = streams.stdin.isTTY === true && streams.stdout.isTTY === true;
  return interactive ? runInteractive(start, streams, env, interrupt) : runScript(start, streams.stdin, interrupt);
}

/** Line after line; the exit code of the last one that failed, or 0. */
async function runScript(start: ShellStart, stdin: NodeJS.ReadableStream, interrupt: AbortSignal): Promise<number> {
  const shell = newShell(start);
  let failed = 0;
  try {
    await whilePatient(shell.start(), interrupt);
    // Not before: lines that come while nobody iterates would be lost.
    const lines = createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
    interrupt.addEventListener("abort", () => lines.close(), { once: true });
    let number = 0;
    for await (const line of lines) {
      interrupt.throwIfAborted();
      number++;
      const { exitCode, quit } = await shell.execute(line, interrupt, `line ${number}`);
      if (exitCode !== 0) failed = exitCode;
      if (quit) break;
    }
    interrupt.throwIfAborted();
    return failed;
  } finally {
    await shell.close();
  }
}

/** Until `exit`, Ctrl-D or a signal; the exit code is 0, since a person saw each failure. */
async function runInteractive(
  start: ShellStart,
  streams: ShellStreams,
  env: Env,
  interrupt: AbortSignal,
): Promise<number> {
  const screen = new Screen(start.out);
  const shell = newShell({ ...start, out: screen.output });
  const file = historyFile(env);
  let history = loadHistory(file).toReversed();
  try {
    const sessionId = await whilePatient(shell.start(), interrupt);
    start.out.note(`session ${sessionId}; help lists the commands, Ctrl-D leaves`);
    const { stdout: output } = streams;
    const search = new HistorySearch({
      history: () => (screen.busy ? undefined : history),
      draw: (text) => screen.draw(text),
      edit: (line) => screen.edit(line),
    });
    const readline = createInterface({
      input: keysThrough(streams.stdin, search),
      terminal: true,
      output,
      prompt,
      history,
      historySize: historyLinesMax,
      removeHistoryDuplicates: true,
      completer: completer(shell),
    });
    readline.on("history", (lines: string[]) => {
      history = [...lines];
    });
    interrupt.addEventListener("abort", () => readline.close(), { once: true });
    screen.attach(readline);
    await readLines(readline, shell, screen);
    interrupt.throwIfAborted();
    return 0;
  } finally {
    screen.detach();
    saveHistory(file, history.toReversed());
    await shell.close();
  }
}

/** Lines run one after the other, also when several are pasted at once. Ctrl-C drops the line or the command. */
function readLines(readline: Interface, shell: Shell, screen: Screen): Promise<void> {
  return new Promise((resolve) => {
    const waiting: string[] = [];
    let running: AbortController | undefined;
    let left = false;
    const next = async (): Promise<void> => {
      if (running !== undefined) return;
      for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
        running = new AbortController();
        screen.busy = true;
        const { quit } = await shell.execute(line, running.signal);
        screen.busy = false;
        running = undefined;
        if (quit) {
          left = true;
          return readline.close();
        }
      }
      readline.prompt();
    };
    readline.on("line", (line) => {
      waiting.push(line);
      void next();
    });
    readline.on("SIGINT", () => {
      waiting.length = 0;
      if (running !== undefined) return running.abort(new Interruption(130));
      screen.newLine();
      readline.write(null, { ctrl: true, name: "e" });
      readline.write(null, { ctrl: true, name: "u" });
      readline.prompt();
    });
    readline.on("close", () => {
      // Ctrl-D leaves the prompt standing.
      if (!left) screen.newLine();
      running?.abort(new Interruption(0));
      resolve();
    });
    readline.prompt();
  });
}

function completer(shell: Shell) {
  return (line: string, done: (error: Error | null, result: [string[], string]) => void): void => {
    shell.complete(line).then(
      (result) => done(null, result),
      () => done(null, [[], line]),
    );
  };
}

/** The keys of a terminal, through the search, as a terminal. */
function keysThrough(stdin: ShellStreams["stdin"], search: HistorySearch): NodeJS.ReadableStream {
  const raw =
    "setRawMode" in stdin && typeof stdin.setRawMode === "function" ? stdin.setRawMode.bind(stdin) : undefined;
  return Object.assign(stdin.pipe(search), { isTTY: true, setRawMode: (on: boolean) => raw?.(on) });
}

/** Keeps the line under edit whole: what comes while the prompt stands is printed above it. */
class Screen {
  /** A command runs: no prompt stands. */
  busy = false;
  readonly output: Output;
  #readline: Interface | undefined;
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
    this.output = {
      json: out.json,
      terminal: out.terminal,
      write: (chunk) => this.#above(() => out.write(chunk)),
      note: (text) => this.#above(() => out.note(text)),
    };
  }

  attach(readline: Interface): void {
    this.#readline = readline;
  }

  detach(): void {
    this.#readline?.close();
    this.#readline = undefined;
  }

  newLine(): void {
    this.#out.write("\n");
  }

  /** Shows `text` in place of the prompt. */
  draw(text: string): void {
    this.#out.write(`\r\u001b[J${text}`);
  }

  /** The prompt again, with another line if one is given. */
  edit(line: string | undefined): void {
    const readline = this.#readline;
    if (readline === undefined) return;
    this.#out.write("\r\u001b[J");
    if (line !== undefined) {
      readline.write(null, { ctrl: true, name: "e" });
      readline.write(null, { ctrl: true, name: "u" });
      readline.write(line);
    }
    readline.prompt(true);
  }

  #above(print: () => void): void {
    const readline = this.busy ? undefined : this.#readline;
    if (readline !== undefined) this.#out.write("\r\u001b[J");
    print();
    readline?.prompt(true);
  }
}
