import { beforeEach, describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import type { ServerSession } from "../../src/client/index.ts";
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

const server = (id: number, role: "leader" | "follower", leader: number | null = 2, ready = true) => ({
  ...{ clusterId: "c", id, role, term: 4, leader, commitIndex: 10, appliedIndex: 9, lastIndex: 10, durableIndex: 10 },
  ...{ firstIndex: 1, checkpointIndex: 0 },
  ...{ members: [], sessions: 1, znodes: 3, watches: 0, connections: 0, ready },
  ...(ready ? {} : { reason: "no leader" }),
});

describe("sessions", () => {
  const session = (id: number): ServerSession => ({
    ...{ id, timeoutMs: 10_000, openedMs: Date.now() - 61_000, ephemeralCount: 2, ephemerals: ["/e"] },
    ...{ attachedTo: id === 7 ? null : 2, watches: id === 7 ? null : 3, silentMs: id === 9 ? null : 1_500 },
  });

  beforeEach(() => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", server(2, "leader"));
  });

  it("lists who has one, page by page, as the leader knows it", async () => {
    cluster.live = [3, 7, 9].map(session);
    const { stdout, exitCode } = await run("sessions");
    expect(exitCode).toBe(0);
    expect(lines(stdout)).toEqual([
      "ID  SERVER  TIMEOUT  AGE     SILENT  EPHEMERALS  WATCHES",
      expect.stringMatching(/^3 {3}2 {7}10\.0 s {3}61\.\d s {2}1\.5 s {3}2 {11}3$/),
      expect.stringMatching(/^7 {3}none .* 2 {11}-$/),
      expect.stringMatching(/^9 {3}2 .* s {2}- {7}2 {11}3$/),
    ]);
    expect(cluster.sessionPages).toEqual(["b:2 0", "b:2 7"]);
    expect(cluster.sessionsOpened).toBe(0);
    expect(lines((await run("sessions", "--json")).stdout).map((line) => JSON.parse(line))).toMatchObject(cluster.live);
  });

  it("says so if there are none, asks again if the server has too much to do, and fails without one", async () => {
    let busy = 2;
    cluster.before = (operation) => {
      if (operation === "sessions" && busy-- > 0) throw new TerrariumError("OVERLOADED");
    };
    expect(await run("sessions")).toMatchObject({ exitCode: 0, stdout: "no sessions\n" });
    expect(busy).toBe(-1);
    cluster.statuses.clear();
    expect((await run("sessions")).stderr).toContain("no server answers at a:1, b:2, c:3");
  });

  it("own ephemerals, which are listed with theirs, by how the paths begin", async () => {
    const live = [3, 7, 9].map(session);
    cluster.live = live.map((one) => ({ ...one, ephemerals: [`/e/${one.id}`, `/other/${one.id}`], ephemeralCount: 2 }));
    cluster.live = cluster.live.map((one) => (one.id === 9 ? { ...one, ephemeralCount: 1_002 } : one));
    expect(await run("ephemerals", "/e")).toMatchObject({
      exitCode: 0,
      stdout: "SESSION  PATH\n3        /e/3\n7        /e/7\n9        /e/9\n",
      stderr: "kvctl: session 9 has 1000 further ephemerals, which no server lists\n",
    });
    const all = lines((await run("ephemerals", "--json")).stdout).map((line) => JSON.parse(line));
    expect(all).toHaveLength(6);
    expect(all[1]).toEqual({ session: 3, path: "/other/3" });
    expect(await run("ephemerals", "/none/")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await run("ephemerals", "e")).toMatchObject({ exitCode: 2 });
    expect(cluster.sessionsOpened).toBe(0);
  });
});

