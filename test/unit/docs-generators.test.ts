import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiPage } from "../../scripts/docs/api.js";
import { checkRoutes, kvctlPage, limitsPage } from "../../scripts/docs/generated.js";
import { lengthOfPage, linesOfSource, row, unfitLength } from "../../scripts/docs/length.js";
import { paperMapPage } from "../../scripts/docs/paper-map.js";
import { sceneProblems, scenesOf } from "../../scripts/docs/scenes.js";
import config from "../../site/.vitepress/config.js";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
let root = "";
let problems: string[] = [];
const read = (path: string): string => readFileSync(join(root, path), "utf8");

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "terrarium-docs-"));
  problems = [];
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the paper map", () => {
  const rule = {
    rule: "one vote a term",
    code: ["src/vote.ts#couldVote"],
    tests: ["test/vote.test.ts#votes once"],
    promises: ["election-safety"],
    mutants: ["E2"],
    chapters: [3],
    scenes: ["split-vote"],
  };
  const built = async (path: string): Promise<unknown> =>
    path.endsWith("promises.js") ? { promises: [{ invariant: "election-safety" }] } : { allMutants: [{ id: "E2" }] };

  /** The page of a map with this one rule, in a checkout that has what the rule above names. */
  async function pageOf(one: object): Promise<string> {
    write("src/vote.ts", "export function couldVote(): boolean {\n  return true;\n}\n");
    write("test/vote.test.ts", 'it("votes once", () => {});\n');
    write("sim/scenes/split-vote.json", "{}");
    write("docs/tutorial/03-votes.md", "# 3\n");
    write("docs/paper-map.json", JSON.stringify({ groups: [{ title: "Figure 2", rules: [one] }] }, null, 2));
    return await paperMapPage(root, read, built, problems);
  }

  it("links each rule with its code, tests and chapters", async () => {
    const page = await pageOf(rule);
    expect(problems).toEqual([]);
    expect(page).toContain(
      "| one vote a term | [vote.ts couldVote](../src/vote.ts) | [vote.test.ts: votes once](../test/vote.test.ts) " +
        "| election-safety | E2 | [3](tutorial/03-votes.md) | split-vote |",
    );
  });

  it.each([
    ["a symbol that vanished", { code: ["src/vote.ts#gone"] }, 9, "src/vote.ts declares no gone"],
    ["a file that vanished", { code: ["src/gone.ts"] }, 9, "there is no src/gone.ts"],
    ["a test that vanished", { tests: ["test/vote.test.ts#twice"] }, 12, 'test/vote.test.ts has no test "twice"'],
    ["no test", { tests: [] }, 11, "a rule has one of the tests at least"],
    ["no promise", { promises: [] }, 14, "a rule has one of the promises at least"],
    ["no code", { code: [] }, 8, "a rule has code"],
    ["an unknown promise", { promises: ["peace"] }, 15, "there is no peace among the promises"],
    ["an unknown bug", { mutants: ["E2", "Q7"] }, 19, "there is no Q7 among the mutants"],
    ["an unknown chapter", { chapters: [14] }, 20, "there is no chapter 14"],
    ["an unknown scene", { scenes: ["split-vote", "banana"] }, 25, "there is no banana among the scenes"],
    ["no list at all", { mutants: undefined }, 7, "it has no list of mutants; it may be empty, []"],
  ])("complains of %s, with the line", async (_, change, line, sentence) => {
    await pageOf({ ...rule, ...change });
    expect(problems).toContain(`docs/paper-map.json:${line}: one vote a term: ${sentence}`);
  });

  it("complains of a promise, a bug and a scene that stand at no rule", async () => {
    await pageOf({ ...rule, promises: [], mutants: [], scenes: [] });
    expect(problems).toEqual(
      expect.arrayContaining([
        "docs/paper-map.json:1: election-safety of the promises stands at no rule: put it to one",
        "docs/paper-map.json:1: E2 of the mutants stands at no rule: put it to one",
        "docs/paper-map.json:1: split-vote of the scenes stands at no rule: put it to one",
      ]),
    );
  });

  it("says that its data are no JSON", async () => {
    await pageOf(rule);
    write("docs/paper-map.json", '{\n  "groups": [\n    oops\n  ]\n}\n');
    await expect(paperMapPage(root, read, built, problems)).rejects.toThrow(
      /^docs\/paper-map\.json:1: it is no JSON: /,
    );
  });
});

