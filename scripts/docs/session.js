// A console session of a page: what is typed into a shell, against a cluster that lives as long as the page's check.
//
//   <!-- session -->                       before a ```console block: lines that begin with "$ " are typed, the others printed
//   <!-- session: first ./cluster.sh 5 --> with something done before, unseen
//
// All session blocks of a page are one shell, in order. Numbers (terms, zxids, times), the order of lines and which
// server leads are another each time, so they are not compared; words are.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long a command may take, a whole cluster may need to start on a loaded machine. */
const commandMs = 120_000;
/** How long lines of what runs in the background, or the state that a command shows, may take to come. */
const settleMs = 20_000;

/** The commands of a block: `{ command, printed }`, `printed` being the lines below it. Throws a sentence. */
export function commandsOf(body) {
  const commands = [];
  for (const line of body.split("\n")) {
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), printed: [] });
    else if (commands.length === 0) throw new Error('a session begins with a line that is typed: "$ …"');
    else commands.at(-1).printed.push(line);
  }
  return commands;
}

/** The block of such commands. */
export function sessionBody(commands) {
  return commands.flatMap(({ command, printed }) => [`$ ${command}`, ...printed]).join("\n");
}

/** Whether two outputs say the same, apart from what is another each time. */
export function sameOutput(some, other) {
  const [a, b] = [comparable(some), comparable(other)];
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

/** Whether a client that watches was attached to the very server that was killed. */
const byChance = /^kvctl: (the connection is lost|connected again)/;

function comparable(lines) {
  return lines
    .map((line) => line.replace(/\d+/g, "#").replace(/ +/g, " ").trim())
    .map((line) => line.replace(/#(, #)*( and #)?/g, "#"))
    .filter((line) => line !== "" && !byChance.test(line))
    .sort();
}

/** What was said now, in the old lines and their order as far as they still say the same. */
export function renewed(printed, said) {
  const left = [...printed];
  const kept = said.map((line) => {
    const same = left.findIndex((candidate) => sameOutput([candidate], [line]));
    return same < 0 ? undefined : left.splice(same, 1)[0];
  });
  const lines = printed.filter((line) => kept.includes(line));
  said.forEach((line, i) => {
    if (kept[i] !== undefined) return;
    const before = kept[i - 1] ?? said[i - 1];
    lines.splice(before === undefined ? 0 : lines.lastIndexOf(before) + 1, 0, line);
  });
  return lines;
}

/** Looking twice changes nothing, so what shows a state that is on its way may be asked again. */
const looks = /\b(status|get|ls|stat|list|tree)\b/;

/** Those whose clusters may run. */
const open = new Set();

for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
])
  process.once(signal, () => {
    for (const session of open) session.abandon();
    process.exit(128 + number);
  });

/** A shell with a cluster's home and ports of its own. */
export class Session {
  #home = mkdtempSync(join(tmpdir(), "terrarium-docs-"));
  #basePort;
  #root;
  #env;
  #shell;
  #text = "";
  #marks = 0;

  constructor(root, basePort) {
    this.#basePort = basePort;
    this.#root = root;
    const { KVCTL_ENDPOINTS: _, ...env } = process.env;
    this.#env = {
      ...env,
      CI: "true",
      NO_COLOR: "1",
      COLUMNS: "120",
      CHECKOUT: root,
      TERRARIUM_HOME: join(this.#home, "home"),
      TERRARIUM_BASE_PORT: String(basePort),
    };
    open.add(this);
    this.#shell = spawn("bash", ["--norc", "-s"], {
      cwd: this.#home,
      env: this.#env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [this.#shell.stdout, this.#shell.stderr])
      stream.on("data", (chunk) => {
        this.#text += chunk;
      });
    this.#shell.on("error", () => {});
    this.#shell.stdin.on("error", () => {});
    // A folder of its own, so that files that a page makes are gone with it, but in which things are found as in the
    // checkout. The same program as npx would start, without npx's second.
    this.#shell.stdin.write(`exec 2>&1
ln -s "$CHECKOUT/cluster.sh" "$CHECKOUT/docs" .
npx() { local name=$1; shift; node "$CHECKOUT/bin/$name.js" "$@"; }
npm() { (cd "$CHECKOUT" && command npm "$@"); }
`);
  }

  /** The build's own words are none of the page's, so it is made before. Throws a sentence. */
  static async open(root) {
    const { status } = spawnSync(process.execPath, [join(root, "scripts/build.js")], { stdio: "ignore" });
    if (status !== 0) throw new Error("the build failed: node scripts/build.js tells why");
    return new Session(root, await freeBasePort());
  }

  /**
   * Types the commands of a block; returns them with what was printed. Those that say the same keep their lines. `first`
   * is a command that is typed before and not shown.
   */
  async play(commands, first) {
    if (first !== undefined) await this.#type(first, []);
    const played = [];
    for (const { command, printed } of commands) {
      const deadline = performance.now() + settleMs;
      let said = await this.#type(command, printed);
      while (looks.test(command) && !sameOutput(said, printed) && performance.now() < deadline) {
        await new Promise((done) => setTimeout(done, 500));
        said = await this.#type(command, printed);
      }
      played.push({ command, printed: sameOutput(said, printed) ? printed : renewed(printed, said) });
    }
    return played;
  }

  /** Ends the cluster and all that still runs. */
  async close() {
    try {
      await this.#type("kill $(jobs -p) 2>/dev/null; ./cluster.sh reset", []);
    } finally {
      this.#end();
    }
  }

  /** As {@link close}, at once: the process was told to end. */
  abandon() {
    spawnSync(join(this.#root, "cluster.sh"), ["reset"], { env: this.#env, stdio: "ignore", timeout: commandMs });
    this.#end();
  }

  #end() {
    given.delete(this.#basePort);
    open.delete(this);
    try {
      process.kill(-this.#shell.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #type(command, expected) {
    const mark = `--- mark ${++this.#marks} ---`;
    this.#text = "";
    // Behind a line break, since a comment may end the command; without input, since ours is the shell's.
    this.#shell.stdin.write(`{ ${command}\n} </dev/null\necho; echo "${mark} $(jobs -pr | wc -l)"\n`);
    const marked = new RegExp(`\\n?\\n${mark} (\\d+)\\n`);
    await this.#until(() => marked.test(this.#text), commandMs, command);
    const [, running] = marked.exec(this.#text);
    const lines = () => linesOf(this.#text.replace(marked, "\n"));
    // What runs in the background has its say in its own time.
    if (running !== "0") {
      const enough = () => sameOutput(this.#shown(lines()), expected);
      await this.#until(enough, settleMs, undefined);
    }
    return this.#shown(lines());
  }

  async #until(isSo, withinMs, command) {
    const deadline = performance.now() + withinMs;
    while (!isSo()) {
      if (this.#shell.exitCode !== null) throw new Error(`the shell ended at "${command}"`);
      if (performance.now() > deadline) {
        if (command === undefined) return;
        throw new Error(`"${command}" is not over after ${withinMs / 1000} s`);
      }
      await new Promise((done) => setTimeout(done, 30));
    }
  }

  /** As a user with the usual ports and folder sees it. */
  #shown(lines) {
    return lines.map((line) =>
      line
        .replaceAll(join(this.#home, "home"), ".cluster")
        .replace(/node \S+\/bin\/(\w+)\.js/g, "npx $1")
        .replace(/\b\d{4}\b/g, (port) => {
          const offset = Number(port) - this.#basePort;
          return offset >= 0 && offset < 300 ? String(7100 + offset) : port;
        }),
    );
  }
}

function linesOf(text) {
  const lines = text.split("\n").map((line) => line.trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/** What lies above the first port of a cluster: its peers, its HTTP addresses, its doors for ZooKeeper's clients. */
const above = [0, 100, 200, 300];

/** Those that this process has given away: pages are typed side by side, and a cluster that is about to start listens nowhere yet. */
const given = new Set();

/** Of four digits, so that tables are as wide as with the usual one; no two clusters' ports overlap. */
async function freeBasePort() {
  for (let attempt = 0; attempt < 300; attempt++) {
    const base = 3011 + Math.floor(Math.random() * 15) * 400;
    if (given.has(base)) continue;
    given.add(base);
    const wanted = [1, 2, 3, 4, 5, 6].flatMap((id) => above.map((offset) => base + offset + id));
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean)) return base;
    given.delete(base);
  }
  throw new Error("no ports are free for the cluster of a session");
}

function isFree(port) {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}
