/** The mutants' command on the terminal. */
import { readFileSync } from "node:fs";
import type { Mutant } from "../../mutants/mutant.ts";
import type { HuntResult } from "../../mutants/task.ts";
import { promiseOf } from "../../promises.ts";
import { mutatedText, root } from "./load.ts";
import { median, type ResultRow } from "./results.ts";

/** One line on one mutant. */
export function line(mutant: Mutant, row: ResultRow): string {
  const name = `${mutant.id.padEnd(4)} ${mutant.title}`;
  if (row.killed === 0)
    return `SURVIVED ${name}  (${row.tried} × ${seconds(row.budgetMs)}, ${row.medianRuns} runs each)${
      isExplained(mutant) ? ", as expected" : ""
    }`;
  const part = row.killed < row.tried ? `killed ${row.killed}/${row.tried}` : "killed  ";
  const wrong = row.wrong > 0 ? `  WRONG REASON ×${row.wrong}, expected ${mutant.expects.join(" or ")}` : "";
  const items = row.items >= 0 ? `, plan of ${row.items}` : "";
  const times = `median ${seconds(row.medianMs)}, worst ${seconds(row.worstMs)}, ${row.medianRuns} runs`;
  return `${part} ${name}  by ${row.by}  (${times}${items})${wrong}`;
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

/** The story of a mutant that was found, as text for a terminal; the diagram is Mermaid. */
export function explanation(mutant: Mutant, result: HuntResult): string {
  const { kill } = result;
  const head = [
    `${mutant.id}: ${mutant.title}`,
    `  from: ${mutant.source}`,
    `  ${mutant.lesson}`,
    "",
    `${mutant.file}:${lineOf(mutant)}`,
    ...prefixed("  - ", mutant.find),
    ...prefixed("  + ", mutant.replace),
    "",
  ];
  if (kill === undefined) return [...head, `It survived ${result.runs} runs (${seconds(result.ms)}).`].join("\n");
  const promise = promiseOf(kill.invariant);
  return [
    ...head,
    `Found after ${result.runs} runs (${seconds(result.ms)}), with seed ${kill.seed}.`,
    "",
    `The promise: ${promise.sentence}${promise.from === "" ? "" : ` (${promise.from})`}`,
    `Broken:      ${kill.message}.`,
    ...(mutant.expects.includes(kill.invariant)
      ? []
      : [`This is not what was expected: ${mutant.expects.join(" or ")}.`]),
    ...(kill.diagram === undefined ? [] : ["", `The story, ${kill.items} items long:`, "", kill.diagram]),
    ...(kill.plan === undefined ? [] : [`The plan: ${kill.plan}`]),
  ].join("\n");
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