describe("the client's reference", () => {
  const index = 'export { Client } from "./client.js";\nexport type { Options, Gone } from "./options.js";\n';

  it("has what the index exports, classes first, with their members and comments", () => {
    write("src/client/index.ts", "// source\n");
    write("dist/src/client/index.d.ts", index.replace(", Gone", ""));
    const client = [
      "/** Talks to a cluster. */",
      "export declare class Client {",
      "    #private;",
      "    constructor(options: Options);",
      "    /** Ends it. Throws {@link Error}. */",
      "    close(): Promise<void>;",
      "}",
    ];
    write("dist/src/client/client.d.ts", `${client.join("\n")}\n`);
    write("dist/src/client/options.d.ts", 'export type { Options } from "./deeper.js";\n');
    write(
      "dist/src/client/deeper.d.ts",
      "/** What it needs. */\nexport interface Options {\n    readonly a: number;\n}\n",
    );
    const page = apiPage(read, problems);
    expect(problems).toEqual([]);
    const [heading, member, type] = ["## Client", "### close", "## Options"].map((text) => page.indexOf(text));
    expect(heading).toBeGreaterThan(0);
    expect(member).toBeGreaterThan(heading ?? 0);
    expect(type).toBeGreaterThan(member ?? 0);
    expect(page).toContain("Ends it. Throws `Error`.");
    expect(page).toContain("What it needs.");
    expect(page).not.toContain("#private");
    expect(page).not.toContain("constructor");
  });

  it("names file and line of an export that vanished, and of one that cannot be listed", () => {
    write("src/client/index.ts", `/** All. */\n${index}export * from "./more.ts";\n`);
    write("dist/src/client/index.d.ts", `${index}export * from "./more.js";\n`);
    write("dist/src/client/client.d.ts", "export declare class Client {\n}\n");
    write("dist/src/client/options.d.ts", "export interface Options {\n    readonly a: number;\n}\n");
    apiPage(read, problems);
    expect(problems).toEqual([
      "src/client/index.ts:4: name what is exported, one by one",
      "src/client/index.ts:3: it exports Gone from ./options.js, but dist/src/client/options.d.ts declares no Gone",
    ]);
  });
});

describe("the other pages that are made of the code", () => {
  it("lists limits with their comments, and names the one that has none", () => {
    const file = "src/base/limits.ts";
    write(
      file,
      "export const limits = {\n  /** Bytes of a znode. */\n  dataBytesMax: 1_048_576,\n  pathBytesMax: 4_096,\n};\n",
    );
    const page = limitsPage(read, { dataBytesMax: 1_048_576, pathBytesMax: 4_096 }, problems);
    expect(problems).toEqual([]);
    expect(page).toContain('| `dataBytesMax` | 1,048,576 | Bytes of a znode. |\n| `pathBytesMax` | 4,096 | " |');
    write(file, "export const limits = {\n  dataBytesMax: 1,\n};\n");
    limitsPage(read, { dataBytesMax: 1, framesMax: 2 }, problems);
    expect(problems).toEqual([`${file}:2: dataBytesMax has no doc comment`, `${file}:1: framesMax is not found there`]);
  });

  it("finds routes without a section, and sections without a route", () => {
    write("src/http/server.ts", '// routes\nserver.get("/health", health);\nread("/metrics", metrics);\n');
    write("docs/reference/http.md", "# HTTP\n\n## `GET /health`\n\n## `GET /wealth`\n");
    checkRoutes(root, read, problems);
    expect(problems).toEqual([
      "src/http/server.ts:3: GET /metrics has no section in docs/reference/http.md",
      "docs/reference/http.md:5: there is no GET /wealth in src/http",
    ]);
  });

  it("asks kvctl for the help of each command, and says which one fails", async () => {
    const program = (last: string): string =>
      [
        "const words = process.argv.slice(2).join(' ');",
        "if (words === '--help') console.log('Usage: kvctl\\n\\nCommands:\\n  get  reads\\n  help  this');",
        `else ${last}`,
      ].join("\n");
    write("package.json", "{}");
    write("bin/kvctl.js", program("console.log('Usage: kvctl ' + words);"));
    expect(await kvctlPage(root)).toContain("## kvctl get\n\n```text\nUsage: kvctl get --help\n```");
    write("bin/kvctl.js", program("{ console.error('no such thing'); process.exit(2); }"));
    await expect(kvctlPage(root)).rejects.toThrow("bin/kvctl.js get --help: no such thing");
  });
});

describe("how long there is to read", () => {
  it("counts words of prose, and lines of blocks, and neither comments nor signs", () => {
    const page = "# Two words\n\n<!-- code: src/a.ts a -->\n```ts\nconst a = 1;\n\n```\n\nThree more words · here.\n";
    expect(lengthOfPage(page)).toEqual({ words: 6, lines: 2 });
    expect(linesOfSource("/** A. */\nconst a = 1;\n\n  \nconst b = 2;\n")).toBe(3);
  });

  it("is rounded to hundreds, above a thousand to five hundreds, and to half hours", () => {
    expect(row("x", { words: 12_040, lines: 880 }).trim().split(/\s+/)).toEqual(["x", "12,000", "900", "2.5"]);
    expect(row("x", { lines: 1 }).trim().split(/\s+/)).toEqual(["x", "-", "0", "0.5"]);
  });
});

