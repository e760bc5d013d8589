/** Ctrl-C ends a benchmark, and with it the servers that it has started, and what they wrote. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 120_000 });

const support = fileURLToPath(new URL("../../dist/test/support/leave-nothing.js", import.meta.url));

/** Begins a process that would live for ever, says its number, and waits. */
const program = (home: string) => `
  import { spawn } from "node:child_process";
  import { writeFileSync } from "node:fs";
  import { begins } from ${JSON.stringify(support)};
  writeFileSync(${JSON.stringify(home)} + "/data", "");
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  begins({ home: ${JSON.stringify(home)}, children: () => [child, undefined] });
  console.log(child.pid);
  setInterval(() => {}, 1000);
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s", async (signal, code) => {
  const home = await mkdtemp(join(tmpdir(), "leave-nothing-"));
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program(home)]);
  try {
    const pid = await new Promise<number>((resolve, reject) => {
      parent.stdout.once("data", (line: Buffer) => resolve(Number(line.toString())));
      parent.once("exit", () => reject(new Error("it has ended before it began")));
    });
    expect(isAlive(pid)).toBe(true);
    const exit = new Promise((resolve) => parent.once("exit", resolve));
    parent.kill(signal);
    expect(await exit).toBe(code);
    expect(existsSync(home)).toBe(false);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 60_000 });
  } finally {
    parent.kill("SIGKILL");
    await rm(home, { recursive: true, force: true });
  }
});
