import { beforeEach, describe, expect, it } from "vitest";
import { FakeCluster, kvctl, start, until } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const run = (...words: string[]) => kvctl(words, { cluster });
const text = (path: string) => new TextDecoder().decode(cluster.nodes.get(path)?.data);
const make = (...paths: string[]) => {
  for (const path of paths) cluster.create(path, new TextEncoder().encode(`data of ${path}`), 0, false);
};
const lines = (stdout: string) => stdout.split("\n").filter((line) => line !== "");

describe("create", () => {
  it("prints the path and closes its session", async () => {
    expect(await run("create", "/a", "hello")).toMatchObject({ exitCode: 0, stdout: "/a\n", stderr: "" });
    expect(text("/a")).toBe("hello");
    expect(cluster.closed).toEqual([1]);
  });

  it("numbers sequential znodes", async () => {
    expect((await run("create", "-s", "/job-", "x")).stdout).toBe("/job-0000000000\n");
    expect((await run("create", "--sequential", "/job-", "--json")).stdout).toBe('{"path":"/job-0000000001"}\n');
  });

  it("makes missing parents with -p, and only then", async () => {
    expect(await run("create", "/a/b/c", "x")).toMatchObject({ exitCode: 1 });
    expect(await run("create", "-p", "/a/b/c", "x")).toMatchObject({ exitCode: 0, stdout: "/a/b/c\n" });
    expect(text("/a/b")).toBe("");
    expect(await run("create", "-p", "/a/b/d")).toMatchObject({ exitCode: 0 });
    expect(await run("create", "-p", "/a/b/d")).toMatchObject({ exitCode: 1, stdout: "" });
  });

  it("makes no parents for a name that is refused", async () => {
    for (const words of [["/n/m/.."], ["/n/m/"], ["/n/m\u0001"], ["-s", `/n/${"x".repeat(4088)}`]])
      expect(await run("create", "-p", ...words)).toMatchObject({ exitCode: 2 });
    expect(cluster.names("/")).toEqual([]);
    expect(cluster.sessionsOpened).toBe(0);
    expect((await run("create", "-p", "-s", "/n/m/")).stdout).toBe("/n/m/0000000000\n");
  });

  it("copes with another client that makes the parents meanwhile", async () => {
    cluster.before = (operation, path) => {
      if (operation === "create" && path === "/a" && !cluster.nodes.has("/a")) make("/a");
    };
    expect(await run("create", "-p", "/a/b/c")).toMatchObject({ exitCode: 0 });
    expect(cluster.nodes.has("/a/b/c")).toBe(true);
  });

  it("takes data from a file and from standard input", async () => {
    const bytes = Uint8Array.of(0, 1, 255);
    await kvctl(["create", "/file", "@f"], { cluster, files: { f: bytes } });
    expect(cluster.nodes.get("/file")?.data).toEqual(bytes);
    await kvctl(["create", "/stdin", "-"], { cluster, stdin: "from stdin" });
    expect(text("/stdin")).toBe("from stdin");
    const missing = await kvctl(["create", "/none", "@nothing"], { cluster });
    expect(missing).toMatchObject({ exitCode: 2, stdout: "" });
    expect(missing.stderr).toMatch(/^kvctl: cannot read 'nothing': no such file\n {2}hint: /);
  });

  it("makes containers and znodes with a time to live, which stat and ls tell", async () => {
    await kvctl(["create", "--container", "/c"], { cluster });
    await kvctl(["create", "--ttl", "30s", "/c/t"], { cluster });
    await kvctl(["create", "--ttl", "2d", "-s", "/c/s-"], { cluster });
    expect(cluster.nodes.get("/c")?.stat).toMatchObject({ container: true });
    expect(cluster.nodes.get("/c/t")?.stat).toMatchObject({ ttlMs: 30_000 });
    expect(cluster.nodes.get("/c/s-0000000001")?.stat).toMatchObject({ ttlMs: 172_800_000 });
    expect((await kvctl(["stat", "/c"], { cluster })).stdout).toContain("ephemeralOwner  0 (container)\n");
    const told = (await kvctl(["stat", "/c/t"], { cluster })).stdout;
    expect(told).toMatch(/^ephemeralOwner\s+0 \(ttl\)$/m);
    expect(told).toMatch(/^ttlMs\s+30000$/m);
    expect((await kvctl(["ls", "-l", "/"], { cluster })).stdout).toMatch(/ container .* c$/m);
    expect((await kvctl(["ls", "-l", "/c"], { cluster })).stdout).toMatch(/ ttl .* t$/m);
  });

  it.each([
    [["--container", "-s"], "a container is neither ephemeral nor sequential"],
    [["--container", "--ttl", "1s"], "a container is neither ephemeral nor sequential"],
    [["-e", "--ttl", "1s"], "an ephemeral goes with its session"],
    [["--ttl", "soon"], "--ttl: 'soon' is not a duration"],
    [["--ttl", "99999d"], "--ttl: '99999d' is out of range (1ms to 12725d)"],
  ])("refuses %j", async (options, problem) => {
    const run = await kvctl(["create", ...options, "/x"], { cluster });
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toContain(problem);
    expect(cluster.nodes.has("/x")).toBe(false);
  });

  it("-e holds the session until interrupted, then closes it", async () => {
    const running = start(["create", "-e", "/lock"], { cluster });
    await until(() => running.stderr().includes("holding session 1"), "it holds");
    expect(running.stdout()).toBe("/lock\n");
    expect(cluster.nodes.get("/lock")?.stat.ephemeralOwner).toBe(1);
    expect(cluster.closed).toEqual([]);
    running.interrupt();
    expect(await running.done).toMatchObject({ exitCode: 0 });
    expect(cluster.closed).toEqual([1]);
  });

  it("-e fails once the session is lost", async () => {
    const running = start(["create", "-e", "/lock", "--json"], { cluster });
    await until(() => running.stdout().includes("holding"), "it holds");
    cluster.state("suspended");
    cluster.state("connected");
    cluster.state("expired");
    const { exitCode, stdout, stderr } = await running.done;
    expect(exitCode).toBe(1);
    const [made, error] = lines(stdout).map((line) => JSON.parse(line));
    expect(made).toEqual({ path: "/lock", session: 1, holding: true });
    expect(error).toMatchObject({ error: { code: "SESSION_EXPIRED" } });
    expect(stderr).toMatch(/connection is lost[\s\S]*connected again/);
  });
});

