/** `npm run sim`, `hunt`, `mutants` and `sim:bench`: what they refuse, and how they end when something else goes wrong. */
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { integerOption, parseArguments, refuseBeside, seedOption } from "../../sim/cli/arguments.ts";
import { LineFile } from "../../sim/cli/files.ts";
import { CommandLines } from "../support/command-lines.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(root, "scripts/build.js")]).status).toBe(0);
  folder = mkdtempSync(join(tmpdir(), "terrarium-sim-"));
  const files = {
    "plan.json": '{ "seed": 1, "config": { "horizonMs": 500 } }',
    "empty.json": "",
    "torn.json": '{ "seed": 1,\n',
    "list.json": "[]",
    "field.json": '{ "seed": 1, "config": { "servers": "x" } }',
    "fault.json": '{ "seed": 1, "faults": [{ "when": { "kind": "at", "atMs": 1 }, "what": { "kind": "crush" } }] }',
    "huge.json": JSON.stringify({ seed: "x".repeat(10_000) }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}, 150_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function command(program: string, args: readonly string[], stdout: "pipe" | number = "pipe"): SpawnSyncReturns<string> {
  const file = join(root, "dist/sim", `${program}.js`);
  return spawnSync(process.execPath, [file, ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", stdout, "pipe"],
  });
}

const jobsRange = "an integer from 1 to 64";
const seedRange = "but a seed is an integer from 0 to 4294967295, decimal or with 0x.";
const planSays = "no effect: the plan says all of that.";

describe("npm run sim -- --html", () => {
  it("writes a page of one file with the plan in it, as data", () => {
    const path = "/</script><b>";
    const operations = [{ client: 1, atMs: 1, step: { kind: "delete", path } }];
    const plan = { seed: 1, config: { horizonMs: 500 }, workload: { operations } };
    writeFileSync(join(folder, "tricky.json"), JSON.stringify(plan));
    const { status, stdout } = command("main", ["--plan", "tricky.json", "--html", "run.html"]);
    expect(stdout).toContain("the page that plays it is in run.html");
    expect(status).toBe(0);
    const page = readFileSync(join(folder, "run.html"), "utf8");
    const [, inside = ""] = /<script type="application\/json" id="plan">(.*?)<\/script>/s.exec(page) ?? [];
    expect(JSON.parse(inside)).toMatchObject({ seed: 1, workload: { operations } });
    // Nothing of it is elsewhere.
    expect(page).not.toMatch(/(?:src|href)="/);
  });

  it("says why, if the page cannot be written", () => {
    const { status, stdout, stderr } = command("main", ["--plan", "plan.json", "--html", "."]);
    expect(stderr).toMatch(/^The page cannot be written to \.: .*\.\n$/);
    expect([status, stdout]).toEqual([3, ""]);
  });
});

describe("a command of the simulator refuses, with one sentence and exit code 2,", () => {
  let lines: CommandLines;

  beforeAll(() => {
    lines = new CommandLines(folder);
  });
  afterAll(() => lines.close());

  it.each([
    // What it does not know.
    ["main", "--anything", "There is no option --anything; the options are --seed,"],
    ["bench-main", "--anything", "There is no option --anything; the options are --seconds, --seed, --json, --help."],
    ["mutants-main", "--anything", "There is no option --anything; the options are --only,"],
    // What would have no effect.
    ["main", "--plan plan.json --clean", `Beside --plan, --clean has ${planSays}`],
    ["main", "--plan plan.json --servers 5 --seed 7", `Beside --plan, --seed and --servers have ${planSays}`],
    ["main", "--seed 1 --print-plan --trace t", "Beside --print-plan, --trace has no effect: nothing is run."],
    ["main", "--seed 1 --mutant C1 --html x", "Beside --mutant, --html has no effect: a page has the code as it is;"],
    ["hunt-main", "--plan plan.json --runs 5", "Beside --plan, --runs has no effect: this one plan is shrunk"],
    ["hunt-main", "--keep a --out b", "Beside --keep, --out has no effect: the plan goes into sim/regressions/."],
    ["mutants-main", "--only C1 --list", "Beside --list, --only has no effect: nothing is hunted or written."],
    ["mutants-main", "--pages --json", "Beside --pages, --json has no effect: nothing is hunted."],
    ["mutants-main", "--only C1 --explain --write", "Beside --explain, --write has no effect"],
    ["mutants-main", "--explain", "The option --explain needs --only, as --only C1."],
    ["mutants-main", "--seed 1", "The option --seed needs --random N: the catalogue's mutants are not drawn."],
    ["mutants-main", "--random 5 --budget 3", "Beside --random, --budget has no effect"],
    ["mutants-main", "--random 1 --only 645c855b --seed 2", "Beside --only, --seed has no effect"],
    ["mutants-main", "--tests", "The option --tests needs --random N: the catalogue's mutants are not drawn."],
    ["mutants-main", "--random 5 --resume --seed 2", "Beside --resume, --seed has no effect: the sample that is kept"],
    ["mutants-main", "--random 1 --only zz", 'There is no mutant "zz" made by a rule'],
    // Numbers.
    ["main", "--seed 1 --nodes 5 --story", "names the servers to show, as n1,n3; for 5 servers, say --servers 5."],
    ["main", "--seed 1 --servers 3 --story --nodes n1,n99", 'is "n1,n99", but names servers from n1 to n'],
    ["main", "--seed 1 --story --from 20 --to 10", "Nothing lies between --from 20 and --to 10"],
    ["main", "--seed 1 --from 20", "The option --from cuts a story or a diagram: add --story or --diagram."],
    ["main", "--story --diagram", "Beside --diagram, --story has no effect: either the one or the other"],
    ["main", "--scene nothing", 'There is no scene "nothing"; the scenes are '],
    ["main", "--scene figure-8 --clean", "Beside --scene, --clean has no effect: the scene says all of that."],
    ["main", "--seed 1 --mutant ZZ", 'There is no mutant "ZZ"; see npm run mutants -- --list.'],
    ["main", "--servers 0", 'The option --servers is "0", but must be an integer from 1 to 9.'],
    ["main", "--seed 1e99", `The option --seed is "1e99", ${seedRange}`],
    ["hunt-main", "--jobs 1000", `The option --jobs is "1000", but must be ${jobsRange}.`],
    ["mutants-main", "--jobs 0", `The option --jobs is "0", but must be ${jobsRange}.`],
    ["mutants-main", "--seeds x", 'The option --seeds is "x", but must be an integer from 1 to 1000.'],
    ["bench-main", "--seconds 0", 'The option --seconds is "0", but must be a number from 0.1 to 3600.'],
    ["mutants-main", "--only C1,ZZ", 'There is no mutant "ZZ"; see npm run mutants -- --list.'],
    // Plans.
    ["main", "--plan nowhere.json", "The plan nowhere.json cannot be read: there is no such file or folder (ENOENT)."],
    ["main", "--plan .", "The plan . cannot be read: it is a folder (EISDIR)."],
    ["main", "--plan empty.json", "The plan empty.json is empty."],
    ["hunt-main", "--plan torn.json", "The plan torn.json is not valid JSON: "],
    ["main", "--plan list.json", "list.json is no plan that can be run: plan is [], but must be an object."],
    ["main", "--plan field.json", 'field.json is no plan that can be run: plan.config.servers is "x", but must be'],
    ["hunt-main", "--plan fault.json", 'fault.json is no plan that can be run: plan.faults[0].what.kind is "crush"'],
    ["main", "--plan huge.json", "xxx…, but must be an integer from 0 to 4294967295."],
    // Where output goes.
    ["main", "--seed 1 --trace .", "The file . cannot be written: it is a folder (EISDIR)."],
    ["hunt-main", "--out plan.json", "plan.json is a file, but must be a folder."],
    ["hunt-main", "--out new.json", "The option --out takes a folder, and new.json looks like a file"],
  ])("%s %s", async (program, args, sentence) => {
    const { status, stdout, stderr } = await lines.run(join(root, "dist/sim", `${program}.js`), args.split(" "));
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
    expect(existsSync(join(folder, "new.json"))).toBe(false);
  });

  it("as a process of its own too", () => {
    const { status, stdout, stderr } = command("main", ["--anything"]);
    expect(stderr).toMatch(/^There is no option --anything; the options are --seed,.*\n$/);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("a name for --keep that is taken", () => {
    mkdirSync(join(folder, "sim/regressions"), { recursive: true });
    writeFileSync(join(folder, "sim/regressions/taken.json"), "old");
    const { status, stderr } = command("hunt-main", ["--runs", "1", "--keep", "taken"]);
    expect(stderr).toContain("There is a plan sim/regressions/taken.json already; choose another name");
    expect(status).toBe(2);
  });
});

describe("the options of a command", () => {
  const known = { seed: "value", servers: "value", plan: "value", clean: "flag", help: "flag" } as const;

  it("are taken as they are written", () => {
    const options = parseArguments(["--seed=0xff", "--servers", "3", "--plan=a=b.json", "--clean", "-h"], known);
    expect([...options.flags]).toEqual(["clean", "help"]);
    expect(options.values.get("plan")).toBe("a=b.json");
    expect(seedOption(options, "seed")).toBe(255);
    expect(integerOption(options, "servers", 1, 9)).toBe(3);
    expect(() => refuseBeside(options, "seed", ["help"], "")).toThrow("Beside --seed, --help has no effect");
    expect(() => refuseBeside(parseArguments(["--clean"], known), "seed", ["clean"], "")).not.toThrow();
  });

  it.each([
    [["seed"], "There is no option seed;"],
    [["--=3"], "There is no option --=3;"],
    [["--clean=yes"], "The option --clean takes no value."],
    [["--seed"], "The option --seed needs a value."],
    [["--seed="], "The option --seed needs a value."],
    [["--seed", "1", "--seed", "2"], "The option --seed is given twice."],
    [["--seed", "-1"], `The option --seed is "-1", ${seedRange}`],
    [["--seed", "4294967296"], `The option --seed is "4294967296", ${seedRange}`],
    [["--seed", "--clean"], `The option --seed is "--clean", ${seedRange}`],
    [["--servers", "2.5"], 'The option --servers is "2.5", but must be an integer from 1 to 9.'],
    [["--servers", " "], 'The option --servers is " ", but must be an integer from 1 to 9.'],
    [["--servers", "Infinity"], 'The option --servers is "Infinity", but must be an integer from 1 to 9.'],
  ])("%j is refused", (args, sentence) => {
    expect(() => {
      const options = parseArguments(args, known);
      seedOption(options, "seed");
      integerOption(options, "servers", 1, 9);
    }).toThrow(sentence);
  });
});

describe("what the commands say of themselves", () => {
  it.each(["main", "hunt-main", "mutants-main", "bench-main"])("%s has help that names every exit code", (program) => {
    const { status, stdout } = command(program, ["--help"]);
    expect(stdout).toMatch(/Exit code: 0 .* 1 .* 2 .* 3 /s);
    expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([]);
    expect(status).toBe(0);
  });

  const short = ["--seed", "42", "--servers", "3", "--minutes", "0.05"];

  it("a run says what was run, how to run it again, what happened, and that nothing broke", () => {
    const { status, stdout } = command("main", short);
    expect(stdout).toMatch(/^seed 42 · 3 servers and \d spare, \d clients, 3 virtual s, \d+ faults\n/);
    expect(stdout).toContain("replay: npm run sim -- --seed 42 --servers 3 --minutes 0.05\n");
    expect(stdout).toMatch(
      /^ +\d+\.\d\d s {2}n\d is elected in term 2, since it had heard of no leader for too long$/m,
    );
    expect(stdout).toMatch(/^ {2}faults: \d× /m);
    expect(stdout).toMatch(/^ {2}clients: \d+ of \d+ operations answered/m);
    expect(stdout).toContain("\nevery promise held\n");
    expect(stdout.split("\n").length).toBeLessThan(20);
    expect(status).toBe(0);
  });

  it("a story has a line for each thing that matters, and only of the servers and the time asked for", () => {
    const { status, stdout } = command("main", [...short, "--story", "--nodes", "n1", "--to", "2000"]);
    const lines = stdout.split("\n").filter((line) => / ms {2}#/.test(line));
    expect(lines.some((line) => /n1 +follower t1 +runs {2}\[1:t1\]$/.test(line))).toBe(true);
    expect(lines.filter((line) => /#\d+ +n[2-9]/.test(line))).toEqual([]);
    expect(lines.filter((line) => Number.parseFloat(line) > 2000)).toEqual([]);
    expect(status).toBe(0);
  });

  it("a diagram is all that goes to stdout", () => {
    const { status, stdout, stderr } = command("main", [...short, "--diagram"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("sequenceDiagram");
    const sentence = /^ {2}(participant |Note over n\d(,n\d)?: |[nc]\d+(->>|-->>|-x)[nc]\d+: )/;
    expect(lines.slice(1).filter((line) => !sentence.test(line) || /[;#]/.test(line))).toEqual([]);
    expect(stdout).toContain("\n  participant n4 as n4 (spare)\n");
    expect(stdout).toMatch(/^ {2}Note over n1,n6: FAULT .* \(that is (n\d|nobody)\)$/m);
    expect(stdout).toMatch(/AppendEntriesReply t2 ok up to/);
    expect(stdout).toMatch(/^ {2}Note over n\d: commits up to \d/m);
    expect(stderr).toContain("\nevery promise held\n");
    expect(status).toBe(0);
  });

  it("a planted bug breaks its promise in the scene of its figure, and what comes of it is told", () => {
    const { status, stdout } = command("main", ["--scene", "figure-8", "--mutant", "c1"]);
    expect(stdout).toMatch(/^planted: C1, an entry of an older term is committed by counting/);
    expect(stdout).toMatch(/^BROKEN: leader-completeness at /m);
    expect(stdout).toMatch(/^What comes of it, if nobody stops it:\n(.*\n)*.* n4 .* throws away 4: /m);
    const decided = stdout.slice(stdout.indexOf("Where it is decided:\n")).split("\n").slice(1, 5);
    expect(decided.map((line) => line.replace(/^.*#\d+ +/, ""))).toEqual([
      "n2  leader t4     commits 1 to 4  [1:t1+ 2:t2+ 3:t2+ 4:t2+ 5:t4 6:t4]",
      "n3  leader t5     leads term 5, by the votes of n4, n5 and its own  [1:t1 2:t2 3:t2 4:t3 5:t5~]",
      "n4  follower t5   throws away 4: its leader has something else there",
      "n4  follower t5   takes up 4 (no-op)  [1:t1* 2:t2* 3:t2* 4:t3~]",
    ]);
    expect(stdout).toMatch(/^Replay: npm run sim -- --scene figure-8 --mutant C1$/m);
    expect(stdout).toMatch(/^Lesson: A majority may store an old entry/m);
    expect(status).toBe(1);
  });

  it("the speed is measured as told, as JSON if wanted", () => {
    const { status, stdout } = command("bench-main", ["--seconds", "0.2", "--seed", "5", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ seed: 5, measured: [{ checkers: false }, { checkers: true }] });
    expect(status).toBe(0);
  });
});

describe("an output that cannot be written", () => {
  it("is not taken for a broken promise: the trace", () => {
    const file = new LineFile(join(folder, "trace"));
    file.write("one\n");
    expect(file.close()).toBeUndefined();
    // A closed file fails as a full disk does.
    expect(() => file.write("two\n")).not.toThrow();
    expect(file.close()?.message).toMatch(/trace is not complete: /);
    expect(readFileSync(join(folder, "trace"), "utf8")).toBe("one\n");
  });

  // A device that is always full.
  it
    .skipIf(!existsSync("/dev/full"))
    .each([
      [
        "main",
        "--plan plan.json --trace /dev/full",
        "The file /dev/full is not complete: no space is left on its device",
      ],
    ])("%s %s", (program, args, sentence) => {
    const { status, stdout, stderr } = command(program, args.split(" "));
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toContain("every promise held");
    expect(stdout).not.toContain("BROKEN");
    expect(status).toBe(3);
  });

  it.skipIf(!existsSync("/dev/full")).each([
    ["main", "--plan plan.json"],
    ["main", "--plan plan.json --print-plan"],
    ["hunt-main", "--runs 1 --jobs 1 --seed-from 1 --json"],
    ["mutants-main", "--list"],
  ])("%s %s > /dev/full", (program, args) => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = command(program, args.split(" "), full);
    closeSync(full);
    expect(stderr).toBe("The standard output cannot be written: no space is left on its device (ENOSPC).\n");
    expect(status).toBe(3);
  });
});

describe("Ctrl-C", () => {
  /** Starts a program, sends it Ctrl-C twice at once, as npm does, when it has printed something that `begun` matches. */
  function interrupted(
    program: string,
    args: string[],
    begun: RegExp,
  ): Promise<{ status: number | null; text: string }> {
    const child = spawn(process.execPath, [join(root, "dist/sim", `${program}.js`), ...args], { cwd: folder });
    let text = "";
    let sent = false;
    const hear = (data: Buffer): void => {
      text += data.toString();
      if (sent || !begun.test(text)) return;
      sent = true;
      // The listener is there once the workers are.
      setTimeout(() => {
        child.kill("SIGINT");
        child.kill("SIGINT");
      }, 1_500);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    return new Promise((resolve) => child.on("close", (status) => resolve({ status, text })));
  }

  it("ends a hunt with what it has done, and exit code 130", async () => {
    const { status, text } = await interrupted("hunt-main", ["--for", "600", "--seed-from", "1"], /seeds from 1/);
    expect(text).toMatch(/\d runs? · .* real time\n\d.* marks hit\ninterrupted\nnothing found\n$/);
    expect(status).toBe(130);
  });

  it("ends the mutants with the figures of those that are done, and exit code 130", async () => {
    // R15 is known to survive.
    const args = ["--only", "R1,R15", "--seeds", "1", "--shrink-for", "0", "--jobs", "1"];
    const { status, text } = await interrupted("mutants-main", [...args, "--budget", "600"], /^killed +R1/m);
    expect(text).toMatch(/\ninterrupted: 1 of 2 mutants done\nsafety: 1 of 1 killed .*\n$/);
    expect(status).toBe(130);
  });
});
