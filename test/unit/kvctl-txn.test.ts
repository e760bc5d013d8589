import { beforeEach, describe, expect, it } from "vitest";
import { FakeCluster, kvctl, start, until } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const txn = (lines: string, ...words: string[]) => kvctl(["txn", ...words], { cluster, stdin: lines });
const text = (path: string) => new TextDecoder().decode(cluster.nodes.get(path)?.data);

describe("txn", () => {
  it("does what the lines of standard input ask for, together, and prints what came of each", async () => {
    const lines = [
      "# a comment, and an empty line",
      "",
      "create /a 'one word'",
      "create -s /a/q- 1",
      "set /a two --version 0",
      "check /a --version=1",
      "delete /a/q-0000000000",
    ];
    expect(await txn(lines.join("\n"))).toMatchObject({
      exitCode: 0,
      stdout: "/a\n/a/q-0000000000\n/a version 1\nchecked /a\ndeleted /a/q-0000000000\n",
      stderr: "",
    });
    expect(text("/a")).toBe("two");
    expect(cluster.closed).toEqual([1]);
  });

  it("makes containers and znodes with a time to live", async () => {
    const run = await txn("create --container /c\ncreate --ttl=5m -s /c/t- x\n");
    expect(run).toMatchObject({ exitCode: 0, stdout: "/c\n/c/t-0000000000\n" });
    expect(cluster.nodes.get("/c")?.stat).toMatchObject({ container: true });
    expect(cluster.nodes.get("/c/t-0000000000")?.stat).toMatchObject({ ttlMs: 300_000 });
  });

  it("takes them from a file, and data from others", async () => {
    const files = { "changes.txt": Buffer.from("create /a @data\r\ncreate /b -- -x\n"), data: Buffer.from("bytes") };
    const run = await kvctl(["txn", "changes.txt", "--json"], { cluster, files });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      results: [
        { op: "create", path: "/a", stat: { dataLength: 5 } },
        { op: "create", path: "/b" },
      ],
    });
    expect([text("/a"), text("/b")]).toEqual(["bytes", "-x"]);
  });

  it("names the line for whose sake it is refused, and has done nothing", async () => {
    cluster.create("/a", new Uint8Array(), 0, false);
    const run = await txn("create /b\n\nset /a x --version 4\n");
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toMatch(
      /^kvctl: line 3: the version is 0, not 4; nothing of the transaction was done\n {2}hint: /,
    );
    expect(cluster.nodes.has("/b")).toBe(false);
    expect(JSON.parse((await txn("delete /none", "--json")).stdout)).toMatchObject({
      error: { code: "NO_NODE", message: expect.stringContaining("line 1: ") },
    });
  });

  it.each([
    ["", "the transaction has no operation"],
    ["move /a /b", "line 1: 'move' is no operation of a transaction"],
    ["creat /a", "did you mean create?"],
    ["create /a\nset /a", "line 2: something is missing: set <path> <data> [--version <n>]"],
    ["delete /a /b", "line 1: '/b' is too much: delete <path> [--version <n>]"],
    ["create /a --version 3", "line 1: unknown option '--version'"],
    ["check /a --version x", "line 1: --version: 'x' is not a version"],
    ["check /a --version", "line 1: --version: '' is not a version"],
    ["create a", 'line 1: the path "a" is refused'],
    ["delete /zookeeper", "line 1: the built-in znode /zookeeper is never deleted"],
    ["create '/a", "line 1: the quote ' is not closed"],
    ["create /a -", "line 1: - is no data in a transaction"],
    ["create /a @none", "line 1: cannot read 'none'"],
  ])("refuses %j before it asks any server", async (lines, words) => {
    cluster.before = () => {
      throw new Error("a server was asked");
    };
    const run = await txn(lines);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(words);
  });

  it("holds the session of ephemerals until interrupted", async () => {
    const running = start(["txn"], { cluster, stdin: "create -e /locks\n" });
    await until(() => running.stderr().includes("holding session 1"), "the session is held");
    expect(running.stdout()).toBe("/locks\n");
    expect(cluster.closed).toEqual([]);
    running.interrupt();
    expect((await running.done).exitCode).toBe(0);
    expect(cluster.closed).toEqual([1]);
  });
});
