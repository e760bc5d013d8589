import { describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { JuteReader } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { multiHeader, replies, requests } from "../../src/zookeeper/records.ts";
import type { ZkClient } from "../support/zookeeper-client.ts";
import { checked, create, created, errorsOf, multiOf, type Part, statOf, ZooKeeperGuests } from "./zookeeper-guests.ts";

const guests = new ZooKeeperGuests();

describe("a multi", () => {
  it("is done as a whole or refused with an error for each part", async () => {
    const { client } = await guests.join();
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
    const { client } = await guests.join();
    const parts = (n: number) => multiOf(...Array.from({ length: n }, () => [opcode.check, checked("/", -1)] as const));
    const sent = [400, 900, 1000, 1, 999].map((n) => client.send(opcode.multi, parts(n), {}));
    await client.until(() => client.heard.length === sent.length);
    expect(client.heard).toMatchObject(sent.map((xid) => ({ reply: { xid, err: 0 } })));
    // More than any transaction may have.
    expect((await client.ask(opcode.multi, parts(1001), {}))?.err).toBe(-1);
    expect(await statOf(client, "/")).toBeDefined();
  });

  it("of reads is answered part by part", async () => {
    const { client } = await guests.join();
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
  const { client } = await guests.join();
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
    const { client, session } = await guests.join();
    expect(await show(client, "digest", "bob:secret")).toMatchObject({ err: 0, zxid: 0, xid: -4 });
    expect(await show(client, "digest", "bob:secret")).toMatchObject({ err: 0 });
    expect(await show(client, "digest", "bob:other")).toMatchObject({ err: 0 });
    expect(await show(client, "ip", "10.0.0.1")).toMatchObject({ err: 0 });
    expect(await names(client)).toEqual(["ip 127.0.0.1", "digest bob", "digest bob"]);
    const { client: again } = await guests.join(1, session);
    expect(await names(again)).toEqual(["ip 127.0.0.1"]);
  });

  it("that fails is answered, and ends the connection", async () => {
    for (const scheme of ["world", "super", "sasl", ""]) {
      const { client } = await guests.join();
      expect(await show(client, scheme, "anyone")).toMatchObject({ err: -115, zxid: 0 });
      await client.until(() => client.closed);
    }
  });

  it("has room for some identities, and no more", async () => {
    const { client } = await guests.join();
    for (let i = 1; i < 100; i++) expect(await show(client, "digest", `u${i}:p`)).toMatchObject({ err: 0 });
    expect(await show(client, "digest", "u1:p")).toMatchObject({ err: 0 });
    expect(await show(client, "digest", "u100:p")).toMatchObject({ err: -115 });
  });
});

it("a client learns who it is", async () => {
  const { client } = await guests.join();
  const reply = present(await client.ask(opcode.whoAmI, requests.nothing, {}), "an answer");
  expect(replies.clientInfos.read(new JuteReader(reply.body)).clientInfos).toEqual([
    { scheme: "ip", user: "127.0.0.1" },
  ]);
});

describe("beside clients of Terrarium's own", () => {
  it("is the same tree, and the same watches", async () => {
    const own = await TerrariumClient.connect({ endpoints: guests.cluster.endpoints });
    const { client } = await guests.join(2);
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
    const { client } = await guests.join();
    const { client: other } = await guests.join();
    await create(client, "/large", 0, new Uint8Array(900_000));
    client.pause();
    for (let i = 0; i < 400; i++) client.send(opcode.getData, requests.read, { path: "/large", watch: false });
    for (let i = 0; i < 20; i++) expect(await statOf(other, "/large")).toBeDefined();
    // Some 360 MB are asked for, of which the server has not taken up more than there is room for.
    expect(await guests.metric(/^process_resident_memory_bytes (\d+)/m)).toBeLessThan(400 * 2 ** 20);
    client.resume();
    await client.until(() => client.heard.length === 401, 60_000);
  });
});
