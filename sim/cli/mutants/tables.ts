/** Writes docs/mutants.md and docs/invariants.md from the catalogue and the results that were kept. */
import { writeWholeFile } from "../../../src/files/whole-file.ts";
import { allMutants, groups, notApplicable } from "../../mutants/catalogue.ts";
import type { Mutant } from "../../mutants/mutant.ts";
import { promises } from "../../promises.ts";
import { root } from "../root.ts";
import { leaguePage } from "./league-page.ts";
import { seconds, summary } from "./print.ts";
import { randomSection } from "./random/page.ts";
import { readSample } from "./random/rows.ts";
import type { ResultRow } from "./results.ts";

type Rows = ReadonlyMap<string, ResultRow>;

/** Writes these pages, and that of the open league. */
export function writeTables(rows: Rows): void {
  writeWholeFile(`${root}docs/open-league.md`, leaguePage(), { replace: true });
  writeWholeFile(`${root}docs/mutants.md`, mutantsPage(rows), { replace: true });
  writeWholeFile(`${root}docs/invariants.md`, invariantsPage(rows), { replace: true });
}

/** The page of planted bugs. */
export function mutantsPage(rows: Rows): string {
  return `${[
    "# Planted bugs",
    "",
    "<!-- Written by `npm run mutants -- --write`. -->",
    "",
    "A checker that has never found anything proves nothing. So known bugs of real implementations, and some that only",
    "this code could have, are planted one at a time: a small replacement in one source file, made while the simulator",
    "loads it. Each is then hunted with the same random plans as everything else. `npm run mutants -- --only C1 --explain`",
    "plants one, finds it and tells the story.",
    "",
    "Times are processor seconds of one core until the first run that fails, over several base seeds; *plan* is the number",
    "of faults and operations that are left of the failing plan when it has been shrunk. *By* names what fell: a checker,",
    "or an assertion of the code. A kill by something that was not expected is marked †.",
    "",
    ...summary(allMutants, rows).map((sentence) => `- ${sentence}`),
    "",
    ...randomSection(readSample()),
    ...groups.flatMap(({ title, mutants }) => [`## ${title}`, "", ...table(mutants, rows), ""]),
    "## No guided hunting",
    "",
    "Plans are drawn afresh from their seeds. To keep those that reached something new, and to change them as fuzzers do, has been",
    "built and measured. It was not shown to pay, and went out again ([0031](decisions/0031-no-guided-hunting.md)). What gets to rare",
    "places here is schedules that aim at them (`sim/hunter/`), and marks that show whether they do.",
    "",
    "## Survivors",
    "",
    ...survivors(rows, ({ harmless }) => harmless === undefined),
    "## Harmless",
    "",
    "These break no promise and are not counted: what else there is makes up for the line, or what it costs is not a promise.",
    "",
    ...survivors(rows, ({ harmless }) => harmless !== undefined),
    "## Not planted",
    "",
    "Bugs whose mechanism does not exist here, or not yet.",
    "",
    "| Bug | Why not |",
    "| --- | --- |",
    ...notApplicable.map(({ id, title, reason }) => `| **${id}** ${title} | ${reason} |`),
  ].join("\n")}\n`;
}

function table(mutants: readonly Mutant[], rows: Rows): string[] {
  return [
    "| Bug | What the line protects from | By | Median | Worst | Runs | Plan |",
    "| --- | --- | --- | --: | --: | --: | --: |",
    ...mutants.map((mutant) => tableRow(mutant, rows.get(mutant.id))),
  ];
}

function tableRow(mutant: Mutant, row: ResultRow | undefined): string {
  const kind = mutant.kind === "liveness" ? " *(liveness)*" : "";
  const name = `**${mutant.id}** ${mutant.title}${kind}<br>${mutant.source} · \`${mutant.file}\``;
  if (row === undefined) return `| ${name} | ${mutant.lesson} | not hunted yet | | | | |`;
  if (row.killed === 0) {
    const spent = `${row.tried} × ${seconds(row.budgetMs)}`;
    return `| ${name} | ${mutant.lesson} | **survived** | ${spent} | | ${row.medianRuns} | |`;
  }
  const some = row.killed < row.tried ? ` (${row.killed} of ${row.tried} seeds)` : "";
  const by = `${row.by}${row.wrong > 0 ? " †" : ""}${some}`;
  const items = row.items < 0 ? "" : String(row.items);
  return `| ${name} | ${mutant.lesson} | ${by} | ${seconds(row.medianMs)} | ${seconds(row.worstMs)} | ${row.medianRuns} | ${items} |`;
}

function survivors(rows: Rows, wanted: (mutant: Mutant) => boolean): string[] {
  const lived = allMutants.filter((mutant) => wanted(mutant) && rows.get(mutant.id)?.killed === 0);
  if (lived.length === 0) return ["None.", ""];
  return lived.flatMap(({ id, title, harmless, survives }) => [
    `**${id}** ${title}. ${harmless ?? survives ?? "Not explained yet."}`,
    "",
  ]);
}

/** The page of promises. */
export function invariantsPage(rows: Rows): string {
  return `${[
    "# What is promised, and who checks it",
    "",
    "<!-- Written by `npm run mutants -- --write`. -->",
    "",
    "Every promise that the simulator watches over, in every run and mostly at every step. The checkers see all servers",
    "and all disks at once and keep their own record; they do not ask the code whether it is right. What a server can see",
    "of this by itself it checks too, and stops when it is broken (`src/raft/invariants.ts`).",
    "",
    "“§” is a section of the Raft paper; *kills* are the planted bugs (`docs/mutants.md`) that fell to the checker.",
    "",
    "| Invariant | The promise | From | Kills |",
    "| --- | --- | --- | --- |",
    ...promises.map(({ invariant, sentence, from, file }) => {
      const killed = allMutants.filter(({ id }) => fell(rows.get(id), invariant)).map(({ id }) => id);
      return `| [${invariant}](../${file}) | ${sentence} | ${from} | ${killed.join(" ")} |`;
    }),
  ].join("\n")}\n`;
}

function fell(row: ResultRow | undefined, invariant: string): boolean {
  return row?.by.split(", ").some((part) => part.replace(/ \d+$/, "") === invariant) ?? false;
}
