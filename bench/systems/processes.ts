/** Servers of other systems: programs that are started in a temporary folder, and ended with all that they wrote. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { begins, ended } from "../../test/support/leave-nothing.ts";

/** How long servers may take until they answer. Milliseconds. */
const patienceMs = 60_000;

/** Some servers, each a process. */
export class Processes {
  /** Where they may write. */
  readonly home: string;
  readonly #children: ChildProcess[] = [];
  /** The last that they said. */
  #output = "";

  private constructor(home: string) {
    this.home = home;
    begins(this);
  }

  children(): readonly ChildProcess[] {
    return this.#children;
  }

  static async begin(name: string): Promise<Processes> {
    return new Processes(await mkdtemp(join(tmpdir(), `bench-${name}-`)));
  }

  get pids(): readonly number[] {
    return this.#children.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  start(program: string, args: readonly string[]): void {
    const child = spawn(program, args, { cwd: this.home, stdio: ["ignore", "pipe", "pipe"] });
    child.on("error", (error) => {
      this.#output += error.message;
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-2000);
      });
    this.#children.push(child);
  }

  /** Waits until each server answers. */
  async ready(answers: readonly (() => Promise<boolean>)[]): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (const answer of answers)
      while (!(await answer())) {
        const ended = this.#children.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
        if (ended || Date.now() > deadline) throw new Error(`the servers do not start: ${this.#output}`);
        await sleep(100);
      }
  }

  async destroy(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await gone;
      }),
    );
    await rm(this.home, { recursive: true, force: true });
    ended(this);
  }
}
