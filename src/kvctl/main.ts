/** The process of kvctl: streams, signals, exit code. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { fileReason } from "../files/reasons.ts";
import { runCli } from "./cli.ts";
import { findPackage } from "./endpoints.ts";
import { describe } from "./failures.ts";
import { processInputs } from "./inputs.ts";
import type { Cluster } from "./ports.ts";
import { Interruption } from "./waiting.ts";

/** Short, so that what a killed kvctl held is free soon; servers that stand still are left sooner than that anyway. */
const sessionTimeoutMs = 6_000;

/** gRPC takes longer to load than most commands take: it comes when something is asked of a cluster. */
const client = () => import("../client/index.ts");

/** The cluster behind the client library. */
function connectTo(endpoints: readonly string[]): Cluster {
  return {
    endpoints,
    open: async (timeoutMs, signal, auth = []) => {
      const { TerrariumClient } = await client();
      return TerrariumClient.connect({
        endpoints,
        connectTimeoutMs: timeoutMs,
        requestTimeoutMs: timeoutMs,
        sessionTimeoutMs,
        signal,
        auth,
      });
    },
    status: async (endpoint, timeoutMs) => (await client()).serverStatus(endpoint, { timeoutMs }),
    sessions: async (endpoint, after, timeoutMs, signal) =>
      (await client()).serverSessions(endpoint, { after, timeoutMs, signal }),
    administer: async (request, timeoutMs, signal) =>
      (await client()).administer(endpoints, request, { timeoutMs, signal }),
    backups: {
      save: async (endpoint, file, idleMs, signal) => (await client()).saveBackup(endpoint, file, { idleMs, signal }),
      inspect: async (file) => (await client()).inspectBackup(file),
    },
  };
}

/** Signals, and the exit code where they break a command off. A second one does not wait for a clean end. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A bug shows as a sentence, as every other failure does. */
function dieOfBug(error: unknown): never {
  const { message, hint } = describe(error);
  process.stderr.write(`kvctl: ${message}\n  hint: ${hint}\n`);
  process.exit(1);
}

/** Runs kvctl with the arguments of the process, then exits. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  for (const [signal, exitCode] of Object.entries(signals)) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCode);
      // The terminal has shown ^C: what comes next begins a line of its own.
      if (signal === "SIGINT" && process.stderr.isTTY) process.stderr.write("\n");
      interrupt.abort(new Interruption(exitCode));
    });
  }
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, dieOfBug);
  let writeFailed = false;
  let readerGone = false;
  const outputError = (error: NodeJS.ErrnoException | null | undefined): void => {
    if (error == null || writeFailed || readerGone) return;
    // A reader that has gone (`kvctl ls / | head -1`) has what it wanted.
    if (error.code === "EPIPE") readerGone = true;
    else {
      writeFailed = true;
      process.stderr.write(`kvctl: cannot write the output: ${fileReason(error)}\n`);
    }
    interrupt.abort(new Interruption(0));
  };
  process.stdout.on("error", outputError);
  process.stderr.on("error", () => interrupt.abort(new Interruption(0)));
  // A status line is replaced by whatever comes next.
  const statusClear = process.stderr.isTTY === true ? "\r\u001b[K" : "";
  const { root, version } = findPackage(dirname(fileURLToPath(import.meta.url))) ?? { root: undefined, version: "" };
  const exitCode = await runCli(process.argv.slice(2), {
    env: process.env,
    root,
    version,
    inputs: processInputs,
    output: {
      terminal: process.stdout.isTTY === true,
      // Once it has failed every further write would, each with an error of its own.
      write: (chunk) => {
        if (chunk.length > 0 && !writeFailed && !readerGone) process.stdout.write(chunk, outputError);
      },
      note: (text) => void process.stderr.write(`${statusClear}${text}\n`),
      ...(process.stderr.isTTY === true ? { status: (text) => void process.stderr.write(statusClear + text) } : {}),
      drained: async () => {
        if (process.stdout.writableNeedDrain && !writeFailed && !readerGone)
          await new Promise<void>((resolve) => process.stdout.once("drain", () => resolve()));
      },
    },
    interrupt: interrupt.signal,
    self: [process.execPath, ...process.argv.slice(1, 2)],
    connectTo,
    shell: async (start) => {
      const { runShell } = await import("./terminal.ts");
      return runShell(start, process, process.env, interrupt.signal);
    },
  });
  const exit = (): void => process.exit(writeFailed ? 1 : exitCode);
  if (writeFailed || readerGone) return exit();
  // What waits in a pipe has to leave first; without it nothing is written, not even nothing.
  if (process.stdout.writableLength === 0) return void setImmediate(exit);
  process.stdout.write("", (error) => {
    outputError(error);
    exit();
  });
}
