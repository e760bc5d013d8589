// The client library's reference, made of the declarations that the build writes: what an editor shows.

import { head } from "./generated.js";

const source = "src/client/index.ts";
const index = `dist/${source.replace(/\.ts$/, ".d.ts")}`;

/**
 * The page; `read` gives the text of a file of the checkout. What the index exports and nothing declares goes to
 * `problems`, with its line.
 */
export function apiPage(read, problems) {
  const sections = [];
  const lineOf = (word) =>
    read(source)
      .split("\n")
      .findIndex((line) => line.includes(word)) + 1 || 1;
  const text = read(index);
  if (/^export \*/m.test(text)) problems.push(`${source}:${lineOf("export *")}: name what is exported, one by one`);
  for (const { name, from } of exportsOf(text)) {
    try {
      sections.push(sectionOf(name, declarationOf(fileAt(index, from), name, read)));
    } catch (error) {
      problems.push(`${source}:${lineOf(name)}: it exports ${name} from ${from}, but ${error.message}`);
    }
  }
  const rank = ({ isClass, text }) => (isClass ? (text.startsWith("## TerrariumClient") ? 0 : 1) : 2);
  sections.sort((a, b) => rank(a) - rank(b));
  return `${head("The client library", "the declarations of src/client/index.ts")}
\`\`\`ts
import { TerrariumClient } from "terrarium";
\`\`\`

All that the package exports, with what it says of itself. The classes come first, then functions and types. How a session
behaves is told in chapters [9](../tutorial/09-once-means-once.md), [11](../tutorial/11-watches.md) and
[13](../tutorial/13-living-with-it.md) of the course.

${sections.map(({ text }) => text).join("\n\n")}
`;
}

/** What an index exports: `{ name, from }`. */
function exportsOf(text) {
  return [...text.matchAll(/^export (?:type )?\{([^}]+)\} from "([^"]+)";/gm)].flatMap(([, names, from]) =>
    names
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter((name) => name !== "")
      .map((name) => ({ name, from })),
  );
}

/** `{ doc, code }` of something at the top of a file of declarations, or of the file from which that has it. */
function declarationOf(path, name, read) {
  const text = read(path);
  const lines = text.split("\n");
  const start = lines.findIndex((line) => new RegExp(`^export (declare )?\\w+ ${name}\\b`).test(line));
  if (start < 0) {
    const elsewhere = new RegExp(
      `^(?:import|export) (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from "([^"]+)";`,
      "m",
    ).exec(text)?.[1];
    if (elsewhere === undefined) throw new Error(`${path} declares no ${name}`);
    return declarationOf(fileAt(path, elsewhere), name, read);
  }
  let [end, depth] = [start, 0];
  for (; ; end++) {
    const line = (lines[end] ?? "").replace(/^\s*(\/\*\*|\*).*/, "");
    for (const sign of line.replaceAll("=>", "")) depth += "{([<".includes(sign) ? 1 : "})]>".includes(sign) ? -1 : 0;
    if (depth === 0 && /[;}]$/.test(line)) break;
    if (end > lines.length) throw new Error(`${path}: ${name} has no end`);
  }
  return { doc: docAbove(lines, start), code: lines.slice(start, end + 1) };
}

function fileAt(path, from) {
  return new URL(from, `file:///${path}`).pathname.slice(1).replace(/\.(ts|js)$/, ".d.ts");
}

/** The doc comment that ends above a line, without its marks. */
function docAbove(lines, at) {
  if (!lines[at - 1]?.trimEnd().endsWith("*/")) return "";
  let first = at - 1;
  while (first > 0 && !lines[first].trimStart().startsWith("/**")) first -= 1;
  return lines
    .slice(first, at)
    .map((line) => line.replace(/^\s*\/?\*+\/?\s?/, "").replace(/\s*\*\/\s*$/, ""))
    .join("\n")
    .trim();
}

function sectionOf(name, { doc, code }) {
  const isClass = code[0].includes(" class ");
  const heading = `## ${name}`;
  const declared = (lines) => `\`\`\`ts\n${lines.join("\n").replace(/^export (declare )?/, "")}\n\`\`\``;
  if (!isClass) return { isClass, text: [heading, prose(doc), declared(code)].filter(Boolean).join("\n\n") };
  const members = [];
  code.forEach((line, i) => {
    if (!/^ {4}(static |get |readonly )*[a-z]\w*[(:<]/.test(line)) return;
    let end = i;
    while (!code[end].endsWith(";")) end += 1;
    const signature = code.slice(i, end + 1).map((part) => part.slice(4));
    const [, member] = /^(?:static |get |readonly )*(\w+)/.exec(signature[0]);
    if (member !== "constructor")
      members.push(
        [`### ${member}`, `\`\`\`ts\n${signature.join("\n")}\n\`\`\``, prose(docAbove(code, i))].join("\n\n"),
      );
  });
  return { isClass, text: [heading, prose(doc), ...members].filter(Boolean).join("\n\n") };
}

/** A doc comment as Markdown. */
function prose(doc) {
  return doc
    .replace(/\{@link (?:\w+\.)?(\w+)\}/g, "`$1`")
    .replace(/^@throws (\w+)/gm, "\n*Throws* `$1`")
    .replace(/^@param (\w+)/gm, "\n`$1`:")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
