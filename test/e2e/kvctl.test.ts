import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { type ServerSession, TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { Kvctl, type KvctlResult, type KvctlWorld, runKvctl } from "../support/run-kvctl.ts";

let cluster: LocalCluster;
/** Looks at the tree, and changes it behind kvctl's back. */
let client: TerrariumClient;
let folder: string;
const started: Kvctl[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "terrarium-kvctl-"));
  cluster = await LocalCluster.start(3);
  client = await TerrariumClient.connect({ endpoints: cluster.endpoints, requestTimeoutMs: 30_000 });
});
afterAll(async () => {
  await Promise.all(started.map((run) => run.signal("SIGKILL")));
  // No server is left that could answer.
  await client.close({ timeoutMs: 1 });
  await cluster.destroy();
  await rm(folder, { recursive: true, force: true });
});

/** Runs kvctl with the cluster's endpoints; blanks in `line` separate words. */
function kvctl(line: string | readonly string[], world: KvctlWorld = {}): Promise<KvctlResult> {
  return runKvctl([...words(line), "--endpoints", cluster.endpoints.join(",")], world);
}

/** Starts one that goes on until it is interrupted or an event comes. */
function start(line: string): Kvctl {
  const run = new Kvctl([...words(line), "--endpoints", cluster.endpoints.join(","), "--timeout", "30s"]);
  started.push(run);
  return run;
}

function words(line: string | readonly string[]): readonly string[] {
  return typeof line === "string" ? line.split(" ") : line;
}

/** Runs lines at once; asserts that each printed this and nothing else, and exited with 0. */
async function expectAll(outputs: Readonly<Record<string, string | RegExp>>): Promise<void> {
  await Promise.all(
    Object.entries(outputs).map(async ([line, out]) => {
      const matching = typeof out === "string" ? out : expect.stringMatching(out);
      expect(await kvctl(line), line).toMatchObject({ code: 0, out: matching, error: "" });
    }),
  );
}

/** Waits until a run has printed `text`. */
function shows(run: Kvctl, text: string): Promise<void> {
  return vi.waitFor(() => expect(run.out + run.error).toContain(text), { timeout: 30_000, interval: 20 });
}

const text = async (path: string) => Buffer.from((await client.get(path)).data).toString();
const lines = (out: string) => out.split("\n").filter((line) => line !== "");
const objects = (out: string): unknown[] => lines(out).map((line) => JSON.parse(line));

