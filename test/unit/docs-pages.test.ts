import { describe, expect, it } from "vitest";
import { excerptOf } from "../../scripts/docs/excerpt.js";
import { anchorOf, anchorsOf, linksOf } from "../../scripts/docs/links.js";
import { declares, filesNamedIn, scriptsNamedIn } from "../../scripts/docs/mentions.js";
import { blocksOf, codeBody, normalised, runOf, shownPart, unkeptOf, withBodies } from "../../scripts/docs/page.js";
import { commandsOf, renewed, sameOutput, sessionBody } from "../../scripts/docs/session.js";

const source = `import { a } from "./a.ts";

/** Adds. */
export function add(
  one: number,
  two: number,
): { readonly sum: number } {
  // a } in a comment
  return { sum: one + two };
}

export type Kind =
  | { readonly kind: "a" }
  | { readonly kind: "b" };

const table = {
  add: 1,
};

/** A thing. */
export class Thing {
  readonly name = "add";
  #count = 0;

  /** How many. */
  get count(): number {
    return this.#count;
  }

  add(n: number): void {
    if (n > 0) {
      this.#count += n;
    }
  }
}

export interface Port {
  /** Sends. */
  send(to: number): void;
  readonly open: boolean;
}
`;

describe("an excerpt", () => {
  it.each([
    ["add", /^export function add\(\n[\s\S]*sum: one \+ two \};\n\}$/],
    ["Kind", /^export type Kind =\n {2}\| .*\n {2}\| \{ readonly kind: "b" \};$/],
    ["table", /^const table = \{\n {2}add: 1,\n\};$/],
    ["Thing", /^export class Thing \{[\s\S]*\n\}$/],
    ["Thing.count", /^get count\(\): number \{\n {2}return this\.#count;\n\}$/],
    ["Thing.add", /^add\(n: number\): void \{\n {2}if \(n > 0\) \{\n {4}this\.#count \+= n;\n {2}\}\n\}$/],
    ["Thing.name", /^readonly name = "add";$/],
    ["Port.send", /^send\(to: number\): void;$/],
    ["Port.open", /^readonly open: boolean;$/],
  ])("of %s is all of it and no more", (name, text) => {
    expect(excerptOf(source, name)).toMatch(text);
  });

  it("has its doc comment if that is wanted", () => {
    expect(excerptOf(source, "add", true)).toMatch(/^\/\*\* Adds\. \*\/\nexport function add/);
    expect(excerptOf(source, "Thing.count", true)).toMatch(/^\/\*\* How many\. \*\/\nget count/);
    expect(excerptOf(source, "Kind", true)).toMatch(/^export type/);
  });

  it("of what is not there is none", () => {
    expect(excerptOf(source, "sub")).toBeUndefined();
    expect(excerptOf(source, "Thing.sub")).toBeUndefined();
  });
});

const page = `# A page

<!-- code: src/a.ts add -->
\`\`\`ts
old
\`\`\`

Words.

<!-- run: npm run sim -- --seed 1 | from "b" | lines 2 -->
\`\`\`text
\`\`\`

<!-- code: src/a.ts Kind -->
`;

describe("a page", () => {
  it("has its blocks found, and their bodies put in", () => {
    const blocks = blocksOf(page);
    expect(blocks.map(({ line, kind, body }) => [line, kind, body])).toEqual([
      [3, "code", "old"],
      [10, "run", ""],
      [14, "code", undefined],
    ]);
    const renewed = withBodies(page, blocks, ["new\nlines", "b\nc", "nowhere"]);
    expect(blocksOf(renewed).map(({ body }) => body)).toEqual(["new\nlines", "b\nc", undefined]);
    expect(renewed).toContain("\n\nWords.\n\n");
  });

  it("quotes the source with its path, or says what is missing", () => {
    const read = (path: string) => (path === "src/a.ts" ? source : undefined);
    expect(codeBody("src/a.ts table", read)).toBe("// src/a.ts\nconst table = {\n  add: 1,\n};");
    expect(codeBody("src/a.ts add with doc", read)).toContain("/** Adds. */");
    expect(() => codeBody("src/b.ts add", read)).toThrow("there is no file src/b.ts");
    expect(() => codeBody("src/a.ts gone", read)).toThrow("src/a.ts declares no gone");
  });

  it("shows the part of an output that it asks for", () => {
    const run = runOf('npm run sim -- --seed 1 | from "b" | lines 2');
    expect(run.command).toBe("npm run sim -- --seed 1");
    expect(shownPart("a\nb  \nc\nd\n", run)).toBe("b\nc");
    expect(() => shownPart("a\n", run)).toThrow('no line of the output has "b"');
    expect(() => runOf("npm run sim | line 2")).toThrow('"line 2" is neither');
    expect(normalised("1,234 events/s · 8× real time · trace hash 0a1b")).toBe(
      "… events/s · …× real time · trace hash …",
    );
    expect(normalised("   1.000 ms  #12     n1  runs")).toBe("   1.000 ms  n1  runs");
    expect(normalised("BROKEN: x at 1.000 virtual ms (event #253)")).toBe("BROKEN: x at 1.000 virtual ms");
  });
});

describe("links", () => {
  it("to headings are as code hosts have them", () => {
    expect(anchorOf("What's in a name? (§5.1)")).toBe("whats-in-a-name-51");
    expect([...anchorsOf("# A `b` c\n```\n# no heading\n```\n## D")]).toEqual(["a-b-c", "d"]);
  });

  it("are those to files, not those to elsewhere or in code", () => {
    const text = "[a](b.md#c) [d](https://example.org)\n```\n[e](f.md)\n```\n[g](#h)";
    expect(linksOf(text)).toEqual([
      { line: 1, target: "b.md", anchor: "c" },
      { line: 5, target: "", anchor: "h" },
    ]);
  });
});

describe("a console session", () => {
  const body = "$ kvctl create /a\n/a\n$ kvctl status\n1  leader    3\n2  follower  3";

  it("is typed lines with what each prints", () => {
    const commands = commandsOf(body);
    expect(commands.map(({ command }) => command)).toEqual(["kvctl create /a", "kvctl status"]);
    expect(commands[1]?.printed).toEqual(["1  leader    3", "2  follower  3"]);
    expect(sessionBody(commands)).toBe(body);
  });

  it("that begins with something printed is refused", () => {
    expect(() => commandsOf("/a")).toThrow("a session begins with a line that is typed");
  });

  it.each([
    [["1  leader  3", "2  follower  3"], ["1  follower  12", "2  leader  12"], true],
    [["4 of 5 servers answer: 2, 3, 4, 5"], ["3 of 5 servers answer: 1, 2, 5"], true],
    [["version 1"], ["version 1", "killed server 2"], false],
    [["version 1"], ["no version"], false],
  ])("of %j and %j compares words, not numbers nor who leads", (some, other, same) => {
    expect(sameOutput(some, other)).toBe(same);
  });
});

describe("a session that went another way", () => {
  it("keeps the lines that say the same", () => {
    const printed = ["1  leader    3", "2  follower  3", "so", "killed server 1"];
    const said = ["1  follower  9", "2  leader    7", "new", "killed server 4", "bye"];
    expect(renewed(printed, said)).toEqual(["1  leader    3", "new", "2  follower  3", "killed server 1", "bye"]);
    expect(renewed([], said)).toEqual(said);
  });
});

describe("a page that names things", () => {
  it("names files and what they declare, but not patterns nor in blocks", () => {
    const text =
      "see `src/a.ts#run`, `src/a.ts#A.#b`, `test/x/`,\n```\n`src/b.ts`\n```\n`sim/*.ts`, `docs/decisions/NNNN-x.md`, `a.ts`";
    expect(filesNamedIn(text)).toEqual([
      { line: 1, path: "src/a.ts", symbol: "run" },
      { line: 1, path: "src/a.ts", symbol: "A.#b" },
      { line: 1, path: "test/x/", symbol: undefined },
    ]);
    expect(declares(source, "Thing.add")).toBe(true);
    expect(declares(source, "subtract")).toBe(false);
  });

  it("names scripts, in blocks too", () => {
    expect(scriptsNamedIn("`npm run lint`\n```\nnpm run -s sim -- --seed 1\n```")).toEqual([
      { line: 1, script: "lint" },
      { line: 3, script: "sim" },
    ]);
  });

  it("has no typed commands that nobody tries", () => {
    const block = "```console\n$ ls\n```\n";
    expect(unkeptOf(`text\n${block}`)).toEqual([2]);
    expect(unkeptOf(`<!-- session -->\n${block}<!-- shown: needs three machines -->\n${block}`)).toEqual([]);
  });
});
