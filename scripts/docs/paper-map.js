// The map from the papers' rules to the code that keeps them, the tests, promises, planted bugs, chapters and scenes. The
// data are docs/paper-map.json; here they are checked and made a page.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { head, table } from "./generated.js";
import { declares } from "./mentions.js";

const data = "docs/paper-map.json";

/** The page. What names nothing, and what is named nowhere, goes to `problems`. */
export async function paperMapPage(root, read, built, problems) {
  const text = read(data);
  const { groups } = parsed(text);
  const { promises } = await built("sim/promises.js");
  const { allMutants } = await built("sim/mutants/catalogue.js");
  const known = {
    promises: new Set(promises.map(({ invariant }) => invariant)),
    mutants: new Set(allMutants.map(({ id }) => id)),
    scenes: names(root, "sim/scenes", /^(.+)\.json$/),
    chapters: chaptersOf(root),
  };
  const rules = groups.flatMap((group) => group.rules);
  for (const rule of rules)
    checkRule(rule, root, read, known, (sentence, word) =>
      problems.push(`${data}:${lineOf(text, rule.rule, word)}: ${rule.rule}: ${sentence}`),
    );
  for (const kind of ["promises", "mutants", "scenes"]) {
    const named = new Set(rules.flatMap((rule) => rule[kind]));
    for (const name of known[kind])
      if (!named.has(name)) problems.push(`${data}:1: ${name} of the ${kind} stands at no rule: put it to one`);
  }
  const sections = groups.map(({ title, rules }) => `## ${title}\n\n${tableOf(rules, known.chapters)}`);
  return `${head("The paper map", data)}
Where each rule lives. *Paper*: *In Search of an Understandable Consensus Algorithm (Extended Version)*; *thesis*:
*Consensus: Bridging Theory and Practice*. A **promise** is what the [simulator](simulator.md) watches over
([all of them](invariants.md)), a **planted bug** what would happen without the rule ([catalogue](mutants.md)), a **scene**
a run to watch (\`npm run sim -- --scene NAME\`). Departures are in [divergences](divergences.md).

${sections.join("\n\n")}
`;
}

/** The data. Throws a sentence. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${data}:1: it is no JSON: ${error.message}`);
  }
}

/** The line, from 1, on which a rule names `word`; without one, on which the rule stands. */
function lineOf(text, rule, word) {
  const from = Math.max(0, text.indexOf(`"rule": ${JSON.stringify(rule)}`));
  const at = word === undefined ? from : text.indexOf(JSON.stringify(word), from);
  return text.slice(0, at < 0 ? from : at).split("\n").length;
}

const kinds = ["code", "tests", "promises", "mutants", "chapters", "scenes"];

/** Complains of what is wrong with a rule: `complain(sentence, word)`, the word being the one that is at fault. */
function checkRule(rule, root, read, known, complain) {
  for (const kind of kinds) {
    if (Array.isArray(rule[kind])) continue;
    complain(`it has no list of ${kind}; it may be empty, []`);
    rule[kind] = [];
  }
  for (const place of rule.code) {
    const [path, symbol] = place.split("#");
    if (!existsSync(join(root, path))) complain(`there is no ${path}`, place);
    else if (symbol !== undefined && !declares(read(path), symbol)) complain(`${path} declares no ${symbol}`, place);
  }
  for (const test of rule.tests) {
    const [path, words] = test.split("#");
    if (!existsSync(join(root, path))) complain(`there is no ${path}`, test);
    else if (words !== undefined && !read(path).includes(words)) complain(`${path} has no test "${words}"`, test);
  }
  for (const kind of ["promises", "mutants", "scenes"])
    for (const name of rule[kind]) if (!known[kind].has(name)) complain(`there is no ${name} among the ${kind}`, name);
  for (const chapter of rule.chapters)
    if (!known.chapters.has(chapter)) complain(`there is no chapter ${chapter}`, "chapters");
  for (const kind of ["code", "tests", "promises"])
    if (rule[kind].length === 0)
      complain(`a rule has ${kind === "code" ? "code" : `one of the ${kind} at least`}`, kind);
}

function names(root, folder, pattern) {
  return new Set(readdirSync(join(root, folder)).flatMap((name) => pattern.exec(name)?.[1] ?? []));
}

/** By number, the file. */
function chaptersOf(root) {
  const files = readdirSync(join(root, "docs/tutorial")).filter((name) => /^\d\d-/.test(name));
  return new Map(files.map((name) => [Number(name.slice(0, 2)), name]));
}

function tableOf(rules, chapters) {
  const rows = rules.map((rule) => [
    rule.rule,
    rule.code.map(linkTo).join("<br>"),
    rule.tests.map(linkTo).join("<br>"),
    rule.promises.join("<br>"),
    rule.mutants.join(" "),
    rule.chapters.map((number) => `[${number}](tutorial/${chapters.get(number)})`).join(" "),
    rule.scenes.join("<br>"),
  ]);
  return table(["rule", "code", "tests", "promises", "planted bugs", "chapters", "scenes"], rows);
}

/** `src/raft/vote.ts#couldVote` as a link to the file that says what is in it. */
function linkTo(place) {
  const [path, name] = place.split("#");
  const file = path.slice(path.lastIndexOf("/") + 1);
  const shown = name === undefined ? file : path.startsWith("src/") ? `${file} ${name}` : `${file}: ${name}`;
  return `[${shown}](../${path})`;
}
