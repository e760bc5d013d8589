import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Stat } from "../../src/base/operations.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { type Codec, JuteReader, type JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { multiHeader, replies, requests } from "../../src/zookeeper/records.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { ZkClient, type ZkHandshake, type ZkReply } from "../support/zookeeper-client.ts";

let cluster: LocalCluster;
const open: ZkClient[] = [];

beforeAll(async () => {
  cluster = await LocalCluster.start(
    3,
    ["--zookeeper-words", "ruok,isro,srvr,stat,mntr,envi,conf,srst,cons,crst,dirs,dump,wchc,wchp"],
    undefined,
    true,
  );
});

afterAll(async () => {
  for (const client of open) client.destroy();
  await cluster.destroy();
});

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

const acls = [{ perms: 31, scheme: "world", id: "anyone" }];
const none = new Uint8Array();

/** A connection to a server, without a handshake. */
async function arrive(server = 1): Promise<ZkClient> {
  const client = await ZkClient.open(cluster.server(server).zookeeperAddress);
  open.push(client);
  return client;
}

/** A client with the answer to its handshake. Where there is none it comes again, as clients do: there may be no leader. */
async function join(server = 1, handshake: ZkHandshake = {}) {
  for (const deadline = Date.now() + 30_000; ; await new Promise((r) => setTimeout(r, 200))) {
    const client = await arrive(server);
    const session = await client.connect({ timeOut: 60_000, ...handshake });
    if (session !== undefined || Date.now() > deadline) return { client, session: present(session, "an answer") };
  }
}

/** Writes a part of a multi, without the header in front. */
type Part = (to: JuteWriter) => void;

/** The body of a multi. */
function multiOf(...parts: (readonly [number, Part])[]): Codec<object> {
  const write = (to: JuteWriter): void => {
    for (const [type, part] of parts) {
      multiHeader.write(to, { type, done: false, err: -1 });
      part(to);
    }
    multiHeader.write(to, { type: -1, done: true, err: -1 });
  };
  return { least: 0, read: () => ({}), write };
}

function created(path: string, flags = 0): Part {
  return (to) => requests.create.write(to, { path, data: none, acls, flags });
}

function checked(path: string, version: number): Part {
  return (to) => requests.delete.write(to, { path, version });
}

/** The errors of the parts of a multi that was refused. */
function errorsOf({ body }: ZkReply): number[] {
  const reader = new JuteReader(body);
  const errors: number[] = [];
  for (;;) {
    const { done, type, err } = multiHeader.read(reader);
    if (done) return errors;
    expect({ type, again: reader.int() }).toEqual({ type: -1, again: err });
    errors.push(err);
  }
}

function create(client: ZkClient, path: string, flags = 0, data = none): Promise<ZkReply | undefined> {
  return client.ask(opcode.create, requests.create, { path, data, acls, flags });
}

async function statOf(client: ZkClient, path: string, watch = false): Promise<Stat | undefined> {
  const reply = await client.ask(opcode.exists, requests.read, { path, watch });
  return reply?.err === 0 ? replies.stat.read(new JuteReader(reply.body)).stat : undefined;
}

async function createdPath(client: ZkClient, path: string, flags: number): Promise<string> {
  const reply = present(await create(client, path, flags), "an answer");
  expect(reply.err).toBe(0);
  return replies.path.read(new JuteReader(reply.body)).path;
}

async function metric(name: RegExp): Promise<number> {
  const response = await fetch(`http://${cluster.server(1).httpAddress}/metrics`);
  return Number(name.exec(await response.text())?.[1] ?? 0);
}

