// Finds a declaration in a source file by its name, so that the book can quote the code that runs.

import { tokenize } from "../check-rooms.js";

/** What ends a declaration of each kind, at the depth at which it began. */
const ends = { function: "}", class: "}", interface: "}", type: ";", const: ";", let: ";" };

/**
 * The source text of a declaration: `name` is that of something at the top of the file, or "Class.member". Its doc comment
 * comes with it if `withDoc`. Undefined if there is no such thing.
 */
export function excerptOf(text, name, withDoc = false) {
  const lines = text.split("\n");
  const found = find(withDepth(tokenize(text)), name);
  if (found === undefined) return undefined;
  const first = withDoc ? docStart(lines, found.first) : found.first;
  return dedent(lines.slice(first - 1, found.last));
}

/**
 * Where the body of a function or a method stands in `text`: `from` its opening brace to behind its closing one. Of what
 * has no body, such as a table, it is the value behind `=`. Undefined if there is no such declaration.
 */
export function bodyOf(text, name) {
  const tokens = withDepth(tokenize(text));
  const found = find(tokens, name);
  if (found === undefined) return undefined;
  const last = tokens[found.end];
  const { depth } = tokens[found.start];
  if (last.value === "}") return bracesTo(tokens, found.end, depth);
  // An arrow function that is a constant has a body too.
  const block = tokens[found.end - 1].value === "}" ? bracesTo(tokens, found.end - 1, depth) : undefined;
  if (block !== undefined && /=>\s*$/.test(text.slice(0, block.from))) return block;
  const isSign = (token, next) => token.value === "=" && token.depth === depth && next.value !== ">";
  for (let i = found.start; i < found.end; i++)
    if (isSign(tokens[i], tokens[i + 1])) return { from: tokens[i + 1].at, to: last.at };
  return undefined;
}

/** From the opening brace that belongs to the closing one at `end`, to behind that. */
function bracesTo(tokens, end, depth) {
  let opening = end - 1;
  while (!(tokens[opening].value === "{" && tokens[opening].depth === depth)) opening -= 1;
  return { from: tokens[opening].at, to: tokens[end].at + 1 };
}

/** From the first line of a declaration's doc comment to the last line of the declaration, both counted from 1. */
export function linesOf(text, name) {
  const found = find(withDepth(tokenize(text)), name);
  return found === undefined ? undefined : { first: docStart(text.split("\n"), found.first), last: found.last };
}

function find(tokens, name) {
  const [outer, member] = name.split(".");
  const top = declaration(tokens, outer);
  return top === undefined || member === undefined ? top : memberOf(tokens, top, member);
}

/** Each token with the depth of brackets around it. */
function withDepth(tokens) {
  let depth = 0;
  return tokens.map((token) => {
    const opens = token.type === "punctuation" && "{([".includes(token.value);
    const closes = token.type === "punctuation" && "})]".includes(token.value);
    if (closes) depth -= 1;
    const at = { ...token, depth };
    if (opens) depth += 1;
    return at;
  });
}

/** First and last line, and the tokens, of a declaration at the top of the file. */
function declaration(tokens, name) {
  for (let i = 1; i < tokens.length; i++) {
    const [kind, token] = [tokens[i - 1], tokens[i]];
    if (token.depth !== 0 || token.value !== name || !Object.hasOwn(ends, kind.value)) continue;
    let start = i - 1;
    while (start > 0 && tokens[start - 1].line === kind.line && tokens[start - 1].type === "word") start -= 1;
    return span(tokens, start, i, ends[kind.value]);
  }
  return undefined;
}

/** The same for a member of a class or an interface. */
function memberOf(tokens, { start, end }, name) {
  for (let i = start + 1; i < end; i++) {
    const token = tokens[i];
    if (token.depth !== 1 || token.type !== "word" || token.value !== name) continue;
    const next = tokens[i + 1]?.value;
    if (next !== "(" && next !== ":" && next !== "?" && next !== "=" && next !== ";" && next !== "<") continue;
    let first = i;
    while (tokens[first - 1].line === token.line && tokens[first - 1].type === "word") first -= 1;
    const isField = next !== "(" && next !== "<";
    const ended = span(tokens, first, i, isField ? ";" : "}");
    // A method of an interface ends with a semicolon.
    const semicolon = span(tokens, first, i, ";");
    return ended === undefined || (semicolon !== undefined && semicolon.end < ended.end) ? semicolon : ended;
  }
  return undefined;
}

function span(tokens, start, from, sign) {
  const depth = tokens[start].depth;
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i];
    if (token.depth < depth) return undefined;
    const isLast = tokens[i + 1]?.line !== token.line;
    if (token.depth === depth && token.value === sign && (isLast || sign === ";"))
      return { first: tokens[start].line, last: token.line, start, end: i };
  }
  return undefined;
}

/** The line on which the doc comment above `line` begins. */
function docStart(lines, line) {
  let at = line - 1;
  if (!lines[at - 1]?.trimEnd().endsWith("*/")) return line;
  while (at > 0 && !lines[at - 1].trimStart().startsWith("/**")) at -= 1;
  return at === 0 ? line : at;
}

function dedent(lines) {
  const indent = /^ */.exec(lines[0])?.[0].length ?? 0;
  return lines.map((line) => line.slice(Math.min(indent, /^ */.exec(line)?.[0].length ?? 0))).join("\n");
}