describe("count", () => {
  it("tells how many children there are, and how many znodes in all", async () => {
    for (const path of ["/a", "/a/b", "/a/c", "/a/b/d"]) cluster.create(path, new Uint8Array(), 0, false);
    expect(await run("count", "/a")).toMatchObject({ exitCode: 0, stdout: "children  2\nbelow     3\n" });
    expect(JSON.parse((await run("count", "/a/b", "--json")).stdout)).toMatchObject({
      path: "/a/b",
      children: 1,
      below: 1,
    });
    expect(await run("count", "/none")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("/none") });
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

describe("many children", () => {
  const many = 2_345;
  const name = (i: number) => `n-${String(i).padStart(5, "0")}`;
  const makeMany = (parent: string) => {
    for (let i = 0; i < many; i++) make(`${parent}/${name(i)}`);
  };
  const firstPageOf = (path: string) => cluster.pages.filter((page) => page === path).length;

  it("are listed page by page, in a table too", async () => {
    make("/p");
    makeMany("/p");
    expect(lines((await run("ls", "/p")).stdout)).toHaveLength(many);
    expect(cluster.pages).toEqual(["/p", "/p n-00999", "/p n-01999"]);
    const table = lines((await run("ls", "-l", "/p")).stdout);
    expect(table).toHaveLength(many + 1);
    expect(table.filter((line) => line.includes("VERSION"))).toHaveLength(1);
    expect(table.at(-1)).toMatch(/n-02344$/);
  });

  it("are listed below their parent by -R, each once, with what is below them", async () => {
    make("/p", "/z");
    makeMany("/p");
    make(`/p/${name(1_000)}/below`);
    const shown = lines((await run("ls", "-R", "/")).stdout);
    expect(shown).toEqual([...cluster.nodes.keys()].filter((path) => path !== "/").sort());
    expect(firstPageOf("/p")).toBe(1);
  });

  it("go with -r, those of children too, a page at a time", async () => {
    make("/p", "/p/q");
    makeMany("/p/q");
    make(`/p/q/${name(7)}/below`, "/stays");
    let listed = 0;
    cluster.before = (operation, path) => {
      if (operation === "children" && path === "/p/q") listed = cluster.names("/p/q").length;
    };
    expect(await run("delete", "-r", "/p")).toMatchObject({
      exitCode: 0,
      stdout: `deleted /p and ${many + 2} below it\n`,
    });
    expect([...cluster.nodes.keys()]).toEqual(["/", "/stays"]);
    // When the last page was asked for, those before were gone.
    expect(listed).toBe(many - 2_000);
  });

  it("of a watched znode are not fetched", async () => {
    make("/p");
    makeMany("/p");
    const running = start(["watch", "/p", "--children"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    make("/p/new");
    await until(() => running.stdout().includes("childrenChanged"), "the event is told");
    running.interrupt();
    await running.done;
    expect(new Set(cluster.pages)).toEqual(new Set(["/p"]));
  });
});

describe("ls", () => {
  beforeEach(() => make("/b", "/a", "/a/x", "/a/x/y", "/a-b"));

  it("prints names", async () => {
    expect((await run("ls", "/")).stdout).toBe("a\na-b\nb\n");
    expect((await run("ls", "/a")).stdout).toBe("x\n");
    expect(await run("ls", "/b")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await run("ls", "/no")).toMatchObject({ exitCode: 1, stdout: "" });
  });

  it("-R prints full paths, depth first", async () => {
    expect((await run("ls", "-R", "/")).stdout).toBe("/a\n/a/x\n/a/x/y\n/a-b\n/b\n");
    expect((await run("ls", "-R", "/a")).stdout).toBe("/a/x\n/a/x/y\n");
  });

  it("-R leaves out what goes meanwhile", async () => {
    cluster.before = (operation, path) => {
      if (operation === "children" && path === "/a-b") cluster.delete("/a-b", -1);
    };
    expect(await run("ls", "-R", "/")).toMatchObject({ exitCode: 0, stdout: "/a\n/a/x\n/a/x/y\n/b\n" });
  });

  it("-l prints a table", async () => {
    cluster.create("/e", new Uint8Array(), 9, false);
    const [head, a, , , e] = lines((await run("ls", "-l", "/")).stdout);
    expect(head).toMatch(/^VERSION +BYTES +CHILDREN +OWNER +MODIFIED +NAME$/);
    expect(a).toMatch(/^0 +10 +1 +- +2023-11-14T22:13:20\.000Z +a$/);
    expect(e).toMatch(/^0 +0 +0 +9 +\S+ +e$/);
    expect(lines((await run("ls", "-lR", "/a")).stdout).at(-1)).toMatch(/ \/a\/x\/y$/);
  });

  it("gives JSON", async () => {
    expect(lines((await run("ls", "/", "--json")).stdout)[0]).toBe('{"path":"/a","name":"a"}');
    const [first] = lines((await run("ls", "-Rl", "/a", "--json")).stdout);
    expect(JSON.parse(first ?? "")).toMatchObject({ path: "/a/x", name: "x", stat: { numChildren: 1 } });
  });

  it("-w waits for one event; not with -R", async () => {
    const running = start(["ls", "-w", "/b"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    make("/b/new");
    expect(await running.done).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^childrenChanged {2}\/b {2}zxid/),
    });
    expect(await run("ls", "-wR", "/")).toMatchObject({ exitCode: 2 });
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

describe("status", () => {
  it("prints a table and the leader", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", server(2, "leader"));
    const { exitCode, stdout } = await run("status");
    expect(exitCode).toBe(0);
    const [head, a, b, c, summary] = lines(stdout);
    expect(head).toMatch(/^ENDPOINT +ID +ROLE +TERM +LEADER +COMMIT +APPLIED +SESSIONS +ZNODES +STATE$/);
    expect(a).toMatch(/^a:1 +1 +follower +4 +2 +10 +9 +1 +3 +up$/);
    expect(b).toMatch(/^b:2 +2 +leader /);
    expect(c).toMatch(/^c:3 +- .* down: no answer from c:3$/);
    expect(summary).toBe("leader: server 2, term 4; 2 of 3 servers answer: 1, 2");
    expect(cluster.sessionsOpened).toBe(0);
  });

  it("says where the dashboard is, if a server that answers has one", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", { ...server(2, "leader"), httpAddress: "127.0.0.1:7202" });
    expect(lines((await run("status")).stdout).at(-1)).toBe("dashboard: http://127.0.0.1:7202/");
  });

  it("says where ZooKeeper's protocol is spoken", async () => {
    cluster.statuses.set("a:1", { ...server(1, "follower"), zookeeperAddress: "127.0.0.1:7401" });
    cluster.statuses.set("b:2", { ...server(2, "leader"), zookeeperAddress: "127.0.0.1:7402" });
    expect(lines((await run("status")).stdout).at(-1)).toBe("ZooKeeper: 127.0.0.1:7401,127.0.0.1:7402");
  });

  it("names the endpoint and the reason of silence once", async () => {
    cluster.status = (endpoint) => Promise.reject(new TerrariumError("NO_SERVER", reasons[endpoint]));
    const reasons: Record<string, string> = {
      "a:1": "a:1: nothing listens there",
      "b:2": "b:2: no answer in time",
      "c:3": "another reason",
    };
    const states = lines((await run("status")).stdout).map((line) => line.split(/ {2,}/).at(-1));
    expect(states).toEqual(["STATE", "down: nothing listens there", "down: no answer in time", "down: another reason"]);
  });

  it("says of a server without room why it refuses writes, and counts it as up", async () => {
    const writesRefused = "the disk of server 1 is almost full: 1.0 MiB are free";
    cluster.statuses.set("a:1", { ...server(1, "leader"), diskLow: true, writesRefused });
    cluster.statuses.set("b:2", server(2, "follower"));
    const { exitCode, stdout } = await run("status");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`up, refuses writes: ${writesRefused}`);
    const health = await run("health");
    expect(health.stdout).toContain(`refuses writes: ${writesRefused}`);
  });

  it("exits with 3 without a leader, and says who is up", async () => {
    cluster.statuses.set("a:1", server(1, "follower", null, false));
    const { exitCode, stdout, stderr } = await run("status");
    expect(exitCode).toBe(3);
    expect(stdout).toContain("up, not ready: no leader");
    expect(stderr).toContain("no quorum: no leader that a majority follows; server 1 answers; no answer from b:2, c:3");
  });

  it("counts a leader that serves through others, though its own disk hangs", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", server(2, "leader", 2, false));
    cluster.statuses.set("c:3", server(3, "follower"));
    const { exitCode, stdout } = await run("status");
    expect(exitCode).toBe(0);
    expect(lines(stdout).at(-1)).toMatch(/^leader: server 2, term 4; /);
  });

  it("shows an observer, a server that waits and one that was removed as what they are", async () => {
    const member = (id: number, voter: boolean) => ({ id, peerAddress: "p:1", clientAddress: "c:1", voter });
    const members = [member(1, false), member(2, true)];
    cluster.statuses.set("a:1", { ...server(1, "follower"), members });
    cluster.statuses.set("b:2", { ...server(2, "follower", null, false), joining: true });
    cluster.statuses.set("c:3", { ...server(3, "follower", null, false), members });
    const rows = lines((await run("status")).stdout);
    expect(rows[1]).toMatch(/^a:1 +1 +observer /);
    expect(rows[2]).toMatch(/^b:2 +2 +joining /);
    expect(rows[3]).toMatch(/^c:3 +3 +removed .*no longer in the cluster$/);
  });

  it("tells servers of two clusters from one", async () => {
    cluster.statuses.set("a:1", server(1, "leader"));
    cluster.statuses.set("b:2", { ...server(1, "leader"), clusterId: "d" });
    const { exitCode, stdout, stderr } = await run("status");
    expect(exitCode).toBe(2);
    expect(lines(stdout)).toHaveLength(4);
    expect(stderr).toContain("the endpoints belong to different clusters: a:1 of c; b:2 of d");
  });

  it("tells what is no Terrarium server from what is down", async () => {
    cluster.status = (endpoint) => Promise.reject(new TerrariumError("PROTOCOL_ERROR", `${endpoint}: a web server`));
    const { exitCode, stdout, stderr } = await run("status");
    expect(exitCode).toBe(1);
    expect(lines(stdout)[1]).toMatch(/- +a web server$/);
    expect(stderr).toContain("no Terrarium server answers: a:1: a web server; b:2");
  });

  it("believes a follower where what is silent is not the leader", async () => {
    const members = [
      { id: 1, peerAddress: "p:1", clientAddress: "a:1", voter: true },
      { id: 2, peerAddress: "p:2", clientAddress: "b:2", voter: true },
      { id: 3, peerAddress: "p:3", clientAddress: "c:3", voter: true },
      { id: 9, peerAddress: "p:9", clientAddress: "z:9", voter: true },
    ];
    cluster.statuses.set("a:1", { ...server(1, "follower", 9), members });
    expect(await run("status")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("leader: server 9") });
    cluster.statuses.set("a:1", { ...server(1, "follower", 2), members });
    expect(await run("status")).toMatchObject({ exitCode: 3 });
  });

  it("does not believe followers of a leader that is down", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("c:3", server(3, "follower"));
    expect(await run("status")).toMatchObject({ exitCode: 3 });
  });

  it("believes them about a leader that was not asked", async () => {
    cluster.statuses.set("a:1", server(1, "follower", 9));
    cluster.statuses.set("b:2", server(2, "follower", 9));
    cluster.statuses.set("c:3", server(3, "follower", 9));
    expect(await run("status")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("leader: server 9, term 4"),
    });
  });

  it("exits with 3 when nobody answers; JSON has a line for each", async () => {
    const { exitCode, stdout } = await run("status", "--json");
    expect(exitCode).toBe(3);
    const objects = lines(stdout).map((line) => JSON.parse(line));
    expect(objects).toHaveLength(4);
    expect(objects[0]).toEqual({
      endpoint: "a:1",
      up: false,
      error: { code: "NO_SERVER", message: "no answer from a:1" },
    });
    expect(objects[3]).toMatchObject({ error: { code: "NO_SERVER" } });
  });
});

describe("no quorum and no server", () => {
  it.each(["NO_QUORUM", "NO_SERVER", "TIMEOUT", "OVERLOADED"] as const)("%s exits with 3", async (code) => {
    cluster.before = () => {
      throw new TerrariumError(code);
    };
    const { exitCode, stderr } = await run("get", "/a");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^kvctl: .*\n {2}hint: .*\n$/);
  });

  it("a bug shows no stack", async () => {
    cluster.before = () => {
      throw new RangeError("oops");
    };
    const { exitCode, stderr } = await run("get", "/a");
    expect({ exitCode, lines: stderr.split("\n").length }).toEqual({ exitCode: 1, lines: 3 });
    expect(JSON.parse((await run("get", "/a", "--json")).stdout)).toMatchObject({ error: { code: "INTERNAL" } });
  });
});

