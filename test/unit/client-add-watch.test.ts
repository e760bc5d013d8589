import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "../../src/base/operations.ts";
import type { WatchEvent } from "../../src/base/reads.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { FakeServers } from "./client-fake-server.ts";

let servers: FakeServers;
let client: TerrariumClient;

beforeEach(async () => {
  servers = new FakeServers();
  await servers.add();
  client = await TerrariumClient.connect({ endpoints: servers.endpoints });
});

afterEach(() => {
  client.detach();
  servers.stop();
});

const data = new Uint8Array();
const create = (path: string): Operation => ({ op: "create", path, data, ephemeral: false, sequential: false });
const set = (path: string): Operation => ({ op: "setData", path, data, version: -1 });
const told = (events: readonly WatchEvent[]) => events.map(({ type, path, zxid }) => `${type} ${path} ${zxid}`);

describe("addWatch", () => {
  it("tells of each change of a path that need not exist, in order and before answers that show it", async () => {
    const events: WatchEvent[] = [];
    const from = await client.addWatch("/a", (event) => events.push(event));
    for (const operation of [create("/a"), set("/a"), create("/a/b"), set("/a/b"), create("/other")])
      servers.cluster.apply(operation);
    const zxid = await client.sync();
    expect(from).toBe(zxid - 5);
    expect(told(events)).toEqual([
      `created /a ${from + 1}`,
      `dataChanged /a ${from + 2}`,
      `childrenChanged /a ${from + 3}`,
    ]);
  });

  it("recursive: tells each of the watches above a change", async () => {
    const root: WatchEvent[] = [];
    const below: WatchEvent[] = [];
    await client.addWatch("/", (event) => root.push(event), { recursive: true });
    await client.addWatch("/a", (event) => below.push(event), { recursive: true });
    for (const operation of [create("/a"), create("/a/b"), create("/c")]) servers.cluster.apply(operation);
    await client.sync();
    expect(root.map(({ path }) => path)).toEqual(["/a", "/a/b", "/c"]);
    expect(below.map(({ path }) => path)).toEqual(["/a", "/a/b"]);
  });

  it("ends with its signal, and tells nothing any more", async () => {
    const events: WatchEvent[] = [];
    const ended = new AbortController();
    await client.addWatch("/a", (event) => events.push(event), { signal: ended.signal });
    servers.cluster.apply(create("/a"));
    await client.sync();
    ended.abort();
    servers.cluster.apply(set("/a"));
    await client.sync();
    expect(events.map(({ type }) => type)).toEqual(["created"]);
  });

  it("refuses what is no path, no function and no option", async () => {
    const listener = () => {};
    const code = expect.objectContaining({ code: "BAD_ARGUMENTS" });
    await expect(client.addWatch("a", listener)).rejects.toEqual(code);
    await expect(client.addWatch("/a", undefined as never)).rejects.toEqual(code);
    await expect(client.addWatch("/a", listener, { recursiv: true } as object)).rejects.toEqual(code);
    await expect(client.addWatch("/a", listener, { recursive: 1 } as never)).rejects.toEqual(code);
  });
});
