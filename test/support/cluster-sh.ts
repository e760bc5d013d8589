/** A local cluster as cluster.sh handles it, in a home and at ports of its own. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "./free-ports.ts";

/** How a run of cluster.sh ended. */
export interface ScriptResult {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** What `cluster.sh status --json` tells, as far as tests look at it. */
export interface ScriptStatus {
  readonly leader: number | null;
  readonly served: boolean;
  readonly servers: readonly {
    readonly id: number;
    readonly state: "running" | "stopped" | "paused" | "silent";
    readonly role: string | null;
    readonly member: boolean | null;
    readonly httpAddress: string;
    readonly status: { readonly appliedIndex: number; readonly members: readonly { readonly id: number }[] } | null;
  }[];
  readonly notes: readonly string[];
}

/** A run of cluster.sh that goes on, in a process group of its own as in a terminal. */
export interface ScriptRun {
  /** Standard output and error so far. */
  readonly text: string;
  /** As a terminal does for Ctrl-C: sends the signal to all processes of the group; then waits for the end. */
  signal(signal: NodeJS.Signals): Promise<void>;
}

export class ClusterSh {
  static readonly script = fileURLToPath(new URL("../../cluster.sh", import.meta.url));
  readonly home = join(mkdtempSync(join(tmpdir(), "terrarium-sh-")), "home");
  readonly basePort: number;

  private constructor(basePort: number) {
    this.basePort = basePort;
  }

  static async make(): Promise<ClusterSh> {
    const [port = 20_000] = await freePorts(1);
    return new ClusterSh(port - 1);
  }

  /** Runs cluster.sh as a user would, without a terminal. */
  run(args: readonly string[], env: Record<string, string> = {}, file = ClusterSh.script, cwd?: string) {
    return new Promise<ScriptResult>((resolve) => {
      const options = { env: { ...this.#env, ...env }, ...(cwd === undefined ? {} : { cwd }) };
      const child = execFile(file, [...args], options, (error, out, errorText) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
        resolve({ code, out, error: errorText });
      });
      child.stdin?.end();
    });
  }

  /** Starts a run that a test means to interrupt. */
  start(args: readonly string[]): ScriptRun {
    const child = spawn(ClusterSh.script, args, { env: this.#env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
    return {
      get text() {
        return text;
      },
      async signal(signal) {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        if (child.pid !== undefined) process.kill(-child.pid, signal);
        await ended;
      },
    };
  }

  async status(): Promise<ScriptStatus> {
    const { out } = await this.run(["status", "--json"]);
    return JSON.parse(out) as ScriptStatus;
  }

  /** Processes that have this home in their command line. */
  processes(): string[] {
    const { stdout } = spawnSync("ps", ["-axww", "-o", "pid=,args="], { encoding: "utf8" });
    return stdout.split("\n").filter((line) => line.includes(`${this.home}/`));
  }

  /** Stops all and deletes the home. */
  async destroy(): Promise<void> {
    await this.run(["reset"]);
    rmSync(join(this.home, ".."), { recursive: true, force: true });
  }

  get #env(): Record<string, string | undefined> {
    return { ...process.env, TERRARIUM_HOME: this.home, TERRARIUM_BASE_PORT: String(this.basePort) };
  }
}