describe("a chapter's length", () => {
  const page = (words: number): string =>
    `# One\n\n<!-- run: x y z -->\n\`\`\`text\n${"word ".repeat(words - 1)}\n\`\`\`\n`;

  it.each([1_500, 3_000])("may be %d words, those of transcripts among them", (words) => {
    expect(unfitLength(page(words))).toBeUndefined();
  });

  it.each([
    [1_499, "1,499 words with what is quoted, where a chapter has 1,500 to 3,000"],
    [3_001, "3,001 words with what is quoted, where a chapter has 1,500 to 3,000"],
  ])("of %d words is told", (words, sentence) => {
    expect(unfitLength(page(words))).toBe(sentence);
  });
});

describe("a scene in a page", () => {
  const page = (attributes: string, picture: string): string =>
    `# A page\n\n<terrarium-scene ${attributes}>\n\n[![What is seen](${picture})](../playground.md)\n\n</terrarium-scene>\n`;

  it("is found with its place and its picture", () => {
    expect(scenesOf(page('scene="figure-8" at="2735"', "../images/scenes/figure-8-2735.png"))).toEqual([
      { line: 3, scene: "figure-8", at: 2735, picture: "../images/scenes/figure-8-2735.png" },
    ]);
  });

  it.each([
    ['scene="figure-9" at="1"', "x.png", 'there is no scene "figure-9" in sim/scenes'],
    ['scene="figure-8"', "x.png", 'the scene needs at="…", in virtual milliseconds'],
    [
      'scene="figure-8" at="2"',
      "../images/scenes/figure-8-1.png",
      "inside of it stands a link around the picture images/scenes/figure-8-2.png, between empty lines",
    ],
  ])("%s is complained of", (attributes, picture, message) => {
    expect(sceneProblems(page(attributes, picture), ["figure-8"])).toEqual([{ line: 3, message }]);
  });
});

describe("the site", () => {
  it("says how it is called", () => {
    const { status, stderr } = spawnSync(process.execPath, [join(checkout, "scripts/site.js"), "bake"], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([2, "node scripts/site.js dev|build|preview\n"]);
  });

  it("leads to pages that are there", () => {
    const links = [...config.themeConfig.nav, ...config.themeConfig.sidebar.flatMap((group) => group.items ?? [])];
    expect(links.length).toBeGreaterThan(30);
    for (const { text, link = "" } of links) {
      if (link.startsWith("/play/")) continue;
      const file = `docs${link.endsWith("/") ? `${link}README` : link}.md`;
      expect([text, existsSync(join(checkout, file))]).toEqual([text, true]);
    }
  });

  /** What becomes of a link of a page of docs/tutorial. */
  function linked(href: string): { readonly tag: string; readonly href: string | undefined } {
    const attributes = new Map([["href", href]]);
    const open = {
      type: "link_open",
      tag: "a",
      attrs: [["href", href]] as [string, string][],
      attrGet: (name: string) => attributes.get(name) ?? null,
      attrSet: (name: string, value: string) => void attributes.set(name, value),
    };
    const close = { ...open, type: "link_close" };
    transformed({ type: "inline", info: "", content: "", children: [open, close] });
    expect(close.tag).toBe(open.tag);
    return { tag: open.tag, href: open.tag === "a" ? attributes.get("href") : undefined };
  }

  type Rule = Parameters<Parameters<typeof config.markdown.config>[0]["core"]["ruler"]["push"]>[1];

  function transformed<T extends Parameters<Rule>[0]["tokens"][number]>(token: T): T {
    const env = { path: join(checkout, "site/docs/tutorial/03-terms-and-votes.md") };
    config.markdown.config({ core: { ruler: { push: (_, rule) => rule({ tokens: [token], env }) } } });
    return token;
  }

  it("keeps links to pages, makes README.md the index, and lets links to the source be words", () => {
    expect(linked("04-the-log.md#the-rule")).toEqual({ tag: "a", href: "04-the-log.md#the-rule" });
    expect(linked("README.md#how-to-follow")).toEqual({ tag: "a", href: "index.md#how-to-follow" });
    expect(linked("https://raft.github.io")).toEqual({ tag: "a", href: "https://raft.github.io" });
    expect(linked("../../src/raft/vote.ts")).toEqual({ tag: "span", href: undefined });
    expect(linked("../gone.md")).toEqual({ tag: "span", href: undefined });
  });

  it("tells a scene where the playground is", () => {
    const content = '<terrarium-scene scene="figure-8" at="2735">\n';
    expect(transformed({ type: "html_block", info: "", content, children: null }).content).toBe(
      '<terrarium-scene playground="/play/index.html" scene="figure-8" at="2735">\n',
    );
  });
});