/** Polls until `condition` holds. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await condition()); await new Promise((r) => setTimeout(r, 50)))
    if (Date.now() > deadline) throw new Error("it never came true");
}

describe("what others learnt from their users", () => {
  it("1 a reconnect never hands out a new session silently", async () => {
    const { client, session } = await join();
    await client.ask(opcode.closeSession, requests.nothing, {});
    await client.until(() => client.closed);
    for (const server of [1, 2, 3]) {
      const { client: again, session: answer } = await join(server, { ...session, lastZxidSeen: 1 });
      expect(answer).toEqual({ protocolVersion: 0, timeOut: 0, sessionId: 0n, passwd: Buffer.alloc(16) });
      await again.until(() => again.closed);
      expect(again.closed).toBe(true);
    }
  });

  it("2 a failed handshake never returns id -1", async () => {
    const { session } = await join();
    const { sessionId } = session;
    const wrong: ZkHandshake[] = [
      { sessionId, passwd: utf8("0123456789abcdef") },
      { sessionId, passwd: none },
      { sessionId: sessionId + 1n, passwd: session.passwd },
      { sessionId: -1n, passwd: session.passwd },
      { sessionId: 2n ** 62n, passwd: session.passwd },
    ];
    for (const handshake of wrong) {
      const { client, session: answer } = await join(2, handshake);
      expect(answer).toEqual({ protocolVersion: 0, timeOut: 0, sessionId: 0n, passwd: Buffer.alloc(16) });
      await client.until(() => client.closed);
    }
  });

  it("3 reads on followers keep the session alive", async () => {
    const leader = await cluster.leader();
    const { client } = await join((leader % 3) + 1, { timeOut: 2000 });
    expect((await create(client, "/kept-alive", 1))?.err).toBe(0);
    const { client: other } = await join(leader);
    for (const until = Date.now() + 6000; Date.now() < until; await new Promise((r) => setTimeout(r, 300)))
      expect(await statOf(client, "/kept-alive")).toBeDefined();
    expect(await statOf(other, "/kept-alive")).toBeDefined();
  });

  it("4 the readOnly byte may be there or not, both ways", async () => {
    const { client: with1 } = await join(1, { readOnly: true });
    const { client: with0 } = await join(1, { readOnly: false });
    const { client: without } = await join(1);
    expect([with1, with0, without].map(({ handshake }) => handshake?.length)).toEqual([37, 37, 36]);
    expect(with1.handshake?.[36]).toBe(0);
  });

  it("5 create2 makes plain znodes", async () => {
    const { client } = await join();
    const request = { path: "/by-create2", data: utf8("x"), acls, flags: 0 };
    const reply = present(await client.ask(opcode.create2, requests.create, request), "an answer");
    const { path, stat } = replies.pathAndStat.read(new JuteReader(reply.body));
    expect({ path, length: stat.dataLength, owner: stat.ephemeralOwner }).toEqual({
      path: "/by-create2",
      length: 1,
      owner: 0,
    });
  });

  it("6 setWatches tells what was missed, then answers", async () => {
    const { client, session } = await join();
    await createdPath(client, "/watched", 0);
    const seen = present(await statOf(client, "/watched", true), "a stat").czxid;
    client.destroy();
    const { client: other } = await join(2);
    await other.ask(opcode.setData, requests.setData, { path: "/watched", data: utf8("new"), version: -1 });
    await create(other, "/appeared");
    const { client: again } = await join(3, { ...session, lastZxidSeen: seen });
    const watches = { relativeZxid: seen, data: ["/watched"], exist: ["/appeared", "/not-yet"], child: ["/watched"] };
    const reply = await again.ask(opcode.setWatches, requests.setWatches, watches, -8);
    // It is an answer like others: behind all events up to its zxid.
    expect(reply).toMatchObject({ xid: -8, err: 0 });
    expect(reply?.zxid).toBeGreaterThan(seen);
    expect(again.heard.map((one) => ("event" in one ? `${one.event.type} ${one.event.path}` : one.reply.xid))).toEqual([
      "3 /watched",
      "1 /appeared",
      -8,
    ]);
    await create(other, "/not-yet");
    await again.until(() => again.events.length === 3);
    expect(again.events.at(-1)).toMatchObject({ type: 1, path: "/not-yet" });
  });

  it("7 child watches are restored after a reconnect", async () => {
    const { client, session } = await join();
    await createdPath(client, "/family", 0);
    const zxid = present(
      await client.ask(opcode.getChildren, requests.read, { path: "/family", watch: true }),
      "",
    ).zxid;
    client.destroy();
    const { client: again } = await join(2, { ...session, lastZxidSeen: zxid });
    const watches = { relativeZxid: zxid, data: [], exist: [], child: ["/family"] };
    await again.ask(opcode.setWatches, requests.setWatches, watches, -8);
    expect(again.events).toEqual([]);
    const { client: other } = await join(3);
    await create(other, "/family/child");
    await again.until(() => again.events.length > 0);
    expect(again.events).toMatchObject([{ type: 4, path: "/family" }]);
  });

  it("watches that stay are armed, told, armed again by setWatches2, and removed", async () => {
    const { client, session } = await join();
    const { client: other } = await join(2);
    const addWatch = async (path: string, type: number) =>
      (await client.ask(opcode.addWatch, requests.watch, { path, type }))?.body;
    expect(await addWatch("/stay", 0)).toEqual(Buffer.alloc(4));
    expect(await addWatch("/tree", 1)).toEqual(Buffer.alloc(4));
    for (const path of ["/stay", "/stay/a", "/tree", "/tree/a", "/tree/a/b"]) await create(other, path);
    await other.ask(opcode.setData, requests.setData, { path: "/stay", data: utf8("x"), version: -1 });
    await client.until(() => client.events.length === 6);
    const told = (events: ZkClient["events"]) => events.map(({ type, path }) => `${type} ${path}`);
    expect(told(client.events)).toEqual(["1 /stay", "4 /stay", "1 /tree", "1 /tree/a", "1 /tree/a/b", "3 /stay"]);
    client.destroy();
    await other.ask(opcode.delete, requests.delete, { path: "/tree/a/b", version: -1 });

    // What they missed is not told, as in ZooKeeper.
    const { client: again } = await join(3, session);
    const none: string[] = [];
    const lists = { data: none, exist: none, child: none, persistent: ["/stay"], recursive: ["/tree"] };
    await again.ask(opcode.setWatches2, requests.setWatches2, { relativeZxid: 1, ...lists }, -8);
    await again.ask(opcode.sync, requests.path, { path: "/" });
    expect(again.events).toEqual([]);
    const asked = async (operation: number, path: string, type: number) =>
      (await again.ask(operation, requests.watch, { path, type }))?.err;
    expect(await asked(opcode.checkWatches, "/stay", 3)).toBe(0);
    expect(await asked(opcode.checkWatches, "/stay", 1)).toBe(-121);
    expect(await asked(opcode.removeWatches, "/stay", 3)).toBe(0);
    expect(await asked(opcode.removeWatches, "/stay", 3)).toBe(-121);
    expect(await asked(opcode.removeWatches, "/stay", 9)).toBe(-8);
    await other.ask(opcode.delete, requests.delete, { path: "/stay/a", version: -1 });
    await other.ask(opcode.delete, requests.delete, { path: "/tree/a", version: -1 });
    await again.until(() => again.events.length > 0);
    expect(told(again.events)).toEqual(["2 /tree/a"]);
  });

  it("8 an unknown opcode is answered with an error in its turn, never dropped", async () => {
    const { client } = await join();
    const first = client.send(opcode.sync, requests.path, { path: "/" });
    const second = client.send(4711, requests.nothing, {});
    await client.until(() => client.closed);
    const said = client.heard.flatMap((one) => ("reply" in one ? [one.reply] : []));
    expect(said.map(({ xid, err }) => [xid, err])).toEqual([
      [first, 0],
      [second, -6],
    ]);
    expect(said[1]?.zxid).toBe(-1);
    // What ZooKeeper knows and this server does not serve ends nothing.
    const { client: other } = await join();
    expect((await other.ask(opcode.sasl, requests.nothing, {}))?.err).toBe(-6);
    expect(await statOf(other, "/")).toBeDefined();
  });

  it("9 createTTL has an extra int64, and its znode goes in time; a container goes with its last child", async () => {
    const { client } = await join();
    const { client: other } = await join(2);
    const body = { data: none, acls };
    const ttlMs = 700;
    const made = await client.ask(opcode.createTtl, requests.createTtl, { ...body, path: "/ttl-", flags: 6, ttlMs });
    const { path, stat } = replies.pathAndStat.read(new JuteReader(present(made, "an answer").body));
    expect(path).toMatch(/^\/ttl-\d{10}$/);
    // As from a ZooKeeper server, which keeps the kind there and does not show it.
    expect(stat.ephemeralOwner).toBe(0);
    await client.ask(opcode.createContainer, requests.create, { ...body, path: "/held", flags: 4 });
    expect((await create(client, "/held/by", 0))?.err).toBe(0);
    await other.ask(opcode.sync, requests.path, { path: "/" });
    expect(await statOf(other, "/held", true)).toBeDefined();
    await client.ask(opcode.delete, requests.delete, { path: "/held/by", version: -1 });
    await other.until(() => other.events.length > 0);
    expect(other.events).toEqual([{ type: 2, state: 3, path: "/held", zxid: -1 }]);
    await eventually(async () => (await statOf(client, path)) === undefined);
    const refused = [
      [5, 0],
      [5, -1],
      [6, 2 ** 40],
      [4, 1000],
      [0, 1000],
    ] as const;
    for (const [flags, ttlMs] of refused)
      expect(
        (await client.ask(opcode.createTtl, requests.createTtl, { ...body, path: "/no", flags, ttlMs }))?.err,
      ).toBe(-8);
    expect((await client.ask(opcode.createContainer, requests.create, { ...body, path: "/no", flags: 0 }))?.err).toBe(
      -8,
    );
  });

  it("10 an unsupported operation within a multi refuses that multi only", async () => {
    const { client } = await join();
    const ttl = (to: JuteWriter) =>
      requests.createTtl.write(to, { path: "/t", data: none, acls, flags: 5, ttlMs: 1000 });
    const unknown = present(
      await client.ask(opcode.multi, multiOf([opcode.create, created("/m10")], [4711, ttl]), {}),
      "",
    );
    expect(unknown).toMatchObject({ err: -5, body: Buffer.alloc(0) });
    expect(await statOf(client, "/m10")).toBeUndefined();
    const done = present(await client.ask(opcode.multi, multiOf([opcode.create, created("/m10")]), {}), "an answer");
    expect(done.err).toBe(0);
    expect(await statOf(client, "/m10")).toMatchObject({ czxid: done.zxid });
  });

  it("11 the sequence counts every child ever created", async () => {
    const { client } = await join();
    await createdPath(client, "/queue", 0);
    await createdPath(client, "/queue/plain", 0);
    expect(await createdPath(client, "/queue/n-", 2)).toBe("/queue/n-0000000001");
    await client.ask(opcode.delete, requests.delete, { path: "/queue/n-0000000001", version: -1 });
    expect(await createdPath(client, "/queue/n-", 3)).toBe("/queue/n-0000000002");
  });

  it("12 cversion and pzxid of the parent are exact", async () => {
    const { client } = await join();
    await createdPath(client, "/parent", 0);
    const before = present(await statOf(client, "/parent"), "a stat");
    const made = present(await create(client, "/parent/child"), "an answer").zxid;
    expect(await statOf(client, "/parent")).toMatchObject({
      cversion: 1,
      pzxid: made,
      mzxid: before.mzxid,
      numChildren: 1,
    });
    await client.ask(opcode.setData, requests.setData, { path: "/parent/child", data: utf8("x"), version: 0 });
    await create(client, "/parent/child/grandchild");
    expect(await statOf(client, "/parent")).toMatchObject({ cversion: 1, pzxid: made });
    await client.ask(opcode.delete, requests.delete, { path: "/parent/child/grandchild", version: -1 });
    const gone = present(
      await client.ask(opcode.delete, requests.delete, { path: "/parent/child", version: 1 }),
      "",
    ).zxid;
    expect(await statOf(client, "/parent")).toMatchObject({ cversion: 2, pzxid: gone, numChildren: 0, version: 0 });
  });

  it("13 watches are freed when a client closes, dies, or removes them", async () => {
    const watches = (): Promise<number> => metric(/^terrarium_watches (\d+)/m);
    const before = await watches();
    const { client: closing } = await join();
    const { client: dying } = await join();
    for (const client of [closing, dying]) for (let i = 0; i < 50; i++) await statOf(client, `/nothing-${i}`, true);
    expect(await watches()).toBe(before + 100);
    await closing.ask(opcode.closeSession, requests.nothing, {});
    await eventually(async () => (await watches()) === before + 50);
    dying.destroy();
    await eventually(async () => (await watches()) === before);
    const { client: removing } = await join();
    for (let i = 0; i < 50; i++) await statOf(removing, `/nothing-${i}`, true);
    expect(await watches()).toBe(before + 50);
    for (let i = 0; i < 50; i++)
      await removing.ask(opcode.removeWatches, requests.watch, { path: `/nothing-${i}`, type: 2 });
    expect(await watches()).toBe(before);
  });

  it("14 what is not yet committed, credentials and closing sessions, decides the same on every replica", async () => {
    const { client: a } = await join(1);
    const { client: b } = await join(2);
    await createdPath(a, "/race", 0);
    for (let round = 0; round < 20; round++) {
      const path = `/race/${round}`;
      const { client: brief } = await join(3);
      // None of them waits for an answer of its own, let alone of the others.
      brief.send(opcode.auth, requests.auth, { type: 0, scheme: "digest", auth: utf8(`u${round}:p`) }, -4);
      brief.send(opcode.create, requests.create, { path, data: utf8("brief"), acls, flags: 1 });
      const mine = [{ perms: 31, scheme: "auth", id: "" }];
      const own = { path: `${path}-own`, data: none, acls: mine, flags: 0 };
      brief.send(opcode.create, requests.create, own);
      brief.send(opcode.closeSession, requests.nothing, {});
      const others = [a, b].map((client) => create(client, path, 0, Buffer.from("long")));
      await brief.until(() => brief.closed);
      await Promise.all(others);
      const seen: unknown[] = [];
      for (const server of [1, 2, 3]) {
        const { client } = await join(server);
        await client.ask(opcode.sync, requests.path, { path });
        const there = await client.ask(opcode.getData, requests.read, { path, watch: false });
        const acl = await client.ask(opcode.getAcl, requests.path, { path: own.path });
        seen.push([there?.err, Buffer.from(there?.body ?? []).toString("hex"), acl?.err]);
        client.destroy();
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    }
  });

  it("15 lengths are signed, a session closes with many ephemerals, and xids overflow", async () => {
    const { client } = await join();
    for (const length of [-1, -(2 ** 31), 2 ** 31 - 1]) {
      const other = await arrive();
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(length);
      other.sendBytes(bytes);
      await other.until(() => other.closed);
    }
    for (const xid of [2 ** 31 - 1, -(2 ** 31), 1])
      expect(await client.ask(opcode.exists, requests.read, { path: "/", watch: false }, xid)).toMatchObject({
        xid,
        err: 0,
      });
    await createdPath(client, "/many", 0);
    const { client: owner } = await join();
    let last = 0;
    for (let i = 0; i < 3000; i++)
      last = owner.send(opcode.create, requests.create, { path: "/many/e-", data: none, acls, flags: 3 });
    await owner.until(() => owner.heard.some((one) => "reply" in one && one.reply.xid === last), 60_000);
    expect(await statOf(client, "/many")).toMatchObject({ numChildren: 3000 });
    const closed = present(await owner.ask(opcode.closeSession, requests.nothing, {}), "an answer");
    expect(closed.err).toBe(0);
    await client.ask(opcode.sync, requests.path, { path: "/" });
    expect(await statOf(client, "/many")).toMatchObject({ numChildren: 0, cversion: 6000, pzxid: closed.zxid });
  });
});

describe("the handshake", () => {
  it("negotiates the timeout within the limits", async () => {
    const asked = [-5, 0, 100, 7000, 10_000_000];
    const given = await Promise.all(asked.map(async (timeOut) => (await join(1, { timeOut })).session.timeOut));
    expect(given).toEqual([2000, 2000, 2000, 7000, 60_000]);
  });

  it("sends a client that has seen more than this server to another one, without a word", async () => {
    const client = await arrive();
    expect(await client.connect({ lastZxidSeen: 1e12 })).toBeUndefined();
    expect(client.closed).toBe(true);
  });

  it("cuts the older connection of a session that attaches again", async () => {
    const { client, session } = await join();
    const { client: newer, session: same } = await join(2, session);
    expect(same.sessionId).toBe(session.sessionId);
    await client.until(() => client.closed);
    expect((await create(newer, "/by-the-newer", 1))?.err).toBe(0);
  });
});

describe("strangers and what is malformed", () => {
  it.each([
    ["http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["grpc", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["tls", "\x16\x03\x01\x02\x00\x01\x00"],
    ["frameTooLarge", "hello there"],
    // The length of a handshake of 1,025 bytes, which none has.
    ["malformed", "\0\0\x04\x01"],
  ])("%s is closed, and counted", async (reason, bytes) => {
    const counter = new RegExp(
      `^terrarium_ended_connections_total\\{door="zookeeper",reason="${reason}"\\} (\\d+)`,
      "m",
    );
    const before = await metric(counter);
    const client = await arrive();
    client.sendBytes(utf8(bytes));
    await client.until(() => client.closed);
    expect(await metric(counter)).toBe(before + 1);
  });

  it("a body that ends too early is a MARSHALLINGERROR in its turn", async () => {
    const { client } = await join();
    for (const operation of [opcode.create, opcode.setData, opcode.exists, opcode.setWatches])
      expect((await client.ask(operation, requests.nothing, {}))?.err).toBe(-5);
    expect(await statOf(client, "/")).toBeDefined();
  });

  it("a handshake that never ends is ended", async () => {
    const client = await arrive();
    client.sendBytes(Uint8Array.of(0, 0, 0, 45, 0, 0));
    await client.until(() => client.closed);
    expect(client.handshake).toBeUndefined();
  });

  it("a ZooKeeper client at the gRPC port is closed, and so it is at that of servers", async () => {
    for (const address of [cluster.server(1).endpoint, cluster.server(1).peerAddress]) {
      const client = await ZkClient.open(address);
      open.push(client);
      expect(await client.connect()).toBeUndefined();
      expect(client.closed).toBe(true);
    }
  });
});

describe("a multi", () => {
  it("is done as a whole or refused with an error for each part", async () => {
    const { client } = await join();
    const ask = async (...parts: Parameters<typeof multiOf>) =>
      present(await client.ask(opcode.multi, multiOf(...parts), {}), "an answer");
    expect((await ask([opcode.create, created("/multi")], [opcode.create2, created("/multi/a")])).err).toBe(0);
    const refused = await ask(
      [opcode.create, created("/multi/b")],
      [opcode.check, checked("/multi", 7)],
      [opcode.delete, checked("/multi/a", -1)],
    );
    expect(refused.err).toBe(0);
    expect(errorsOf(refused)).toEqual([0, -103, -2]);
    // What this server refuses by itself has its place, too: behind what is refused before it.
    expect(errorsOf(await ask([opcode.check, checked("/no", 0)], [opcode.create, created("/multi/c", 9)]))).toEqual([
      -101, -2,
    ]);
    expect(errorsOf(await ask([opcode.check, checked("/multi", 0)], [opcode.create, created("/multi/c", 9)]))).toEqual([
      0, -8,
    ]);
    expect(await statOf(client, "/multi")).toMatchObject({ numChildren: 1 });
    expect((await ask()).body).toEqual(Buffer.from("ffffffff01ffffffff", "hex"));
  });

  it("waits while the answers of others and its own would be too many to be remembered", async () => {
    const { client } = await join();
    const parts = (n: number) => multiOf(...Array.from({ length: n }, () => [opcode.check, checked("/", -1)] as const));
    const sent = [400, 900, 1000, 1, 999].map((n) => client.send(opcode.multi, parts(n), {}));
    await client.until(() => client.heard.length === sent.length);
    expect(client.heard).toMatchObject(sent.map((xid) => ({ reply: { xid, err: 0 } })));
    // More than any transaction may have.
    expect((await client.ask(opcode.multi, parts(1001), {}))?.err).toBe(-1);
    expect(await statOf(client, "/")).toBeDefined();
  });

  it("of reads is answered part by part", async () => {
    const { client } = await join();
    await create(client, "/reads", 0, new Uint8Array([120]));
    const read =
      (path: string): Part =>
      (to) =>
        requests.read.write(to, { path, watch: false });
    const body = multiOf(
      [opcode.getData, read("/reads")],
      [opcode.getData, read("/none")],
      [opcode.getChildren, read("/reads")],
    );
    const reply = present(await client.ask(opcode.multiRead, body, {}), "an answer");
    const reader = new JuteReader(reply.body);
    expect(multiHeader.read(reader)).toEqual({ type: opcode.getData, done: false, err: 0 });
    expect(replies.data.read(reader).data).toEqual(Buffer.from("x"));
    expect(multiHeader.read(reader)).toEqual({ type: -1, done: false, err: -101 });
    expect(reader.int()).toBe(-101);
    expect(multiHeader.read(reader)).toEqual({ type: opcode.getChildren, done: false, err: 0 });
    expect(replies.children.read(reader)).toEqual({ children: [] });
    expect(multiHeader.read(reader)).toEqual({ type: -1, done: true, err: -1 });
  });
});

it("a client learns of its ephemerals, and how many znodes there are below one", async () => {
  const { client } = await join();
  for (const [path, flags] of [
    ["/family-of", 0],
    ["/family-of/a", 0],
    ["/family-of/a/e", 1],
    ["/eph", 1],
  ] as const)
    await create(client, path, flags);
  const ask = async (operation: number, path: string) =>
    new JuteReader(present(await client.ask(operation, requests.path, { path }), "an answer").body);
  expect(replies.children.read(await ask(opcode.getEphemerals, "/")).children).toEqual(["/eph", "/family-of/a/e"]);
  expect(replies.children.read(await ask(opcode.getEphemerals, "/f")).children).toEqual(["/family-of/a/e"]);
  expect((await ask(opcode.getAllChildrenNumber, "/family-of")).int()).toBe(2);
});

describe("auth", () => {
  const show = (client: ZkClient, scheme: string, credential: string) =>
    client.ask(opcode.auth, requests.auth, { type: 0, scheme, auth: utf8(credential) }, -4);
  const names = async (client: ZkClient) => {
    const reply = present(await client.ask(opcode.whoAmI, requests.nothing, {}), "an answer");
    const infos = replies.clientInfos.read(new JuteReader(reply.body)).clientInfos;
    return infos.map(({ scheme, user }) => `${scheme} ${user}`);
  };

  it("adds to who a client is, for as long as it is connected", async () => {
    const { client, session } = await join();
    expect(await show(client, "digest", "bob:secret")).toMatchObject({ err: 0, zxid: 0, xid: -4 });
    expect(await show(client, "digest", "bob:secret")).toMatchObject({ err: 0 });
    expect(await show(client, "digest", "bob:other")).toMatchObject({ err: 0 });
    expect(await show(client, "ip", "10.0.0.1")).toMatchObject({ err: 0 });
    expect(await names(client)).toEqual(["ip 127.0.0.1", "digest bob", "digest bob"]);
    const { client: again } = await join(1, session);
    expect(await names(again)).toEqual(["ip 127.0.0.1"]);
  });

  it("that fails is answered, and ends the connection", async () => {
    for (const scheme of ["world", "super", "sasl", ""]) {
      const { client } = await join();
      expect(await show(client, scheme, "anyone")).toMatchObject({ err: -115, zxid: 0 });
      await client.until(() => client.closed);
    }
  });

  it("has room for some identities, and no more", async () => {
    const { client } = await join();
    for (let i = 1; i < 100; i++) expect(await show(client, "digest", `u${i}:p`)).toMatchObject({ err: 0 });
    expect(await show(client, "digest", "u1:p")).toMatchObject({ err: 0 });
    expect(await show(client, "digest", "u100:p")).toMatchObject({ err: -115 });
  });
});

it("a client learns who it is", async () => {
  const { client } = await join();
  const reply = present(await client.ask(opcode.whoAmI, requests.nothing, {}), "an answer");
  expect(replies.clientInfos.read(new JuteReader(reply.body)).clientInfos).toEqual([
    { scheme: "ip", user: "127.0.0.1" },
  ]);
});

describe("four-letter words", () => {
  /** What a server answers to a word. */
  async function said(word: string, server = 1): Promise<string> {
    const client = connect({ host: "127.0.0.1", port: portOf(cluster.server(server).zookeeperAddress) });
    client.write(word);
    let answer = "";
    for await (const chunk of client) answer += String(chunk);
    return answer;
  }

  it("are answered in the shapes that parsers want", async () => {
    const { client } = await join();
    await create(client, "/counted");
    expect(await said("ruok")).toBe("imok");
    expect(await said("isro")).toBe("rw");
    // As go-zookeeper reads it.
    const srvr =
      /^Zookeeper version: (\d+\.\d+\.\d+)[^\n]*, built on \d\d\/\d\d\/\d{4} \d\d:\d\d \w+\nLatency min\/avg\/max: \d+\/[\d.]+\/\d+\nReceived: (\d+)\nSent: (\d+)\nConnections: (\d+)\nOutstanding: \d+\nZxid: 0x[0-9a-f]+\nMode: (\w+)\nNode count: (\d+)\n$/;
    const [, version, received, sent, connections, , nodes] = present(
      srvr.exec(await said("srvr")) ?? undefined,
      "lines",
    );
    expect(version).toBe("3.8.0");
    for (const count of [received, sent, connections, nodes]) expect(Number(count)).toBeGreaterThan(0);
    const modes = await Promise.all(
      [1, 2, 3].map(async (server) => /^Mode: (\w+)$/m.exec(await said("stat", server))?.[1]),
    );
    expect(modes.sort()).toEqual(["follower", "follower", "leader"]);
    const mntr = (await said("mntr", await cluster.leader()))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(mntr.every((pair) => pair.length === 2 && /^zk_\w+$/.test(pair[0] ?? ""))).toBe(true);
    const figures = Object.fromEntries(mntr) as Record<string, string>;
    expect(figures).toMatchObject({ zk_server_state: "leader", zk_followers: "2" });
    expect(await said("envi")).toMatch(/^Environment:\nzookeeper\.version=3\.8\.0/);
    expect(await said("conf")).toContain(`clientPort=${portOf(cluster.server(1).zookeeperAddress)}\n`);
    expect(await said("srst")).toBe("Server stats reset.\n");
    expect(/^Received: 0$/m.test(await said("srvr"))).toBe(true);
  });

  it("list connections, what is watched, what is owned and what it takes on the disk", async () => {
    const leader = await cluster.leader();
    const { client, session } = await join(leader);
    const id = `0x${session.sessionId.toString(16)}`;
    await create(client, "/listed", 1);
    await statOf(client, "/listed", true);
    await client.ask(opcode.getChildren, requests.read, { path: "/", watch: true });
    const line = (await said("cons", leader)).split("\n").find((one) => one.includes(`sid=${id},`));
    expect(line).toMatch(
      /^ \/127\.0\.0\.1:\d+\[1\]\(queued=0,recved=4,sent=4,sid=0x[0-9a-f]+,lop=GETC,est=\d+,to=60000,lcxid=0x3,lzxid=0x[0-9a-f]+,lresp=\d+,llat=\d+,minlat=\d+,avglat=[\d.]+,maxlat=\d+\)$/,
    );
    expect(await said("stat", leader)).toMatch(/built on [^\n]+\nClients:\n( \/[^\n]+\n)+\nLatency min/);
    expect(await said("crst", leader)).toBe("Connection stats reset.\n");
    expect(await said("cons", leader)).toMatch(new RegExp(`recved=0,sent=0,sid=${id},`));
    expect(await said("wchc", leader)).toContain(`${id}\n\t/listed\n\t/\n`);
    expect(await said("wchp", leader)).toMatch(new RegExp(`^/listed\n\t${id}$`, "m"));
    const dump = await said("dump", leader);
    expect(dump).toMatch(/^SessionTracker dump:\nSession Sets \(\d+\)\/\(\d+\):\n\d+ expire at [^\n]+:\n\t0x/);
    expect(dump).toMatch(/^Sessions with Ephemerals \([1-9]\d*\):$/m);
    expect(dump).toContain(`\n${id}:\n\t/listed\n`);
    expect(/^datadir_size: (\d+)\nlogdir_size: \d+\n$/.exec(await said("dirs"))?.[1]).not.toBe("0");
  });

  it("that are not allowed are refused in ZooKeeper's words", async () => {
    for (const word of ["wchs", "hash", "gtmk"])
      expect(await said(word)).toBe(`${word} is not executed because it is not in the whitelist.\n`);
  });
});

