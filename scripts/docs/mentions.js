// What a page names in passing: files, symbols in them, scripts of npm and commands of kvctl must be there.

import { excerptOf } from "./excerpt.js";

const file = /^(?:src|sim|test|bench|scripts|web|labs|proto|docs|bin)\/[\w./*#-]+$/;

/**
 * Files that the page names as code, `{ line, path, symbol }`: `src/raft/vote.ts` or, with something declared there,
 * `src/raft/vote.ts#couldVote`.
 */
export function filesNamedIn(text) {
  const found = [];
  eachInline(text, (line, code) => {
    if (!file.test(code)) return;
    // A private member has a # of its own: `src/node/node.ts#Node.#apply`.
    const [, path = "", symbol] = /^([^#]*)(?:#(.+))?$/.exec(code) ?? [];
    // A pattern, or a form such as `docs/decisions/NNNN-….md`.
    if (!path.includes("*") && !/[A-Z]{4}/.test(path)) found.push({ line, path, symbol });
  });
  return found;
}

/** Scripts that the page tells to run, `{ line, script }`: in blocks as well. */
export function scriptsNamedIn(text) {
  const found = [];
  text.split("\n").forEach((line, i) => {
    for (const [, script] of line.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)) found.push({ line: i + 1, script });
  });
  return found;
}

/** Whether a source declares it: "name", "Class.member". */
export function declares(text, symbol) {
  return excerptOf(text, symbol) !== undefined;
}

function eachInline(text, visit) {
  let block = false;
  text.split("\n").forEach((line, i) => {
    if (line.startsWith("```")) block = !block;
    else if (!block) for (const [, code] of line.matchAll(/`([^`]+)`/g)) visit(i + 1, code);
  });
}
