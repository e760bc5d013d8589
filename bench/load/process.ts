/** A load process, as its parent sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { present } from "../../src/base/assert.ts";
import type { Keys, Target } from "./driver.ts";
import type { LoadOptions, LoadResult } from "./loop.ts";

/** What the process is told. */
export type ToLoad =
  | { readonly type: "open"; readonly target: Target; readonly sessions: number; readonly keys: Keys }
  | { readonly type: "run"; readonly options: LoadOptions }
  | { readonly type: "close" };

/** What it says; to each order but the last there is one answer. */
export type FromLoad =
  | { readonly type: "opened" }
  | { readonly type: "progress"; readonly done: number }
  | { readonly type: "result"; readonly result: LoadResult }
  | { readonly type: "failed"; readonly message: string };

/** See the file's comment. */
export class LoadProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts it and has it create its znodes. */
  static async start(target: Target, sessions: number, keys: Keys): Promise<LoadProcess> {
    const program = fileURLToPath(new URL("./child-main.js", import.meta.url));
    // As a client would be started, whatever flags the bench itself has.
    const load = new LoadProcess(fork(program, { execArgv: [] }));
    try {
      await load.#ask({ type: "open", target, sessions, keys });
      return load;
    } catch (error) {
      load.kill();
      throw error;
    }
  }

  /** Which process it is. Throws if it could not be started. */
  get pid(): number {
    return present(this.#child.pid, "a load process that runs");
  }

  /** Measures one case; `progress` hears of the operations done so far about once a second. */
  async run(options: Omit<LoadOptions, "progress">, progress?: (done: number) => void): Promise<LoadResult> {
    const answer = await this.#ask({ type: "run", options }, progress);
    if (answer.type !== "result") throw new Error(`the load process answers ${answer.type} where a result is due`);
    return answer.result;
  }

  /** Ends its sessions, and waits until it is gone. */
  async close(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.send({ type: "close" } satisfies ToLoad);
    await gone;
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #ask(order: ToLoad, progress?: (done: number) => void): Promise<FromLoad> {
    return new Promise((resolve, reject) => {
      const finish = (outcome: () => void): void => {
        this.#child.off("message", hear).off("exit", gone);
        outcome();
      };
      const hear = (said: FromLoad): void => {
        if (said.type === "progress") progress?.(said.done);
        else if (said.type === "failed") finish(() => reject(new Error(said.message)));
        else finish(() => resolve(said));
      };
      const gone = (): void => finish(() => reject(new Error("the load process has ended")));
      this.#child.on("message", hear).on("exit", gone);
      this.#child.send(order);
    });
  }
}
