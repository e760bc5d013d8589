import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { emptyBytes } from "../../src/base/bytes.ts";
import type { Operation } from "../../src/base/operations.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { runTerrarium, runUnheard } from "../support/run-terrarium.ts";
import { RawSession } from "./raw-session.ts";

describe("bad input to a running server", () => {
  let cluster: LocalCluster;
  let client: TerrariumClient;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
    client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await client.create("/kept", "safe");
  });
  const endpoint = () => present(cluster.servers[0], "a server").endpoint;
  afterAll(async () => {
    // Whatever the tests sent, every server still serves.
    for (const server of cluster.servers) expect((await cluster.status(server.id))?.ready).toBe(true);
    expect(Buffer.from((await client.get("/kept")).data).toString()).toBe("safe");
    await client.close();
    await cluster.destroy();
  });

  it.each(["", "relative", "/trailing/", "//double", "/a/../b", "/a/./b", "/nul\u0000", "/\ue000private"])(
    "refuses the path %j",
    async (path) => {
      // The client would refuse them itself.
      const session = await RawSession.connect(endpoint());
      const { failure: create } = await session.write(creation(path));
      expect(create?.code).toMatch(/^(BAD_ARGUMENTS|NO_NODE)$/);
      const { failure: set } = await session.write({ op: "setData", path, data: emptyBytes, version: -1 });
      const { failure: remove } = await session.write({ op: "delete", path, version: -1 });
      expect(remove?.code).toMatch(/^(BAD_ARGUMENTS|NO_NODE)$/);
      const reads = await Promise.all(
        (["getData", "exists", "getChildren"] as const).map((kind) => session.read(kind, path)),
      );
      for (const failure of [set, ...reads.map((read) => read.failure)])
        expect(failure).toMatchObject({ code: "BAD_ARGUMENTS", message: expect.stringContaining("is refused: it ") });
      expect((await session.read("getData", "/kept")).failure).toBeUndefined();
      await session.close();
    },
  );

  it("refuses data and paths over the limit, and the session lives on", async () => {
    const session = await RawSession.connect(endpoint());
    const tooMuch = new Uint8Array(1024 * 1024 + 1);
    expect(await session.write(creation("/big", tooMuch))).toMatchObject({ failure: { code: "DATA_TOO_LARGE" } });
    const set: Operation = { op: "setData", path: "/kept", data: tooMuch, version: -1 };
    expect(await session.write(set)).toMatchObject({ failure: { code: "DATA_TOO_LARGE" } });
    const tooLong = { code: "BAD_ARGUMENTS", message: expect.stringContaining("it is longer than 4096 bytes") };
    const long = `/${"x".repeat(5000)}`;
    expect(await session.write(creation(long))).toMatchObject({ failure: tooLong });
    expect(await session.read("exists", long)).toMatchObject({ failure: tooLong });
    const largest = new Uint8Array(1024 * 1024).fill(7);
    expect((await session.write(creation("/largest", largest))).failure).toBeUndefined();
    const kept = await session.read("getData", "/largest");
    expect(kept.failure === undefined && kept.data?.length).toBe(largest.length);
    await session.close();
  });

  it("refuses an unknown session and a wrong password", async () => {
    const { sessionId } = client.session;
    const resume = (session: { sessionId: number; password: Uint8Array }) =>
      TerrariumClient.connect({ endpoints: cluster.endpoints, session });
    await expect(resume({ sessionId: 987_654_321, password: new Uint8Array(16) })).rejects.toMatchObject({
      code: "SESSION_EXPIRED",
    });
    await expect(resume({ sessionId, password: new Uint8Array(16) })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await client.sync();
  });

  it("survives garbage on every port", async () => {
    for (const server of cluster.servers)
      for (const address of [server.endpoint, server.peerAddress, server.httpAddress]) {
        await sendRaw(address, randomBytes(100_000));
        await sendRaw(address, Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
        await sendRaw(address, Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000garbage"));
        await sendRaw(address, Buffer.from("\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03", "latin1"));
        // A ZooKeeper client's first frame.
        await sendRaw(address, Buffer.concat([Buffer.of(0, 0, 0, 45), Buffer.alloc(45)]));
      }
    await client.sync();
  });

  it.each([
    ["client", "/terrarium.Client/Session"],
    ["peer", "/terrarium.Peer/Messages"],
  ])("survives garbage and oversized frames on its %s service", async (port, method) => {
    for (const server of cluster.servers) {
      const address = port === "client" ? server.endpoint : server.peerAddress;
      for (const frame of [randomBytes(1000), Buffer.alloc(0), Buffer.alloc(5 * 1024 * 1024, 1)])
        expect(await sendFrame(address, method, frame)).toBe("ended");
    }
    await client.sync();
  });

  it("tells a client that an endpoint is not Terrarium's", async () => {
    const stranger = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    const connecting = TerrariumClient.connect({ endpoints: [`127.0.0.1:${port}`], connectTimeoutMs: 3000 });
    await expect(connecting).rejects.toMatchObject({
      code: expect.stringMatching(/NO_SERVER|PROTOCOL_ERROR/),
      message: expect.stringContaining(String(port)),
    });
    stranger.closeAllConnections();
    stranger.close();
  });

  it("refuses malformed requests over HTTP in JSON", async () => {
    const base = `http://${present(cluster.servers[0], "a server").httpAddress}`;
    const missing = await fetch(`${base}/nonsense`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: { message: expect.any(String) } });
    expect((await fetch(`${base}/status`, { method: "DELETE" })).status).toBe(404);
  });
});