describe("beside clients of Terrarium's own", () => {
  it("is the same tree, and the same watches", async () => {
    const own = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    const { client } = await join(2);
    await own.create("/shared", "from here");
    await client.ask(opcode.sync, requests.path, { path: "/" });
    const reply = present(await client.ask(opcode.getData, requests.read, { path: "/shared", watch: true }), "");
    expect(replies.data.read(new JuteReader(reply.body)).data).toEqual(Buffer.from("from here"));
    await own.set("/shared", "changed");
    await client.until(() => client.events.length > 0);
    expect(client.events).toMatchObject([{ type: 3, path: "/shared", state: 3 }]);
    await own.close();
  });

  it("a client that does not read is held back, and the others go on", async () => {
    const { client } = await join();
    const { client: other } = await join();
    await create(client, "/large", 0, new Uint8Array(900_000));
    client.pause();
    for (let i = 0; i < 400; i++) client.send(opcode.getData, requests.read, { path: "/large", watch: false });
    for (let i = 0; i < 20; i++) expect(await statOf(other, "/large")).toBeDefined();
    // Some 360 MB are asked for, of which the server has not taken up more than there is room for.
    expect(await metric(/^process_resident_memory_bytes (\d+)/m)).toBeLessThan(400 * 2 ** 20);
    client.resume();
    await client.until(() => client.heard.length === 401, 60_000);
  });
});
