import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { groups } from "../../sim/mutants/catalogue.ts";

const folder = new URL("../../docs/tutorial/", import.meta.url);
const mutants = groups.flatMap((group) => group.mutants);

/** A run of a planted bug that a chapter shows, with what it breaks: as docs.js puts it in. */
const lesson = /<!-- run: [^\n]*--mutant (\w+)[^\n]*-->\n```text\n[^`]*?BROKEN: ([\w-]+)/g;

const lessons = readdirSync(folder)
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    return [...text.matchAll(lesson)].map(([, id = "", broken = ""]) => ({ name, id, broken }));
  });

describe("what a chapter says that a bug breaks", () => {
  it("is shown in most of them", () => expect(lessons.length).toBeGreaterThan(10));

  it.each(lessons)("$name: $id breaks $broken, as the catalogue has it", ({ id, broken }) => {
    expect(mutants.find((mutant) => mutant.id === id)?.expects).toContain(broken);
  });
});
