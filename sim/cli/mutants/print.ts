/** The mutants' command on the terminal. */
import { readFileSync } from "node:fs";
import type { Mutant } from "../../mutants/mutant.ts";
import type { MutantResult } from "../../mutants/task.ts";
import { parsePlan } from "../../plan/plan.ts";
import { causeOf } from "../../promises.ts";
import { planText } from "../../report/plan-text.ts";
import { tellPlan } from "../../report/tell.ts";
import { count } from "../../report/tell-events.ts";
import { wrap } from "../../report/wrap.ts";
import { root } from "../root.ts";
import { mutatedText } from "./load.ts";
import { median, type ResultRow } from "./results.ts";

/** Columns of a terminal. */
const width = 100;

/** Two lines on one mutant: what became of it, and the figures. */
export function line(mutant: Mutant, row: ResultRow): string {
  const verdict =
    row.killed === 0 ? "SURVIVED" : row.killed < row.tried ? `killed ${row.killed}/${row.tried}` : "killed";
  const indent = " ".repeat(18);
  return [`${verdict.padEnd(12)} ${mutant.id.padEnd(4)} ${mutant.title}`, `${indent}${figures(mutant, row)}`].join(
    "\n",
  );
}

function figures(mutant: Mutant, row: ResultRow): string {
  if (row.killed === 0)
    return `${row.tried} × ${seconds(row.budgetMs)}, ${count(row.medianRuns, "run")} each${
      isExplained(mutant) ? ", as expected" : ""
    }`;
  const wrong = row.wrong > 0 ? `, WRONG REASON ×${row.wrong}, expected ${mutant.expects.join(" or ")}` : "";
  const items = row.items >= 0 ? `, plan of ${count(row.items, "item")}` : "";
  const times = `median ${seconds(row.medianMs)}, worst ${seconds(row.worstMs)}, ${count(row.medianRuns, "run")}`;
  return `by ${row.by}: ${times}${items}${wrong}`;
}

/** Whether it is known why this one lives. */
export function isExplained({ harmless, survives }: Mutant): boolean {
  return harmless !== undefined || survives !== undefined;
}

/** The figures over all of them but the harmless ones. */
export function summary(mutants: readonly Mutant[], rows: ReadonlyMap<string, ResultRow>): readonly string[] {
  return (["safety", "liveness"] as const).flatMap((kind) => {
    const counted = mutants.filter((mutant) => mutant.kind === kind && mutant.harmless === undefined);
    const of = counted.flatMap(({ id }) => rows.get(id) ?? []);
    if (of.length === 0) return [];
    const killed = of.filter((row) => row.killed > 0);
    const times = killed.map((row) => row.medianMs).sort((a, b) => a - b);
    const items = killed.flatMap((row) => (row.items < 0 ? [] : [row.items])).sort((a, b) => a - b);
    const plans =
      items.length === 0
        ? ""
        : `, shrunk plans of ${median(items)} items (median) and ${items[Math.floor(items.length * 0.9)] ?? items.at(-1)} (p90)`;
    const percent = Math.floor((100 * killed.length) / of.length);
    return `${kind}: ${killed.length} of ${of.length} killed (${percent} %), median time to kill ${seconds(median(times))}${plans}`;
  });
}

/** Milliseconds as seconds. */
export function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** The story of a mutant that was found, as text for a terminal. */
export function explanation(mutant: Mutant, result: MutantResult): string {
  const { kill } = result;
  const head = [
    `${mutant.id}: ${mutant.title}`,
    `  from: ${mutant.source}`,
    ...wrap(`  ${mutant.lesson}`, width, "  "),
    "",
    `${mutant.file}:${lineOf(mutant)}`,
    ...prefixed("  - ", mutant.find),
    ...prefixed("  + ", mutant.replace),
    "",
  ];
  const effort = `${count(result.runs, "run")} (${seconds(result.ms)})`;
  if (kill === undefined) return [...head, `It survived ${effort}.`].join("\n");
  const replay = `npm run mutants -- --only ${mutant.id} --explain --seed-from ${kill.seed}`;
  return [
    ...head,
    `Found after ${effort}. The simplest run that failed has the seed ${kill.seed}: this is its story.`,
    "",
    ...causeOf(kill).flatMap((sentence) => wrap(sentence, width, " ".repeat(11))),
    ...(mutant.expects.includes(kill.invariant)
      ? []
      : [`This is not what was expected: ${mutant.expects.join(" or ")}.`]),
    ...(kill.plan === undefined ? [] : ["", "The plan, shrunk:", ...planInWords(kill.plan)]),
    ...(kill.story === undefined ? [] : ["", "The story:", "", ...kill.story, ""]),
    ...(kill.plan === undefined ? [] : ["The plan as JSON:", planText(parsePlan(kill.plan))]),
    `Replay:  ${replay}`,
  ].join("\n");
}

function planInWords(json: string): string[] {
  return tellPlan(parsePlan(json)).flatMap((told) => wrap(`  ${told}`, width, "     "));
}

function prefixed(prefix: string, text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? [`${prefix}(nothing)`] : lines.map((line) => prefix + line.trim());
}

/** Line of the file, from 1, at which the change begins. */
function lineOf(mutant: Mutant): number {
  const changed = mutatedText(mutant);
  const original = readOriginal(mutant);
  let same = 0;
  while (same < changed.length && changed[same] === original[same]) same++;
  return original.slice(0, same).split("\n").length;
}

function readOriginal(mutant: Mutant): string {
  return readFileSync(root + mutant.file, "utf8");
}
