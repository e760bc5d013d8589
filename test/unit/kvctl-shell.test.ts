import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  historyFile,
  historyLineLengthMax,
  historyLinesMax,
  loadHistory,
  saveHistory,
} from "../../src/kvctl/history.ts";
import type { Output } from "../../src/kvctl/ports.ts";
import { newShell, type Shell } from "../../src/kvctl/shell.ts";
import { Interruption } from "../../src/kvctl/waiting.ts";
import { FakeCluster, kvctl, until } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

describe("a script", () => {
  const script = (...lines: string[]) => kvctl(["shell"], { cluster, stdin: lines.join("\n") });

  it("runs its lines in one session", async () => {
    const run = await script("create /a 'hello world'", "", "# a comment", "create -e /me", "ls /", "get /a", "");
    expect(run).toMatchObject({ exitCode: 0, stdout: "/a\n/me\na\nme\nhello world\n", stderr: "" });
    expect(cluster.nodes.get("/me")?.stat.ephemeralOwner).toBe(1);
    expect(cluster.sessionsOpened).toBe(1);
    expect(cluster.closed).toEqual([1]);
  });

  it("goes on after a failure; the exit code is that of the last one", async () => {
    const { exitCode, stdout, stderr } = await script("frob", "get /no", "create /a");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "/a\n" });
    expect(stderr).toMatch(/unknown command 'frob'[\s\S]*line 2: the znode \/no does not exist/);
    expect((await script("get /no", "get '/a")).exitCode).toBe(2);
    expect((await script("set /a x --version x")).exitCode).toBe(2);
  });

  it("ends at exit and quit", async () => {
    expect(await script("create /a", "exit", "create /b")).toMatchObject({ exitCode: 0, stdout: "/a\n" });
    expect(await script("quit", "create /c")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await script("get /no", "exit")).toMatchObject({ exitCode: 1 });
  });

  it("loses no line while the session opens", async () => {
    const open = cluster.open.bind(cluster);
    cluster.open = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return open();
    };
    expect(await script("create /a", "create /b")).toMatchObject({ exitCode: 0, stdout: "/a\n/b\n" });
  });

  it("prints JSON, for all or for a line", async () => {
    const stdin = "create /a\nget /no\nget '\n";
    const { stdout } = await kvctl(["shell", "--json"], { cluster, stdin });
    const [made, refused, wrong] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(made).toEqual({ path: "/a" });
    expect(refused).toMatchObject({ error: { code: "NO_NODE" } });
    expect(wrong).toMatchObject({ error: { code: "USAGE" } });
    expect((await script("sync --json", "sync")).stdout).toBe('{"zxid":1}\nzxid 1\n');
  });

  it("has no second standard input", async () => {
    expect(await script("create /a -")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("standard input"),
    });
  });

  it("has help", async () => {
    const { exitCode, stdout } = await script("help", "help create", "help get", "help set", "watch --help");
    expect(exitCode).toBe(0);
    for (const name of ["create", "unwatch", "exit"]) expect(stdout).toMatch(new RegExp(`^ {2}${name}`, "m"));
    expect(stdout).toMatch(/Usage: create [\s\S]*Examples:\n {2}create/);
    expect(stdout).toContain("unwatch <path>");
    expect(stdout).not.toContain("kvctl");
    // Examples are lines of this shell, which knows no pipes.
    expect(stdout).not.toMatch(/^ {2}.* [|>] /m);
  });

  it("does not start without a cluster", async () => {
    cluster.open = () => Promise.reject(new Error("no"));
    expect(await script("create /a")).toMatchObject({ exitCode: 1, stdout: "" });
  });
});

