import { describe, expect, it } from "vitest";
import { FakeCluster, kvctl, start, until } from "./kvctl-world.ts";

const names = ["create", "get", "set", "delete", "ls", "stat", "watch", "sync", "status", "shell"];

describe("usage errors exit with 2, a sentence and a hint", () => {
  it.each<[string[], string]>([
    [["get"], "missing required argument 'path'"],
    [["set", "/a"], "missing required argument 'data'"],
    [["get", "/a", "/b"], "too many arguments"],
    [["sync", "now"], "too many arguments"],
    [["get", "/a", "--frob"], "unknown option '--frob'"],
    [["--frob", "get", "/a"], "unknown option '--frob'"],
    [["frob"], "unknown command 'frob'"],
    [["help", "frob"], "unknown command 'frob'"],
    [["set", "/a", "x\ufffd"], "not valid UTF-8"],
    [["create", "/\ufffd"], "not valid UTF-8"],
    [["set", "/a", "x", "--version", "1.5"], "'1.5' is not a version"],
    [["delete", "/a", "--version", ""], "'' is not a version"],
    [["delete", "/a", "--version"], "argument missing"],
    [["get", "/a", "--timeout", "soon"], "'soon' is not a duration"],
    [["get", "/a", "--timeout", "0"], "out of range"],
    [["status", "--endpoints", "nowhere"], "'nowhere' is not an endpoint"],
    [["shell", "--endpoints", ""], "no endpoint given"],
  ])("%j", async (words, message) => {
    const cluster = new FakeCluster();
    const { exitCode, stdout, stderr } = await kvctl(words, { cluster });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^kvctl: .*\n {2}hint: .+\n$/);
    expect(stderr).toContain(message);
    expect(cluster.sessionsOpened).toBe(0);

    const json = await kvctl([...words.slice(0, 1), "--json", ...words.slice(1)], { cluster });
    expect(json).toMatchObject({ exitCode: 2, stderr: "" });
    const { error } = JSON.parse(json.stdout);
    expect(error).toEqual({ code: "USAGE", message: expect.any(String), hint: expect.any(String) });
  });

  it("suggests what was meant", async () => {
    expect((await kvctl(["crate", "/a"])).stderr).toContain("did you mean `create`?");
    expect((await kvctl(["create", "/a", "--ephemera"])).stderr).toMatch(
      /did you mean `--ephemeral`\? .*kvctl create --help/,
    );
  });

  it("says that the command is missing behind options", async () => {
    const { exitCode, stdout, stderr } = await kvctl(["--timeout", "5s"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: kvctl (?:.*\n)*kvctl: the command is missing\n {2}hint: .+\n$/);
    const json = await kvctl(["--json"]);
    expect(json).toMatchObject({ exitCode: 2, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "USAGE", message: "the command is missing" } });
  });

  it("shows the help when there is no command", async () => {
    const { exitCode, stdout, stderr } = await kvctl([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    for (const name of names) expect(stderr).toMatch(new RegExp(`^ {2}${name}[ |]`, "m"));
  });
});

describe("help", () => {
  it.each(names)("of %s has examples", async (name) => {
    const { exitCode, stdout } = await kvctl([name, "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: kvctl ${name}[ |]`));
    expect(stdout).toMatch(new RegExp(`Examples:\n.*kvctl ${name}`));
    for (const option of ["--endpoints", "--timeout", "--json"]) expect(stdout).toContain(option);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    // What follows a list item without being indented was wrapped by force.
    expect(stdout.split("Arguments:")[0]).not.toMatch(/^ .*\n[^ \n]/m);
    expect((await kvctl(["help", name])).stdout).toBe(stdout);
  });

  it("of kvctl explains exit codes and endpoints", async () => {
    const { exitCode, stdout } = await kvctl(["--help"]);
    expect(exitCode).toBe(0);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const part of ["Exit codes:", "KVCTL_ENDPOINTS", "TERRARIUM_HOME"]) expect(stdout).toContain(part);
  });

  it("the version is the package's", async () => {
    expect(await kvctl(["--version"])).toMatchObject({ exitCode: 0, stdout: "1.2.3\n" });
  });
});

describe("common options", () => {
  it("may stand before or after the command", async () => {
    const seen: (readonly string[])[] = [];
    const around = {
      env: { KVCTL_ENDPOINTS: "e:5" },
      onConnect: (endpoints: readonly string[]) => seen.push(endpoints),
    };
    await kvctl(["--endpoints", "a:1", "sync"], around);
    await kvctl(["sync", "--endpoints", "b:2,c:3"], around);
    await kvctl(["--endpoints", "a:1", "sync", "--endpoints", "d:4"], around);
    await kvctl(["sync"], around);
    expect(seen).toEqual([["a:1"], ["b:2", "c:3"], ["d:4"], ["e:5"]]);
    expect((await kvctl(["--json", "sync"])).stdout).toBe('{"zxid":0}\n');
  });

  it("--json after -- is data", async () => {
    const cluster = new FakeCluster();
    expect((await kvctl(["create", "/a", "--", "--json"], { cluster })).stdout).toBe("/a\n");
    expect(new TextDecoder().decode(cluster.nodes.get("/a")?.data)).toBe("--json");
  });

  it("--timeout reaches the session", async () => {
    const cluster = new FakeCluster();
    const asked: number[] = [];
    const open = cluster.open.bind(cluster);
    cluster.open = (timeoutMs?: number) => {
      asked.push(timeoutMs ?? 0);
      return open();
    };
    await kvctl(["sync"], { cluster });
    await kvctl(["sync", "--timeout", "250ms"], { cluster });
    expect(asked).toEqual([5_000, 250]);
  });
});

describe("interrupts", () => {
  it.each([130, 143])("break a command off with %i and close the session", async (exitCode) => {
    const cluster = new FakeCluster();
    const running = start(["get", "/a", "-w"], { cluster });
    cluster.create("/a", new Uint8Array(), 0, false);
    await until(() => cluster.armed() === 1, "it waits");
    running.interrupt(exitCode);
    expect(await running.done).toMatchObject({
      exitCode,
      stderr: "kvctl: waiting for a change of /a (Ctrl-C ends it)\n",
    });
    expect(cluster.closed).toEqual([1]);
  });

  it("do not wait for a server that never answers", async () => {
    const cluster = new FakeCluster();
    cluster.open = () => new Promise(() => undefined);
    const running = start(["get", "/a"], { cluster });
    running.interrupt();
    expect(await running.done).toMatchObject({ exitCode: 130 });
  });
});