describe("commands", () => {
  it("create makes znodes: plain, sequential, with parents", async () => {
    await expectAll({
      "create /plain hello": "/plain\n",
      "create /none": "/none\n",
      "create -p /deep/er/est x": "/deep/er/est\n",
      "create --parents /wide/st --json": '{"path":"/wide/st"}\n',
    });
    expect(await text("/plain")).toBe("hello");
    expect(await text("/none")).toBe("");
    expect(await text("/deep/er")).toBe("");
    await client.create("/jobs", "");
    expect((await kvctl("create -s /jobs/j-")).out).toBe("/jobs/j-0000000000\n");
    expect((await kvctl("create /jobs/j- --sequential")).out).toBe("/jobs/j-0000000001\n");
  });

  it("get, set and stat read and write, also on condition", async () => {
    await client.create("/config", "one");
    await expectAll({
      "get /config": "one",
      "get /config --local": "one",
      "get /config --stat": /^one\nczxid +\d+\n(.*\n){4}version +0\n(.*\n){4}numChildren +0\n$/,
      "stat /config": /^czxid +\d+\n(.*\n)+dataLength +3\nnumChildren +0\n$/,
      "stat /config --json": /^\{"path":"\/config","stat":\{"czxid":\d+,.*"dataLength":3,"numChildren":0\}\}\n$/,
      "get /config --json": /^\{"path":"\/config","data":"one","encoding":"utf8","stat":\{.*\}\}\n$/,
    });
    expect(await kvctl("set /config two --version 0")).toMatchObject({ code: 0, out: "version 1\n", error: "" });
    expect(await kvctl("set /config three --version 0")).toMatchObject({ code: 1, out: "" });
    expect((await kvctl("set /config three --version -1 --json")).out).toMatch(/"version":2,/);
    expect(await text("/config")).toBe("three");
  });

  it("delete removes one znode, or all below it", async () => {
    for (const path of ["/one", "/tree", "/tree/a", "/tree/a/b", "/tree/c"]) await client.create(path, "");
    expect(await kvctl("delete /one --version 3")).toMatchObject({ code: 1, out: "" });
    expect(await kvctl("delete /tree")).toMatchObject({ code: 1, error: expect.stringContaining("has children") });
    await expectAll({
      "delete /one --version 0": "deleted /one\n",
      "delete -r /tree --json": '{"deleted":"/tree","count":4}\n',
    });
    expect(await client.exists("/one")).toBeUndefined();
    expect(await client.exists("/tree")).toBeUndefined();
  });

  it("ls lists: names, all below, a table, JSON", async () => {
    for (const path of ["/list", "/list/b", "/list/a", "/list/a/x"]) await client.create(path, "12");
    await expectAll({
      "ls /list": "a\nb\n",
      "ls -R /list": "/list/a\n/list/a/x\n/list/b\n",
      "ls --recursive /list --json": /^\{"path":"\/list\/a","name":"a"\}\n.*\n.*\n$/,
      "ls -l /list": /^VERSION +BYTES +CHILDREN +OWNER +MODIFIED +NAME\n0 +2 +1 +- +\S+ +a\n0 +2 +0 +- +\S+ +b\n$/,
      "ls -l /list/a --json": /^\{"path":"\/list\/a\/x","name":"x","stat":\{.*"dataLength":2,.*\}\}\n$/,
      "ls /list/b": "",
    });
  });

  it("sync tells how far the server is", async () => {
    await expectAll({ sync: /^zxid \d+\n$/, "sync --json": /^\{"zxid":\d+\}\n$/ });
  });

  it("status shows every server and the leader", async () => {
    const leader = await cluster.leader();
    const plain = await kvctl("status");
    expect(plain).toMatchObject({ code: 0, error: "" });
    const rows = lines(plain.out);
    expect(rows[0]).toMatch(/^ENDPOINT +ID +ROLE +TERM +LEADER +COMMIT +APPLIED +SESSIONS +ZNODES +STATE$/);
    for (const { id, endpoint } of cluster.servers) {
      const role = id === leader ? "leader" : "follower";
      expect(rows[id]).toMatch(new RegExp(`^${endpoint} +${id} +${role} +\\d+ +${leader} .* up$`));
    }
    expect(rows[4]).toMatch(new RegExp(`^leader: server ${leader}, term \\d+; 3 of 3 servers answer: 1, 2, 3$`));
    expect(rows[5]).toBe(`dashboard: http://${cluster.server(1).httpAddress}/`);
    expect(objects((await kvctl("status --json")).out)).toMatchObject(
      cluster.servers.map(({ id, endpoint }) => ({ endpoint, up: true, id, leader, ready: true })),
    );
  });

  it("sessions lists who has one", async () => {
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await client.create("/held", "", { ephemeral: true });
    await client.exists("/held", { watch: () => {} });
    const { out, code } = await kvctl("sessions --json");
    expect(code).toBe(0);
    const own = (objects(out) as ServerSession[]).find(({ id }) => id === client.sessionId);
    expect(own).toMatchObject({ ephemeralCount: 1, ephemerals: ["/held"], watches: 1, timeoutMs: 10_000 });
    expect(own?.attachedTo).toBeGreaterThan(0);
    expect(Math.abs(Date.now() - Number(own?.openedMs))).toBeLessThan(60_000);
    expect((await kvctl("sessions")).out).toMatch(/^ID +SERVER +TIMEOUT +AGE +SILENT +EPHEMERALS +WATCHES\n\d+ /);
    await client.close();
  });

  it("has help, for each command too, and a version", async () => {
    const [all, create, version] = await Promise.all(
      [["--help"], ["create", "--help"], ["--version"]].map((args) => runKvctl(args)),
    );
    expect(all).toMatchObject({ code: 0, out: expect.stringContaining("Exit codes:"), error: "" });
    expect(create?.out).toMatch(/^Usage: kvctl create (.*\n)+Examples:\n {2}kvctl create /);
    expect(version?.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("data", () => {
  const bytes = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));

  it("comes from a file and from standard input, and goes out byte for byte", async () => {
    const file = join(folder, "data");
    await writeFile(file, bytes);
    expect(await kvctl(["create", "/binary", `@${file}`])).toMatchObject({ code: 0, out: "/binary\n" });
    expect((await kvctl("get /binary")).bytes).toEqual(bytes);
    const reversed = bytes.toReversed();
    expect((await kvctl("set /binary -", { stdin: reversed })).out).toBe("version 1\n");
    expect((await kvctl("get /binary")).bytes).toEqual(Buffer.from(reversed));
    const [object] = objects((await kvctl("get /binary --json")).out);
    expect(object).toMatchObject({ data: Buffer.from(reversed).toString("base64"), encoding: "base64" });
  });

  it("may start with @ or a dash", async () => {
    expect((await kvctl("create /at @@home")).code).toBe(0);
    expect(await text("/at")).toBe("@home");
    const dash = [...["--endpoints", cluster.endpoints.join(",")], "set", "/at", "--", "--dash"];
    expect((await runKvctl(dash)).code).toBe(0);
    expect(await text("/at")).toBe("--dash");
  });

  it("is refused over the limit, and where a file cannot be read", async () => {
    const [large, missing] = await Promise.all([
      kvctl("create /large - --json", { stdin: Buffer.alloc(1024 * 1024 + 1) }),
      kvctl(["create", "/missing", `@${join(folder, "missing")}`]),
    ]);
    expect(large.code).toBe(1);
    expect(objects(large.out)).toMatchObject([{ error: { code: "DATA_TOO_LARGE" } }]);
    expect(missing).toMatchObject({ code: 2, out: "", error: expect.stringContaining("no such file") });
    expect(await client.exists("/large")).toBeUndefined();
  });
});

describe("failures", () => {
  it("a refusal is 1, with a message and a hint, in JSON too", async () => {
    const refused = {
      "get /nowhere": "NO_NODE",
      "set /nowhere x": "NO_NODE",
      "create /no/where": "NO_NODE",
      "delete /nowhere": "NO_NODE",
      "ls /nowhere": "NO_NODE",
      "stat /nowhere": "NO_NODE",
      "create /zookeeper": "NODE_EXISTS",
    };
    await Promise.all(
      Object.entries(refused).map(async ([line, code]) => {
        const run = await kvctl(`${line} --json`);
        expect(run, line).toMatchObject({ code: 1, error: "" });
        expect(objects(run.out)).toEqual([{ error: { code, message: expect.any(String), hint: expect.any(String) } }]);
      }),
    );
    expect(await kvctl("get /nowhere")).toEqual({
      code: 1,
      out: "",
      bytes: Buffer.alloc(0),
      error: expect.stringMatching(/^kvctl: .*\/nowhere.*\n {2}hint: .+\n$/),
    });
  });

  it("wrong usage is 2, asks no server and says how it goes", async () => {
    const wrong = ["dance", "get", "get x", "get /a b", "create /a --frob", "ls -R -w /a", "set /a b --version one"];
    // One kind of mistake has one exit code, whoever would find it.
    wrong.push("get /x/", "watch /double//slash", "delete /zookeeper");
    wrong.push("delete -r /", "get /a --timeout soon", "status --endpoints 127.0.0.1:99999");
    const runs = await Promise.all(wrong.map((line) => runKvctl(words(line))));
    for (const [i, run] of runs.entries()) {
      const error = expect.stringMatching(/^kvctl: .+\n {2}hint: .+\n$/);
      expect(run, wrong[i]).toMatchObject({ code: 2, out: "", error });
    }
    const [bare, json] = await Promise.all([runKvctl([]), runKvctl(["create", "--frob", "--json"])]);
    expect(bare).toMatchObject({ code: 2, out: "", error: expect.stringMatching(/^Usage: /) });
    expect(json).toMatchObject({ code: 2, error: "" });
    expect(objects(json.out)).toMatchObject([{ error: { code: "USAGE", message: expect.stringContaining("--frob") } }]);
  });
});

/** Runs kvctl with redirections, as `line` of a POSIX shell in which $kvctl stands for it. */
function throughShell(line: string): Promise<{ code: number | null; out: string; error: string }> {
  const launcher = fileURLToPath(new URL("../../bin/kvctl.js", import.meta.url));
  const kvctl = `"${process.execPath}" "${launcher}" --endpoints ${cluster.endpoints.join(",")}`;
  const child = spawn("sh", ["-c", line.replaceAll("$kvctl", kvctl)], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    error += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, error })));
}

