/** Takes the bodies of a lab's rule out of the source, and leaves what they have to do. */
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { root } from "../../sim/cli/root.ts";
import { wrap } from "../../sim/report/wrap.ts";
import { type Lab, notWritten } from "../lab.ts";

/** The finder of declarations that the book uses too. It is a script, and not compiled. */
interface Finder {
  excerptOf(text: string, name: string, withDoc?: boolean): string | undefined;
  bodyOf(text: string, name: string): { readonly from: number; readonly to: number } | undefined;
  linesOf(text: string, name: string): { readonly first: number; readonly last: number } | undefined;
}

const finder = (await import(pathToFileURL(`${root}scripts/docs/excerpt.js`).href)) as Finder;

/** The declarations of a lab are no longer where it says. */
export class LabMismatch extends Error {
  override readonly name = "LabMismatch";
}

/** The text of a file of the checkout. Throws {@link LabMismatch}. */
export function sourceOf(file: string): string {
  if (!existsSync(root + file)) throw new LabMismatch(`There is no ${file} any more, which a lab takes from.`);
  return readFileSync(root + file, "utf8");
}

/** The files of a lab, by path from the root, as a reader gets them. Throws {@link LabMismatch}. */
export function blanked(lab: Lab): Map<string, string> {
  const files = new Map<string, string>();
  const change = (file: string, edit: (text: string) => string | undefined, symbol: string): void => {
    const text = edit(files.get(file) ?? sourceOf(file));
    if (text === undefined)
      throw new LabMismatch(`${file} declares no ${symbol}, which the lab ${lab.name} takes out.`);
    files.set(file, text);
  };
  for (const { file, symbol, task, instead } of lab.blanks) {
    change(
      file,
      (text) => {
        const body = finder.bodyOf(text, symbol);
        if (body === undefined) return undefined;
        const indent = /^ */.exec(text.slice(text.lastIndexOf("\n", body.from) + 1))?.[0] ?? "";
        return text.slice(0, body.from) + (instead ?? emptyBody(symbol, task, indent)) + text.slice(body.to);
      },
      symbol,
    );
  }
  for (const { file, symbol } of lab.without ?? []) change(file, (text) => withoutDeclaration(text, symbol), symbol);
  return files;
}

/** Columns of the source. */
const width = 120;

function emptyBody(symbol: string, task: readonly string[], indent: string): string {
  const inner = `${indent}  `;
  const lines = task.flatMap((paragraph, i) => [
    ...(i === 0 ? [] : [`${inner}//`]),
    ...wrap(`${inner}// ${paragraph}`, width, `${inner}// `),
  ]);
  return ["{", ...lines, `${inner}throw new Error("${notWritten} ${symbol}");`, `${indent}}`].join("\n");
}

function withoutDeclaration(text: string, symbol: string): string | undefined {
  const found = finder.linesOf(text, symbol);
  if (found === undefined) return undefined;
  const lines = text.split("\n");
  const blankBehind = lines[found.last]?.trim() === "" ? 1 : 0;
  lines.splice(found.first - 1, found.last - found.first + 1 + blankBehind);
  return lines.join("\n");
}

/** A declaration with its doc comment; undefined if the text has none of that name. */
export function declarationIn(text: string, symbol: string): string | undefined {
  return finder.excerptOf(text, symbol, true);
}

/** What of an answer is not written: the symbols, with their lines. */
export function unwrittenIn(text: string): { readonly symbol: string; readonly line: number }[] {
  return text.split("\n").flatMap((line, i) => {
    const symbol = new RegExp(`"${notWritten} ([^"]+)"`).exec(line)?.[1];
    return symbol === undefined ? [] : [{ symbol, line: i + 1 }];
  });
}
