/** What `npm run lab` can do with a lab. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, print, UsageError } from "../../sim/cli/command.ts";
import { root } from "../../sim/cli/root.ts";
import { wrap } from "../../sim/report/wrap.ts";
import { closest } from "../../src/client/spelling.ts";
import { allLabs } from "../catalogue.ts";
import { type Lab, notWritten } from "../lab.ts";
import { blanked, declarationIn, sourceOf } from "./blank.ts";
import { check, examOf, type Verdict } from "./check.ts";
import { LabFolder, readProgress, writeProgress } from "./folder.ts";
import { reportLines, width } from "./report.ts";

/** The plan of the last failure, in a lab's folder. */
export const failureFile = "failure.json";

/** The lab of that name. Throws {@link UsageError}, with the name that was probably meant. */
export function labOf(name: string): Lab {
  const lab = allLabs.find((one) => one.name === name);
  if (lab !== undefined) return lab;
  const meant = closest(
    name,
    allLabs.map((one) => one.name),
  );
  const hint = meant === undefined ? `the labs are listed by "npm run lab"` : `did you mean "${meant}"?`;
  throw new UsageError(`There is no lab "${name}": ${hint}`);
}

/** The file of a chapter of the book. */
export function chapterFile(chapter: number): string {
  const name = chapters[chapter];
  if (name === undefined) throw new UsageError(`There is no chapter ${chapter}.`);
  return `docs/tutorial/${name}.md`;
}

const chapters: Readonly<Record<number, string>> = {
  2: "02-a-world-with-a-clock-of-its-own",
  3: "03-terms-and-votes",
  4: "04-the-log",
  5: "05-what-committed-means",
  6: "06-what-a-disk-promises",
  7: "07-snapshots",
  8: "08-reads",
  9: "09-once-means-once",
  10: "10-the-tree",
  11: "11-watches",
  12: "12-changing-the-cluster",
  13: "13-living-with-it",
};

/** All labs, with what was passed and what was begun. */
export function list(): number {
  const { passed } = readProgress();
  print(
    "Labs: a rule of the real code is taken out, and you write it. The book is docs/tutorial/, the labs docs/labs.md.\n",
  );
  const longest = Math.max(...allLabs.map(({ name }) => name.length));
  for (const lab of allLabs) {
    const state = lab.name in passed ? "✓" : new LabFolder(lab.name).exists ? "…" : " ";
    print(` ${state} ${String(lab.chapter).padStart(2)}  ${lab.name.padEnd(longest)}  ${lab.title}`);
  }
  const done = allLabs.filter(({ name }) => name in passed).length;
  const what = done < allLabs.length ? `to begin one: npm run lab -- start ${next(passed)}` : pastAll;
  print(`\n${done} of ${allLabs.length} passed · ${what}`);
  return exitCodes.fine;
}

/** For those who have passed all labs. */
const pastAll = "what comes next: npm run lab -- bug, and docs/open-league.md";

function next(passed: Readonly<Record<string, string>>): string {
  const lab = allLabs.find(({ name }) => !(name in passed)) ?? allLabs[0];
  return lab?.name ?? "";
}

/** The task, as it stands in the reader's folder. */
export function taskText(lab: Lab): string {
  const files = [...new Set(lab.blanks.map(({ file }) => file))];
  const own = readFileSync(join(root, "labs", lab.name, "task.md"), "utf8").trim();
  const symbols = lab.blanks.map(({ symbol, file }) => `- \`${symbol}\` in \`${file}\``);
  return `${[
    `# ${lab.title}`,
    "",
    `A lab of [chapter ${lab.chapter}](../../${chapterFile(lab.chapter)}).`,
    "",
    own,
    "",
    "## What to write",
    "",
    ...symbols,
    "",
    `The ${files.length === 1 ? "file is" : "files are"} in this folder, under the same ${files.length === 1 ? "path" : "paths"} as in the checkout; what each is to do stands in its place.`,
    "Whatever you change there is laid over the checkout for the grading and nowhere else.",
    "",
    "```",
    `npm run lab -- check ${lab.name}      # grades it: types, tests, simulator`,
    `npm run lab -- hint ${lab.name}       # three, each says more`,
    `npm run lab -- solution ${lab.name}   # the code as it is, beside yours`,
    `npm run lab -- reset ${lab.name}      # begins anew; what you have is put aside`,
    "```",
  ].join("\n")}\n`;
}

/** Begins a lab. */
export function start(lab: Lab): number {
  const folder = new LabFolder(lab.name);
  folder.create(blanked(lab), taskText(lab));
  print(`${lab.title}: chapter ${lab.chapter}, ${chapterFile(lab.chapter)}\n`);
  print(`The task:  ${folder.name}/README.md`);
  for (const { file, symbol } of lab.blanks)
    print(`To write:  ${symbol}, in ${folder.name}/${file}:${lineOf(folder, file, symbol)}`);
  print(`\nThen:      npm run lab -- check ${lab.name}`);
  return exitCodes.fine;
}

function lineOf(folder: LabFolder, file: string, symbol: string): number {
  const lines = (folder.files().get(file) ?? "").split("\n");
  const line = lines.findIndex((text) => text.includes(`${notWritten} ${symbol}"`));
  return line < 0 ? lines.findIndex((text) => text.includes(symbol)) + 1 : line + 1;
}

