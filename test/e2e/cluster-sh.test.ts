import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { freePorts } from "../support/free-ports.ts";

// Processes start and stop, one after the other; a loaded machine takes its time.
vi.setConfig({ testTimeout: 600_000 });

const script = fileURLToPath(new URL("../../cluster.sh", import.meta.url));
const home = join(mkdtempSync(join(tmpdir(), "terrarium-sh-")), "home");
const basePort = await freeBasePort();

/** A base port with room for a cluster above it. */
async function freeBasePort(): Promise<number> {
  const [port = 20_000] = await freePorts(1);
  return port - 1;
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs cluster.sh as a user would, without a terminal. */
function cluster(args: readonly string[], env: Record<string, string> = {}, file = script): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      { env: { ...process.env, TERRARIUM_HOME: home, TERRARIUM_BASE_PORT: String(basePort), ...env } },
      (error, out, errorText) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
        resolve({ code, out, error: errorText });
      },
    );
    child.stdin?.end();
  });
}

/** The rows of the status table: server → its columns. */
function rows(out: string): string[][] {
  return out.split("\n").flatMap((line) => (/^\d+ {2}/.test(line) ? [line.trim().split(/ {2,}/)] : []));
}

async function states(): Promise<(string | undefined)[]> {
  return rows((await cluster(["status"])).out).map((row) => row[1]);
}

function pid(server: number): string {
  return readFileSync(join(home, `server-${server}`, "pid"), "utf8").trim();
}

async function leader(): Promise<number> {
  const ids = await vi.waitFor(
    async () => {
      const found = rows((await cluster(["status"])).out).filter((row) => row[2] === "leader");
      expect(found).toHaveLength(1);
      return found.map((row) => Number(row[0]));
    },
    { timeout: 30_000, interval: 200 },
  );
  return ids[0] ?? 0;
}

afterAll(async () => {
  await cluster(["reset"]);
  rmSync(join(home, ".."), { recursive: true, force: true });
});

describe("cluster.sh without a cluster", () => {
  it.each([
    [[], "say what to do", 2],
    [["4"], "1, 3, 5 or 7 servers, not 4", 2],
    [["dance"], "unknown command: dance", 2],
    [["status"], "there is no cluster here yet", 1],
    [["kill", "1"], "there is no cluster here yet", 1],
    [["5", "6"], "too many arguments: 6", 2],
    [["status", "2"], "too many arguments: 2", 2],
    [["start"], "start: which server is missing", 2],
    [["kill", "leader"], "there is no cluster here yet", 1],
    [["add", "--force"], "add: unknown flag --force", 2],
    [["logs", "1", "-n"], "logs: unknown flag -n", 2],
  ] as const)("answers %j with one clear sentence", async (args, sentence, code) => {
    const result = await cluster(args);
    expect(result.error).toContain(sentence);
    expect(result.code).toBe(code);
    expect(existsSync(home)).toBe(false);
  });

  it("refuses wrong arguments before it installs or builds anything", async () => {
    const checkout = join(home, "..", "checkout");
    const folder = dirname(script);
    cpSync(join(folder, "scripts"), join(checkout, "scripts"), { recursive: true });
    cpSync(join(folder, "package.json"), join(checkout, "package.json"));
    cpSync(script, join(checkout, "cluster.sh"));
    for (const args of [["5", "6"], ["4"], ["add", "--force"], ["start"]]) {
      const result = await cluster(args, {}, join(checkout, "cluster.sh"));
      expect(result.out).toBe("");
      expect(result.code).toBe(2);
    }
    expect(readdirSync(checkout).sort()).toEqual(["cluster.sh", "package.json", "scripts"]);
  });

  it("refuses a home that is no folder", async () => {
    const file = join(home, "..", "file");
    writeFileSync(file, "");
    for (const place of [file, join(file, "below")])
      for (const args of [["3"], ["status"], ["reset"]]) {
        const result = await cluster(args, { TERRARIUM_HOME: place });
        expect(result.error).toContain(`TERRARIUM_HOME: ${place} is, or is below, something that is no folder`);
        expect(result.error).not.toMatch(/^\s+at /m);
        expect(result.code).toBe(2);
      }
  });

  it.skipIf(!existsSync("/proc/self"))("says where no folder can be made", async () => {
    const result = await cluster(["1"], { TERRARIUM_HOME: "/proc/terrarium/here" });
    expect(result.error).toContain("/proc/terrarium");
    expect(result.error).not.toMatch(/^\s+at /m);
    expect(result.code).toBe(1);
  });

  it("refuses a base port that is none", async () => {
    const result = await cluster(["3"], { TERRARIUM_BASE_PORT: "many" });
    expect(result.error).toContain("TERRARIUM_BASE_PORT: 'many' is not a port");
    expect(result.code).toBe(2);
  });

  it("tells a Node that does not start from one that is too old", async () => {
    for (const [options, why] of [
      ["--nonsense", "node: --nonsense is not allowed in NODE_OPTIONS"],
      ["--require /nowhere.js", "Cannot find module '/nowhere.js'"],
    ] as const) {
      const { error, code } = await cluster(["status"], { NODE_OPTIONS: options });
      expect(error).toMatch(/^cluster\.sh: Node does not start: /);
      expect(error).toContain(why);
      expect(error).toContain(`NODE_OPTIONS is '${options}': mend or unset it`);
      expect(code).toBe(1);
    }
  });

  it("says that Node is missing", async () => {
    const out = await new Promise<string>((resolve) => {
      const child = spawn("bash", ["-c", `PATH=/nonexistent; . "$0"`, script], { stdio: ["ignore", "pipe", "pipe"] });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
      }
      child.on("close", () => resolve(text));
    });
    expect(out).toContain("Node.js is not installed");
  });
});

