/** A server that may have only few files open, while others take all that they get. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TerrariumClient } from "../../src/client/index.ts";
import { freePorts } from "../support/free-ports.ts";

const launcher = fileURLToPath(new URL("../../bin/terrarium.js", import.meta.url));
let folder = "";
let ports: readonly number[] = [];
let child: ChildProcess | undefined;
let output = "";
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-files-"));
  ports = await freePorts(3);
});
afterEach(() => {
  child?.kill("SIGKILL");
  for (const socket of sockets.splice(0)) socket.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** With SIGUSR2 it takes all files that the process may still open; with the next one it lets go of them. */
const thief = `
  import { closeSync, openSync } from "node:fs";
  const hold = [];
  process.on("SIGUSR2", () => {
    if (hold.length > 0) for (const file of hold.splice(0)) closeSync(file);
    else for (;;) try { hold.push(openSync("/dev/null", "r")); } catch { break; }
    process.stdout.write(hold.length > 0 ? "no file is left\\n" : "files are left\\n");
  });`;

/** Starts a server that may have `files` open; `within` is loaded into its process. */
function start(files: number, within = ""): Promise<number | null> {
  const [client, peer, http] = ports;
  const args = [
    "--id",
    "1",
    "--members",
    `1=127.0.0.1:${peer}/127.0.0.1:${client}`,
    "--data-dir",
    join(folder, "data"),
  ];
  const imports = within === "" ? [] : ["--import", `data:text/javascript,${encodeURIComponent(within)}`];
  const command = [
    "-c",
    'ulimit -n "$0"; exec "$@"',
    String(files),
    process.execPath,
    ...imports,
    launcher,
    "serve",
    ...args,
  ];
  const started = spawn("sh", [...command, "--http-address", `127.0.0.1:${http}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child = started;
  output = "";
  for (const stream of [started.stdout, started.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  return new Promise((resolve) => started.once("close", (code) => resolve(code)));
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const giveUp = Date.now() + 60_000; !(await condition()); await sleep(20))
    if (Date.now() > giveUp || child?.exitCode !== null)
      throw new Error(`not in time: ${what}; ${output.slice(-2000)}`);
}

/** Connections that say nothing. */
function silent(port: number | undefined, count: number): { readonly open: () => number } {
  const own = Array.from({ length: count }, () => connect(port ?? 0, "127.0.0.1"));
  for (const socket of own) socket.on("error", () => {}).resume();
  sockets.push(...own);
  return { open: () => own.filter((socket) => !socket.closed).length };
}

describe("a server with few files", () => {
  it("does not start with too few, and says what to do", async () => {
    expect(await start(70)).toBe(2);
    expect(output).toMatch(/may have only 70 files open, and a server needs \d+\n {2}allow more \(`ulimit -n 4096`/);
  });

  it("serves those who are there while more connections come than it can hold, and ends the silent ones", async () => {
    const ended = start(140);
    await until(() => output.includes('"serving"'), "serving");
    expect(output).toMatch(/"files":\{"limit":140,"reserved":\d+,"clients":\d+,"zookeeper":0,"peers":\d+,"http":\d+\}/);
    const client = await TerrariumClient.connect({ endpoints: [`127.0.0.1:${ports[0]}`] });
    await client.create("/x", "0");
    const floods = ports.map((port) => silent(port, 300));
    // Enough for LevelDB to begin new files meanwhile.
    const data = new Uint8Array(1_000_000);
    for (let i = 0; i < 40; i++) await client.set("/x", data);
    await until(() => floods.every(({ open }) => open() === 0), "all silent connections are ended");
    const metrics = await (await fetch(`http://127.0.0.1:${ports[2]}/metrics`)).text();
    for (const door of ["clients", "peers", "http"])
      expect(metrics).toMatch(new RegExp(`terrarium_refused_connections_total\\{door="${door}"\\} [1-9]`));
    expect(metrics).toMatch(/terrarium_silent_connections_total\{door="clients"\} [1-9]/);
    expect(metrics).toMatch(/terrarium_failed_accepts_total\{door="clients"\} 0/);
    const newcomer = await TerrariumClient.connect({ endpoints: [`127.0.0.1:${ports[0]}`] });
    expect((await newcomer.get("/x")).stat.version).toBe(40);
    await newcomer.close();
    await client.close();
    expect(output).not.toMatch(/"level":"(error|fatal)"/);
    child?.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  it("survives that the system has no file for a newcomer at any door, says so, and goes on serving", async () => {
    const ended = start(140, thief);
    await until(() => output.includes('"serving"'), "serving");
    const client = await TerrariumClient.connect({ endpoints: [`127.0.0.1:${ports[0]}`] });
    await client.create("/x", "0");
    child?.kill("SIGUSR2");
    await until(() => output.includes("no file is left"), "the process has no file left");
    const newcomers = ports.map((port) => silent(port, 5));
    await until(() => newcomers.every(({ open }) => open() === 0), "those for whom there is no file are closed");
    await until(() => output.includes("no file can be opened"), "the log tells of it");
    // Those who are there notice nothing.
    for (let i = 1; i <= 20; i++) await client.set("/x", String(i));
    expect((await client.get("/x")).stat.version).toBe(20);
    child?.kill("SIGUSR2");
    await until(() => output.includes("files are left"), "files are left again");
    const metrics = await (await fetch(`http://127.0.0.1:${ports[2]}/metrics`)).text();
    expect(metrics).toMatch(/terrarium_out_of_files_total [1-9]/);
    const newcomer = await TerrariumClient.connect({ endpoints: [`127.0.0.1:${ports[0]}`] });
    const data = new Uint8Array(1_000_000);
    for (let i = 0; i < 12; i++) await newcomer.set("/x", data);
    await newcomer.close();
    await client.close();
    expect(output).not.toMatch(/"level":"fatal"/);
    child?.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});