describe("get", () => {
  it("writes the bytes as they are", async () => {
    const bytes = Uint8Array.of(0, 10, 13, 255, 254);
    cluster.create("/b", bytes, 0, false);
    expect(new Uint8Array((await run("get", "/b")).bytes)).toEqual(bytes);
  });

  it("ends the line on a terminal only", async () => {
    make("/a");
    expect((await kvctl(["get", "/a"], { cluster })).stdout).toBe("data of /a");
    expect((await kvctl(["get", "/a"], { cluster, terminal: true })).stdout).toBe("data of /a\n");
    cluster.set("/a", new TextEncoder().encode("x\n"), -1);
    expect((await kvctl(["get", "/a"], { cluster, terminal: true })).stdout).toBe("x\n");
  });

  it("adds the stat", async () => {
    make("/a");
    const { stdout } = await run("get", "/a", "--stat");
    expect(stdout).toMatch(/^data of \/a\nczxid +1\nctime +2023-11-14T22:13:20.000Z\n/);
  });

  it("gives JSON", async () => {
    make("/a");
    const object = JSON.parse((await run("get", "/a", "--json", "--local")).stdout);
    expect(object).toMatchObject({
      path: "/a",
      data: "data of /a",
      encoding: "utf8",
      stat: { version: 0, dataLength: 10 },
    });
  });

  it("-w prints the value, then the one event", async () => {
    make("/a");
    const running = start(["get", "-w", "/a"], { cluster });
    await until(() => running.stdout() === "data of /a\n", "the value is there");
    cluster.set("/a", new Uint8Array(), -1);
    expect(await running.done).toMatchObject({ exitCode: 0, stdout: "data of /a\ndataChanged  /a  zxid 2\n" });
  });

  it("-w that is interrupted has not done its work", async () => {
    make("/a");
    const running = start(["get", "-w", "/a"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    running.interrupt();
    expect(await running.done).toMatchObject({ exitCode: 130 });
    expect(cluster.closed).toEqual([1]);
  });

  it("of nothing is refused", async () => {
    const { exitCode, stdout, stderr } = await run("get", "/no");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^kvctl: the znode \/no does not exist\n {2}hint: .*\n$/);
    const json = await run("get", "/no", "--json");
    expect(json.stderr).toBe("");
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: "NO_NODE", message: "the znode /no does not exist", hint: expect.stringContaining("ls") },
    });
  });
});

describe("set", () => {
  it("prints the new version", async () => {
    make("/a");
    expect(await run("set", "/a", "new")).toMatchObject({ exitCode: 0, stdout: "version 1\n" });
    expect(text("/a")).toBe("new");
    expect(JSON.parse((await run("set", "/a", "--json", "--", "--dash")).stdout)).toMatchObject({
      stat: { version: 2 },
    });
    expect(text("/a")).toBe("--dash");
  });

  it("expects a version", async () => {
    make("/a");
    expect(await run("set", "/a", "x", "--version", "3")).toMatchObject({ exitCode: 1 });
    expect(await run("set", "/a", "x", "--version", "0")).toMatchObject({ exitCode: 0 });
    expect(await run("set", "/a", "y", "--version", "-1")).toMatchObject({ exitCode: 0 });
    expect(await run("set", "/a", "y", "--version", "one")).toMatchObject({ exitCode: 2 });
    expect(text("/a")).toBe("y");
  });
});

