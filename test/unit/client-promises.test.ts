import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../src/base/bytes.ts";
import type { WatchEvent } from "../../src/base/reads.ts";
import { type ChildPagesOptions, type ClientOptions, serverStatus, TerrariumClient } from "../../src/client/index.ts";
import { FakeServers } from "./client-fake-server.ts";

let servers: FakeServers;
let clients: TerrariumClient[];

beforeEach(async () => {
  servers = new FakeServers();
  clients = [];
  await servers.add();
  await servers.add();
});

afterEach(() => {
  for (const client of clients) client.detach();
  servers.stop();
});

async function connect(options: Partial<ClientOptions> = {}): Promise<TerrariumClient> {
  const client = await TerrariumClient.connect({ endpoints: servers.endpoints, ...options });
  clients.push(client);
  return client;
}

const code = (expected: string) => expect.objectContaining({ name: "TerrariumError", code: expected });

function deletion(path: string) {
  return { op: "delete", path, version: -1 } as const;
}

function creation(path: string) {
  return { op: "create", path, data: new Uint8Array(0), ephemeral: false, sequential: false } as const;
}

function change(path: string, text: string) {
  return { op: "setData", path, data: new TextEncoder().encode(text), version: -1 } as const;
}

describe("requests", () => {
  it("creates, reads, changes and deletes", async () => {
    const client = await connect();
    const created = await client.create("/a", "one");
    expect(created).toMatchObject({ path: "/a", stat: { version: 0, czxid: created.zxid } });
    expect(await client.set("/a", new TextEncoder().encode("two"), { version: 0 })).toMatchObject({ version: 1 });
    const { data, stat } = await client.get("/a");
    expect([fromUtf8(data), stat.version]).toEqual(["two", 1]);
    expect((await client.children("/")).children).toEqual(["a"]);
    expect(await client.exists("/a")).toEqual(stat);
    expect(await client.sync()).toBe(client.lastZxid);
    await client.delete("/a");
    expect(await client.exists("/a")).toBeUndefined();
  });

  it("lists children page by page, from a name on and with a limit", async () => {
    const client = await connect();
    await client.create("/p");
    for (const name of ["a", "b", "c", "d", "e"]) await client.create(`/p/${name}`);
    const pages = async (options?: ChildPagesOptions) => {
      const all: string[] = [];
      for await (const { children, more, stat } of client.childPages("/p", options)) {
        expect(stat.numChildren).toBe(5);
        all.push(`${children.join("")}${more ? "+" : ""}`);
      }
      return all;
    };
    expect(await pages()).toEqual(["abcde"]);
    expect(await pages({ limit: 2 })).toEqual(["ab+", "cd+", "e"]);
    expect(await pages({ limit: 5, after: "b", local: true })).toEqual(["cde"]);
    expect(await pages({ after: "e" })).toEqual([""]);
    await expect(client.childPages("/none").next()).rejects.toEqual(code("NO_NODE"));
    for (const limit of [0, 1.5, -1, "2"])
      await expect(client.childPages("/p", { limit: limit as number }).next()).rejects.toEqual(code("BAD_ARGUMENTS"));
    for (const after of [1, "a/b", "\ud800", "x".repeat(4_097)])
      await expect(client.childPages("/p", { after: after as string }).next()).rejects.toEqual(code("BAD_ARGUMENTS"));
    await expect(client.childPages("/p", null as never).next()).rejects.toEqual(code("BAD_ARGUMENTS"));
  });

  it("arms the watch of a listing in pages with the first: what changes between pages is told before it shows", async () => {
    const client = await connect();
    await client.create("/p");
    for (const name of ["a", "c", "e"]) await client.create(`/p/${name}`);
    const order: string[] = [];
    const watch = ({ type, zxid }: WatchEvent) => order.push(`${type} ${zxid}`);
    let made = 0;
    for await (const { children } of client.childPages("/p", { limit: 1, watch })) {
      order.push(children.join(""));
      if (children[0] === "a") made = (await client.create("/p/b")).zxid;
    }
    expect(order).toEqual(["a", `childrenChanged ${made}`, "b", "c", "e"]);
  });

  it("puts a list together from pages where one answer has no room for it, as of the first page's zxid", async () => {
    const client = await connect();
    await client.create("/p");
    for (const name of ["a", "b", "c", "d", "e"]) await client.create(`/p/${name}`);
    const { stat } = await client.children("/p");
    servers.cluster.namesPerAnswerMax = 2;
    const events: WatchEvent[] = [];
    const listed = await client.children("/p", { watch: (event) => events.push(event) });
    expect(listed).toMatchObject({ children: ["a", "b", "c", "d", "e"], stat });
    expect(events).toEqual([]);
    const { zxid } = await client.create("/p/f");
    await client.sync();
    expect(events).toEqual([{ type: "childrenChanged", path: "/p", kind: "children", zxid }]);
    await expect(client.children("/none")).rejects.toEqual(code("NO_NODE"));
  });

  it("rejects with the server's code", async () => {
    const client = await connect();
    await expect(client.get("/none")).rejects.toEqual(code("NO_NODE"));
    await client.create("/a");
    await expect(client.create("/a")).rejects.toEqual(code("NODE_EXISTS"));
    await expect(client.set("/a", "", { version: 9 })).rejects.toEqual(code("BAD_VERSION"));
  });

  it("rejects what cannot be sent", async () => {
    const client = await connect();
    await expect(client.set("/a", new Uint8Array(2 ** 20 + 1))).rejects.toEqual(code("DATA_TOO_LARGE"));
    await expect(client.set("/a", "", { version: 0.5 })).rejects.toEqual(code("BAD_ARGUMENTS"));
    await expect(client.set("/a", "", { version: 2 ** 31 })).rejects.toEqual(code("BAD_ARGUMENTS"));
    await expect(client.get("/a", { timeoutMs: 0 })).rejects.toEqual(code("USAGE"));
  });

  it("sends the requests of one turn in one frame, and answers in order", async () => {
    const client = await connect();
    await client.create("/a");
    servers.frames.length = 0;
    const order: number[] = [];
    const all = Array.from({ length: 8 }, (_, i) =>
      client.set("/a", String(i)).then((stat) => order.push(stat.version)),
    );
    await Promise.all(all);
    expect(servers.frames).toEqual([8]);
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("sends many large requests at once in frames that a server takes", async () => {
    const client = await connect();
    await client.create("/a");
    const data = new Uint8Array(2 ** 20);
    const stats = await Promise.all(Array.from({ length: 12 }, () => client.set("/a", data)));
    expect(stats.at(-1)?.version).toBe(12);
  });

  it("gives up at its deadline, or when it is aborted", async () => {
    const client = await connect();
    servers.deaf = true;
    const controller = new AbortController();
    const aborted = client.create("/aborted", "", { signal: controller.signal });
    const late = client.create("/late", "", { timeoutMs: 30 });
    controller.abort();
    await expect(aborted).rejects.toEqual(code("ABORTED"));
    await expect(late).rejects.toEqual(code("TIMEOUT"));
    await expect(client.sync({ signal: controller.signal })).rejects.toEqual(code("ABORTED"));
  });
});

describe("a session", () => {
  it("moves to another server and goes on, each write done once", async () => {
    const client = await connect();
    const states: string[] = [];
    client.on("state", (state) => states.push(state));
    await client.create("/a");
    const killed = client.endpoint;
    const under = Array.from({ length: 50 }, (_, i) => client.set("/a", String(i)));
    servers.kill(killed);
    const stats = await Promise.all(under);
    expect(stats.map((stat) => stat.version)).toEqual(stats.map((_, i) => i + 1));
    expect(states).toEqual(["suspended", "connected"]);
    expect(client.endpoint).not.toBe(killed);
  });

  it("says NO_SERVER when none is left, and goes on when one returns", async () => {
    const client = await connect();
    const [first = "", second] = servers.endpoints;
    servers.kill(first);
    servers.kill(second);
    await expect(client.sync({ timeoutMs: 200 })).rejects.toEqual(code("NO_SERVER"));
    await expect(client.sync({ timeoutMs: 50 })).rejects.toThrow(first);
    await servers.add(Number(first.split(":")[1]));
    await client.create("/a", "", { timeoutMs: 5_000 });
    expect(client.state).toBe("connected");
  });

  it("says NO_QUORUM when the server has none, and goes on when it is back", async () => {
    const client = await connect();
    servers.cluster.refuses = () => ({ code: "NO_QUORUM", message: "no leader" });
    servers.cluster.setQuorum(false);
    const lasting = client.create("/lasting", "", { timeoutMs: 10_000 });
    await expect(client.create("/a", "", { timeoutMs: 300 })).rejects.toEqual(code("NO_QUORUM"));
    servers.cluster.refuses = () => undefined;
    servers.cluster.setQuorum(true);
    expect((await lasting).path).toBe("/lasting");
  });

  it("expires once and for all", async () => {
    const client = await connect();
    const expired = new Promise((resolve) => client.on("state", (state) => state === "expired" && resolve(state)));
    servers.deaf = true;
    const pending = client.create("/a");
    servers.cluster.expire(client.sessionId);
    await expect(pending).rejects.toEqual(code("SESSION_EXPIRED"));
    await expired;
    await expect(client.sync()).rejects.toEqual(code("SESSION_EXPIRED"));
    await client.close();
    expect(client.state).toBe("expired");
  });

  it("is closed by close, after what was asked before", async () => {
    const client = await connect();
    const created = client.create("/a");
    await client.close();
    expect((await created).path).toBe("/a");
    expect(servers.cluster.sessions.size).toBe(0);
    expect(client.state).toBe("closed");
    await expect(client.sync()).rejects.toEqual(code("SESSION_CLOSED"));
    await client.close();
  });

  it("closes in time even when nobody answers", async () => {
    const client = await connect();
    servers.deaf = true;
    await client.close({ timeoutMs: 50 });
    expect(client.state).toBe("closed");
  });

  it("lives on when it is detached, and can be resumed", async () => {
    const client = await connect();
    await client.create("/a");
    const { sessionId, password } = client.session;
    client.detach();
    const again = await connect({ session: { sessionId, password } });
    expect(again.sessionId).toBe(sessionId);
    await again.set("/a", "more");
    expect(servers.cluster.applied.map((write) => write.requestId)).toEqual([1, 2]);
  });
});

describe("connect", () => {
  it.each([
    [[]],
    [["localhost"]],
    [["localhost:"]],
    [["localhost:0"]],
    [["localhost:65536"]],
    [["http://a:1"]],
    [["a b:1"]],
    [["::1:7101"]],
  ])("refuses the endpoints %j", async (endpoints) => {
    await expect(TerrariumClient.connect({ endpoints })).rejects.toEqual(code("USAGE"));
  });

  it("refuses times that are none", async () => {
    await expect(connect({ sessionTimeoutMs: Number.NaN })).rejects.toEqual(code("USAGE"));
    await expect(connect({ connectTimeoutMs: -1 })).rejects.toEqual(code("USAGE"));
  });

  it("says NO_SERVER with the address when nothing listens there", async () => {
    const connecting = connect({ endpoints: ["127.0.0.1:1"], connectTimeoutMs: 200 });
    await expect(connecting).rejects.toEqual(code("NO_SERVER"));
    await expect(connecting).rejects.toThrow(/127\.0\.0\.1:1: nothing listens there$/);
  });

  it("says NO_QUORUM when the servers do", async () => {
    servers.cluster.quorum = false;
    await expect(connect({ connectTimeoutMs: 200 })).rejects.toEqual(code("NO_QUORUM"));
  });

  it("finds the one server that works", async () => {
    const client = await connect({ endpoints: ["127.0.0.1:1", "127.0.0.1:2", ...servers.endpoints.slice(0, 1)] });
    expect(client.endpoint).toBe(servers.endpoints[0]);
  });

  it("gives up when it is aborted", async () => {
    servers.deaf = true;
    await expect(connect({ signal: AbortSignal.timeout(30) })).rejects.toEqual(code("ABORTED"));
    await expect(connect({ signal: AbortSignal.abort() })).rejects.toEqual(code("ABORTED"));
  });

  it("does not resume with a wrong password, or a session that is gone", async () => {
    const { sessionId } = (await connect()).session;
    const password = new Uint8Array(16);
    await expect(connect({ session: { sessionId, password } })).rejects.toEqual(code("AUTH_FAILED"));
    await expect(connect({ session: { sessionId: 5, password } })).rejects.toEqual(code("SESSION_EXPIRED"));
  });

  it("leaves a server that sends garbage", async () => {
    const client = await connect();
    servers.shout(Uint8Array.of(0xff, 0xff, 0xff));
    await client.create("/a");
    expect(servers.cluster.connects).toHaveLength(2);
  });
});

describe("what is not a Terrarium client port", () => {
  const others: (HttpServer | TcpServer)[] = [];
  afterEach(() => {
    for (const other of others.splice(0)) other.close();
  });

  async function listening(server: HttpServer | TcpServer): Promise<string> {
    others.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ["an HTTP server", () => createServer((_request, response) => response.end("hello"))],
    [
      "a server that talks garbage",
      () => createTcpServer((socket) => socket.on("error", () => {}).end("garbage\r\n\r\n")),
    ],
    ["a server that hangs up", () => createTcpServer((socket) => socket.on("error", () => {}).destroy())],
    ["a server that says nothing", () => createTcpServer((socket) => socket.on("error", () => {}).resume())],
  ])("is named in the error: %s", async (_name, server) => {
    const endpoint = await listening(server());
    const connecting = connect({ endpoints: [endpoint], connectTimeoutMs: 500 });
    await expect(connecting).rejects.toThrow(endpoint);
    await expect(connecting).rejects.toEqual(
      expect.objectContaining({ code: expect.stringMatching(/NO_SERVER|PROTOCOL_ERROR/) }),
    );
    const asking = serverStatus(endpoint, { timeoutMs: 300 });
    await expect(asking).rejects.toThrow(endpoint);
  });
});

describe("the status of a server", () => {
  const status = { clusterId: "c", id: 1, role: "leader", term: 3, members: [] };

  it("comes as its JSON", async () => {
    servers.status = JSON.stringify(status);
    expect(await serverStatus(servers.endpoints[0] ?? "")).toEqual(status);
  });

  it.each([["not JSON"], ["{}"], ["null"], [JSON.stringify({ ...status, id: "1" })], [undefined]])(
    "is not %j",
    async (json) => {
      servers.status = json;
      await expect(serverStatus(servers.endpoints[0] ?? "")).rejects.toEqual(code("PROTOCOL_ERROR"));
    },
  );

  it("says NO_SERVER when nothing answers, USAGE for no address", async () => {
    await expect(serverStatus("127.0.0.1:1", { timeoutMs: 300 })).rejects.toEqual(code("NO_SERVER"));
    await expect(serverStatus("nowhere")).rejects.toEqual(code("USAGE"));
    await expect(serverStatus("127.0.0.1:1", { signal: AbortSignal.abort() })).rejects.toEqual(code("ABORTED"));
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("watches", () => {
  it("call back once, before a later answer that shows the change", async () => {
    const client = await connect();
    await client.create("/a");
    const story: string[] = [];
    await client.get("/a", { watch: (event) => story.push(event.type) });
    await Promise.all([1, 2].map((i) => client.set("/a", String(i)).then(() => story.push(`set ${i}`))));
    expect(story).toEqual(["dataChanged", "set 1", "set 2"]);
  });

  it("survive the loss of the server", async () => {
    const client = await connect();
    await client.create("/a");
    const seen = new Promise<WatchEvent>((resolve) => client.children("/", { watch: resolve }));
    await client.sync();
    servers.kill(client.endpoint);
    await servers.change(creation("/b"));
    expect(await seen).toMatchObject({ type: "childrenChanged", path: "/", kind: "children" });
  });

  /** Takes the next event, which must come soon. */
  async function next(events: AsyncIterator<WatchEvent>): Promise<string> {
    const result = await events.next();
    return result.done ? "done" : `${result.value.kind} ${result.value.type}`;
  }

  it("iterate over the changes of data, creation and deletion included", async () => {
    const client = await connect();
    await client.create("/a");
    const events = client.watch("/a", "data");
    await client.set("/a", "1");
    expect(await next(events)).toBe("data dataChanged");
    await client.delete("/a");
    expect(await next(events)).toBe("data deleted");
    await client.create("/a");
    expect(await next(events)).toBe("data created");
  });

  it("tell what changed while an event was handled", async () => {
    const client = await connect();
    const events = client.watch("/a", "exist");
    await client.create("/a");
    expect(await next(events)).toBe("exist created");
    for (let i = 0; i < 10; i++) await servers.change(change("/a", String(i)));
    await servers.change(deletion("/a"));
    const told = [];
    while (told.at(-1) !== "exist deleted") told.push(await next(events));
    expect(told.length).toBeLessThanOrEqual(3);
    expect(told[0]).toBe("exist dataChanged");
  });

  it("tell an iteration of a change before an answer that shows it, also one of the same frame", async () => {
    const client = await connect();
    await client.create("/a");
    const story: string[] = [];
    const events = client.watch("/a", "data");
    const ended = (async () => {
      for await (const { zxid } of events) {
        story.push(`event ${zxid}`);
        if (story.length >= 6) break;
      }
    })();
    await client.sync();
    for (let i = 0; i < 3; i++) {
      // The event and both answers come in one frame.
      const set = client.set("/a", String(i)).then(({ mzxid }) => story.push(`set ${mzxid}`));
      await Promise.all([set, client.get("/a").then(({ stat }) => story.push(`get ${stat.mzxid}`))]);
    }
    await ended;
    const zxid = (line: string) => line.split(" ")[1];
    const first = story.filter((line, i) => story.findIndex((other) => zxid(other) === zxid(line)) === i);
    expect(first.every((line) => line.startsWith("event"))).toBe(true);
    expect(story.length).toBeGreaterThan(5);
  });

  it("are disarmed at the server when nobody waits for them any more", async () => {
    const client = await connect();
    await client.create("/a");
    const armed = () => servers.cluster.armed(client.sessionId);
    const stop = new AbortController();

    const never = client.watch("/a", "data");
    const pending = client.watch("/a", "children");
    const waiting = next(pending);
    const signalled = client.watch("/b", "exist", { signal: stop.signal });
    await client.get("/a", { watch: () => undefined, signal: stop.signal });
    await client.exists("/b", { watch: () => undefined });
    expect(armed()).toEqual(["children /a", "data /a", "exist /a", "exist /b"]);

    // Before the first next(); during one; by a signal, after the read has been answered.
    await never.return?.();
    await pending.return?.();
    expect(await waiting).toBe("done");
    expect(await next(pending)).toBe("done");
    stop.abort();
    expect(await next(signalled)).toBe("done");
    await client.sync();
    await until(() => armed().length === 1);
    // Another reader of the same watch is not forgotten.
    expect(armed()).toEqual(["exist /b"]);
  });

  it("are disarmed also if their read was given up before it was answered", async () => {
    const client = await connect();
    await client.create("/a");
    const stop = new AbortController();
    const reason = new Error("the user left");
    const aborted = client.get("/a", { watch: () => undefined, signal: stop.signal });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    stop.abort(reason);
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED", cause: reason });
    await client.sync();
    await until(() => servers.cluster.armed(client.sessionId).length === 0);
    // One that the session has sent, and that armed it again, goes on.
    const [one] = await Promise.all([client.exists("/a", { watch: () => undefined }), client.sync()]);
    expect(one?.version).toBe(0);
    expect(servers.cluster.armed(client.sessionId)).toEqual(["exist /a"]);
  });

  it("follow children through the deletion and return of their parent", async () => {
    const client = await connect();
    await client.create("/p");
    const events = client.watch("/p", "children");
    await client.create("/p/a");
    expect(await next(events)).toBe("children childrenChanged");
    await servers.change(creation("/p/b"));
    expect(await next(events)).toBe("children childrenChanged");
    await servers.change(deletion("/p/a"));
    await servers.change(deletion("/p/b"));
    await servers.change(deletion("/p"));
    expect(await next(events)).toBe("children childrenChanged");
    expect(await next(events)).toBe("children deleted");
    const waiting = next(events);
    await servers.change(creation("/p"));
    expect(await waiting).toBe("children created");
    await servers.change(creation("/p/c"));
    expect(await next(events)).toBe("children childrenChanged");
  });

  it("need the znode at first, unless they wait for it to exist", async () => {
    const client = await connect();
    await expect(client.watch("/none", "data").next()).rejects.toEqual(code("NO_NODE"));
    await expect(client.watch("/none", "children").next()).rejects.toEqual(code("NO_NODE"));
  });

  it("end with the loop, the signal, or the session", async () => {
    const client = await connect();
    await client.create("/a");
    const controller = new AbortController();
    const aborted = client.watch("/a", "data", { signal: controller.signal });
    const waiting = next(aborted);
    controller.abort();
    expect(await waiting).toBe("done");
    setTimeout(() => void client.set("/a", "1"), 20);
    for await (const event of client.watch("/a", "data")) {
      expect(event.type).toBe("dataChanged");
      break;
    }
    const rest = client.watch("/a", "data");
    const end = expect(rest.next()).rejects.toEqual(code("SESSION_CLOSED"));
    await client.sync();
    await client.close();
    await end;
  });
});
