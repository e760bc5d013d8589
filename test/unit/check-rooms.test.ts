import { describe, expect, it } from "vitest";
import {
  checkFile,
  checkRooms,
  circlesOf,
  importsOf,
  namesWithTwoMeanings,
  roomOf,
  tokenize,
} from "../../scripts/check-rooms.js";

describe("rooms", () => {
  it("are told by the path", () => {
    expect(
      [
        "src/raft/log.ts",
        "src/main.ts",
        "src/storage/open.ts",
        "src/storage/level-disk.ts",
        "src/client/session.ts",
        "src/client/client.ts",
        "sim/world/disk.ts",
        "sim/report/diagram.ts",
        "sim/hunt-main.ts",
        "src/nowhere/a.ts",
      ].map(roomOf),
    ).toEqual(["raft", "main", "storage", "level-disk", "session", "client", "sim", "sim", "sim-cli", undefined]);
  });

  it("are kept to by this checkout", () => {
    expect(checkRooms()).toEqual([]);
  });
});

describe("a file", () => {
  it("is no longer than an idea", () => {
    expect(checkFile("src/raft/a.ts", "\n".repeat(350))).toEqual([]);
    expect(checkFile("src/raft/a.ts", "\n".repeat(351))).toEqual([
      "src/raft/a.ts:350: has 351 lines, more than 350: split it by what it is about",
    ]);
  });
});

describe("names", () => {
  it("mean one thing each", () => {
    const texts: [string, string][] = [
      ["a.ts", "export interface Log {}\nexport abstract class Door {}\ntype Own = 1;"],
      ["b.ts", "export type { Log } from './a.ts';\ntype Door = 2;\nexport type Own = 3;"],
      ["c.ts", "\nexport class Log {}\nexport type Door = 1;"],
    ];
    expect(namesWithTwoMeanings(texts)).toEqual([
      "c.ts:2: Log is something else in a.ts; one name for one thing",
      "c.ts:3: Door is something else in a.ts; one name for one thing",
    ]);
  });
});

describe("circles of imports", () => {
  it("are found, once each", () => {
    const imports = new Map([
      ["a.ts", ["b.ts", "d.ts"]],
      ["b.ts", ["c.ts"]],
      ["c.ts", ["b.ts", "d.ts"]],
      ["d.ts", []],
    ]);
    expect(circlesOf(imports)).toEqual([["b.ts", "c.ts"]]);
    expect(circlesOf(new Map([["a.ts", ["a.ts"]]]))).toEqual([["a.ts"]]);
  });
});

describe("the direction of imports", () => {
  it.each([
    ["src/raft/a.ts", 'import { present } from "../base/assert.ts";'],
    ["src/node/a.ts", 'import { Raft } from "../raft/raft.ts";'],
    ["src/node/a.ts", 'import { B } from "./peers/b.ts";'],
    ["src/node/clients/a.ts", 'import { B } from "../b.ts";'],
    ["src/rpc/a.ts", 'import type { Network } from "../node/ports.ts";'],
    ["src/rpc/a.ts", 'import { type Network, type Clock } from "../node/ports.ts";'],
    ["src/rpc/a.ts", 'import { Client } from "@grpc/grpc-js";'],
    ["src/protocol/a.ts", 'import { terrarium } from "./generated/messages.js";'],
    ["src/storage/level-disk.ts", 'import { Level } from "level";'],
    ["sim/a.ts", 'import { Session } from "../src/client/session.ts";'],
    ["src/raft/a.ts", '// import { x } from "../znode/tree.ts"\nconst s = `from "../znode/tree.ts"`;'],
  ])("allows in %s: %s", (path, text) => {
    expect(checkFile(path, text)).toEqual([]);
  });

  it.each([
    ["src/raft/a.ts", 'import { Tree } from "../znode/tree.ts";', "raft may not import znode"],
    ["src/raft/a.ts", 'import type { Tree } from "../znode/tree.ts";', "raft may not import znode"],
    ["src/raft/a.ts", 'export * from "../znode/tree.ts";', "raft may not import znode"],
    ["src/raft/a.ts", 'import "../znode/tree.ts";', "raft may not import znode"],
    ["src/raft/a.ts", 'const load = () => import("../znode/tree.ts");', "raft may not import znode"],
    ["src/raft/a.ts", 'import { readFileSync } from "node:fs";', "raft may not import node:fs"],
    ["src/rpc/a.ts", 'import { Node } from "../node/node.ts";', "only types from node"],
    ["src/rpc/a.ts", 'import { type Clock, Node } from "../node/node.ts";', "only types from node"],
    ["src/node/a.ts", 'import { openLevelDisk } from "../storage/level-disk.ts";', "node may not import level-disk"],
    ["src/client/session.ts", 'import { connect } from "./client.ts";', "session may not import client"],
    ["src/http/a.ts", 'import { A } from "../../sim/world/disk.ts";', "http may not import sim"],
    ["sim/a.ts", 'import { PeerLink } from "../src/rpc/peer-link.ts";', "sim may not import rpc"],
    ["src/kvctl/a.ts", 'import { Raft } from "../raft/raft.ts";', "kvctl may not import raft"],
    ["src/node/a.ts", 'import { Level } from "level";', "node may not import level"],
    ["src/protocol/a.ts", 'import type { Clock } from "../node/ports.ts";', "protocol may not import node"],
    ["src/node/clients/a.ts", 'import type { B } from "../peers/b.ts";', "may not import from src/node/peers/"],
  ])("forbids in %s: %s", (path, text, problem) => {
    const problems = checkFile(path, text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${path}:1: `);
    expect(problems[0]).toContain(problem);
  });

  it("finds imports over several lines, and names their line", () => {
    const imports = importsOf(tokenize('/* a\n */\nimport {\n  a,\n  b,\n} from "./x.ts";\n'));
    expect(imports).toEqual([{ specifier: "./x.ts", typeOnly: false, line: 6 }]);
  });
});

describe("purity", () => {
  it.each([
    "const now = Date.now();",
    "setTimeout(() => {}, 1);",
    "const x = Math.random();",
    "async function f() {}",
    "let p: Promise<void>;",
    "console.log(1);",
    "const b = Buffer.alloc(1);",
    `const t = \`at \${performance.now()}\`;`,
    "globalThis.x = 1;",
    "if (process.env) {}",
    "const half = a / 2; queueMicrotask(f); const other = b / 2;",
  ])("forbids in a pure room: %s", (text) => {
    const problems = checkFile("src/raft/a.ts", `\n${text}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^src\/raft\/a\.ts:2: raft is pure: no /);
    expect(checkFile("src/kvctl/a.ts", text)).toEqual([]);
  });

  it.each([
    "// Date.now() would be wrong here",
    "/* setTimeout, Promise */",
    'const s = "await Buffer";',
    `const s = \`Date \${x} process\`;`,
    "const pattern = /Date.now\\(\\)[/]Promise/;",
    "this.clock.performance.now();",
    "interface A { readonly process: number; performance?: number }",
    "const r = Math.max(1, random());",
    "const s = 'it''s'; const n = a / b / c;",
    `const nested = \`a \${\`b \${c}\`} Promise\`;`,
  ])("is not troubled by: %s", (text) => {
    expect(checkFile("src/raft/a.ts", text)).toEqual([]);
  });
});
