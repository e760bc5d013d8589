/** Mutants made by rule on the terminal. */
import { count } from "../../../report/tell-events.ts";
import { seconds } from "../print.ts";
import { median } from "../results.ts";
import type { RandomRow } from "./rows.ts";
import { rules } from "./rules.ts";
import type { TestVerdict } from "./tests.ts";
import { type Share, shareOf, tally } from "./verdict.ts";

/** One mutant: what became of it, where it is, and, unless it was killed, what it changes. */
export function randomLines(row: RandomRow): readonly string[] {
  const { id, verdict, rule, file, line } = row;
  const head = `${verdict.padEnd(9)} ${id}  ${file}:${line}  ${rules[rule]}`;
  if (verdict === "killed")
    return [head, `${" ".repeat(20)}by ${row.by} after ${seconds(row.ms)}, ${count(row.runs, "run")}`];
  const said = {
    lived: `${count(row.runs, "run")} in ${seconds(row.ms)}; run ${row.differsAt} is the first that differs`,
    same: `${count(row.runs, "run")} came there, and none differs`,
    unreached: `none of ${count(row.runs, "run")} came there`,
  }[verdict];
  const tests = row.tests === undefined ? [] : [`${" ".repeat(20)}${testsInWords(row.tests)}`];
  return [head, `${" ".repeat(20)}${said}`, ...tests, ...row.diff.map((text) => `${" ".repeat(20)}${text}`)];
}

/** What unit and property tests said of one that lived. */
export function testsInWords({ files, failed }: TestVerdict): string {
  if (files === 0) return "no test leads to its file";
  return failed === "" ? `${count(files, "test file")} pass with it` : `${failed} fails`;
}

/** "46 of 60, 77 % (64 % to 86 %)". */
export function shareInWords({ count: n, of, share, low, high }: Share): string {
  const percent = (part: number): string => `${Math.round(100 * part)} %`;
  return `${n} of ${of}, ${percent(share)} (${percent(low)} to ${percent(high)})`;
}

/** The rates. */
export function randomSummary(rows: readonly RandomRow[]): readonly string[] {
  const counts = tally(rows.map(({ verdict }) => verdict));
  const differing = counts.killed + counts.lived;
  const times = rows.flatMap(({ verdict, ms }) => (verdict === "killed" ? [ms] : [])).sort((a, b) => a - b);
  const by = new Map<string, number>();
  for (const row of rows) if (row.verdict === "killed") by.set(row.by, (by.get(row.by) ?? 0) + 1);
  const fell = [...by].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name, n]) => `${name} ${n}`);
  const asked = rows.some(({ tests }) => tests !== undefined);
  const caught = rows.filter(({ verdict, tests }) => verdict === "lived" && (tests?.failed ?? "") !== "").length;
  return [
    `killed, of those that change a run: ${shareInWords(shareOf(counts.killed, differing))}`,
    ...(asked
      ? [`killed by the simulator or by a test: ${shareInWords(shareOf(counts.killed + caught, differing))}`]
      : []),
    `no run comes there: ${shareInWords(shareOf(counts.unreached, rows.length))}`,
    `runs come there, and none differs: ${shareInWords(shareOf(counts.same, rows.length))}`,
    ...(times.length === 0 ? [] : [`median time to kill ${seconds(median(times))}; by ${fell.join(", ")}`]),
  ];
}