describe("delete", () => {
  it("refuses what is built in before anything below it goes", async () => {
    make("/zookeeper", "/zookeeper/quota", "/zookeeper/quota/mine");
    for (const path of ["/zookeeper", "/zookeeper/quota"])
      for (const words of [[path], ["-r", path]]) {
        const { exitCode, stderr } = await run("delete", ...words);
        expect(exitCode).toBe(2);
        expect(stderr).toContain(`the built-in znode ${path} is never deleted`);
        expect(stderr).not.toContain("segment");
      }
    for (const words of [["/"], ["-r", "/"]]) expect(await run("delete", ...words)).toMatchObject({ exitCode: 2 });
    expect([...cluster.nodes.keys()]).toContain("/zookeeper/quota/mine");
    expect(cluster.sessionsOpened).toBe(0);
    expect(await run("delete", "/zookeeper/quota/mine")).toMatchObject({ exitCode: 0 });
  });

  it("removes one", async () => {
    make("/a", "/a/b");
    expect(await run("delete", "/a")).toMatchObject({ exitCode: 1 });
    expect(await run("delete", "/a/b", "--version", "7")).toMatchObject({ exitCode: 1 });
    expect(await run("delete", "/a/b", "--version", "0")).toMatchObject({ exitCode: 0, stdout: "deleted /a/b\n" });
    expect(cluster.nodes.has("/a/b")).toBe(false);
  });

  it("-r removes all below, and nothing else", async () => {
    make("/a", "/a/b", "/a/b/c", "/a/b/d", "/a/e", "/ab");
    for (let i = 0; i < 100; i++) make(`/a/e/${i}`);
    expect(await run("delete", "-r", "/a")).toMatchObject({ exitCode: 0, stdout: "deleted /a and 104 below it\n" });
    expect([...cluster.nodes.keys()]).toEqual(["/", "/ab"]);
  });

  it("-r copes with others who create and delete below", async () => {
    make("/a", "/a/b", "/a/c", "/a/c/d");
    let steps = 0;
    cluster.before = (operation, path) => {
      if (operation === "delete" && path === "/a/b" && ++steps === 1) make("/a/b/new");
      if (operation === "children" && path === "/a/c") cluster.delete("/a/c/d", -1);
    };
    expect(await run("delete", "-r", "/a", "--json")).toMatchObject({
      exitCode: 0,
      stdout: '{"deleted":"/a","count":4}\n',
    });
    expect([...cluster.nodes.keys()]).toEqual(["/"]);
  });

  it("-r does not race for ever", async () => {
    make("/a");
    let created = 0;
    cluster.before = (operation, path) => {
      if (operation === "delete" && path === "/a") make(`/a/${created++}`);
    };
    expect(await run("delete", "-r", "/a")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("children") });
    expect(created).toBe(10);
  });

  it("-r of nothing is refused, of the root and with a version it is wrong usage", async () => {
    expect(await run("delete", "-r", "/a")).toMatchObject({ exitCode: 1 });
    make("/a");
    expect(await run("delete", "-r", "/")).toMatchObject({ exitCode: 2 });
    expect(await run("delete", "-r", "/a", "--version", "0")).toMatchObject({ exitCode: 2 });
    expect(cluster.nodes.has("/a")).toBe(true);
  });
});

describe("stat and sync", () => {
  it("stat prints labels", async () => {
    make("/a");
    const { stdout } = await run("stat", "/a");
    const labels = lines(stdout).map((line) => line.split(/\s+/)[0]);
    expect(labels).toEqual(
      "czxid ctime mzxid mtime pzxid version cversion aversion ephemeralOwner dataLength numChildren".split(" "),
    );
    expect(JSON.parse((await run("stat", "/a", "--json")).stdout)).toMatchObject({ path: "/a", stat: { czxid: 1 } });
    expect(await run("stat", "/no")).toMatchObject({ exitCode: 1 });
  });

  it("stat -w waits", async () => {
    make("/a");
    const running = start(["stat", "-w", "/a", "--json"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    cluster.delete("/a", -1);
    const { stdout } = await running.done;
    expect(lines(stdout)[1]).toBe('{"event":{"type":"deleted","path":"/a","zxid":2}}');
  });

  it("-w ends with the session", async () => {
    make("/a");
    const running = start(["stat", "-w", "/a"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    cluster.state("expired");
    expect(await running.done).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("session") });
  });

  it("sync prints the zxid", async () => {
    make("/a", "/b");
    expect(await run("sync")).toMatchObject({ exitCode: 0, stdout: "zxid 2\n" });
    expect((await run("sync", "--json")).stdout).toBe('{"zxid":2}\n');
  });
});

describe("names known from elsewhere", () => {
  it("are aliases, or lead to the command that is meant", async () => {
    expect(await run("create", "/a")).toMatchObject({ exitCode: 0 });
    expect(await run("put", "/a", "x")).toMatchObject({ exitCode: 0, stdout: "version 1\n" });
    expect(await run("ls")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("a\n") });
    expect(await run("rm", "/a")).toMatchObject({ exitCode: 0, stdout: "deleted /a\n" });
    expect(await run("create", "/a")).toMatchObject({ exitCode: 0 });
    expect(await run("del", "/a")).toMatchObject({ exitCode: 0 });
    for (const [typed, meant] of [
      ["rmr", "delete -r"],
      ["exists", "stat"],
      ["backup", "snapshot save"],
    ] as const)
      expect(await run(typed, "/a")).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(`did you mean \`${meant}\`?`),
      });
  });
});