/** The folder of a lab that was begun. Throws {@link UsageError}. */
export function begun(name: string): LabFolder {
  const folder = new LabFolder(name);
  const how = /^bug-\d+$/.test(name) ? `bug --seed ${name.slice("bug-".length)}` : `start ${name}`;
  if (!folder.exists) throw new UsageError(`You have not begun this one: npm run lab -- ${how}`);
  return folder;
}

/** Grades a lab. */
export async function grade(lab: Lab): Promise<number> {
  const folder = begun(lab.name);
  print(`${lab.name}: ${lab.title}\n`);
  warnOutdated(folder, lab.name);
  const verdict = await check(folder, examOf(lab));
  tellVerdict(verdict, folder, { name: lab.name, promise: lab.promise });
  if (verdict.passed) {
    const progress = readProgress();
    const passed = { ...progress.passed, [lab.name]: new Date().toISOString().slice(0, 10) };
    writeProgress({ ...progress, passed });
    print(`Passed. The code as it is, beside yours: npm run lab -- solution ${lab.name}`);
    const following = next(passed);
    if (!(following in passed)) print(`The next one: npm run lab -- start ${following}`);
    return exitCodes.fine;
  }
  const { hints } = readProgress();
  if ((hints[lab.name] ?? 0) < lab.hints.length) print(`\nA hint: npm run lab -- hint ${lab.name}`);
  return exitCodes.broken;
}

/** Says when the checkout is not the one for which the lab was begun. */
export function warnOutdated(folder: LabFolder, name: string): void {
  const outdated = folder.outdated();
  if (outdated.length === 0) return;
  const sentence = `Since you began, ${outdated.join(" and ")} changed in the checkout: if what follows makes no sense, "npm run lab -- reset ${name}" gives you the present file and keeps yours.`;
  print(`${wrap(sentence, width, "").join("\n")}\n`);
}

/** Prints a verdict, and keeps the plan of a failure. */
export function tellVerdict(
  verdict: Verdict,
  folder: LabFolder,
  of: { readonly name: string; readonly promise: string },
): void {
  const plan = verdict.hunt?.kind === "broken" ? folder.write(failureFile, verdict.hunt.broken.plan) : undefined;
  print(reportLines(verdict, { ...of, folder: folder.name, files: folder.files(), plan }).join("\n"));
}

/** Shows the next hint, with those before it. */
export function hint(lab: Lab): number {
  const progress = readProgress();
  const shown = Math.min((progress.hints[lab.name] ?? 0) + 1, lab.hints.length);
  writeProgress({ ...progress, hints: { ...progress.hints, [lab.name]: shown } });
  lab.hints.slice(0, shown).forEach((text, i) => {
    print(wrap(`${i + 1}. ${text}`, width, "   ").join("\n"));
  });
  print(
    shown < lab.hints.length
      ? `\n${shown} of ${lab.hints.length}; the next one: npm run lab -- hint ${lab.name}`
      : `\nThat was the last one. The code as it is: npm run lab -- solution ${lab.name}`,
  );
  return exitCodes.fine;
}

/** Shows each rule as the reader wrote it, and as it is. */
export function solution(lab: Lab): number {
  const folder = new LabFolder(lab.name);
  const yours = folder.exists ? folder.files() : undefined;
  for (const { file, symbol } of lab.blanks) {
    const own = yours?.get(file);
    const written = own === undefined ? undefined : declarationIn(own, symbol);
    if (written !== undefined && !written.includes(notWritten)) print(`── yours: ${folder.name}/${file}\n${written}\n`);
    print(`── as it is: ${file}\n${declarationIn(sourceOf(file), symbol) ?? ""}\n`);
  }
  return exitCodes.fine;
}

/** Begins anew. */
export function reset(lab: Lab): number {
  const folder = new LabFolder(lab.name);
  if (folder.exists) print(`What you had is in ${folder.putAside()}.\n`);
  return start(lab);
}
