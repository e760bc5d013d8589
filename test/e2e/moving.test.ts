import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { JuteReader } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { replies, requests } from "../../src/zookeeper/records.ts";
import { type ApacheZooKeeper, noApacheZooKeeper, startApacheZooKeeper } from "../support/apache-zookeeper.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { Kvctl, type KvctlResult, runKvctl } from "../support/run-kvctl.ts";
import { ZkClient } from "../support/zookeeper-client.ts";

const missing = noApacheZooKeeper();
const open = [{ perms: 31, scheme: "world", id: "anyone" }];

let cluster: LocalCluster;
let client: TerrariumClient;
let apache: ApacheZooKeeper | undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "terrarium-moving-"));
  [cluster, apache] = await Promise.all([
    LocalCluster.start(3, [], undefined, true),
    missing === undefined ? startApacheZooKeeper() : undefined,
  ]);
  client = await TerrariumClient.connect({ endpoints: cluster.endpoints, requestTimeoutMs: 30_000 });
});

afterAll(async () => {
  await client.close({ timeoutMs: 1 });
  await Promise.all([cluster.destroy(), apache?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const endpoints = () => ["--endpoints", cluster.endpoints.join(","), "--timeout", "30s"];
const kvctl = (...words: string[]): Promise<KvctlResult> => runKvctl([...words, ...endpoints()]);
const text = async (path: string) => Buffer.from((await client.get(path)).data).toString();
/** The port where the cluster speaks ZooKeeper's protocol itself. */
const door = (): string => cluster.server(2).zookeeperAddress;
const zookeeper = (): string => present(apache, "a ZooKeeper server").address;

/** What dump says of a subtree, with other paths. */
async function dumped(root: string, as: string): Promise<string[]> {
  const run = await kvctl("dump", root);
  expect(run.code).toBe(0);
  const lines = run.out.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replace(`{"path":"${root}`, `{"path":"${as}`));
}

async function znodes(root: string, directories: number, each: number): Promise<void> {
  await client.create(root, "root");
  const pending: Promise<unknown>[] = [];
  for (let d = 0; d < directories; d++) {
    pending.push(client.create(`${root}/d${d}`, `directory ${d}`));
    for (let i = 0; i < each; i++) pending.push(client.create(`${root}/d${d}/n-`, `${d} ${i}`, { sequential: true }));
  }
  await Promise.all(pending);
}

/** A session with a server of ZooKeeper's protocol. */
async function session(address: string): Promise<ZkClient> {
  const one = await ZkClient.open(address);
  await one.connect({ timeOut: 20_000 });
  return one;
}

function create(to: ZkClient, path: string, data: string, flags = 0, acls = open) {
  return to.ask(opcode.create, requests.create, { path, data: utf8(data), acls, flags });
}

describe("dump and load", () => {
  it("write a file that others can read, and make the same of it elsewhere", async () => {
    await znodes("/dumped", 3, 50);
    const file = join(folder, "dumped.jsonl");
    expect(await kvctl("dump", "/dumped", file)).toMatchObject({
      code: 0,
      out: `dumped /dumped to ${file}: 154 written\n`,
    });
    const lines = (await readFile(file, "utf8")).split("\n");
    expect(JSON.parse(present(lines[2], "a line"))).toEqual({ path: "/dumped/d0/n-0000000000", data: "0 0" });
    expect(await kvctl("load", file, "/copy/of")).toMatchObject({
      code: 0,
      out: `loaded ${file}: 154 created, 1 created above it\n`,
    });
    expect(await dumped("/copy/of", "/dumped")).toEqual(lines.filter((line) => line !== ""));
    const piped = await runKvctl(["load", "-", "/piped", ...endpoints()], { stdin: lines.join("\n") });
    expect(piped).toMatchObject({ code: 0, out: "loaded -: 154 created\n", error: "" });
    await writeFile(join(folder, "bad.jsonl"), '{"path":"/nothing"}\n{"path":}\n');
    expect(await kvctl("load", join(folder, "bad.jsonl"))).toMatchObject({ code: 2, out: "" });
    expect(await client.exists("/nothing")).toBeUndefined();
  });
});

describe("import and export, by the protocol that the cluster speaks itself", () => {
  it("move what there is, with its kind, and leave out ephemerals", async () => {
    await znodes("/own", 2, 30);
    await client.create("/own/locks", "", { container: true });
    await client.create("/own/alive", "x", { ttlMs: 3_600_000 });
    await client.create("/own/me", "", { ephemeral: true });
    const out = await kvctl("export", "/own", `zk://${door()}/there/own`);
    expect(out).toMatchObject({
      code: 0,
      out: `exported /own to zk://${door()}/there/own: 65 created, 1 created above it, 1 ephemeral, left out\n`,
      error: "",
    });
    expect(await dumped("/there/own", "/own")).toEqual(await dumped("/own", "/own"));
    const kinds = ["--container", "/there/own/lo*", "--ttl", "/there/own/alive=1h"];
    expect(await kvctl("import", `zk://${door()}/there/own`, "/back", ...kinds)).toMatchObject({ code: 0, error: "" });
    expect(await dumped("/back", "/own")).toEqual(await dumped("/own", "/own"));
  });

  it("say what is wrong in words that one can act on", async () => {
    const { endpoint, httpAddress, peerAddress } = cluster.server(1);
    const failures: Readonly<Record<string, RegExp>> = {
      "zk://127.0.0.1:1/a": /^kvctl: no ZooKeeper server answers: 127\.0\.0\.1:1: nothing listens there\n {2}hint: /,
      [`zk://${httpAddress}/a`]: /^kvctl: no ZooKeeper server: /,
      [`zk://${endpoint}/a`]: /^kvctl: no ZooKeeper server/,
      [`zk://${peerAddress}/a`]: /^kvctl: no ZooKeeper server/,
      [`zk://${door()}/none`]: /^kvctl: there is no znode zk:\/\/\S+\/none\n/,
      [`zk://${door()}/zookeeper/quota`]: /^kvctl: what is at \/zookeeper belongs to the servers/,
      "http://somewhere/a": /^kvctl: 'http:\/\/somewhere\/a' is no address of a ZooKeeper tree\n/,
    };
    await Promise.all(
      Object.entries(failures).map(async ([address, words]) => {
        const run = await runKvctl(["import", address, ...endpoints(), "--timeout", "2s"]);
        expect(run.error, address).toMatch(words);
        expect(run.code, address).not.toBe(0);
      }),
    );
  });
});

describe("import and export, with Apache ZooKeeper", () => {
  const skipped = missing === undefined ? "" : ` (skipped: ${missing})`;

  it.skipIf(missing !== undefined)(`bring the same there and back${skipped}`, async () => {
    await znodes("/apache", 3, 40);
    await client.create("/apache/locks", "", { container: true });
    await client.create("/apache/alive", "x", { ttlMs: 3_600_000 });
    await client.create("/apache/bytes", Uint8Array.of(0, 255, 1));
    const there = `zk://${zookeeper()}/from/terrarium`;
    expect(await kvctl("export", "/apache", there, "--dry-run")).toMatchObject({
      code: 0,
      out: `would export /apache to ${there}: 127 to create, 1 above it to create\n`,
    });
    const first = await kvctl("export", "/apache", there, "--json");
    expect(JSON.parse(first.out)).toMatchObject({ created: 127, parents: 1, failed: 0 });
    expect((await kvctl("export", "/apache", there)).out).toContain(": 0 created, 127 there already");
    const kinds = ["--container", "/from/*/locks", "--ttl", "/from/terrarium/alive=1h"];
    expect(await kvctl("import", there, "/returned", ...kinds)).toMatchObject({ code: 0, error: "" });
    expect(await dumped("/returned", "/apache")).toEqual(await dumped("/apache", "/apache"));
  });

  it.skipIf(missing !== undefined)(`go on after a kill, and tell what differs${skipped}`, async () => {
    const zk = await session(zookeeper());
    await create(zk, "/large", "");
    let last: Promise<unknown> = Promise.resolve();
    for (let i = 0; i < 6_000; i++) last = create(zk, "/large/n-", `${i}`, 2);
    await last;
    await create(zk, "/large/e", "", 1);
    const address = `zk://${zookeeper()}/large`;
    const run = new Kvctl(["import", address, "/killed", ...endpoints()]);
    while ((await client.exists("/killed/n-0000000300")) === undefined) await sleep(5);
    await run.signal("SIGKILL");
    const before = (await client.countBelow("/killed")).count;
    // How much of it was there when it was killed is chance.
    expect(before).toBeGreaterThan(300);
    const again = await kvctl("import", address, "/killed", "--json");
    expect(JSON.parse(again.out)).toMatchObject({ failed: 0, different: 0, ephemerals: 1 });
    expect((await client.countBelow("/killed")).count).toBe(6_000);
    await client.set("/killed/n-0000000007", "mine");
    const differing = await kvctl("import", address, "/killed");
    expect(differing).toMatchObject({ code: 1, out: expect.stringContaining("1 different there, left as they are") });
    expect(differing.error).toContain("kvctl: /killed/n-0000000007: it is there with other data");
    expect((await kvctl("import", address, "/killed", "--overwrite")).code).toBe(0);
    expect(await text("/killed/n-0000000007")).toBe("7");
    zk.destroy();
  });

  it.skipIf(missing !== undefined)(`let sequences go on where they are${skipped}`, async () => {
    const zk = await session(zookeeper());
    await create(zk, "/queue", "");
    for (let i = 0; i < 5; i++) await create(zk, "/queue/n-", `${i}`, 2);
    for (let i = 0; i < 4; i++)
      await zk.ask(opcode.delete, requests.delete, { path: `/queue/n-000000000${i}`, version: -1 });
    const address = `zk://${zookeeper()}/queue`;
    const plain = await kvctl("import", address, "/queue");
    expect(plain.error).toContain("--counters lets them go on");
    expect((await client.create("/queue/n-", "", { sequential: true })).path).toBe("/queue/n-0000000001");
    expect(await kvctl("import", address, "/queue", "--counters")).toMatchObject({ code: 0, error: "" });
    expect((await client.create("/queue/n-", "", { sequential: true })).path).toBe("/queue/n-0000000005");
    expect(await kvctl("export", "/queue", `zk://${zookeeper()}/queue2`, "--counters")).toMatchObject({ code: 0 });
    const reply = present(await create(zk, "/queue2/n-", "", 2), "an answer");
    expect(replies.path.read(new JuteReader(reply.body)).path).toBe("/queue2/n-0000000006");
    zk.destroy();
  });

  it.skipIf(missing !== undefined)(
    `take access control lists along, and name what may not be read or is too large${skipped}`,
    async () => {
      const zk = await session(zookeeper());
      const auth = { type: 0, scheme: "digest", auth: utf8("bob:secret") };
      await zk.ask(opcode.auth, requests.auth, auth, -4);
      const mine = [{ perms: 31, scheme: "auth", id: "" }];
      await create(zk, "/guarded", "");
      await create(zk, "/guarded/secret", "s", 0, mine);
      await create(zk, "/guarded/plain", "p");
      const address = `zk://${zookeeper()}/guarded`;
      const stranger = await kvctl("import", address);
      expect(stranger).toMatchObject({ code: 1, out: expect.stringContaining("2 created, 1 not moved") });
      expect(stranger.error).toContain("kvctl: /guarded/secret: the ZooKeeper server does not permit it (--zk-auth ");
      const bob = ["--zk-auth", "digest:bob:secret"];
      expect(await kvctl("import", address, ...bob)).toMatchObject({ code: 0, error: "" });
      await expect(client.get("/guarded/secret")).rejects.toMatchObject({ code: "NO_AUTH" });
      const own = ["--auth", "digest:bob:secret"];
      expect(await kvctl("get", "/guarded/secret", ...own)).toMatchObject({ error: "", code: 0, out: "s" });
      expect((await kvctl("dump", "/guarded", ...own)).out).toContain(
        '{"path":"/guarded/secret","data":"s","acl":["digest:bob:',
      );
      const back = `zk://${zookeeper()}/guarded2`;
      expect(await kvctl("export", "/guarded", back, ...bob, ...own)).toMatchObject({ code: 0, error: "" });
      const outsider = await session(zookeeper());
      const read = await outsider.ask(opcode.getData, requests.read, { path: "/guarded2/secret", watch: false });
      expect(read?.err).toBe(-102);
      outsider.destroy();
      const large = "x".repeat(1024 * 1024);
      await client.create("/large-data", large);
      const refused = await kvctl("export", "/large-data", `zk://${zookeeper()}/large-data`);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.error).toContain("/large-data: 1048576 bytes are too large for a ZooKeeper server");
      const wrong = await kvctl("import", address, "--zk-auth", "odd:x");
      expect(wrong).toMatchObject({ code: 1, error: expect.stringContaining("a credential of scheme odd is refused") });
      zk.destroy();
    },
  );
});
