/** Programs that were written for ZooKeeper, as Debian has them: each of them, or why it cannot run here. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { noApacheZooKeeper } from "./apache-zookeeper.ts";

const java = "/usr/share/java";
const python = "/usr/bin/python3";
const jars = ["curator-recipes", "curator-framework", "curator-client", "zookeeper", "zookeeper-jute", "guava"]
  .concat("slf4j-api", "slf4j-nop")
  .map((name) => `${java}/${name}.jar`);
const zkCli = "/usr/share/zookeeper/bin/zkCli.sh";
const cClient = "/usr/lib/zookeeper/bin/cli_mt";
const goPath = "/usr/share/gocode";

/** Our programs for these clients. */
const source = (name: string): string => fileURLToPath(new URL(`./clients/${name}`, import.meta.url));

function runs(command: string, ...words: string[]): boolean {
  return spawnSync(command, words, { stdio: "ignore" }).status === 0;
}

/** By program: undefined if it is to be had here, otherwise what to install. */
export const lacking = {
  kazoo: existsSync(python) && runs(python, "-c", "import kazoo") ? undefined : "python3-kazoo",
  zkCli: existsSync(zkCli) && noApacheZooKeeper() === undefined ? undefined : "zookeeper and a Java runtime",
  cClient: existsSync(cClient) ? undefined : "zookeeper-bin",
  curator:
    jars.every((jar) => existsSync(jar)) && runs("javac", "-version") ? undefined : "libcurator-recipes-java and a JDK",
  go:
    existsSync(`${goPath}/src/github.com/samuel/go-zookeeper`) && runs("go", "version")
      ? undefined
      : "golang-github-samuel-go-zookeeper-dev and golang-go",
} as const;

/** A program that runs. */
export class ZooKeeperProgram {
  /** What it has said so far, on either stream. */
  said = "";
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  private constructor(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(command, words, { stdio: "pipe", env: { ...process.env, ...env } });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        this.said += chunk.toString();
      });
    child.stdin.on("error", () => {});
    this.ended = new Promise((resolve) => child.once("close", resolve));
  }

  /** kazoo's recipes; they wait for a line behind `attached HOST:PORT`. */
  static kazoo(hosts: string): ZooKeeperProgram {
    return new ZooKeeperProgram(python, [source("recipes.py"), hosts]);
  }

  /** What kazoo does with lists; waits for a line behind `attached HOST:PORT`. */
  static kazooAccess(hosts: string): ZooKeeperProgram {
    return new ZooKeeperProgram(python, [source("access.py"), hosts]);
  }

  /** What zkCli.sh does with these lines. */
  static zkCli(host: string, lines: readonly string[]): ZooKeeperProgram {
    const words = ["-waitforconnection", "-timeout", "60000", "-server", host];
    const program = new ZooKeeperProgram(zkCli, words, { ZOO_LOG_DIR: tmpdir() });
    program.say(...lines);
    return program;
  }

  /** The C client's shell: it answers some time later, and ends at `quit` whether or not it has. */
  static cClient(hosts: string): ZooKeeperProgram {
    return new ZooKeeperProgram(cClient, [hosts]);
  }

  /** Compiles Curator's recipes in a folder, then runs them. */
  static curator(hosts: string, folder: string): ZooKeeperProgram {
    const path = jars.join(":");
    const compiled = spawnSync("javac", ["-cp", path, "-d", folder, source("Recipes.java")], { encoding: "utf8" });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    return new ZooKeeperProgram("java", ["-Xmx256m", "-cp", `${folder}:${path}`, "Recipes", hosts]);
  }

  /** Compiles what uses Go's client in a folder, then runs it. */
  static go(hosts: string, folder: string): ZooKeeperProgram {
    const env = { GO111MODULE: "off", GOPATH: goPath, GOCACHE: `${folder}/cache`, GOFLAGS: "" };
    const words = ["build", "-o", `${folder}/recipes`, source("recipes.go")];
    const compiled = spawnSync("go", words, { encoding: "utf8", env: { ...process.env, ...env } });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    return new ZooKeeperProgram(`${folder}/recipes`, [hosts]);
  }

  /** Lines for its standard input. */
  say(...lines: string[]): void {
    this.#child.stdin?.write(`${lines.join("\n")}\n`);
  }

  /** Waits until it has said so, milliseconds at most; throws with all that it has said. */
  async hears(pattern: RegExp, patienceMs = 60_000): Promise<RegExpExecArray> {
    for (const until = Date.now() + patienceMs; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const found = pattern.exec(this.said);
      if (found !== null) return found;
      if (Date.now() > until || this.#child.exitCode !== null) throw new Error(`no ${pattern}: ${this.said}`);
    }
  }

  /** Stops the process for so long, milliseconds. */
  async standsStill(forMs: number): Promise<void> {
    this.#child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, forMs));
    this.#child.kill("SIGCONT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Does something with a folder that is gone afterwards. */
export async function inFolder<T>(what: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "zookeeper-program-"));
  try {
    return await what(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