describe("bad input to a starting server", () => {
  it("may not find a reader: who goes before its help has ended has read enough", async () => {
    for (const args of [["--help"], ["serve", "--help"], ["--version"]])
      expect(await runUnheard(args)).toEqual({ status: 0, output: "" });
  });

  let home: string;
  // Port 0, where a server may come to listen: any other one may be taken, or be forbidden to this user.
  const members = "1=127.0.0.1:0/localhost:0,2=127.0.0.1:3/127.0.0.1:4";
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "terrarium-"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const refused = async (args: readonly string[], status: number, ...words: string[]) => {
    const result = await runTerrarium(["serve", ...args]);
    expect(result.status).toBe(status);
    for (const word of words) expect(result.output).toContain(word);
    expect(result.output).not.toMatch(/^\s+at /m);
  };

  it.each([
    ["an id that is not a member", ["--id", "9"], "server 9 is not among --members"],
    ["an id that is no number", ["--id", "one"], "not a server id"],
    ["an unknown flag", ["--id", "1", "--frobnicate"], "--frobnicate"],
    ["an odd duration", ["--id", "1", "--election-timeout", "soon"], "not a duration"],
  ])("refuses %s", (_, args, words) =>
    refused([...args, "--members", members, "--data-dir", join(home, "x")], 2, words),
  );

  it("refuses a data directory that is a file", async () => {
    await writeFile(join(home, "file"), "");
    await refused(["--id", "1", "--members", members, "--data-dir", join(home, "file")], 2, "data directory");
    await refused(["--id", "1", "--members", members, "--data-dir", join(home, "file", "below")], 2, "data directory");
  });

  it("leaves the data directory untouched where it cannot listen, or finds no cluster to join", async () => {
    const squatter = createTcpServer();
    await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
    const taken = `127.0.0.1:${(squatter.address() as AddressInfo).port}`;
    const directory = join(home, "untouched");
    const start = (peers: string, clients: string) => ["--id", "1", "--members", `1=${peers}/${clients}`];
    try {
      for (const [peers, clients, ...http] of [
        [taken, "127.0.0.1:0"],
        ["127.0.0.1:0", taken],
        ["127.0.0.1:0", "localhost:0", "--http-address", taken],
      ] as const)
        await refused(
          [...start(peers, clients), ...http, "--data-dir", directory],
          2,
          "something listens there already",
        );
      await refused([...start("127.0.0.1:7", "127.0.0.1:7"), "--data-dir", directory], 2, "appears twice");
      const one = ["--http-address", taken, "--data-dir", directory];
      await refused([...start("127.0.0.1:0", taken), ...one], 2, "cannot share an address");
      await refused([...start("127.0.0.1:0", "192.0.2.1:0"), "--data-dir", directory], 2, "cannot listen there");
      const own = ["--peer-address", "127.0.0.1:0", "--client-address", "127.0.0.1:0", "--data-dir", directory];
      await refused(["--id", "4", "--join", taken, ...own], 2, "no server of the cluster to join answers");
      expect(existsSync(directory)).toBe(false);
    } finally {
      squatter.close();
    }
  });

  it("refuses to restore what is no file, or into what is no directory", async () => {
    const [file, pipe, directory] = [join(home, "plain"), join(home, "pipe"), join(home, "restored")];
    await writeFile(file, "");
    execFileSync("mkfifo", [pipe]);
    const restore = async (from: string, to: string, words: string) => {
      const args = ["restore", from, "--id", "1", "--members", "1=127.0.0.1:1/127.0.0.1:2", "--data-dir", to];
      const { status, output } = await runTerrarium(args);
      expect(output).toContain(words);
      expect(output).not.toMatch(/bug of Terrarium|^\s+at /m);
      expect(status).toBe(2);
    };
    await restore(file, file, "it is, or is below, something that is no directory");
    await restore(file, join(file, "below"), "it is, or is below, something that is no directory");
    await restore(join(home, "missing"), directory, "there is no file");
    await restore(home, directory, "is no regular file");
    await restore(pipe, directory, "is no regular file");
    await restore(file, directory, "the file is empty");
    expect(existsSync(directory)).toBe(false);
  });

  it("refuses the data of another server, of another cluster, and damaged data", async () => {
    const cluster = await LocalCluster.start(1);
    const { dataDirectory, peerAddress, endpoint } = present(cluster.servers[0], "a server");
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    for (let i = 0; i < 50; i++) await client.create("/n-", randomBytes(2000), { sequential: true });
    await client.close();
    await cluster.signal(1, "SIGTERM");
    const own = `1=${peerAddress}/${endpoint}`;
    const other = "2=127.0.0.1:0/localhost:0";
    const start = (id: string, list: string) => ["--id", id, "--members", list, "--data-dir", dataDirectory];
    await refused([...start("2", `${own},${other}`), "--cluster-id", "another"], 2, "another");
    await refused(start("2", `${own},${other}`), 2, "data directory");
    await damage(dataDirectory);
    await refused(start("1", own), 1, "damaged");
    await cluster.destroy();
  });
});

