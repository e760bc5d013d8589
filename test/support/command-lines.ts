/** Many short command lines in one process: see command-lines-child.js. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How a command line ended. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const child = fileURLToPath(new URL("command-lines-child.js", import.meta.url));

/** A process that runs command lines, one at a time. To be closed. */
export class CommandLines {
  readonly #process: ChildProcess;

  /** `cwd`: the folder in which they run. */
  constructor(cwd: string) {
    this.#process = fork(child, { cwd, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  /** Runs a program of dist/, as `node FILE ARGS`. */
  async run(file: string, args: readonly string[]): Promise<CommandResult> {
    this.#process.send({ file, args });
    const [result] = (await once(this.#process, "message")) as [CommandResult];
    return result;
  }

  close(): void {
    this.#process.kill();
  }
}