describe("redirections", () => {
  it("data that cannot be read, or has no end, is refused and nothing changes", async () => {
    await client.create("/fed", "before");
    const [directory, endless, file, writeOnly] = await Promise.all([
      throughShell("$kvctl set /fed - < /"),
      throughShell("$kvctl set /fed - < /dev/zero"),
      throughShell("$kvctl set /fed @/dev/zero"),
      throughShell(`$kvctl set /fed - 0> ${join(folder, "write-only")}`),
    ]);
    expect(directory).toMatchObject({ code: 2, out: "", error: expect.stringContaining("it is a directory") });
    for (const run of [endless, file])
      expect(run).toMatchObject({ code: 1, out: "", error: expect.stringContaining("more than 1048576 bytes") });
    expect(writeOnly).toMatchObject({ code: 2, out: "", error: expect.stringContaining("cannot read standard input") });
    expect(await text("/fed")).toBe("before");
  });

  it.runIf(existsSync("/dev/full"))("output that cannot be written is a failure, said once", async () => {
    const full = (line: string) => throughShell(`$kvctl ${line} --timeout 60s > /dev/full`);
    const lines = ["get /", "ls -R /", "stat /", "sync", "--help", "create /written", "get /fed"];
    const runs = await Promise.all(lines.map(full));
    // One after the other: they give a server two seconds, and complain of silence too.
    for (const line of ["member list", "status", "status --json"]) {
      lines.push(line);
      runs.push(await full(line));
    }
    for (const [i, run] of runs.entries()) {
      // What has no data writes nothing.
      if (lines[i] === "get /") expect(run).toEqual({ code: 0, out: "", error: "" });
      else expect(run, lines[i]).toMatchObject({ code: 1, error: expect.stringMatching(/^kvctl: cannot write.*\n$/) });
    }
  });

  it("a reader that goes away is no failure", async () => {
    const { code, out, error } = await throughShell("{ $kvctl ls -R /; echo $? >&2; } | true");
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(error).toBe("0\n");
  });

  it("bytes that are no UTF-8 are refused as arguments, and kept as data", async () => {
    const bad = await throughShell("$kvctl set /fed \"$(printf '\\377')\"");
    expect(bad).toMatchObject({ code: 2, out: "", error: expect.stringContaining("not valid UTF-8") });
    expect(await throughShell("printf '\\377' | $kvctl set /fed -")).toMatchObject({ code: 0 });
    expect([...(await client.get("/fed")).data]).toEqual([0xff]);
  });
});