function creation(path: string, data = emptyBytes): Operation {
  return { op: "create", path, data, ephemeral: false, sequential: false };
}

/** Changes a byte in every block of the log, below the storage engine's own checksums. */
async function damage(directory: string): Promise<void> {
  const { Level } = await import("level");
  const db = new Level<Uint8Array, Uint8Array>(directory, { keyEncoding: "view", valueEncoding: "view" });
  for (const [key, value] of await db.iterator().all()) {
    if (value.length < 1000) continue;
    const damaged = Uint8Array.from(value);
    damaged[500] = (damaged[500] ?? 0) ^ 0x10;
    await db.put(key, damaged);
  }
  await db.close();
}

/** Sends bytes over TCP; ends when the server closes or has answered nothing for a moment. */
function sendRaw(address: string, bytes: Uint8Array): Promise<void> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) }, () => socket.end(bytes));
    socket.setTimeout(500, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
  });
}

/** Sends one frame on a fresh gRPC stream; "ended" once the server has ended the stream. */
function sendFrame(address: string, method: string, frame: Buffer): Promise<string> {
  const client = new Client(address, credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
  return new Promise((resolve) => {
    const call = client.makeBidiStreamRequest<Buffer, Buffer>(
      method,
      (b) => b,
      (b) => b,
    );
    const end = (how: string) => {
      client.close();
      resolve(how);
    };
    call.on("error", () => end("ended"));
    call.on("end", () => end("ended"));
    call.on("data", () => undefined);
    call.write(frame);
  });
}
