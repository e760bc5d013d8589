// Modules that a page's bundle has beside its own source: what stands elsewhere in the repository, as data.

import { readdirSync, readFileSync } from "node:fs";

/** Scenes by name. */
function scenesOf(root) {
  return readdirSync(`${root}sim/scenes`)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => ({
      name: file.slice(0, -".json".length),
      scene: JSON.parse(readFileSync(`${root}sim/scenes/${file}`, "utf8")),
    }));
}

/**
 * The text of a function of a file, or of a method of its class, with the comment before it: `{ from, to, text }`, lines
 * from 1. Throws if it is not there: whoever moves it has web/play/rules.json to change.
 */
export function functionText(file, source, symbol) {
  const lines = source.split("\n");
  const name = symbol.replaceAll(/[#$]/g, "\\$&");
  const begins = new RegExp(`^(?:(?:export )?function ${name}[(<]|  (?:async )?${name}[(<].*)`);
  const at = lines.findIndex((line) => begins.test(line) && !line.endsWith(";"));
  if (at < 0)
    throw new Error(`web/play/rules.json names ${symbol} in ${file}, which is not there: name what handles it now`);
  const indent = /^ */.exec(lines[at])[0];
  const end = lines.findIndex((line, i) => i >= at && line === `${indent}}`);
  let from = at;
  if (/^\s*\*\/$/.test(lines[from - 1] ?? "") || /^\s*\/\*\*.*\*\/$/.test(lines[from - 1] ?? ""))
    do from -= 1;
    while (from > 0 && !/^\s*\/\*\*/.test(lines[from] ?? ""));
  const text = lines.slice(from, end + 1).map((line) => line.slice(indent.length));
  return { from: from + 1, to: end + 1, text: text.join("\n") };
}

/** Tries to; a page that lacks a rule is better than no build. The tests insist on all of them. */
function attempt(work) {
  try {
    return work();
  } catch (error) {
    console.warn(error.message);
    return undefined;
  }
}

/** The rules with their text. `isStrict`: throws if one is not where it is said to be. */
export function rulesOf(root, isStrict = false) {
  const rules = JSON.parse(readFileSync(`${root}web/play/rules.json`, "utf8"));
  return Object.fromEntries(
    Object.entries(rules).flatMap(([id, rule]) => {
      const find = () => functionText(rule.file, readFileSync(`${root}${rule.file}`, "utf8"), rule.symbol);
      const found = isStrict ? find() : attempt(find);
      return found === undefined ? [] : [[id, { ...rule, ...found }]];
    }),
  );
}

/** A value in JavaScript: to parse JSON takes less time than to parse a program, and less room. */
function literal(value) {
  const json = JSON.stringify(value);
  return typeof value === "string" ? json : `JSON.parse(${JSON.stringify(json)})`;
}

/** An esbuild plugin for the modules `virtual:…`; see web/play/virtual.d.ts. */
export function embedded(root, { bugs, workerAddress = "", workerText = "" }) {
  const modules = {
    "virtual:scenes": () => ({ scenes: scenesOf(root) }),
    "virtual:rules": () => ({ rules: rulesOf(root) }),
    "virtual:bugs": () => ({ bugs }),
    "virtual:worker": () => ({ workerAddress, workerText }),
  };
  return {
    name: "embedded",
    setup(building) {
      building.onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: "embedded" }));
      building.onLoad({ filter: /.*/, namespace: "embedded" }, ({ path }) => {
        const lines = Object.entries(modules[path]()).map(
          ([name, value]) => `export const ${name} = ${literal(value)};`,
        );
        return { contents: lines.join("\n"), loader: "js" };
      });
    },
  };
}
