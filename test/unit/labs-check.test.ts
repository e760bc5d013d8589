/** What the check of a lab tells of an answer. */
import { readFileSync, rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { blanked } from "../../labs/cli/blank.ts";
import { check, examOf } from "../../labs/cli/check.ts";
import { labOf, taskText } from "../../labs/cli/commands.ts";
import { LabFolder } from "../../labs/cli/folder.ts";
import { hunt, plansOf } from "../../labs/cli/hunt.ts";
import { reportLines } from "../../labs/cli/report.ts";
import { root } from "../../sim/cli/root.ts";

/** Where the tests begin labs: like the reader's own folder, git ignores it. */
const home = `my-labs/.test-check-${process.pid}`;

afterAll(() => rmSync(root + home, { recursive: true, force: true }));

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
