/** What callers without types may pass: each refused with a code, the session unharmed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../src/base/bytes.ts";
import { administer, inspectBackup, saveBackup, serverStatus, TerrariumClient } from "../../src/client/index.ts";
import { FakeServers } from "./client-fake-server.ts";

/** A caller without types: every method takes anything. */
type Untyped = Record<string, (...values: unknown[]) => unknown>;

let servers: FakeServers;
let client: TerrariumClient;
let untyped: Untyped;

beforeEach(async () => {
  servers = new FakeServers();
  await servers.add();
  client = await TerrariumClient.connect({ endpoints: servers.endpoints });
  await client.create("/a", "kept");
  untyped = client as unknown as Untyped;
});

afterEach(async () => {
  // Whatever was refused, the session lives.
  expect(await client.set("/a", "alive")).toMatchObject({ version: expect.any(Number) });
  client.detach();
  servers.stop();
});

/** Calls a method; what it throws at once fails the test: a promise has to be rejected. */
function call(method: string, ...values: unknown[]): Promise<unknown> {
  const answer = untyped[method]?.apply(client, values);
  expect(answer).toBeInstanceOf(Promise);
  return Promise.resolve(answer);
}

/** Refused by name, in a sentence, with a hint. */
async function refused(promise: Promise<unknown>, code: string, ...words: string[]): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: "TerrariumError", code });
  const { message, hint } = await promise.then(
    () => ({ message: "", hint: "" }),
    (error: { message: string; hint: string }) => error,
  );
  for (const word of words) expect(message).toContain(word);
  expect(hint).not.toBe("");
}

const notPaths = [undefined, null, 7, {}, ["/a"], new String("/a")];
const malformed = ["", "a", "/a/", "//a", "/a//b", "/a/../b", "/.", "/a\0", "/a\ud800", "/😀"];
const notData = [null, 7, Number.NaN, true, {}, ["x"], new ArrayBuffer(4), new Uint16Array(2), () => "x", 7n];
const notTimes = [Number.NaN, 0, -1, "5", null, {}];

