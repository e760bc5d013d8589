/** The log of a process whose output is a pipe, a socket or a file, read or not. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder = "";
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-log-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A program with a log `log` on its standard output, its output as `output`; `say` goes to the test. */
function program(script: string): string {
  const source = (file: string) => JSON.stringify(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)));
  const contents = `
    import { writeSync } from "node:fs";
    import { createLog } from ${source("server/log.ts")};
    import { LogOutput } from ${source("server/log-output.ts")};
    const output = new LogOutput(1, 100_000);
    const log = createLog({ id: 1, logLevel: "info" }, output);
    const say = (word) => writeSync(2, word + "\\n");
    ${script}`;
  const file = join(folder, "program.mjs");
  const stdin = { contents, resolveDir: fileURLToPath(new URL("../..", import.meta.url)) };
  buildSync({
    stdin,
    bundle: true,
    outfile: file,
    platform: "node",
    format: "esm",
    external: ["pino"],
    logLevel: "error",
  });
  return file;
}

/** Where `pino` is found by a program elsewhere. */
const loader = fileURLToPath(new URL("../../node_modules", import.meta.url));

function start(script: string, stdout: "pipe" | number): ChildProcess {
  const file = program(script);
  spawnSync("ln", ["-s", loader, join(folder, "node_modules")]);
  child = spawn(process.execPath, [file], { stdio: ["pipe", stdout, "pipe"] });
  return child;
}

/** Resolves once the program has said `word`. */
function said(process: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    process.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(word)) resolve();
    });
    process.once("close", (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

const exitOf = (process: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => process.once("close", (code) => resolve(code)));

const flood = `
  for (let i = 0; i < 20_000; i++) log.info({ i }, "a line of the flood");
  say("flooded");`;

function linesOf(text: string): { i?: number; lines?: number; msg: string; level: string }[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("a log that nobody reads", () => {
  it("holds nothing up, keeps the oldest lines whole, and tells how many were lost once it is read", async () => {
    const process = start(
      `${flood} process.stdin.on("data", async () => { await output.end(20_000); process.exit(0); });`,
      "pipe",
    );
    await said(process, "flooded");
    let text = "";
    process.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("were lost")) process.stdin?.end("go");
    });
    expect(await exitOf(process)).toBe(0);
    const lines = linesOf(text);
    const flooded = lines.filter(({ i }) => i !== undefined);
    expect(flooded.map(({ i }) => i)).toEqual(flooded.map((_, at) => at));
    const word = lines.find(({ msg }) => msg.includes("were lost"));
    expect(word).toMatchObject({ level: "warn", lines: 20_000 - flooded.length });
    expect(flooded.length).toBeLessThan(3_000);
  });

  it.each([
    ["exits", "process.exit(5);"],
    ["has a fatal error", 'log.fatal({}, "over"); process.exit(5);'],
    ["ends in good order", "await output.end(100); process.exit(5);"],
  ])("does not hold up a process that %s", async (_what, end) => {
    const process = start(`${flood} ${end}`, "pipe");
    process.stdout?.pause();
    await said(process, "flooded");
    expect(await exitOf(process)).toBe(5);
  });

  it("does not hold up a process whose output is a socket", () => {
    const file = program(`${flood} process.exit(5);`);
    spawnSync("ln", ["-s", loader, join(folder, "node_modules")]);
    const python = `import socket,subprocess,sys
a, b = socket.socketpair()
sys.exit(subprocess.run(sys.argv[1:], stdout=b, timeout=60).returncode)`;
    const run = spawnSync("python3", ["-c", python, process.execPath, file], { encoding: "utf8" });
    if (run.error !== undefined) return;
    expect([run.status, run.stderr]).toEqual([5, "flooded\n"]);
  });
});

describe("a log that is read", () => {
  it("has every line by the time the process ends, also where it ends at once", async () => {
    // As many as fit between the two, also where the reader gets no turn meanwhile: nothing waits for it.
    const process = start(
      'for (let i = 0; i < 100; i++) log.info({ i }, "x"); log.fatal({}, "over"); process.exit(1);',
      "pipe",
    );
    let text = "";
    process.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(await exitOf(process)).toBe(1);
    expect(linesOf(text).map(({ msg }) => msg)).toEqual([...Array.from({ length: 100 }, () => "x"), "over"]);
  });

  it("goes to a file in order, and on past a full disk", async () => {
    const file = join(folder, "log");
    const out = openSync(file, "w");
    const process = start(
      'for (let i = 0; i < 300; i++) log.info({ i }, "x"); log.fatal({}, "over"); await output.end(20_000); process.exit(1);',
      out,
    );
    closeSync(out);
    expect(await exitOf(process)).toBe(1);
    expect(
      linesOf(readFileSync(file, "utf8"))
        .map(({ msg }) => msg)
        .slice(-1),
    ).toEqual(["over"]);
    expect(linesOf(readFileSync(file, "utf8")).flatMap(({ i }) => i ?? [])).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    const full = openSync("/dev/full", "w");
    const other = start(
      'log.info({}, "x"); log.info({}, "y"); setTimeout(() => process.exit(output.dropped), 50);',
      full,
    );
    closeSync(full);
    expect(await exitOf(other)).toBe(2);
  });

  it("has every line in a file too where the process ends at once, while a write of earlier lines is under way", async () => {
    const file = join(folder, "log");
    const out = openSync(file, "a");
    const process = start(
      'for (let i = 0; i < 300; i++) log.info({ i }, "x"); log.fatal({}, "over"); output.flushSync(); process.exit(1);',
      out,
    );
    closeSync(out);
    expect(await exitOf(process)).toBe(1);
    const lines = linesOf(readFileSync(file, "utf8"));
    expect(lines.flatMap(({ i }) => i ?? []).sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(lines.filter(({ level }) => level === "fatal").map(({ msg }) => msg)).toEqual(["over"]);
  });

  it("goes on without a reader", async () => {
    const process = start(
      'process.stdin.on("data", () => { log.info({}, "x"); log.info({}, "y"); process.exit(output.dropped); }); say("up");',
      "pipe",
    );
    await said(process, "up");
    process.stdout?.destroy();
    process.stdin?.write("go");
    expect(await exitOf(process)).toBe(2);
  });
});
