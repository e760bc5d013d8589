import { readFileSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { allLabs } from "../../labs/catalogue.ts";
import { blanked, unwrittenIn } from "../../labs/cli/blank.ts";
import { check, examOf } from "../../labs/cli/check.ts";
import { chapterFile, labOf, taskText } from "../../labs/cli/commands.ts";
import { compile } from "../../labs/cli/compile.ts";
import { LabFolder } from "../../labs/cli/folder.ts";
import { hunt, plansOf } from "../../labs/cli/hunt.ts";
import { reportLines } from "../../labs/cli/report.ts";
import { gradeSolution } from "../../labs/cli/solutions.ts";
import { TestRunner } from "../../labs/cli/tests.ts";
import { type WrongFiles, wrongFiles } from "../../labs/cli/wrong.ts";
import type { Lab } from "../../labs/lab.ts";
import { root } from "../../sim/cli/root.ts";

/** Where the tests begin labs: like the reader's own folder, git ignores it. */
const home = `my-labs/.test-${process.pid}`;

afterAll(() => rmSync(root + home, { recursive: true, force: true }));

// Each starts compilers, test runners and simulations of its own: on a busy machine that takes a while.
describe("the labs", { timeout: 600_000 }, () => {
  it("are fifteen and more, for each chapter from 2 on, each with a name of its own", () => {
    expect(new Set(allLabs.map(({ name }) => name)).size).toBe(allLabs.length);
    expect(allLabs.length).toBeGreaterThanOrEqual(15);
    expect([...new Set(allLabs.map(({ chapter }) => chapter))]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it.each(allLabs.map((lab) => [lab.name, lab] as const))("%s tells what to write, and takes it out", (_, lab) => {
    const files = blanked(lab);
    const task = taskText(lab);
    for (const { file, symbol, instead } of lab.blanks) {
      expect(task).toContain(`\`${symbol}\` in \`${file}\``);
      const symbols = unwrittenIn(files.get(file) ?? "").map((one) => one.symbol);
      if (instead === undefined) expect(symbols).toContain(symbol);
    }
    expect(lab.wrong.length).toBeGreaterThanOrEqual(3);
    expect(chapterFile(lab.chapter)).toMatch(/^docs\/tutorial\/\d\d-.*\.md$/);
    expect(readFileSync(`${root}docs/labs.md`, "utf8")).toContain(
      `| ${lab.chapter} | \`${lab.name}\` | ${lab.title} |`,
    );
  });

  it("compile as they are begun", async () => {
    // Labs that blank different files are compiled together: what the compiler has to say names the file.
    const together: { readonly names: string[]; readonly files: Map<string, string> }[] = [];
    for (const lab of allLabs) {
      const files = blanked(lab);
      const fits = together.find((one) => ![...files.keys()].some((file) => one.files.has(file)));
      const group = fits ?? { names: [], files: new Map<string, string>() };
      if (fits === undefined) together.push(group);
      group.names.push(lab.name);
      for (const [file, text] of files) group.files.set(file, text);
    }
    expect(together.flatMap(({ names }) => names).sort()).toEqual(allLabs.map(({ name }) => name).sort());
    for (const [i, { names, files }] of together.entries()) {
      const folder = new LabFolder(`together-${i}`, `${home}/blank`);
      folder.create(files, "");
      expect([...names, ...(await compile(folder.path))]).toEqual(names);
    }
  });

  describe("caught", () => {
    const runner = new TestRunner();

    afterAll(() => runner.close());

    it.each(allLabs.map((lab) => [lab.name, lab] as const))(
      "%s fails a test of its rule as it is begun, and with every wrong answer what it is said to fail",
      async (_, lab) => {
        const nothing: WrongFiles = { title: "nothing", files: blanked(lab), test: "", breaks: undefined };
        const uncaught: string[] = [];
        for (const answer of [nothing, ...lab.wrong.map(wrongFiles)]) {
          const how = await catches(lab, answer, runner);
          if (how !== undefined) uncaught.push(`${answer.title}: ${how}`);
        }
        expect(uncaught).toEqual([]);
      },
    );
  });

  it("let the code as it is pass", async () => {
    // What they run is run with it elsewhere: scenes and regressions in test/scenarios, the seeds by the hunt of `npm test`.
    for (const { seeds } of allLabs) expect([seeds.from, seeds.count <= 500]).toEqual([1, true]);
    for (const lab of allLabs) expect(() => plansOf(lab.scenes ?? [], lab.regressions ?? [])).not.toThrow();
    // From its beginning to the verdict, one will do.
    const verdict = await gradeSolution(labOf("make-a-znode"), `${home}/solutions`);
    expect(verdict).toMatchObject({ passed: true, tests: { failed: [] }, hunt: { kind: "held" } });
  });
});

/** Undefined if the wrong answer is caught as the lab says; else what came instead. Tests and runs go on side by side. */
async function catches(lab: Lab, answer: WrongFiles, runner: TestRunner): Promise<string | undefined> {
  if (answer.test === undefined && answer.breaks === undefined) return "nothing is said to catch it";
  const found = await Promise.all([failsTest(lab, answer, runner), breaksPromise(lab, answer)]);
  return found.find((one) => one !== undefined);
}

async function failsTest(lab: Lab, { test, files }: WrongFiles, runner: TestRunner): Promise<string | undefined> {
  if (test === undefined) return undefined;
  const tests = test === "" ? lab.tests.slice(0, 1) : lab.tests.map(({ file }) => ({ file, names: test }));
  let all = 0;
  // One that fails is enough.
  for (const one of tests) {
    const { failed, passed } = await runner.run(files, [one]);
    if (failed.length > 0) return undefined;
    all += passed;
  }
  return `${all} tests with the name "${test}" pass`;
}

async function breaksPromise(lab: Lab, { breaks, files }: WrongFiles): Promise<string | undefined> {
  if (breaks === undefined) return undefined;
  const task = { plans: plansOf(lab.scenes ?? [], lab.regressions ?? []), seeds: lab.seeds, shrinkEventsMax: 0 };
  const outcome = await hunt(files, task);
  if (outcome.kind !== "broken") return `in the simulator: ${outcome.kind}`;
  const { invariant, message } = outcome.broken.failure;
  return breaks.includes(invariant) ? undefined : `it breaks ${invariant}: ${message}`;
}

describe("a lab's check", () => {
  const lab = labOf("grant-a-vote");
  const file = "src/raft/vote.ts";

  /** The report on an answer that has `replace` in the place of `find`. */
  async function reportOn(name: string, find: string, replace: string): Promise<string> {
    const text = readFileSync(root + file, "utf8");
    expect(text).toContain(find);
    const folder = new LabFolder(name, home);
    folder.create(new Map([[file, text.replace(find, replace)]]), taskText(lab));
    const exam = { ...examOf(lab), tests: lab.tests.slice(1, 2), seeds: { from: 1, count: 2 } };
    const verdict = await check(folder, exam, 3_000);
    const of = { name, folder: folder.name, files: folder.files(), promise: lab.promise, plan: "my-labs/failure.json" };
    return reportLines(verdict, of).join("\n");
  }

  it("names what is not written", async () => {
    const folder = new LabFolder("unwritten", home);
    folder.create(blanked(lab), taskText(lab));
    const verdict = await check(folder, examOf(lab));
    const of = { name: "x", folder: folder.name, files: folder.files(), promise: "", plan: undefined };
    expect(reportLines(verdict, of).join("\n")).toMatch(
      /^✗ 2 rules to write:\n {2}couldVote, in .*vote\.ts:\d+\n {2}isUpToDate/,
    );
  });

  it("tells where it does not compile", async () => {
    const report = await reportOn("types", "request.term < state.currentTerm)", "request.trem < state.currentTerm)");
    expect(report).toMatch(/does not compile:\n.*unit.*|.*types\/src\/raft\/vote\.ts:\d+: TS\d+: .*'trem'/s);
    expect(report).toContain("request.trem");
  });

  it("tells which export another file misses", async () => {
    const report = await reportOn("export", "export function handleRequestVote(", "function handleRequestVote(");
    expect(report).toContain('No matching export in "src/raft/vote.ts" for import "handleRequestVote"');
  });

  it("tells which test and which promise it breaks, with the story", async () => {
    const report = await reportOn(
      "log",
      "if (lastLogTerm !== log.lastTerm) return lastLogTerm > log.lastTerm;\n  return lastLogIndex >= log.lastIndex;",
      "return lastLogTerm >= 0 && lastLogIndex >= 0 * log.lastIndex;",
    );
    expect(report).toMatch(/✗ \d+ of \d+ tests of the rule\n {4}test\/paper\/5\.4-safety\.test\.ts > /);
    expect(report).toContain("broke a promise: leader-completeness, in run 1 (scene short-log)");
    expect(report).toMatch(/promised: {2}What was committed.*happened: {2}n2 leads term 3 without entry \d/s);
    expect(report).toMatch(/n2 +leader t3 +leads term 3/);
    expect(report).toContain("npm run lab -- play log --story");
    expect(report).toContain("A server votes once in a term");
  });

  it("tells the line that throws", async () => {
    const report = await reportOn(
      "throws",
      "if (request.term < state.currentTerm) return false;",
      'if (request.term > 1) throw new Error("my mistake");',
    );
    const line =
      readFileSync(root + file, "utf8")
        .split("\n")
        .findIndex((text) => text.includes("if (request.term < state.currentTerm)")) + 1;
    expect(report).toContain(`it was thrown at ${home}/throws/${file}:${line}`);
    expect(report).toContain("happened:  my mistake.");
    expect(report).toContain(`at ${home}/throws/${file}:${line}`);
  });

  it("cuts off what never comes back", async () => {
    const report = await reportOn(
      "loop",
      "if (request.term < state.currentTerm) return false;",
      "while (request.term > 1) {}",
    );
    expect(report).toContain("The tests do not come back");
    expect(report).toMatch(/The simulator gave up in scene short-log: the code has not come back for 3 s of/);
  });

  // Not of a pure room, which may not say "process", but of a planted bug's file.
  it("says that the code ended the run, if it does", async () => {
    const text = readFileSync(root + file, "utf8");
    const files = new Map([
      [file, text.replace("if (request.term <", "if (request.term > 1) process.exit(0);\n  if (request.term <")],
    ]);
    const task = { plans: plansOf(["short-log"], []), seeds: { from: 1, count: 0 }, shrinkEventsMax: 0 };
    expect(await hunt(files, task)).toEqual({
      kind: "stuck",
      runs: 1,
      run: "scene short-log",
      why: "the run was ended by the code. Is there a process.exit in yours?",
    });
  });

  it("tells what a pure room may not use", async () => {
    const report = await reportOn(
      "impure",
      "import { diskHangs } from",
      'import "node:fs";\nimport { diskHangs } from',
    );
    expect(report).toMatch(
      /^✓ it compiles\n✗ it uses what a pure room may not:\n.*vote\.ts:2: raft may not import node:fs/,
    );
    expect(report).toContain('import "node:fs";');
  });

  it("never writes over what is there", () => {
    const folder = new LabFolder("twice", home);
    folder.create(new Map([[file, "mine"]]), "");
    expect(() => folder.create(blanked(lab), "")).toThrow(/is there already, and what is in it is yours/);
    expect(readFileSync(`${folder.path}/${file}`, "utf8")).toBe("mine");
    const aside = folder.putAside();
    folder.create(blanked(lab), "");
    expect(readFileSync(`${root}${aside}/${file}`, "utf8")).toBe("mine");
  });

  it("knows what was meant", () => {
    expect(() => labOf("grant-vote")).toThrow('There is no lab "grant-vote": did you mean "grant-a-vote"?');
    expect(() => labOf("zzz")).toThrow('the labs are listed by "npm run lab"');
  });
});