describe("snapshot", () => {
  const status = {
    clusterId: "c",
    id: 2,
    role: "leader",
    term: 4,
    leader: 2,
    commitIndex: 10,
    appliedIndex: 9,
  } as const;
  const rest = { lastIndex: 10, durableIndex: 10, firstIndex: 1, checkpointIndex: 0, members: [], watches: 0 };

  beforeEach(() => {
    cluster.statuses.set("b:2", { ...status, ...rest, sessions: 1, znodes: 3, connections: 0, ready: true });
  });

  it("save takes a backup from the first server that answers, and says of what", async () => {
    expect(await run("snapshot", "save", "f.backup")).toMatchObject({
      exitCode: 0,
      stdout: "saved f.backup: 3 znodes, 1 session, up to zxid 9, from b:2\n",
    });
    expect([...cluster.saved.keys()]).toEqual(["f.backup"]);
    const { stdout } = await run("snapshot", "save", "g.backup", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ file: "g.backup", endpoint: "b:2", index: 9, bytes: 1234 });
  });

  it("take a file name only, and pass over what is no server", async () => {
    for (const verb of ["save", "inspect"])
      expect(await run("snapshot", verb, "-")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("./-") });
    const status = cluster.status.bind(cluster);
    cluster.status = (endpoint) =>
      endpoint === "a:1" ? Promise.reject(new TerrariumError("PROTOCOL_ERROR", "a:1: a web server")) : status(endpoint);
    expect(await run("snapshot", "save", "i.backup")).toMatchObject({ exitCode: 0 });
    cluster.statuses.clear();
    const { stderr } = await run("snapshot", "save", "j.backup");
    expect(stderr).toContain("no server gives a backup: a:1: a web server; no answer from b:2; no answer from c:3\n");
  });

  it("save never writes over a file, and says when nobody answers", async () => {
    await run("snapshot", "save", "f.backup");
    expect(await run("snapshot", "save", "f.backup")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("exists"),
    });
    cluster.statuses.clear();
    expect(await run("snapshot", "save", "h.backup")).toMatchObject({ exitCode: 3 });
  });

  it("inspect shows where and when a backup was taken, and refuses what is none", async () => {
    await run("snapshot", "save", "f.backup");
    const { exitCode, stdout } = await run("snapshot", "inspect", "f.backup");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^cluster +c$/m);
    expect(stdout).toMatch(/^zxid +9$/m);
    expect(stdout).toMatch(/^taken +1970-01-01T00:00:00.000Z$/m);
    expect(await run("snapshot", "inspect", "other")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("no backup"),
    });
    expect(await run("snapshot", "inspect")).toMatchObject({ exitCode: 2 });
  });
});