describe("at the prompt", () => {
  let shell: Shell;
  let stdout: string[];
  let stderr: string[];
  const never = new AbortController().signal;
  const execute = (line: string) => shell.execute(line, never);

  beforeEach(async () => {
    stdout = [];
    stderr = [];
    const out: Output = {
      json: false,
      terminal: true,
      write: (chunk) => void stdout.push(Buffer.from(chunk).toString()),
      note: (line) => void stderr.push(line),
    };
    const nothing = async () => new Uint8Array();
    const inputs = { readFile: nothing, readStdin: nothing, stream: async function* () {} };
    shell = newShell({ cluster, inputs, out, timeoutMs: 1_000 });
    await shell.start();
  });
  afterEach(() => shell.close());

  it("lists the ephemerals of its own session", async () => {
    await execute("create -e /mine");
    cluster.create("/theirs", new Uint8Array(), 99, false);
    expect(await execute("ephemerals")).toEqual({ exitCode: 0, quit: false });
    expect(stdout.join("")).toContain("/mine\n");
    expect(stdout.join("")).not.toContain("/theirs");
  });

  it("watch events come as they come", async () => {
    await execute("create /a 1");
    expect(await execute("get -w /a")).toEqual({ exitCode: 0, quit: false });
    await execute("watch /b");
    expect(cluster.armed()).toBe(3);
    await execute("set /a 2");
    await execute("create /b");
    await until(() => stdout.join("").includes("created  /b"), "the event is shown");
    expect(stdout.join("")).toContain("dataChanged  /a");
  });

  it("an event is shown before the answer to the write that caused it", async () => {
    await execute("create /a 1");
    await execute("watch /a --data");
    await execute("get -w /a");
    stdout.length = 0;
    await execute("set /a 2");
    expect(stdout.map((text) => text.split(" ")[0])).toEqual(["dataChanged", "dataChanged", "version"]);
  });

  it("unwatch ends watches", async () => {
    await execute("watch /b");
    await execute("watch /c");
    expect(await execute("unwatch /b")).toMatchObject({ exitCode: 0 });
    expect(await execute("unwatch /b")).toMatchObject({ exitCode: 2 });
    cluster.create("/b", new Uint8Array(), 0, false);
    cluster.create("/c", new Uint8Array(), 0, false);
    await until(() => stdout.join("").includes("created  /c"), "the other goes on");
    expect(stdout.join("")).not.toContain("created  /b");
  });

  it("a command can be given up", async () => {
    cluster.create("/a", new Uint8Array(), 0, false);
    const hang = new AbortController();
    cluster.before = () => hang.abort(new Interruption(130));
    expect(await shell.execute("get /a", hang.signal)).toEqual({ exitCode: 130, quit: false });
    cluster.before = () => undefined;
    expect(await execute("get /a")).toMatchObject({ exitCode: 0 });
  });

  it("opens another session after one has expired", async () => {
    cluster.state("suspended");
    cluster.state("connected");
    cluster.state("expired");
    expect(await execute("create /a")).toMatchObject({ exitCode: 0 });
    expect(cluster.sessionsOpened).toBe(2);
    expect(stderr.join("\n")).toMatch(/connection is lost[\s\S]*connected again[\s\S]*expired/);
  });

  describe("Tab", () => {
    beforeEach(() => {
      for (const path of ["/app", "/app/db", "/app/db/main", "/apple", "/my dir", "/my dir/x"]) {
        cluster.create(path, new Uint8Array(), 0, false);
      }
    });

    it.each<[string, string[], string]>([
      ["cr", ["create "], "cr"],
      ["s", ["sessions ", "set ", "snapshot ", "stat ", "status ", "sync "], "s"],
      ["help wa", ["watch "], "wa"],
      ["create --e", ["--ephemeral "], "--e"],
      ["frob --e", [], "--e"],
      ["get /", ["/app", "/apple", "/my\\ dir"], "/"],
      ["get /ap", ["/app", "/apple"], "/ap"],
      ["get /appl", ["/apple"], "/appl"],
      ["get /app/", ["/app/db/"], "/app/"],
      ["get /app/db", ["/app/db/main"], "/app/db"],
      ["get /no", [], "/no"],
      ["get /no/", [], "/no/"],
      ["get /my", ["/my\\ dir/"], "/my"],
      ["get /my\\ dir/", ["/my\\ dir/x"], "/my\\ dir/"],
      ["get '/my d", ["'/my dir/"], "'/my d"],
      ["set /app da", [], "da"],
      ["# get /a", [], "# get /a"],
    ])("%j", async (line, offers, end) => {
      expect(await shell.complete(line)).toEqual([offers, end]);
    });

    it("is silent when the cluster does not answer", async () => {
      cluster.before = () => {
        throw new Error("no");
      };
      expect(await shell.complete("get /a")).toEqual([[], "/a"]);
    });
  });
});

describe("history", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kvctl-history-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("lives in the state folder or the home", () => {
    expect(historyFile({ XDG_STATE_HOME: "/s", HOME: "/h" })).toBe(join("/s", "terrarium", "kvctl-history"));
    expect(historyFile({ HOME: "/h" })).toBe(join("/h", ".local", "state", "terrarium", "kvctl-history"));
    expect(historyFile({})).toBeUndefined();
  });

  it("is kept, bounded and private", () => {
    const file = join(folder, "deep", "history");
    const lines = Array.from({ length: historyLinesMax + 5 }, (_, i) => `get /${i}`);
    saveHistory(file, ["x".repeat(historyLineLengthMax + 1), ...lines, "y".repeat(historyLineLengthMax + 1)]);
    expect(loadHistory(file)).toEqual(lines.slice(5));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("never fails", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    saveHistory(join(file, "below-a-file"), ["get /a"]);
    expect(loadHistory(join(file, "below-a-file"))).toEqual([]);
    saveHistory(undefined, ["get /a"]);
    expect(loadHistory(undefined)).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe("");
  });
});
