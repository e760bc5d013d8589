import { describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { JuteReader, type JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { replies, requests } from "../../src/zookeeper/records.ts";
import type { ZkClient, ZkHandshake } from "../support/zookeeper-client.ts";
import {
  acls,
  create,
  created,
  createdPath,
  eventually,
  multiOf,
  none,
  statOf,
  ZooKeeperGuests,
} from "./zookeeper-guests.ts";

const guests = new ZooKeeperGuests();

describe("what others learnt from their users", () => {
  it("1 a reconnect never hands out a new session silently", async () => {
    const { client, session } = await guests.join();
    await client.ask(opcode.closeSession, requests.nothing, {});
    await client.until(() => client.closed);
    for (const server of [1, 2, 3]) {
      const { client: again, session: answer } = await guests.join(server, { ...session, lastZxidSeen: 1 });
      expect(answer).toEqual({ protocolVersion: 0, timeOut: 0, sessionId: 0n, passwd: Buffer.alloc(16) });
      await again.until(() => again.closed);
      expect(again.closed).toBe(true);
    }
  });

  it("2 a failed handshake never returns id -1", async () => {
    const { session } = await guests.join();
    const { sessionId } = session;
    const wrong: ZkHandshake[] = [
      { sessionId, passwd: utf8("0123456789abcdef") },
      { sessionId, passwd: none },
      { sessionId: sessionId + 1n, passwd: session.passwd },
      { sessionId: -1n, passwd: session.passwd },
      { sessionId: 2n ** 62n, passwd: session.passwd },
    ];
    for (const handshake of wrong) {
      const { client, session: answer } = await guests.join(2, handshake);
      expect(answer).toEqual({ protocolVersion: 0, timeOut: 0, sessionId: 0n, passwd: Buffer.alloc(16) });
      await client.until(() => client.closed);
    }
  });

  it("3 reads on followers keep the session alive", async () => {
    const leader = await guests.cluster.leader();
    const { client } = await guests.join((leader % 3) + 1, { timeOut: 2000 });
    expect((await create(client, "/kept-alive", 1))?.err).toBe(0);
    const { client: other } = await guests.join(leader);
    for (const until = Date.now() + 6000; Date.now() < until; await new Promise((r) => setTimeout(r, 300)))
      expect(await statOf(client, "/kept-alive")).toBeDefined();
    expect(await statOf(other, "/kept-alive")).toBeDefined();
  });

  it("4 the readOnly byte may be there or not, both ways", async () => {
    const { client: with1 } = await guests.join(1, { readOnly: true });
    const { client: with0 } = await guests.join(1, { readOnly: false });
    const { client: without } = await guests.join(1);
    expect([with1, with0, without].map(({ handshake }) => handshake?.length)).toEqual([37, 37, 36]);
    expect(with1.handshake?.[36]).toBe(0);
  });

  it("5 create2 makes plain znodes", async () => {
    const { client } = await guests.join();
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
    const { client, session } = await guests.join();
    await createdPath(client, "/watched", 0);
    const seen = present(await statOf(client, "/watched", true), "a stat").czxid;
    client.destroy();
    const { client: other } = await guests.join(2);
    await other.ask(opcode.setData, requests.setData, { path: "/watched", data: utf8("new"), version: -1 });
    await create(other, "/appeared");
    const { client: again } = await guests.join(3, { ...session, lastZxidSeen: seen });
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
    const { client, session } = await guests.join();
    await createdPath(client, "/family", 0);
    const zxid = present(
      await client.ask(opcode.getChildren, requests.read, { path: "/family", watch: true }),
      "",
    ).zxid;
    client.destroy();
    const { client: again } = await guests.join(2, { ...session, lastZxidSeen: zxid });
    const watches = { relativeZxid: zxid, data: [], exist: [], child: ["/family"] };
    await again.ask(opcode.setWatches, requests.setWatches, watches, -8);
    expect(again.events).toEqual([]);
    const { client: other } = await guests.join(3);
    await create(other, "/family/child");
    await again.until(() => again.events.length > 0);
    expect(again.events).toMatchObject([{ type: 4, path: "/family" }]);
  });

  it("watches that stay are armed, told, armed again by setWatches2, and removed", async () => {
    const { client, session } = await guests.join();
    const { client: other } = await guests.join(2);
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
    const { client: again } = await guests.join(3, session);
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
    expect(await asked(opcode.removeWatches, "/stay", 9)).toBe(-5);
    await other.ask(opcode.delete, requests.delete, { path: "/stay/a", version: -1 });
    await other.ask(opcode.delete, requests.delete, { path: "/tree/a", version: -1 });
    await again.until(() => again.events.length > 0);
    expect(told(again.events)).toEqual(["2 /tree/a"]);
  });

  it("8 an unknown opcode is answered with an error in its turn, never dropped", async () => {
    const { client } = await guests.join();
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
    const { client: other } = await guests.join();
    expect((await other.ask(opcode.sasl, requests.nothing, {}))?.err).toBe(-6);
    expect(await statOf(other, "/")).toBeDefined();
  });

  it("9 createTTL has an extra int64, and its znode goes in time; a container goes with its last child", async () => {
    const { client } = await guests.join();
    const { client: other } = await guests.join(2);
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
    const { client } = await guests.join();
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
    const { client } = await guests.join();
    await createdPath(client, "/queue", 0);
    await createdPath(client, "/queue/plain", 0);
    expect(await createdPath(client, "/queue/n-", 2)).toBe("/queue/n-0000000001");
    await client.ask(opcode.delete, requests.delete, { path: "/queue/n-0000000001", version: -1 });
    expect(await createdPath(client, "/queue/n-", 3)).toBe("/queue/n-0000000002");
  });

  it("12 cversion and pzxid of the parent are exact", async () => {
    const { client } = await guests.join();
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
    const watches = (): Promise<number> => guests.metric(/^terrarium_watches (\d+)/m);
    const before = await watches();
    const { client: closing } = await guests.join();
    const { client: dying } = await guests.join();
    for (const client of [closing, dying]) for (let i = 0; i < 50; i++) await statOf(client, `/nothing-${i}`, true);
    expect(await watches()).toBe(before + 100);
    await closing.ask(opcode.closeSession, requests.nothing, {});
    await eventually(async () => (await watches()) === before + 50);
    dying.destroy();
    await eventually(async () => (await watches()) === before);
    const { client: removing } = await guests.join();
    for (let i = 0; i < 50; i++) await statOf(removing, `/nothing-${i}`, true);
    expect(await watches()).toBe(before + 50);
    for (let i = 0; i < 50; i++)
      await removing.ask(opcode.removeWatches, requests.watch, { path: `/nothing-${i}`, type: 2 });
    expect(await watches()).toBe(before);
  });

  it("14 what is not yet committed, credentials and closing sessions, decides the same on every replica", async () => {
    const { client: a } = await guests.join(1);
    const { client: b } = await guests.join(2);
    await createdPath(a, "/race", 0);
    for (let round = 0; round < 20; round++) {
      const path = `/race/${round}`;
      const { client: brief } = await guests.join(3);
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
        const { client } = await guests.join(server);
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
    const { client } = await guests.join();
    for (const length of [-1, -(2 ** 31), 2 ** 31 - 1]) {
      const other = await guests.arrive();
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
    const { client: owner } = await guests.join();
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
    const given = await Promise.all(asked.map(async (timeOut) => (await guests.join(1, { timeOut })).session.timeOut));
    expect(given).toEqual([2000, 2000, 2000, 7000, 60_000]);
  });

  it("sends a client that has seen more than this server to another one, without a word", async () => {
    const client = await guests.arrive();
    expect(await client.connect({ lastZxidSeen: 1e12 })).toBeUndefined();
    expect(client.closed).toBe(true);
  });

  it("cuts the older connection of a session that attaches again", async () => {
    const { client, session } = await guests.join();
    const { client: newer, session: same } = await guests.join(2, session);
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
    const before = await guests.metric(counter);
    const client = await guests.arrive();
    client.sendBytes(utf8(bytes));
    await client.until(() => client.closed);
    expect(await guests.metric(counter)).toBe(before + 1);
  });

  it("a body that ends too early is a MARSHALLINGERROR in its turn", async () => {
    const { client } = await guests.join();
    for (const operation of [opcode.create, opcode.setData, opcode.exists, opcode.setWatches])
      expect((await client.ask(operation, requests.nothing, {}))?.err).toBe(-5);
    expect(await statOf(client, "/")).toBeDefined();
  });

  it("a handshake that never ends is ended", async () => {
    const client = await guests.arrive();
    client.sendBytes(Uint8Array.of(0, 0, 0, 45, 0, 0));
    await client.until(() => client.closed);
    expect(client.handshake).toBeUndefined();
  });

  it("a ZooKeeper client at the gRPC port is closed, and so it is at that of servers", async () => {
    for (const address of [guests.cluster.server(1).endpoint, guests.cluster.server(1).peerAddress]) {
      const client = await guests.arriveAt(address);
      expect(await client.connect()).toBeUndefined();
      expect(client.closed).toBe(true);
    }
  });
});
