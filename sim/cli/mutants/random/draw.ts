/** Draws mutants from all that the rules allow: by a seed, each rule as often as another, and none that the compiler refuses. */
import { hashString, keyedRandom } from "../../../../src/base/random.ts";
import type { Compiler, Source } from "./compiler.ts";
import { candidates, type PossibleMutation, type Rule } from "./rules.ts";

/** A mutant made by a rule. */
export interface RandomMutant {
  /** Eight hexadecimal digits: the same as long as the file has this change in it, wherever in the file. */
  readonly id: string;
  readonly rule: Rule;
  /** Path from the root of the checkout. */
  readonly file: string;
  /** Line of the file, from 1, at which the change begins. */
  readonly line: number;
  /** The lines that change, with `- ` and `+ ` before them. */
  readonly diff: readonly string[];
  /** The file with the change, and a sign at the changed place that it was reached. */
  readonly planted: string;
}

/** What was drawn. */
export interface Drawn {
  readonly mutants: readonly RandomMutant[];
  /** Changes that the rules allow at all, whether or not the compiler takes them. */
  readonly possible: number;
  /** Those drawn that the compiler refused. */
  readonly refused: number;
}

/** A candidate with its place and its name. */
interface Place {
  readonly id: string;
  readonly source: Source;
  readonly candidate: PossibleMutation;
}

/** `count` mutants by `seed`; fewer, if there are no more. */
export function drawMutants(compiler: Compiler, seed: number, count: number): Drawn {
  const random = keyedRandom(seed, "random mutants");
  const places = allPlaces(compiler);
  const byRule = new Map<Rule, Place[]>();
  for (const place of places) {
    const { rule } = place.candidate;
    const of = byRule.get(rule) ?? [];
    if (of.length === 0) byRule.set(rule, of);
    of.push(place);
  }
  const mutants: RandomMutant[] = [];
  let refused = 0;
  while (mutants.length < count && byRule.size > 0) {
    const rules = [...byRule.keys()];
    const rule = rules[Math.floor(random() * rules.length)];
    const of = rule === undefined ? undefined : byRule.get(rule);
    if (rule === undefined || of === undefined) break;
    // In the order of a seed: the last one takes the place of the one that is drawn.
    const at = Math.floor(random() * of.length);
    const [place, last] = [of[at], of.pop()];
    if (last !== undefined && last !== place) of[at] = last;
    if (of.length === 0) byRule.delete(rule);
    const mutant = place === undefined ? undefined : made(compiler, place);
    if (mutant === undefined) refused++;
    else mutants.push(mutant);
  }
  return { mutants, possible: places.length, refused };
}

/** The mutants with these ids; an id that no candidate has, or that the compiler refuses, is left out. */
export function namedMutants(compiler: Compiler, ids: readonly string[]): readonly RandomMutant[] {
  const places = new Map(allPlaces(compiler).map((place) => [place.id, place]));
  return ids.flatMap((id) => {
    const place = places.get(id);
    return (place === undefined ? undefined : made(compiler, place)) ?? [];
  });
}

function allPlaces(compiler: Compiler): readonly Place[] {
  const seen = new Map<string, number>();
  return compiler.sources().flatMap((source) =>
    candidates(source).map((candidate) => {
      const { rule, start, end, replacement } = candidate;
      const change = [source.file, rule, source.text.slice(lineStart(source.text, start), end), replacement].join("\0");
      const nth = seen.get(change) ?? 0;
      seen.set(change, nth + 1);
      return { id: hashString(`${change}\0${nth}`).toString(16).padStart(8, "0"), source, candidate };
    }),
  );
}

/** Undefined if the compiler refuses it, or if there is no other field. */
function made(compiler: Compiler, { id, source, candidate }: Place): RandomMutant | undefined {
  const { file, text } = source;
  const { rule, start, end, access } = candidate;
  let { replacement } = candidate;
  if (access !== undefined) {
    const others = compiler.alike(access.object, access.whole).filter((name) => name !== text.slice(start, end));
    const other = others[hashString(id) % Math.max(1, others.length)];
    if (other === undefined) return undefined;
    replacement = other;
  }
  const changed = text.slice(0, start) + replacement + text.slice(end);
  if (compiler.complaints(file, changed).length > 0) return undefined;
  const { line, diff } = changedLines(text, changed);
  return { id, rule, file, line, diff, planted: withSign(text, candidate, replacement) };
}

/** The file with the change, and with a sign that is set whenever a run comes there. */
function withSign(text: string, { start, end, shape, access }: PossibleMutation, replacement: string): string {
  const sign = "globalThis.mutantReached = true";
  const put = (from: number, instead: string, to: number): string => text.slice(0, from) + instead + text.slice(to);
  if (shape === "statement") return put(start, replacement === "{}" ? `{ ${sign}; }` : `${sign}; ${replacement}`, end);
  // A field may be written to, so that no expression can stand in its place: the sign stands at its object.
  if (access !== undefined) {
    const { object } = access;
    const from = object.getStart();
    const between = text.slice(object.end, start);
    return put(from, `(${sign}, ${text.slice(from, object.end)})${between}${replacement}`, end);
  }
  return put(start, `(${sign}, ${replacement})`, end);
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** What differs between two texts, in whole lines. */
export function changedLines(
  text: string,
  changed: string,
): { readonly line: number; readonly diff: readonly string[] } {
  const [old, now] = [text.split("\n"), changed.split("\n")];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same++;
  let tail = 0;
  while (tail < old.length - same && tail < now.length - same && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const gone = old.slice(same, old.length - tail);
  const come = now.slice(same, now.length - tail).filter((line) => line.trim() !== "");
  const indent = Math.min(...[...gone, ...come].map((line) => line.search(/\S|$/)));
  return {
    line: same + 1,
    diff: [...gone.map((line) => `- ${line.slice(indent)}`), ...come.map((line) => `+ ${line.slice(indent)}`)],
  };
}