describe("watching", () => {
  it.each([
    ["get -w /once", "first\n", () => client.set("/once", "second"), "dataChanged  /once"],
    ["stat --watch /once", "czxid", () => client.set("/once", "third"), "dataChanged  /once"],
    ["ls -w /once", "child\n", () => client.create("/once/other", ""), "childrenChanged  /once"],
  ])("%s prints what is there, then the one event", async (line, before, change, event) => {
    if ((await client.exists("/once")) === undefined) {
      await client.create("/once", "first");
      await client.create("/once/child", "");
    }
    const run = start(line);
    await shows(run, before);
    expect(run.out).not.toContain(event);
    await change();
    const { code, out } = await run.ended;
    expect(code).toBe(0);
    expect(out.startsWith(before)).toBe(true);
    expect(lines(out).at(-1)).toMatch(new RegExp(`^${event}  zxid \\d+$`));
    expect(out.split(event)).toHaveLength(2);
  });

  it("create -e holds its session, and removes the znode when interrupted", async () => {
    await client.create("/held", "");
    const one = start("create -e /held/one mine");
    const two = start("create --ephemeral -s /held/two-");
    await Promise.all([one, two].map((run) => shows(run, "holding session")));
    expect(one.out).toBe("/held/one\n");
    expect(two.out).toMatch(/^\/held\/two-\d{10}\n$/);
    expect((await client.get("/held/one")).stat.ephemeralOwner).toBeGreaterThan(0);
    expect((await client.children("/held")).children).toHaveLength(2);
    expect((await one.signal("SIGINT")).code).toBe(0);
    expect((await two.signal("SIGTERM")).code).toBe(0);
    // It was closed, not left to expire.
    expect((await client.children("/held")).children).toEqual([]);
  });

  it("watch tells every change of what it is asked for, until interrupted", async () => {
    const all = start("watch /w --json");
    const children = start("watch /w --children");
    const exists = start("watch /w --exists");
    const data = start("watch /w --data");
    const watches = [all, children, exists, data];
    await Promise.all(watches.map((run) => shows(run, "watching /w; it does not exist yet")));
    // Each step waits for the event of the one before: faster ones may be told as one.
    const counts = () => watches.map((run) => lines(run.out).length);
    const told = (...numbers: number[]) =>
      vi.waitFor(() => expect(counts()).toEqual(numbers), { timeout: 30_000, interval: 20 });
    await client.create("/w", "");
    await told(1, 1, 1, 1);
    await client.set("/w", "1");
    await told(2, 1, 1, 2);
    await client.create("/w/c", "");
    await told(3, 2, 1, 2);
    await client.delete("/w/c");
    await told(4, 3, 1, 2);
    await client.delete("/w");
    await told(5, 4, 2, 3);
    const ended = await Promise.all(watches.map((run) => run.signal("SIGINT")));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(objects(all.out)).toMatchObject(
      ["created", "dataChanged", "childrenChanged", "childrenChanged", "deleted"].map((type) => ({
        event: { type, path: "/w", zxid: expect.any(Number) },
      })),
    );
    expect([children, exists, data].map((run) => lines(run.out).map((line) => line.split("  ")[0]))).toEqual([
      ["created", "childrenChanged", "childrenChanged", "deleted"],
      ["created", "deleted"],
      ["created", "dataChanged", "deleted"],
    ]);
  });

  it("watch goes on when its server is killed", async () => {
    await client.create("/lasting", "");
    const connections = () =>
      Promise.all(cluster.servers.map(async ({ id }) => (await cluster.status(id))?.connections));
    const before = await connections();
    const run = start("watch /lasting");
    await shows(run, "watching /lasting");
    await client.set("/lasting", "1");
    await vi.waitFor(() => expect(lines(run.out)).toHaveLength(1), 30_000);
    const after = await connections();
    const home = present(
      cluster.servers.find((_, i) => (after[i] ?? 0) > (before[i] ?? 0)),
      "the server of the watch",
    );
    await cluster.signal(home.id, "SIGKILL");
    await shows(run, "connected again");
    await client.set("/lasting", "2");
    await vi.waitFor(() => expect(lines(run.out)).toHaveLength(2), 30_000);
    // And the newly armed one works too.
    await client.delete("/lasting");
    await shows(run, "deleted");
    expect(await run.signal("SIGINT")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^dataChanged .*\ndataChanged .*\ndeleted .*\n$/),
    });
    cluster.startServer(home.id);
    await vi.waitFor(async () => expect((await cluster.status(home.id))?.ready).toBe(true), 30_000);
  });
});