describe("arguments of requests", () => {
  it("refuses a path that is none", async () => {
    for (const path of notPaths)
      for (const method of ["create", "get", "set", "delete", "exists", "children"])
        await refused(call(method, path, method === "set" ? "x" : undefined), "BAD_ARGUMENTS", "path is", "string");
  });

  it("refuses a malformed path and says what to do", async () => {
    for (const path of malformed)
      for (const method of ["create", "get", "set", "delete", "exists", "children"])
        await refused(call(method, path, method === "set" ? "x" : undefined), "BAD_ARGUMENTS", "is refused: it ");
    await expect(client.get("/a//b/")).rejects.toMatchObject({ hint: 'try "/a/b"' });
    await expect(client.get("a/b")).rejects.toMatchObject({ hint: 'try "/a/b"' });
    await expect(client.get("/a/../b")).rejects.toMatchObject({ hint: expect.stringContaining("not resolved") });
    await expect(client.get("/😀")).rejects.toMatchObject({ hint: expect.stringContaining("emoji") });
    await expect(client.get("/a\ud800")).rejects.toMatchObject({ hint: expect.stringContaining("surrogate") });
  });

  it("lets a sequential name be a number alone", async () => {
    await client.create("/a/", "", { sequential: true });
    await expect(client.create("/a/")).rejects.toMatchObject({ code: "BAD_ARGUMENTS" });
  });

  it("refuses data that is neither a string nor bytes", async () => {
    for (const data of notData) {
      await refused(call("set", "/a", data), "BAD_ARGUMENTS", "data is", "a string or a Uint8Array");
      await refused(call("create", "/b", data), "BAD_ARGUMENTS", "data is", "a string or a Uint8Array");
    }
    await refused(call("set", "/a"), "BAD_ARGUMENTS", "data is undefined");
    await refused(call("set", "/a", "x\udc00"), "BAD_ARGUMENTS", "surrogate");
    expect(await client.exists("/b")).toBeUndefined();
  });

  it("takes bytes of every make, as they are at the call", async () => {
    const data = Buffer.from("first");
    const setting = client.set("/a", data);
    data.fill(0x2e);
    await setting;
    expect(fromUtf8((await client.get("/a")).data)).toBe("first");
    await client.set("/a", "emoji 😀");
    expect(fromUtf8((await client.get("/a")).data)).toBe("emoji 😀");
  });

  it("takes versions that have overflowed", async () => {
    const code = expect.objectContaining({ code: "BAD_VERSION" });
    for (const version of [-2, -(2 ** 31), 2 ** 31 - 1]) {
      await expect(call("set", "/a", "x", { version })).rejects.toEqual(code);
      await expect(call("delete", "/a", { version })).rejects.toEqual(code);
    }
  });

  it("refuses a version that is none", async () => {
    for (const version of [Number.NaN, 0.5, -(2 ** 31) - 1, 2 ** 31, Number.POSITIVE_INFINITY, "0", null, 0n]) {
      await refused(call("set", "/a", "x", { version }), "BAD_ARGUMENTS", "version is", "-1 (any)");
      await refused(call("delete", "/a", { version }), "BAD_ARGUMENTS", "version is");
    }
  });

  it("refuses options that it does not know, and says which one may be meant", async () => {
    const unknown = (promise: Promise<unknown>, name: string) =>
      refused(promise, "BAD_ARGUMENTS", `no option "${name}"`);
    await unknown(call("create", "/b", "", { ephemereal: true }), "ephemereal");
    await expect(call("create", "/b", "", { ephemereal: true })).rejects.toMatchObject({
      hint: "did you mean ephemeral? there are timeoutMs, signal, ephemeral, sequential, container, ttlMs, acl",
    });
    await unknown(call("create", "/b", "", { local: true }), "local");
    for (const method of ["get", "exists", "children"]) await unknown(call(method, "/a", { Watch: () => 1 }), "Watch");
    await unknown(call("set", "/a", "x", { Version: 1 }), "Version");
    await unknown(call("delete", "/a", { ephemeral: true }), "ephemeral");
    await unknown(call("sync", { timeout: 5 }), "timeout");
    await unknown(call("close", { timeout: 5 }), "timeout");
    const iterator = client.watch("/a", "data", { signl: undefined, once: true } as object);
    await unknown(iterator.next(), "once");
    await unknown(client.childPages("/a", { pageSize: 5 } as object).next(), "pageSize");
    await unknown(TerrariumClient.connect({ endpoints: servers.endpoints, timeoutMs: 5 } as never), "timeoutMs");
    expect(await client.exists("/b")).toBeUndefined();
    // What is left undefined asks for nothing.
    await client.create("/c", "", { ephemereal: undefined } as object);
  });

  it("gives hints that suit a program, not the command line", async () => {
    const errors = await Promise.all(
      [client.get("/none"), client.create("/a"), client.delete("/none")].map((promise) =>
        promise.catch((error) => error),
      ),
    );
    for (const { hint } of errors) expect(hint).not.toMatch(/`|--|kvctl|cluster\.sh/);
  });

  it("does not say of a read that was given up that it may take effect", async () => {
    servers.deaf = true;
    const stop = new AbortController();
    const given = [client.get("/a", { signal: stop.signal }), client.set("/a", "x", { signal: stop.signal })];
    const late = client.get("/a", { timeoutMs: 20 });
    stop.abort("enough");
    const [read, write] = await Promise.all(given.map((promise) => promise.catch((error) => error)));
    expect(read).toMatchObject({ code: "ABORTED", cause: "enough", hint: expect.not.stringContaining("effect") });
    expect(write).toMatchObject({
      code: "ABORTED",
      cause: "enough",
      hint: expect.stringContaining("take effect, once"),
    });
    await expect(late).rejects.toMatchObject({ code: "TIMEOUT", hint: expect.not.stringContaining("effect") });
    servers.deaf = false;
  });

  it("refuses options of the wrong kind", async () => {
    for (const options of [null, 7, "local", []])
      for (const method of ["get", "delete", "exists", "children"])
        await refused(call(method, "/a", options), "BAD_ARGUMENTS", "options is");
    await refused(call("create", "/b", "", null), "BAD_ARGUMENTS", "options is null");
    await refused(call("set", "/a", "", null), "BAD_ARGUMENTS", "options is null");
    await refused(call("sync", null), "BAD_ARGUMENTS", "options is null");
    await refused(call("create", "/b", "", { ephemeral: "yes" }), "BAD_ARGUMENTS", 'ephemeral is "yes"');
    await refused(call("create", "/b", "", { sequential: 1 }), "BAD_ARGUMENTS", "sequential is the number 1");
    await refused(call("get", "/a", { local: 0 }), "BAD_ARGUMENTS", "local is");
    await refused(call("get", "/a", { watch: true }), "BAD_ARGUMENTS", "watch is true, not a function");
    await refused(call("get", "/a", { signal: {} }), "BAD_ARGUMENTS", "signal is", "AbortSignal");
    // It could be listened to, but not left alone any more.
    const half = { aborted: false, addEventListener: () => undefined };
    await refused(call("get", "/a", { signal: half }), "BAD_ARGUMENTS", "signal is", "AbortSignal");
    for (const timeoutMs of notTimes) await refused(call("get", "/a", { timeoutMs }), "USAGE", "timeoutMs is");
    await expect(client.get("/a", { timeoutMs: Number.POSITIVE_INFINITY })).resolves.toBeDefined();
    expect(await client.exists("/b")).toBeUndefined();
  });

  it("refuses a malformed watch, in its iteration", async () => {
    const watch = (...values: unknown[]) => {
      const events = untyped["watch"]?.apply(client, values) as AsyncGenerator;
      return events.next();
    };
    await refused(watch(undefined, "data"), "BAD_ARGUMENTS", "path is undefined");
    await refused(watch("/a/", "data"), "BAD_ARGUMENTS", 'ends with "/"');
    await refused(watch("/a", "exists"), "BAD_ARGUMENTS", 'kind is "exists"');
    await refused(watch("/a", "data", null), "BAD_ARGUMENTS", "options is null");
    await refused(watch("/a", "data", { signal: 1 }), "BAD_ARGUMENTS", "signal is");
    // Like every other iteration it can be left without a look at it.
    const unseen: AsyncIterableIterator<unknown> = client.watch("/a/", "data");
    await expect(unseen.return?.()).resolves.toEqual({ done: true, value: undefined });
    expect(() => untyped["on"]?.apply(client, ["state", "x"])).toThrow("listener is");
  });

  it("refuses to close with an odd time, and stays open", async () => {
    for (const timeoutMs of notTimes) await refused(call("close", { timeoutMs }), "USAGE", "timeoutMs is");
    await refused(call("close", null), "BAD_ARGUMENTS", "options is null");
    expect(client.state).toBe("connected");
  });
});

describe("arguments of connect", () => {
  const connect = (options?: unknown) =>
    (TerrariumClient as unknown as Untyped)["connect"]?.(options) as Promise<TerrariumClient>;
  const session = { sessionId: 5, password: new Uint8Array(16) };

  it("refuses endpoints that are none", async () => {
    for (const options of [undefined, {}, { endpoints: null }, { endpoints: "127.0.0.1:7101" }])
      await refused(connect(options), "USAGE", "endpoints is", "not an array of host:port");
    for (const endpoints of [[], [7], [undefined], ["localhost"], ["a:0"]])
      await refused(connect({ endpoints }), "USAGE", "endpoint");
    for (const options of [null, 7, "127.0.0.1:7101"]) await refused(connect(options), "BAD_ARGUMENTS", "options is");
  });

  it("refuses odd times, sessions and signals", async () => {
    const { endpoints } = servers;
    for (const name of ["sessionTimeoutMs", "requestTimeoutMs", "connectTimeoutMs"])
      for (const time of notTimes) await refused(connect({ endpoints, [name]: time }), "USAGE", `${name} is`);
    for (const odd of [null, "x", {}, { ...session, sessionId: 0 }, { ...session, sessionId: -1 }])
      await refused(connect({ endpoints, session: odd }), "BAD_ARGUMENTS", "session");
    for (const odd of [
      { ...session, sessionId: 1.5 },
      { ...session, password: "secret" },
      { ...session, password: new Uint8Array(65) },
      { ...session, lastZxid: Number.NaN },
      { ...session, lastZxid: -1 },
    ])
      await refused(connect({ endpoints, session: odd }), "BAD_ARGUMENTS", "session.");
    await refused(connect({ endpoints, signal: "now" }), "BAD_ARGUMENTS", "signal is");
  });

  it("takes a session timeout that is endless or has a fraction", async () => {
    for (const sessionTimeoutMs of [Number.POSITIVE_INFINITY, 1e18, 2500.5]) {
      const other = await connect({ endpoints: servers.endpoints, sessionTimeoutMs });
      other.detach();
    }
  });
});

describe("arguments of the calls without a session", () => {
  const member = { id: 4, peerAddress: "a:1", clientAddress: "a:2" };

  it("refuses a malformed change of the cluster before anyone is asked", async () => {
    const change = (request: unknown, options?: unknown) =>
      (administer as unknown as (...values: unknown[]) => Promise<void>)(["127.0.0.1:1"], request, options);
    await refused(change(undefined), "BAD_ARGUMENTS", "request is undefined");
    await refused(change({ type: "frob" }), "BAD_ARGUMENTS", 'request.type is "frob"');
    await refused(change({ type: "transfer", to: "3" }), "BAD_ARGUMENTS", 'to is "3"');
    await refused(change({ type: "transfer", to: 2 ** 31 }), "BAD_ARGUMENTS", "to is the number 2147483648");
    await refused(change({ type: "remove" }), "BAD_ARGUMENTS", "id is undefined");
    await refused(change({ type: "remove", id: 1, force: "yes" }), "BAD_ARGUMENTS", 'force is "yes"');
    await refused(change({ type: "add" }), "BAD_ARGUMENTS", "member is undefined");
    await refused(change({ type: "add", member: { ...member, id: 0 } }), "BAD_ARGUMENTS", "member.id is");
    await refused(change({ type: "add", member: { id: 4, peerAddress: "a:1" } }), "BAD_ARGUMENTS", "clientAddress is");
    await refused(change({ type: "add", member, observer: 1 }), "BAD_ARGUMENTS", "observer is");
    await refused(change({ type: "replace", gone: 1.5, member }), "BAD_ARGUMENTS", "gone is");
    await refused(
      change({ type: "update", id: 1 }),
      "BAD_ARGUMENTS",
      "with a peerAddress, a clientAddress or a zookeeperAddress",
    );
    await refused(change({ type: "update", id: 1, clientAddress: "" }), "BAD_ARGUMENTS", "clientAddress is");
    await refused(change({ type: "remove", id: 1 }, null), "BAD_ARGUMENTS", "options is null");
    await refused(change({ type: "remove", id: 1 }, { timeoutMs: -1 }), "USAGE", "timeoutMs is");
    await refused(change({ type: "remove", id: 1 }, { signal: 1 }), "BAD_ARGUMENTS", "signal is");
  });

  it("refuses odd endpoints, files and times", async () => {
    const status = serverStatus as unknown as (...values: unknown[]) => Promise<unknown>;
    const save = saveBackup as unknown as (...values: unknown[]) => Promise<unknown>;
    const inspect = inspectBackup as unknown as (...values: unknown[]) => Promise<unknown>;
    const [endpoint = ""] = servers.endpoints;
    await refused(status(), "USAGE", "the endpoint undefined");
    await refused(status(endpoint, null), "BAD_ARGUMENTS", "options is null");
    await refused(status(endpoint, { timeoutMs: "1" }), "USAGE", "timeoutMs is");
    for (const file of [undefined, "", 7, "a\0b"]) {
      await refused(save(endpoint, file), "BAD_ARGUMENTS", "file is");
      await refused(inspect(file), "BAD_ARGUMENTS", "file is");
    }
    await refused(save(endpoint, "/nowhere/x", { idleMs: Number.NaN }), "USAGE", "idleMs is");
  });

  it("waits for ever if it is told to: no deadline is too far", async () => {
    const [endpoint = ""] = servers.endpoints;
    servers.status = JSON.stringify({ clusterId: "c", id: 1, role: "leader", term: 1, members: [] });
    for (const timeoutMs of [Number.POSITIVE_INFINITY, 1e15])
      expect(await serverStatus(endpoint, { timeoutMs })).toMatchObject({ role: expect.any(String) });
  });
});
