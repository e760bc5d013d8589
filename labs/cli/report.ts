/** A verdict in words. */
import { playCommand } from "../../sim/cli/play-address.ts";
import { causeOf } from "../../sim/promises.ts";
import { aftermathTitle } from "../../sim/report/aftermath.ts";
import { count } from "../../sim/report/tell-events.ts";
import { wrap } from "../../sim/report/wrap.ts";
import type { Verdict } from "./check.ts";
import type { Problem } from "./compile.ts";
import { type CodePlace, type HuntOutcome, loopQuestion } from "./hunt.ts";
import type { FailedTest, TestOutcome } from "./tests.ts";

/** Columns of a terminal. */
export const width = 120;

/** Failures of one kind that are told. */
const toldMax = 3;

/** Where an answer lies, and how to go on from a failure. */
export interface ReportOf {
  /** Of the lab, as it is typed: for the commands that are named. */
  readonly name: string;
  /** The reader's folder, as it is shown. */
  readonly folder: string;
  /** Files of the reader, by path from the root of the checkout. */
  readonly files: ReadonlyMap<string, string>;
  /** What the rule promises. */
  readonly promise: string;
  /** The file with the shrunk plan; undefined if there is none. */
  readonly plan: string | undefined;
}

/** The verdict, line by line. */
export function reportLines(verdict: Verdict, of: ReportOf): string[] {
  const { unwritten, problems, outOfRoom, tests, hunt, passed } = verdict;
  if (unwritten.length > 0 && problems.length === 0) return unwrittenLines(verdict, of);
  if (problems.length > 0) return ["✗ it does not compile:", ...problemLines(problems, of)];
  if (outOfRoom.length > 0)
    return ["✓ it compiles", "✗ it uses what a pure room may not:", ...problemLines(outOfRoom, of)];
  return [
    "✓ it compiles",
    ...(tests === undefined ? [] : testLines(tests, of)),
    ...(hunt === undefined ? [] : huntLines(hunt, of)),
    "",
    ...(passed ? [] : ["What the rule is for:", ...wrap(`  ${of.promise}`, width, "  ")]),
  ];
}

function unwrittenLines({ unwritten }: Verdict, of: ReportOf): string[] {
  const rest = unwritten.map(({ symbol, file, line }) => `  ${symbol}, in ${placeText({ file, line }, of)}`);
  return [`✗ ${count(unwritten.length, "rule")} to write:`, ...rest];
}

function problemLines(problems: readonly Problem[], of: ReportOf): string[] {
  const lines = problems.slice(0, 2 * toldMax).flatMap(({ file, line, column, message, text }) => {
    const place = line === 0 ? of.folder : placeText({ file, line }, of);
    const mark = " ".repeat(Math.max(0, column - 1 - (/^\s*/.exec(text)?.[0].length ?? 0)));
    return [
      ...wrap(`  ${place}: ${message}`, width, "    "),
      ...(text === "" ? [] : [`      ${text.trim()}`, ...(column > 0 ? [`      ${mark}^`] : [])]),
    ];
  });
  const more = problems.length - 2 * toldMax;
  return [...lines, ...(more > 0 ? [`  … and ${count(more, "problem")} more`] : [])];
}

function testLines({ passed, failed, stuck }: TestOutcome, of: ReportOf): string[] {
  const stuckLines =
    stuck === undefined
      ? []
      : wrap(
          `✗ The tests do not come back${stuck === "" ? "" : `; the last to do so was ${stuck}`}. ${loopQuestion}`,
          width,
          "  ",
        );
  if (failed.length === 0) return stuck === undefined ? [`✓ ${count(passed, "test")} of the rule`] : stuckLines;
  const lines = failed.slice(0, toldMax).flatMap((test) => failedLines(test, of));
  const more = failed.length - toldMax;
  return [
    `✗ ${failed.length} of ${count(passed + failed.length, "test")} of the rule`,
    ...lines,
    ...(more > 0 ? [`    … and ${more} more`] : []),
    ...stuckLines,
  ];
}

function failedLines({ name, message, diff, at }: FailedTest, of: ReportOf): string[] {
  const shown = diff
    .split("\n")
    .filter((line) => /^[+-]/.test(line.trim()))
    .slice(0, 12);
  return [
    ...wrap(`    ${name}`, width, "      "),
    ...causeLines(message).flatMap((line) => wrap(`      ${line}`, width, "        ")),
    ...shown.map((line) => `        ${line}`),
    ...(at === undefined ? [] : [`      at ${placeText(at, of)}`]),
  ];
}

/** Lines of a message that tells a story. */
const storyMax = 24;

/** A message; of a property that fails, its example and why it fails. */
function causeLines(message: string): string[] {
  const lines = message.split("\n");
  const [first = ""] = lines;
  if (!first.startsWith("Property failed")) return lines.slice(0, storyMax);
  const example = lines.find((line) => line.startsWith("Counterexample: ")) ?? "";
  const error = lines.find((line) => /^(Got|Caused by)/.test(line) || /Error: /.test(line)) ?? "";
  return [first, example, error].filter((line) => line !== "").map((line) => line.slice(0, 3 * width));
}

function huntLines(hunt: HuntOutcome, of: ReportOf): string[] {
  if (hunt.kind === "held") return [`✓ ${count(hunt.runs, "run")} in the simulator: every promise held`];
  if (hunt.kind === "stuck") {
    return wrap(`✗ The simulator gave up in ${hunt.run}: ${hunt.why}`, width, "  ");
  }
  const { broken, at } = hunt;
  const { failure, story, after } = broken;
  const threw = failure.invariant === "exception" || failure.invariant === "assertion";
  return [
    `✗ The simulator broke a promise: ${failure.invariant}, in run ${hunt.runs} (${broken.run}), at ${(failure.atUs / 1000).toFixed(3)} virtual ms`,
    ...causeOf(failure).flatMap((sentence) => wrap(`    ${sentence}`, width, " ".repeat(15))),
    ...(threw && at !== undefined ? [`    it was thrown at ${placeText(at, of)}`] : []),
    "",
    "  The story, made as short as it gets:",
    ...story.map((line) => `    ${line}`),
    ...(after.length > 0 ? ["", `  ${aftermathTitle}`, ...after.map((line) => `    ${line}`)] : []),
    ...(of.plan === undefined
      ? []
      : [
          "",
          `  The plan of this run is in ${of.plan}.`,
          `    your code:           npm run lab -- play ${of.name} --story`,
          `    the code as it is:   npm run sim -- --plan ${of.plan} --story`,
          `    in the playground:   ${playCommand(of.plan)}   (the code as it is)`,
        ]),
  ];
}

/** A line of the reader's own file where it is, others in the checkout. */
function placeText({ file, line }: CodePlace, of: ReportOf): string {
  return `${of.files.has(file) ? `${of.folder}/` : ""}${file}:${line}`;
}