describe("shell", () => {
  const script = (...commands: string[]) => ({ stdin: `${commands.join("\n")}\n` });

  it("runs a script in one session; the exit code is that of the last failure", async () => {
    const run = await kvctl(
      "shell",
      script(
        "# a comment, then an ephemeral that lives until the end",
        "create -e /script 'two words'",
        "get /script",
        'set /script "a \\"quote\\""',
        "get /script",
        "get /nowhere",
        "ls /zookeeper -w",
        "exit",
        "create /never",
      ),
    );
    expect(run.out).toBe('/script\ntwo words\nversion 1\na "quote"\nconfig\nquota\n');
    expect(run.error).toMatch(/^kvctl: .*\/nowhere.*\n {2}hint: .*\n$/);
    expect(run.code).toBe(1);
    expect(await client.exists("/script")).toBeUndefined();
    expect(await client.exists("/never")).toBeUndefined();
  });

  it("tells events as they come, and gives JSON", async () => {
    const run = await kvctl(
      "shell --json",
      script("create /shelled 1", "watch /shelled --data", "set /shelled 2", "set /shelled -", "delete /shelled"),
    );
    expect(run.code).toBe(2);
    const isEvent = (line: unknown) => Object.hasOwn(Object(line), "event");
    expect(objects(run.out).filter((line) => !isEvent(line))).toMatchObject([
      { path: "/shelled" },
      { path: "/shelled", stat: { version: 1 } },
      { error: { code: "USAGE" } },
      { deleted: "/shelled", count: 1 },
    ]);
    // The watch may not have been armed again when the znode was deleted, and the session ends soon after.
    expect(objects(run.out).filter(isEvent)[0]).toMatchObject({ event: { type: "dataChanged", path: "/shelled" } });
  });
});