describe("health", () => {
  const server = (id: number, ready = true) => ({
    ...{ clusterId: "c", id, role: id === 2 ? ("leader" as const) : ("follower" as const), term: 4, leader: 2 },
    ...{ commitIndex: 10, appliedIndex: 9, lastIndex: 10, durableIndex: 10, firstIndex: 1, checkpointIndex: 0 },
    ...{ members: [], sessions: 1, znodes: 3, watches: 0, connections: 0, ready },
    ...(ready ? {} : { reason: "no leader" }),
  });

  it("times each endpoint and the quorum", async () => {
    for (const [i, endpoint] of ["a:1", "b:2", "c:3"].entries()) cluster.statuses.set(endpoint, server(i + 1));
    const all = await run("health");
    expect(all).toMatchObject({ exitCode: 0, stderr: "" });
    const [head, first, , , summary] = lines(all.stdout);
    expect(head).toMatch(/^ENDPOINT +ID +STATE +ANSWERS IN +WHY$/);
    expect(first).toMatch(/^a:1 +1 +healthy +[\d.]+ ms$/);
    expect(summary).toMatch(/^all 3 serve; a round through the quorum took [\d.]+ ms$/);
    const json = lines((await run("health", "--json")).stdout).map((line) => JSON.parse(line));
    expect(json[0]).toEqual({ endpoint: "a:1", id: 1, healthy: true, tookMs: expect.any(Number) });
    expect(json.at(-1)).toEqual({ quorum: true, tookMs: expect.any(Number) });
  });

  it("is content with nothing less than all", async () => {
    cluster.statuses.set("a:1", server(1, false));
    cluster.statuses.set("b:2", server(2));
    const { exitCode, stdout, stderr } = await run("health");
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^a:1 +1 +not healthy +[\d.]+ ms +no leader$/m);
    expect(stdout).toMatch(/^c:3 +- +not healthy +- +no answer from c:3$/m);
    expect(stderr).toContain("2 of 3 servers do not serve: a:1, c:3");
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
