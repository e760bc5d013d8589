/** Each lab: what it takes out, and that its wrong answers are caught. */
import { readFileSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { allLabs } from "../../labs/catalogue.ts";
import { blanked, unwrittenIn } from "../../labs/cli/blank.ts";
import { chapterFile, labOf, taskText } from "../../labs/cli/commands.ts";
import { compile } from "../../labs/cli/compile.ts";
import { LabFolder } from "../../labs/cli/folder.ts";
import { hunt, plansOf } from "../../labs/cli/hunt.ts";
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
