/** Runs kvctl as its users do: a process with arguments, streams, an exit code. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** How a run of kvctl ended. */
export interface KvctlResult {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  /** Standard output as text. */
  readonly out: string;
  /** Standard output as it is. */
  readonly bytes: Buffer;
  readonly error: string;
}

export interface KvctlWorld {
  /** Variables of kvctl's own; those of the test run do not reach it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
}

/** A longer run is killed, milliseconds. */
const patienceMs = 60_000;

/** A run of kvctl that goes on. */
export class Kvctl {
  readonly ended: Promise<KvctlResult>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #out: Buffer[] = [];
  readonly #error: Buffer[] = [];

  /** Starts `kvctl …args`. Without `stdin` in the world its standard input is empty. */
  constructor(args: readonly string[], world: KvctlWorld = {}) {
    const launcher = fileURLToPath(new URL("../../bin/kvctl.js", import.meta.url));
    const child = spawn(process.execPath, [launcher, ...args], {
      env: { ...environment(), ...world.env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: patienceMs,
      killSignal: "SIGKILL",
    });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => this.#out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => this.#error.push(chunk));
    // It may end without having read all.
    child.stdin.on("error", () => undefined);
    child.stdin.end(world.stdin ?? "");
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        const bytes = Buffer.concat(this.#out);
        resolve({ code, bytes, out: bytes.toString(), error: this.error });
      });
    });
  }

  /** Standard output so far. */
  get out(): string {
    return Buffer.concat(this.#out).toString();
  }

  /** Standard error so far. */
  get error(): string {
    return Buffer.concat(this.#error).toString();
  }

  /** Sends a signal and waits for the end. */
  signal(signal: NodeJS.Signals): Promise<KvctlResult> {
    this.#child.kill(signal);
    return this.ended;
  }
}

/** Runs `kvctl …args` to its end. */
export function runKvctl(args: readonly string[], world: KvctlWorld = {}): Promise<KvctlResult> {
  return new Kvctl(args, world).ended;
}

/** The test run's own variables without those that tell kvctl where a cluster is. */
function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KVCTL|TERRARIUM)_/.test(name)));
}
