import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { dumpLine, linesOf, parseDumpLine } from "../../src/kvctl/moving/dump-lines.ts";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

let cluster: FakeCluster;
let folder: string;
beforeEach(() => {
  cluster = new FakeCluster();
  folder = mkdtempSync(join(tmpdir(), "terrarium-dump-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const add = (path: string, data: string | Uint8Array = "", more = {}): void => {
  cluster.create(path, typeof data === "string" ? bytes(data) : data, 0, false, more);
};
const load = (lines: string, ...words: string[]) => kvctl(["load", "-", ...words], { cluster, stdin: lines });
const loadFile = (lines: string, ...words: string[]) =>
  kvctl(["load", "lines", ...words], { cluster, files: { lines: bytes(lines) } });
const text = (path: string) => new TextDecoder().decode(cluster.nodes.get(path)?.data);

describe("dump", () => {
  it("writes a line for each znode, parents first, names in order, data that can be read", async () => {
    add("/a", "root\n");
    add("/a/z", Uint8Array.of(0, 1, 255));
    add("/a/c", "", { container: true });
    add("/a/b", "größer ☃");
    add("/a/b/t", "", { ttlMs: 9_000 });
    cluster.create("/a/e", bytes("x"), 1, false);
    expect(await kvctl(["dump", "/a"], { cluster })).toMatchObject({
      exitCode: 0,
      stdout: [
        '{"path":"/a","data":"root\\n"}',
        '{"path":"/a/b","data":"größer ☃"}',
        '{"path":"/a/b/t","data":"","kind":"ttl","ttlMs":9000}',
        '{"path":"/a/c","data":"","kind":"container"}',
        '{"path":"/a/z","base64":"AAH/"}',
        "",
      ].join("\n"),
      stderr: "kvctl: 5 written, 1 ephemeral, left out\n",
    });
  });

  it("writes access control lists as people do, and load takes them", async () => {
    const acl = [
      { perms: 1, scheme: "world", id: "anyone" },
      { perms: 31, scheme: "digest", id: "bob:hash=" },
    ];
    add("/a");
    cluster.acls.set("/a", acl);
    const { stdout } = await kvctl(["dump", "/a"], { cluster });
    expect(stdout).toBe('{"path":"/a","data":"","acl":["world:anyone:r","digest:bob:hash=:cdrwa"]}\n');
    expect(await load(stdout, "/b")).toMatchObject({ exitCode: 0 });
    expect(cluster.acls.get("/b")).toEqual(acl);
    cluster.acls.set("/a", [{ perms: 31, scheme: "digest", id: "bob:x" }]);
    const hidden = await kvctl(["dump", "/a"], { cluster });
    expect(hidden).toMatchObject({ exitCode: 1, stdout: "" });
    expect(hidden.stderr).toContain("kvctl: not all of /a is in the dump: 1 could not be read\n");
    expect(hidden.stderr).toContain("kvctl: /a: its access control list hides hashes from who may not change it");
  });

  it("writes a new file, whole or not at all", async () => {
    add("/a", "x");
    const file = join(folder, "a.jsonl");
    expect(await kvctl(["dump", "/a", file], { cluster })).toMatchObject({
      exitCode: 0,
      stdout: `dumped /a to ${file}: 1 written\n`,
    });
    expect(readFileSync(file, "utf8")).toBe('{"path":"/a","data":"x"}\n');
    const again = await kvctl(["dump", "/a", file], { cluster });
    expect(again).toMatchObject({ exitCode: 2, stdout: "" });
    expect(again.stderr).toContain("it exists already");
    const other = join(folder, "b.jsonl");
    expect(await kvctl(["dump", "/none", other], { cluster })).toMatchObject({ exitCode: 1 });
    cluster.before = (operation) => {
      if (operation === "get") throw new TerrariumError("NO_SERVER");
    };
    expect(await kvctl(["dump", "/a", other], { cluster })).toMatchObject({ exitCode: 3 });
    expect(existsSync(other)).toBe(false);
  });

  it("comes back by load as it was, also elsewhere", async () => {
    add("/a", "1");
    add("/a/b", Uint8Array.of(200, 1));
    add("/a/b/c", "", { container: true });
    add("/a/t", "", { ttlMs: 77 });
    const { stdout } = await kvctl(["dump", "/a"], { cluster });
    expect(await load(stdout)).toMatchObject({ exitCode: 0, stdout: "loaded -: 0 created, 4 there already\n" });
    expect(await load(stdout, "/x/y")).toMatchObject({
      exitCode: 0,
      stdout: "loaded -: 4 created, 1 created above it\n",
    });
    const copy = await kvctl(["dump", "/x/y"], { cluster });
    expect(copy.stdout.replaceAll('"/x/y', '"/a')).toBe(stdout);
  });
});

describe("load", () => {
  it("takes what people write: blank lines, no data, any order of fields", async () => {
    const run = await load('\n{"data":"1","path":"/a"}\r\n   \n{"path":"/a/b"}\n{"path":"/c","base64":"AAE="}');
    expect(run).toMatchObject({ exitCode: 0, stdout: "loaded -: 3 created\n", stderr: "" });
    expect([text("/a"), text("/a/b"), text("/c")]).toEqual(["1", "", "\0\u0001"]);
  });

  it("leaves alone what differs unless told to overwrite it, and changes nothing in a dry run", async () => {
    add("/a", "other");
    const lines = '{"path":"/a","data":"1"}\n{"path":"/a/b"}\n';
    const dry = await load(lines, "--dry-run", "--overwrite", "--json");
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, created: 1, overwritten: 1 });
    expect([text("/a"), cluster.nodes.has("/a/b")]).toEqual(["other", false]);
    const run = await load(lines);
    expect(run).toMatchObject({ exitCode: 1, stdout: "loaded -: 1 created, 1 different there, left as they are\n" });
    expect(run.stderr).toContain("kvctl: /a: it is there with other data (--overwrite replaces them)\n");
    expect(await load(lines, "--overwrite")).toMatchObject({ exitCode: 0 });
    expect(text("/a")).toBe("1");
  });

  const malformed: readonly (readonly [string, string])[] = [
    ["{", "it is no JSON: "],
    ["[1]", "it is no JSON object"],
    ["7", "it is no JSON object"],
    ["{}", '"path" is missing'],
    ['{"path":7}', '"path" is no text'],
    ['{"path":"a"}', 'the path "a" is refused: it does not start with "/"'],
    ['{"path":"/a","dta":"x"}', 'nothing is called "dta" here; did you mean "data"?'],
    ['{"path":"/a","data":"x","base64":""}', 'it has both "data" and "base64"'],
    ['{"path":"/a","data":7}', '"data" is no text'],
    ['{"path":"/a","data":"\\ud800"}', '"data" has half of a surrogate pair'],
    ['{"path":"/a","base64":"!"}', '"base64" is no base64'],
    ['{"path":"/a","kind":"odd"}', 'the kind "odd" is none of persistent, container, ttl'],
    ['{"path":"/a","kind":"ttl"}', 'the kind "ttl" and "ttlMs" go together'],
    ['{"path":"/a","ttlMs":5}', 'the kind "ttl" and "ttlMs" go together'],
    ['{"path":"/a","kind":"ttl","ttlMs":0}', '"ttlMs" is refused: a time to live has 1 to'],
    ['{"path":"/a","kind":"ttl","ttlMs":"5"}', '"ttlMs" is refused: it is no number'],
    ['{"path":"/a","acl":[]}', 'an "acl" is a list of'],
    ['{"path":"/a","acl":[{"perms":1.5,"scheme":"world","id":"anyone"}]}', 'an "acl" is a list of'],
    ['{"path":"/a","acl":["world:anyone:q"]}', 'an "acl" is a list of items such as "world:anyone:cdrwa": "q"'],
    ['{"path":"/a","data":"\\u0000', "it is no JSON: "],
  ];

  it.each(malformed)("refuses %j by its number, and does nothing of the file", async (line, reason) => {
    const run = await loadFile(`{"path":"/fine"}\n\n${line}\n`);
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain(`kvctl: line 3: ${reason}`);
    expect(cluster.nodes.has("/fine")).toBe(false);
    expect(cluster.sessionsOpened).toBe(0);
  });

  it("says what was done of standard input before the line that is malformed", async () => {
    const run = await load('{"path":"/a"}\n{"path":"/a/b"}\nnonsense\n{"path":"/c"}\n');
    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toContain("kvctl: so far: 2 created; load again goes on from there\n");
    expect(run.stderr).toContain("kvctl: line 3: it is no JSON");
    expect(["/a", "/a/b", "/c"].map((path) => cluster.nodes.has(path))).toEqual([true, true, false]);
  });

  it("refuses data and lines that are too large, and bytes that are no text", async () => {
    const large = JSON.stringify({ path: "/a", data: "x".repeat(1024 * 1024 + 1) });
    expect((await loadFile(large)).stderr).toContain("line 1: its data has 1048577 bytes, and a znode at most 1048576");
    const endless = await loadFile(`{"path":"/a"}\n${" ".repeat(7 * 1024 * 1024)}`);
    expect(endless.stderr).toContain("line 2: it has more than");
    const broken = await kvctl(["load", "f"], { cluster, files: { f: Uint8Array.of(0x7b, 0xff) } });
    expect(broken.stderr).toContain("line 1: it is not valid UTF-8");
    expect((await kvctl(["load", "none"], { cluster })).stderr).toContain("cannot read 'none'");
  });

  it("refuses to put elsewhere what has no place there, and what has no parent", async () => {
    const elsewhere = await loadFile('{"path":"/a/b"}\n{"path":"/a/c"}\n', "/x");
    expect(elsewhere.stderr).toContain("line 2: /a/c is not below /a/b, which is to go to /x");
    const lacking = await load('{"path":"/a"}\n{"path":"/b/c"}\n');
    expect(lacking).toMatchObject({ exitCode: 1 });
    expect(lacking.stderr).toContain("kvctl: /b/c: its parent is not there\n");
    expect(cluster.nodes.has("/a")).toBe(true);
  });
});

describe("the lines of a dump", () => {
  const znodes = fc.record({
    path: fc
      .array(fc.stringMatching(/^[a-z0-9é☃ "\\-]{1,8}$/), { minLength: 1, maxLength: 4 })
      .map((p) => `/${p.join("/")}`),
    data: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: "binary", maxLength: 20 }).map(bytes)),
    kind: fc.constantFrom("persistent" as const, "container" as const),
    ttlMs: fc.constant(0),
    acl: fc.option(
      fc.array(fc.record({ perms: fc.integer({ min: 0, max: 31 }), scheme: fc.string(), id: fc.string() }), {
        minLength: 1,
      }),
      { nil: undefined },
    ),
  });

  it("say all of a znode", () => {
    fc.assert(
      fc.property(znodes, (znode) => {
        const parsed = parseDumpLine({ line: 1, bytes: bytes(dumpLine(znode)) });
        expect({ ...parsed, data: [...parsed.data] }).toEqual({ ...znode, data: [...znode.data] });
      }),
    );
  });

  it("come out whole however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 12 }).map((line) => line.replace(/[\n\r]/g, ""))),
        fc.integer({ min: 1, max: 9 }),
        async (lines, size) => {
          const whole = bytes(lines.join("\n"));
          async function* cut() {
            for (let at = 0; at < whole.length; at += size) yield whole.slice(at, at + size);
          }
          const found: [number, string][] = [];
          for await (const { line, bytes: one } of linesOf(cut()))
            found.push([line, new TextDecoder("utf-8", { ignoreBOM: true }).decode(one)]);
          const wanted = lines.map((line, i) => [
            i + 1,
            new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(line)),
          ]);
          expect(found).toEqual(wanted.filter(([, line]) => !/^[ \t]*$/.test(String(line))));
        },
      ),
    );
  });

  it("survive any bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (line) => {
        try {
          parseDumpLine({ line: 1, bytes: line });
        } catch (error) {
          expect(error).toBeInstanceOf(TerrariumError);
        }
      }),
    );
  });
});