describe("the cluster is found", () => {
  const first = () => present(cluster.servers[0], "a server").endpoint;
  const basePort = () => Number(first().split(":")[1]) - 1;
  const endpointsIn = (run: KvctlResult) => objects(run.out).flatMap((line) => Object(line)["endpoint"] ?? []);

  it("by KVCTL_ENDPOINTS, which --endpoints overrides", async () => {
    const env = { KVCTL_ENDPOINTS: cluster.endpoints.join(",") };
    expect(endpointsIn(await runKvctl(["status", "--json"], { env }))).toEqual(cluster.endpoints);
    expect(endpointsIn(await runKvctl(["status", "--json", "--endpoints", first()], { env }))).toEqual([first()]);
    expect((await runKvctl(["get", "/plain"], { env })).out).toBe("hello");
    expect((await runKvctl(["sync"], { env: { KVCTL_ENDPOINTS: "nowhere" } })).code).toBe(2);
  });

  it("by the cluster.env that cluster.sh leaves in TERRARIUM_HOME", async () => {
    await writeFile(join(folder, "cluster.env"), `SIZE=1\nBASE_PORT=${basePort()}\nCLUSTER_ID=x\n`);
    const env = { TERRARIUM_HOME: folder };
    expect(endpointsIn(await runKvctl(["status", "--json"], { env }))).toEqual([first()]);
    expect((await runKvctl(["get", "/plain"], { env })).out).toBe("hello");
    const moved = await runKvctl(["status"], { env: { TERRARIUM_HOME: folder, TERRARIUM_BASE_PORT: "1" } });
    expect(moved).toMatchObject({ code: 2, out: "", error: expect.stringContaining("but TERRARIUM_BASE_PORT is 1") });
  });

  it("by TERRARIUM_BASE_PORT, five servers where nothing else is known", async () => {
    const env = { TERRARIUM_HOME: join(folder, "nothing"), TERRARIUM_BASE_PORT: String(basePort()) };
    const five = [1, 2, 3, 4, 5].map((id) => `127.0.0.1:${basePort() + id}`);
    expect(endpointsIn(await runKvctl(["status", "--json"], { env }))).toEqual(five);
    expect((await runKvctl(["get", "/plain"], { env })).out).toBe("hello");
    expect((await runKvctl(["sync"], { env: { TERRARIUM_BASE_PORT: "many" } })).code).toBe(2);
  });
});

// The last ones: they leave the cluster in pieces.
describe("without a quorum", () => {
  const impatient = (line: string) => kvctl(`${line} --timeout 1500ms`);
  const requests = ["set /plain lost", "get /plain", "ls /", "sync", "create -e /lost", "watch /plain"];

  it("every request ends with 3 in time, and with 0 once a majority is back", async () => {
    const leader = await cluster.leader();
    const [one = 0, two = 0] = cluster.servers.map(({ id }) => id).filter((id) => id !== leader);
    await Promise.all([one, two].map((id) => cluster.signal(id, "SIGKILL")));
    const runs = await Promise.all(requests.map(impatient));
    for (const [i, run] of runs.entries()) {
      expect(run, requests[i]).toMatchObject({
        code: 3,
        out: "",
        error: expect.stringMatching(/^kvctl: .*\n {2}hint: /),
      });
    }
    const status = await kvctl("status --json");
    expect(status.code).toBe(3);
    expect(objects(status.out)).toHaveLength(4);
    expect(objects(status.out).filter((line) => Object(line)["up"] === true)).toMatchObject([{ id: leader }]);
    expect(objects(status.out)[3]).toMatchObject({ error: { code: "NO_QUORUM" } });
    // Not in a hurry: each has to hear of the server that is left.
    const changes = ["transfer", `transfer ${one}`, `member remove ${one}`, "member list"];
    const refused = await Promise.all(changes.map((line) => kvctl(`${line} --timeout 6s`)));
    for (const [i, run] of refused.entries()) {
      expect(run.code, changes[i]).toBe(3);
      expect(run.error).toContain(`no leader that a majority follows; server ${leader} answers (1 of 3 voters)`);
      expect(run.error).not.toMatch(/ECONNREFUSED|goes on|still complete/);
    }
    cluster.startServer(one);
    await cluster.leader();
    expect(await kvctl("get /plain --timeout 30s")).toMatchObject({ code: 0, out: "hello" });
  });

  it("every command ends with 3 where no server is", async () => {
    await Promise.all(cluster.servers.map(({ id }) => cluster.signal(id, "SIGKILL")));
    const runs = await Promise.all([...requests, "status", "shell"].map((line) => impatient(`${line} --json`)));
    for (const run of runs) {
      expect(run).toMatchObject({ code: 3, error: "" });
      expect(objects(run.out).at(-1)).toMatchObject({ error: { code: "NO_SERVER" } });
    }
  });
});
