/** From V8's counts of the built code to lines, branches and functions of the sources. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Node, parse, type SwitchCase, type SwitchStatement } from "acorn";
import { convert } from "ast-v8-to-istanbul";
import istanbul, { type CoverageMap, type FileCoverage } from "istanbul-lib-coverage";
import { root } from "../root.ts";
import { type ScriptCoverage, urlOf } from "./collect.ts";

/** How many there are, and how many of them runs reached. */
export interface Reached {
  readonly total: number;
  readonly reached: number;
}

/** A place of the sources that no run reached. */
export interface Missed {
  /** Path from the root of the checkout. */
  readonly file: string;
  readonly line: number;
  /** A function's name; of a branch, its kind. */
  readonly name: string;
  /** Of a function, its last line. */
  readonly end?: number;
}

/** What runs reached of one file. */
export interface FileMeasure {
  readonly file: string;
  readonly lines: Reached;
  readonly branches: Reached;
  readonly functions: Reached;
  readonly missedLines: readonly number[];
  readonly missedBranches: readonly Missed[];
  readonly missedFunctions: readonly Missed[];
}

/** Measures `files`, all of them, by the counts of several threads. */
export async function measure(
  files: readonly string[],
  threads: readonly (readonly ScriptCoverage[])[],
): Promise<readonly FileMeasure[]> {
  const map = istanbul.createCoverageMap({});
  for (const file of files) {
    const url = urlOf(file);
    const path = fileURLToPath(url);
    const code = readFileSync(path, "utf8");
    // The compiler wrote the map for the folder in which it staged the code.
    const sourceMap = { ...JSON.parse(readFileSync(`${path}.map`, "utf8")), sources: [resolve(root, file)] };
    const ast = withoutRuledOut(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
    const counts = threads.flatMap((scripts) => scripts.filter((script) => script.url === url));
    // A file that no thread has loaded was reached nowhere.
    const idle = { scriptId: "", url, functions: [] };
    for (const coverage of counts.length === 0 ? [idle] : counts)
      map.merge(await convert({ ast, code, wrapperLength: 0, sourceMap, coverage }));
  }
  return files.flatMap((file) => measured(map, file) ?? []);
}

/**
 * Without the last arm of exhaustive switches, `default: return unreachable(…)`: the compiler proves that nothing gets there,
 * and refuses the code if something could.
 */
function withoutRuledOut<N extends Node>(node: N): N {
  if (node.type === "SwitchStatement") {
    const statement = node as Node as SwitchStatement;
    statement.cases = statement.cases.filter((one) => !isRuledOut(one));
  }
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) withoutRuledOut(child);
  return node;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function isRuledOut({ test, consequent }: SwitchCase): boolean {
  const [only] = consequent;
  const call = only?.type === "ReturnStatement" ? only.argument : undefined;
  const callee = call?.type === "CallExpression" ? call.callee : undefined;
  return !test && callee?.type === "Identifier" && callee.name === "unreachable";
}

function measured(map: CoverageMap, file: string): FileMeasure | undefined {
  const path = resolve(root, file);
  if (!map.files().includes(path)) return undefined;
  const of = map.fileCoverageFor(path);
  const { lines, branches, functions } = of.toSummary().data;
  return {
    file,
    lines: { total: lines.total, reached: lines.covered },
    branches: { total: branches.total, reached: branches.covered },
    functions: { total: functions.total, reached: functions.covered },
    missedLines: of.getUncoveredLines().map(Number),
    missedBranches: missedBranches(file, of),
    missedFunctions: Object.entries(of.fnMap).flatMap(([key, { name, decl, loc }]) =>
      of.f[key] === 0 ? [{ file, line: decl.start.line, name, end: loc.end.line }] : [],
    ),
  };
}

function missedBranches(file: string, of: FileCoverage): readonly Missed[] {
  return Object.entries(of.branchMap).flatMap(([key, { type, locations, loc }]) =>
    (of.b[key] ?? []).flatMap((count, i) =>
      count === 0 ? [{ file, line: locations[i]?.start.line ?? loc.start.line, name: type }] : [],
    ),
  );
}

/** Of all files together. */
export function sumOf(measures: readonly FileMeasure[], what: "lines" | "branches" | "functions"): Reached {
  let [total, reached] = [0, 0];
  for (const of of measures) {
    total += of[what].total;
    reached += of[what].reached;
  }
  return { total, reached };
}
