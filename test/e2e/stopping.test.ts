/** A server that is asked to end at any moment of its start, as any process and as process 1 of a container. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverStatus, TerrariumClient } from "../../src/client/index.ts";
import { freePorts } from "../support/free-ports.ts";

const launcher = fileURLToPath(new URL("../../bin/terrarium.js", import.meta.url));
let folder = "";
let args: string[] = [];
let endpoint = "";
let preload = "";
const children = new Set<ChildProcess>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-stop-"));
  const [client, peer, http] = await freePorts(3);
  endpoint = `127.0.0.1:${client}`;
  args = ["serve", "--id", "1", "--members", `1=127.0.0.1:${peer}/${endpoint}`, "--data-dir", join(folder, "data")];
  args.push("--http-address", `127.0.0.1:${http}`);
  // Tells when the first handler of SIGTERM is there: before that a process that is not process 1 just dies.
  preload = join(folder, "preload.mjs");
  writeFileSync(
    preload,
    `import { writeSync } from "node:fs";
     const on = process.on;
     process.on = function (name, ...rest) {
       const result = on.call(this, name, ...rest);
       if (name === "SIGTERM") { process.on = on; writeSync(2, "armed\\n"); }
       return result;
     };`,
  );
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

function launch(prefix: readonly string[], ownArgs: readonly string[] = args): Run {
  const [command = "", ...rest] = [...prefix, process.execPath, "--import", preload, launcher, ...ownArgs];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    }),
  );
  return { child, output: () => text, ended };
}

async function until(run: Run, word: string): Promise<void> {
  for (const giveUp = Date.now() + 60_000; !run.output().includes(word); await sleep(2))
    if (Date.now() > giveUp || run.child.exitCode !== null) throw new Error(`no "${word}": ${run.output()}`);
}

/** The only child of a process. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

/** After the moment at which signals are heard, milliseconds. */
const moments = [0, 5, 20, 50, 100, 150, 200, 250, 300, 400, 500, 700, 1000];

/** Whether the directory is whole: a server serves from it what was written before. */
async function serves(value: string): Promise<void> {
  const run = launch([]);
  await until(run, '"serving"');
  const client = await TerrariumClient.connect({ endpoints: [endpoint] });
  if ((await client.exists("/kept")) === undefined) await client.create("/kept", value);
  expect(new TextDecoder().decode((await client.get("/kept")).data)).toBe(value);
  await client.close();
  run.child.kill("SIGTERM");
  expect(await run.ended).toEqual({ code: 0, signal: null });
}

describe("SIGTERM while a server starts", () => {
  it("ends it in good order, whenever it comes", async () => {
    await serves("kept");
    for (const moment of moments) {
      const run = launch([]);
      await until(run, "armed");
      await sleep(moment);
      run.child.kill("SIGTERM");
      expect([moment, await run.ended, run.output()]).toEqual([
        moment,
        { code: 0, signal: null },
        expect.not.stringMatching(/"level":"(error|fatal)"|terrarium: /),
      ]);
    }
    await serves("kept");
  });

  const unshare = ["unshare", "--pid", "--fork", "--kill-child"];
  const possible = spawnSync("unshare", [...unshare.slice(1), "true"]).status === 0;
  it.runIf(possible)("ends it as process 1 too", async () => {
    for (const moment of moments) {
      const run = launch(unshare);
      await until(run, "armed");
      await sleep(moment);
      process.kill(childOf(run.child.pid ?? 0), "SIGTERM");
      const ended = await Promise.race([run.ended, sleep(20_000).then(() => "not heard")]);
      expect([moment, ended]).toEqual([moment, { code: 0, signal: null }]);
    }
    await serves("kept");
  });

  it("ends one that looks for a cluster to join", async () => {
    const [client, peer] = await freePorts(2);
    // Addresses that never answer: each is waited for.
    const join1 = [
      "serve",
      "--id",
      "9",
      "--join",
      "192.0.2.1:1,192.0.2.2:1,192.0.2.3:1",
      "--data-dir",
      join(folder, "9"),
    ];
    const run = launch(
      [],
      [...join1, "--client-address", `127.0.0.1:${client}`, "--peer-address", `127.0.0.1:${peer}`],
    );
    await until(run, "armed");
    await sleep(800);
    run.child.kill("SIGTERM");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(readdirSync(folder)).not.toContain("9");
  });
});

describe("a server whose output is a pipe that others may share", () => {
  it.runIf(process.platform === "linux")("leaves it one that waits for its reader", async () => {
    const run = launch(["sh", "-c", '"$@" | cat', "sh"]);
    await until(run, '"serving"');
    const pid = Number(/"pid":(\d+)/.exec(run.output())?.[1]);
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/1`, "utf8"))?.[1] ?? "";
    process.kill(pid, "SIGTERM");
    expect((await run.ended).code).toBe(0);
    // O_NONBLOCK is 04000. Node sets it for whoever asks for `process.stdout`, and takes it back only at the end.
    expect(Number.parseInt(flags, 8) & 0o4000).toBe(0);
  });
});

describe("a server whose log nobody reads", () => {
  it("serves, and stops when it is told", async () => {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    // Full before the server starts, and open as long as the shell lives that never reads it.
    const full = `exec 3<>"$0"; dd if=/dev/zero of=/dev/fd/3 bs=65536 count=1 2>/dev/null; exec "$@" >&3 2>&3`;
    const child = spawn("sh", ["-c", full, fifo, process.execPath, launcher, ...args, "--log-level", "debug"], {
      stdio: "ignore",
    });
    children.add(child);
    const ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
    const ready = async () => (await serverStatus(endpoint, { timeoutMs: 500 }).catch(() => undefined))?.ready === true;
    for (const giveUp = Date.now() + 60_000; !(await ready()); await sleep(20)) expect(Date.now()).toBeLessThan(giveUp);
    const client = await TerrariumClient.connect({ endpoints: [endpoint] });
    await client.set("/kept", "kept");
    await client.close();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    children.delete(child);
  });
});