describe("a port that is taken", () => {
  let squatter: Server | undefined;
  afterEach(() => {
    squatter?.close();
  });

  it("is named before anything starts", async () => {
    squatter = createServer();
    await new Promise<void>((resolve) => squatter?.listen(basePort + 102, "127.0.0.1", resolve));
    const result = await cluster(["3"]);
    expect(result.error).toContain(`port ${basePort + 102} (peers of server 2) is taken`);
    expect(result.error).toMatch(/choose other ports, such as TERRARIUM_BASE_PORT=\d+ \.\/cluster\.sh 3$/m);
    expect(result.code).toBe(1);
    expect(existsSync(home)).toBe(false);
  });
});

describe("a cluster of three", () => {
  it("starts, returns to the prompt and says how to go on", async () => {
    const { code, out } = await cluster(["3"]);
    expect(code).toBe(0);
    expect(rows(out).map((row) => row[1])).toEqual(["running", "running", "running"]);
    expect(out).toContain(`endpoints: ${[1, 2, 3].map((id) => `127.0.0.1:${basePort + id}`).join(",")}`);
    expect(out).toContain(`ZooKeeper: ${[1, 2, 3].map((id) => `127.0.0.1:${basePort + 300 + id}`).join(",")}`);
    expect(out).toContain(`\ndashboard: http://127.0.0.1:${basePort + 201}/\n`);
    const { out: shown } = await cluster(["status"]);
    expect(shown).toContain(`\ndashboard: http://127.0.0.1:${basePort + 201}/\n`);
    expect(shown).toContain(`\nZooKeeper: ${[1, 2, 3].map((id) => `127.0.0.1:${basePort + 300 + id}`).join(",")}\n`);
    expect(out.match(/^ {2}(npx kvctl|\.\/cluster\.sh)/gm)).toHaveLength(3);
    expect(readFileSync(join(home, "cluster.env"), "utf8")).toMatch(new RegExp(`^SIZE=3\nBASE_PORT=${basePort}\n`));
  });

  it("is left alone when started again, and refuses another size", async () => {
    const before = [1, 2, 3].map(pid);
    const again = await cluster(["3"]);
    expect(again.out).toContain("servers 1, 2 and 3 already run");
    expect([1, 2, 3].map(pid)).toEqual(before);
    const other = await cluster(["5"]);
    expect(other.error).toContain("there is a cluster of 3 here already, not of 5");
    expect(other.code).toBe(2);
  });

  it("replaces a killed leader, and starts what is missing", async () => {
    const old = await leader();
    expect((await cluster(["kill", String(old)])).out).toContain(`killed server ${old}`);
    expect((await states())[old - 1]).toBe("stopped");
    expect(await leader()).not.toBe(old);
    const again = await cluster(["3"]);
    expect(again.out).toContain(`starting server ${old} …`);
    expect(await states()).toEqual(["running", "running", "running"]);
  });

  it("pauses, resumes, stops and starts one server", async () => {
    expect((await cluster(["pause", "2"])).code).toBe(0);
    expect(await states()).toEqual(["running", "paused", "running"]);
    expect((await cluster(["pause", "2"])).out).toBe("server 2 is paused already\n");
    expect((await cluster(["resume", "1", "2"])).out).toBe("resumed server 2\nserver 1 is running already\n");
    expect(await states()).toEqual(["running", "running", "running"]);
    await cluster(["pause", "3"]);
    expect((await cluster(["stop", "3"])).out).toContain("stopped server 3");
    expect(await states()).toEqual(["running", "running", "stopped"]);
    expect((await cluster(["resume", "3"])).error).toContain("server 3 does not run");
    expect((await cluster(["start", "3"])).code).toBe(0);
    expect(await states()).toEqual(["running", "running", "running"]);
    expect((await cluster(["start", "4"])).error).toContain("'4' is not a server of this cluster");
  });

  it("shows and follows a log", async () => {
    const shown = await cluster(["logs", "1", "--json"]);
    expect(shown.out).toContain('"msg":"serving"');
    expect((await cluster(["logs", "1"])).out).toMatch(
      /^[\d-]+ [\d:.]+ {2}server 1 {2}INFO {3}serving {2}clusterId=local-/m,
    );
    const all = (await cluster(["logs"])).out.split("\n");
    const times = all.flatMap((line) => /^([\d-]+ [\d:.]+) {2}server \d {2}/.exec(line)?.[1] ?? []);
    expect(times).toEqual([...times].sort());
    expect(new Set(all.flatMap((line) => / {2}server (\d) {2}/.exec(line)?.[1] ?? [])).size).toBe(3);
    const env = { ...process.env, TERRARIUM_HOME: home, TERRARIUM_BASE_PORT: String(basePort) };
    const follower = spawn(script, ["logs", "1", "-f", "--json"], { env, stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    follower.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await vi.waitFor(() => expect(text).toContain('"msg":"serving"'), 20_000);
    await cluster(["stop", "1"]);
    await vi.waitFor(() => expect(text).toContain('"msg":"stopped"'), 20_000);
    follower.kill();
  });

  it("takes several servers, and the leader, at once; restarts one after the other; tells all of it in JSON", async () => {
    expect((await cluster(["3"])).code).toBe(0);
    const old = await leader();
    expect((await cluster(["kill", "leader"])).out).toContain(`killed server ${old}`);
    const others = [1, 2, 3].filter((id) => id !== old).map(String);
    expect((await cluster(["stop", ...others])).out).toContain(`stopped servers ${others.join(" and ")}`);
    expect((await cluster(["pause", "leader"])).error).toContain("nobody leads just now");
    expect((await cluster(["start", "1", "2", "3"])).out).toContain("started servers 1, 2 and 3");
    const before = [1, 2, 3].map(pid);
    const { out, code } = await cluster(["restart"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^restarted server 1\nrestarted server 2\nrestarted server 3\n/);
    for (const [i, old] of before.entries()) expect(pid(i + 1)).not.toBe(old);
    const status = JSON.parse((await cluster(["status", "--json"])).out);
    expect(status).toMatchObject({ size: 3, basePort, home, served: true, leader: expect.any(Number), notes: [] });
    expect(status.servers).toHaveLength(3);
    expect(status.servers[0]).toMatchObject({ id: 1, state: "running", member: true, pid: Number(pid(1)) });
    // The table is of now: all have applied what the leader has committed.
    const table = rows(out);
    expect(table.map((row) => row[5])).toEqual(Array(3).fill(table.find((row) => row[2] === "leader")?.[4]));
    await cluster(["stop", "1"]);
  });

  it("is found through a link, from elsewhere, with hints that can be typed there", async () => {
    const place = join(home, "..");
    symlinkSync(script, join(place, "linked.sh"));
    symlinkSync(dirname(script), join(place, "checkout-link"));
    const elsewhere = ["-c", 'cd "$1" && ./linked.sh 3 && ./checkout-link/cluster.sh status', "bash", place];
    const { out, code, error } = await cluster(elsewhere, {}, "bash");
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toContain(`  node ${dirname(script)}/bin/kvctl.js get /hello`);
    expect(out).toContain("  ./linked.sh kill leader");
    await cluster(["stop", "1"]);
  });

  it("keeps its data over stop and start", async () => {
    const data = join(home, "server-2", "data");
    expect((await cluster(["stop"])).out).toContain("stopped servers 2 and 3; the data stays");
    expect(await states()).toEqual(["stopped", "stopped", "stopped"]);
    expect(existsSync(data)).toBe(true);
    const { out } = await cluster(["3"]);
    // Terms only rise: the servers remember.
    expect(Number(rows(out)[0]?.[3])).toBeGreaterThan(2);
  });

  it("says what answers at the ports of a server that does not run", async () => {
    const stranger = createHttpServer((_, response) => response.end("hello"));
    const other = createHttpServer((_, response) => response.end(JSON.stringify({ clusterId: "other", id: 7 })));
    try {
      await cluster(["stop", "2"]);
      await cluster(["stop", "3"]);
      await new Promise<void>((resolve) => stranger.listen(basePort + 202, "127.0.0.1", resolve));
      await new Promise<void>((resolve) => other.listen(basePort + 203, "127.0.0.1", resolve));
      const { out, error, code } = await cluster(["status"]);
      expect(out).toContain(`port ${basePort + 202} (http of server 2): something that is no server of this cluster`);
      expect(out).toContain(`port ${basePort + 203} (HTTP of server 3): server 7 of another cluster, other, answers`);
      expect(out).toContain("no leader that a majority follows: nobody is served");
      expect({ code, error }).toEqual({ code: 1, error: "" });
      const start = await cluster(["start", "2"]);
      expect(start.error).toContain(`port ${basePort + 202} (http of server 2) is taken`);
      // The ports of a cluster that exists do not move.
      expect(start.error).not.toContain("TERRARIUM_BASE_PORT");
    } finally {
      for (const server of [stranger, other]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }
    expect((await cluster(["3"])).code).toBe(0);
    expect((await cluster(["status"])).code).toBe(0);
  });

  it.skipIf(!existsSync("/dev/full"))("says that its output cannot be written", async () => {
    const full = await cluster(["-c", '"$0" status > /dev/full', script], {}, "bash");
    expect(full.error).toContain("cluster.sh: the output cannot be written (ENOSPC)");
    expect(full.error).not.toMatch(/^\s+at /m);
    expect(full.code).toBe(1);
    // What was begun is brought to its end all the same.
    await cluster(["stop", "2"]);
    expect((await cluster(["-c", '"$0" 3 > /dev/full', script], {}, "bash")).code).toBe(1);
    expect(await states()).toEqual(["running", "running", "running"]);
    const log = await cluster(["-c", '"$0" logs 1 -f > /dev/full', script], {}, "bash");
    expect(log).toMatchObject({ code: 1, error: expect.stringContaining("ENOSPC") });
    // Who reads only the beginning is content.
    const head = await cluster(["-c", 'set -o pipefail; "$0" status | head -1', script], {}, "bash");
    expect(head).toMatchObject({ code: 0, error: "" });
  });

  it("does not take a stranger's process for a server", async () => {
    await cluster(["kill", "2"]);
    writeFileSync(join(home, "server-2", "pid"), `${process.pid}\n`);
    expect((await states())[1]).toBe("stopped");
    expect((await cluster(["kill", "2"])).error).toContain("server 2 does not run");
  });

  it("tells of a server that was wiped, and how to replace it", async () => {
    rmSync(join(home, "server-2", "data"), { recursive: true });
    for (const args of [["start", "2"], ["3"]]) {
      const { out, error, code } = await cluster(args);
      expect(error).toContain("server 2 has ended: its data were lost, so it may not come back under its old id");
      expect(error).toContain("./cluster.sh remove 2    # then a new one: ./cluster.sh add");
      expect(out).not.toContain("started server 2");
      expect(code).toBe(1);
    }
    // Other faults of its data are quoted, and what was said in earlier runs is not.
    writeFileSync(join(home, "server-2", "data", "CURRENT"), "lost\n");
    const { error: damaged } = await cluster(["start", "2"]);
    expect(damaged).toContain("terrarium: what was safely on disk is damaged");
    expect(damaged).not.toContain("its data were lost");
    expect(damaged).toContain("if its data cannot be saved: ./cluster.sh remove 2");
    expect((await cluster(["remove", "2"])).code).toBe(0);
    expect((await cluster(["add"])).code).toBe(0);
    expect(await states()).toEqual(["running", "running", "running"]);
    await cluster(["stop"]);
    // Nobody is there who could tell it.
    rmSync(join(home, "server-4", "data"), { recursive: true });
    const { error, code } = await cluster(["start", "4"]);
    expect(error).toMatch(/server 4 (runs, but has no data and takes no part|has ended)/);
    expect(code).toBe(1);
  });

  it("does not change the membership without a leader, and says what can be done", async () => {
    await cluster(["stop"]);
    for (const args of [["add"], ["remove", "1"]]) {
      const { error, code } = await cluster(args);
      expect(error).toContain("no leader that a majority follows: the membership cannot change");
      expect(error).toContain("./cluster.sh 3 starts them");
      expect(error).not.toContain("--endpoints");
      expect(code).toBe(1);
    }
  });

  it("leaves nothing behind after reset", async () => {
    expect((await cluster(["reset"])).code).toBe(0);
    expect(existsSync(home)).toBe(false);
    // Nothing listens any more.
    for (const port of [1, 3, 101, 103, 201, 203].map((offset) => basePort + offset)) {
      const probe = createServer();
      await new Promise<void>((resolve, reject) => {
        probe.once("error", reject);
        probe.listen(port, "127.0.0.1", resolve);
      });
      probe.close();
    }
  });
});

describe("an add that was interrupted", () => {
  it.each(["stop", "reset"])("leaves a server that %s ends, though it is not of the cluster yet", async (command) => {
    const place = join(home, "..", `interrupted-${command}`);
    const folder = join(place, "server-4");
    mkdirSync(folder, { recursive: true });
    const words = "SIZE=3\nBASE_PORT=7100\nCLUSTER_ID=local-1\nSERVERS=1,2,3\nLAST_ID=4\n";
    writeFileSync(join(place, "cluster.env"), words);
    // In the server's place, something with its command line.
    const args = ["-e", "setInterval(() => {}, 1000)", "--", "--data-dir", join(folder, "data")];
    const newcomer = spawn(process.execPath, args, { stdio: "ignore" });
    try {
      const ended = new Promise<string | null>((resolve) => newcomer.once("exit", (_, signal) => resolve(signal)));
      writeFileSync(join(folder, "pid"), `${newcomer.pid}\n`);
      const result = await cluster([command], { TERRARIUM_HOME: place, TERRARIUM_BASE_PORT: "" });
      expect(result).toMatchObject({ code: 0, error: "" });
      if (command === "stop") expect(result.out).toContain("stopped server 4; the data stays");
      // By itself it would never end.
      expect(await ended).toMatch(/^SIG(TERM|KILL)$/);
      expect(existsSync(folder)).toBe(command === "stop");
    } finally {
      newcomer.kill("SIGKILL");
    }
  });
});
