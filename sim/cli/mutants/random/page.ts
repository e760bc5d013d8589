/** What docs/mutants.md says of mutants made by rule. */
import { type LookedAt, lookedAt } from "../../../mutants/random-survivors.ts";
import { randomSummary } from "./print.ts";
import type { RandomRow, Sample } from "./rows.ts";
import { rules } from "./rules.ts";

const kinds: { readonly [kind in LookedAt["kind"]]: string } = {
  cost: "costs something, breaks nothing",
  equal: "the same for everybody",
  open: "open",
};

/** The section; empty as long as no sample is kept. */
export function randomSection(sample: Sample | undefined): readonly string[] {
  if (sample === undefined) return [];
  const { rows, seed, budgetMs, comparedRuns, possible } = sample;
  const lived = rows.filter(({ verdict }) => verdict === "lived");
  const unreached = rows.filter(({ verdict }) => verdict === "unreached");
  const command = `npm run mutants -- --random ${rows.length} --seed ${seed} --for ${budgetMs / 1000} --runs ${comparedRuns} --write`;
  return [
    "## Bugs that nobody chose",
    "",
    "A catalogue is tuned to, by whoever sees it. So mutants are also made by rule, at any place of the rooms that a simulated",
    `cluster is made of, and drawn by a seed: \`${command}\` drew ${rows.length} of`,
    `${possible} changes that the rules allow, leaving out what the compiler refuses, and gave each ${budgetMs / 1000} s of one core.`,
    "The sample is as large as somebody had time for: see the intervals. A mutant *changes a run* if the trace",
    `hash of one of ${comparedRuns} runs is not that of the sound code, or a later run fails. Behind each share stands the interval that holds`,
    "the true one with 95 % confidence (Wilson).",
    "",
    ...randomSummary(rows).map((sentence) => `- ${sentence}`),
    "",
    "What lived, and changes runs:",
    "",
    "| Mutant | Change | Looked at |",
    "| --- | --- | --- |",
    ...lived.map((row) => `| ${place(row)}<br>${cell(rules[row.rule])} | ${change(row)} | ${looked(row)} |`),
    "",
    "Where no run came:",
    "",
    "| Mutant | Change | Looked at |",
    "| --- | --- | --- |",
    ...unreached.map((row) => `| ${place(row)}<br>${cell(rules[row.rule])} | ${change(row)} | ${looked(row)} |`),
    "",
  ];
}

function place({ id, file, line }: RandomRow): string {
  return `**${id}** \`${file}:${line}\``;
}

/** Text of a table's cell: a bar would end it. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Lines of a diff that are shown. */
const linesMax = 6;

function change({ diff }: RandomRow): string {
  const shown = diff.slice(0, linesMax).map((line) => `\`${cell(line)}\``);
  return [...shown, ...(diff.length > linesMax ? ["…"] : [])].join("<br>");
}

function looked({ id, tests }: RandomRow): string {
  const seen = Object.hasOwn(lookedAt, id) ? lookedAt[id] : undefined;
  const said = seen === undefined ? "not looked at yet" : `${kinds[seen.kind]}. ${seen.why}`;
  return tests === undefined || tests.failed === "" ? said : `${said}<br>\`${tests.failed}\` fails`;
}
