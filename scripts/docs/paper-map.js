// The map from the papers' rules to the code that keeps them, the tests, promises, planted bugs, chapters and scenes. The
// data are docs/paper-map.json; here they are checked and made a page.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { head, table } from "./generated.js";
import { declares } from "./mentions.js";

const data = "docs/paper-map.json";

/** The page. What names nothing, and what is named nowhere, goes to `problems`. */
export async function paperMapPage(root, read, built, problems) {
  const { groups } = JSON.parse(read(data));
  const { promises } = await built("sim/promises.js");
  const { allMutants } = await built("sim/mutants/catalogue.js");
  const known = {
    promises: new Set(promises.map(({ invariant }) => invariant)),
    mutants: new Set(allMutants.map(({ id }) => id)),
    scenes: names(root, "sim/scenes", /^(.+)\.json$/),
    chapters: chaptersOf(root),
  };
  const complain = (rule, sentence) => problems.push(`${data}: ${rule}: ${sentence}`);
  const rules = groups.flatMap((group) => group.rules);
  for (const rule of rules) checkRule(rule, root, read, known, (sentence) => complain(rule.rule, sentence));
  for (const kind of ["promises", "mutants", "scenes"]) {
    const named = new Set(rules.flatMap((rule) => rule[kind]));
    for (const name of known[kind]) if (!named.has(name)) complain(kind, `${name} stands at no rule`);
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

function checkRule(rule, root, read, known, complain) {
  for (const place of rule.code) {
    const [path, symbol] = place.split("#");
    if (!existsSync(join(root, path))) complain(`there is no ${path}`);
    else if (symbol !== undefined && !declares(read(path), symbol)) complain(`${path} declares no ${symbol}`);
  }
  for (const test of rule.tests) {
    const [path, words] = test.split("#");
    if (!existsSync(join(root, path))) complain(`there is no ${path}`);
    else if (words !== undefined && !read(path).includes(words)) complain(`${path} has no test "${words}"`);
  }
  for (const kind of ["promises", "mutants", "scenes"])
    for (const name of rule[kind]) if (!known[kind].has(name)) complain(`there is no ${name} among the ${kind}`);
  for (const chapter of rule.chapters) if (!known.chapters.has(chapter)) complain(`there is no chapter ${chapter}`);
  if (rule.code.length === 0 || rule.tests.length === 0 || rule.promises.length === 0)
    complain("a rule has code, a test and a promise");
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
