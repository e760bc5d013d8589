/** `npm run hunt`: what it prints, what it refuses, and that a planted bug is found, shrunk and told. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { progressLine } from "../../sim/hunt/progress.ts";
import { allMarks } from "../../sim/marks/marks.ts";
import { parsePlan } from "../../sim/plan/plan.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(root, "scripts/build.js")]).status).toBe(0);
  folder = mkdtempSync(join(tmpdir(), "terrarium-hunt-"));
}, 150_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Hunts with the code in `dist`. */
function hunt(dist: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(dist, "sim/hunt-main.js"), ...args], { cwd: folder, encoding: "utf8" });
}

const built = join(root, "dist");

describe("a hunt", { timeout: 120_000 }, () => {
  it("counts what it did and exits with 0 when nothing breaks", () => {
    const { status, stdout, stderr } = hunt(built, "--runs", "4", "--seed-from", "0xfffffffe", "--jobs", "2", "--json");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ seedFrom: 0xfffffffe, jobs: 2, runs: 4, failure: null, stuck: [] });
    expect(status).toBe(0);
  });

  it("tells which code its runs reached, and nothing of a floor after so few", () => {
    const { status, stdout } = hunt(built, "--runs", "2", "--seed-from", "1", "--jobs", "2", "--coverage", "--json");
    const { coverage } = JSON.parse(stdout);
    // Each of the rooms was measured: its code has been built, loaded and run.
    for (const room of ["raft", "znode", "storage", "node", "client"])
      expect(coverage.files.some(({ file }: { file: string }) => file.startsWith(`src/${room}/`))).toBe(true);
    expect(coverage.lines.total).toBeGreaterThan(3_000);
    expect(coverage.lines.reached / coverage.lines.total).toBeGreaterThan(0.5);
    expect(coverage.lines.reached).toBeLessThan(coverage.lines.total);
    expect(coverage.branches.reached).toBeGreaterThan(1_000);
    // The quorum is counted in every run.
    expect(coverage.files.find(({ file }: { file: string }) => file === "src/raft/quorum.ts").lines).toEqual([]);
    expect(coverage.below).toEqual([]);
    expect(status).toBe(0);
  });

  it("finds a planted bug, makes its plan small, writes it down and exits with 1", () => {
    const planted = plant("src/raft/outbox.js", "durability.tokenOf(durableTo)", "0");
    const { status, stdout } = hunt(planted, "--runs", "20", "--seed-from", "1");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^BROKEN: durable-before-visible, /m);
    expect(stdout).toMatch(/happened: {2}n\d acknowledges entry \d+ to n\d, but its disk ends at \d+/);
    const file = /^Replay: {2}npm run sim -- --plan (hunt-\d+\.json)$/m.exec(stdout)?.[1] ?? "";
    const plan = parsePlan(readFileSync(join(folder, file), "utf8"));
    expect(plan.faults.length + plan.workload.operations.length).toBeLessThanOrEqual(2);
    // The plan fails with the bug, and only with it.
    expect(hunt(planted, "--plan", file, "--shrink-for", "0", "--json").status).toBe(1);
    // A failure is told, and its plan printed, though it cannot be written.
    mkdirSync(join(folder, "taken", file), { recursive: true });
    const unwritten = hunt(planted, "--plan", file, "--shrink-for", "0", "--out", "taken");
    expect(unwritten.stderr).toContain(
      `The plan cannot be written to ${join("taken", file)}: it is a folder (EISDIR).`,
    );
    expect(unwritten.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(unwritten.stdout).toMatch(/^BROKEN: durable-before-visible, /m);
    expect(parsePlan(unwritten.stdout.slice(unwritten.stdout.lastIndexOf("The plan:\n") + 10))).toEqual(plan);
    expect(unwritten.status).toBe(1);
    expect(hunt(built, "--plan", file)).toMatchObject({ status: 0, stdout: expect.stringContaining("does not fail") });
  });

  /** A copy of the built code with one replacement. */
  function plant(file: string, text: string, by: string): string {
    const copy = join(folder, "planted", "dist");
    cpSync(built, copy, { recursive: true, filter: (path) => !path.includes("/dist/.") });
    // What pages and mutants are made of is looked for in the checkout.
    for (const name of ["node_modules", "sim", "src", "web", "scripts", "proto"])
      symlinkSync(join(root, name), join(folder, "planted", name));
    writeFileSync(join(folder, "planted", "package.json"), '{ "type": "module" }');
    const source = readFileSync(join(copy, file), "utf8");
    expect(source).toContain(text);
    writeFileSync(join(copy, file), source.replace(text, by));
    return copy;
  }

  it.each([
    [["--for", "soon"], 'The option --for is "soon", but must be a number from 0.1 to 1000000.'],
    [["--runs", "1.5"], 'The option --runs is "1.5", but must be an integer from 1 to 1000000000.'],
    [["--seed-from", "-3"], 'The option --seed-from is "-3", but a seed is an integer from 0 to'],
    [["--jobs"], "The option --jobs needs a value."],
    [["--keep", "A/b"], 'The name "A/b" must consist of lower-case letters, digits and dashes.'],
    [["--plan", "nowhere.json"], "The plan nowhere.json cannot be read: there is no such file or folder (ENOENT)."],
    [["--out", "nowhere/below"], "The folder nowhere/below cannot be used: there is no such file or folder (ENOENT)."],
  ])("refuses %j with a sentence", (args, sentence) => {
    const { status, stdout, stderr } = hunt(built, ...args);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });
});

describe("a hunt that is to reach all marks", () => {
  it("fails and names those that it missed", () => {
    const { status, stdout, stderr } = hunt(built, "--seed-from", "1", "--runs", "1", "--all-marks");
    expect(stdout).toContain("never reached (");
    expect(stdout).toContain("snapshot-while-joint: a snapshot was installed whose configuration is joint");
    expect(stderr).toContain("hunt longer, or see why nothing leads there any more.");
    expect(status).toBe(1);
  });
});

describe("the progress line", () => {
  const state = {
    runs: 1_204,
    events: 3_120_000,
    virtualMs: 6_400_000,
    operations: 0,
    faults: 0,
    marks: [],
    wallMs: 10_000,
  };

  it("shows how much is over and how fast it goes", () => {
    expect(progressLine({ ...state, shrinking: undefined }, 0.25)).toBe(
      `[█████░░░░░░░░░░░░░░░] 10 s · 1,204 runs · 312,000 events/s · 640× real time · 0 of ${allMarks.length} marks`,
    );
  });

  it("tells of shrinking once there is something to shrink", () => {
    expect(progressLine({ ...state, shrinking: { seed: 7, runs: 31, items: 12 } }, 0.5)).toBe(
      "seed 7 fails · shrinking: 31 runs, 12 items left",
    );
  });
});
