import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { Gate } from "../../src/doors/gate.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { createHttpServer } from "../../src/http/server.ts";
import type { NodeStatus } from "../../src/node/status.ts";
import { MemoryLog } from "./rpc-harness.ts";

const ready: NodeStatus = {
  clusterId: "c",
  id: 1,
  role: "leader",
  term: 4,
  leader: 1,
  commitIndex: 30,
  appliedIndex: 29,
  lastIndex: 32,
  durableIndex: 31,
  firstIndex: 1,
  checkpointIndex: 0,
  members: [
    { id: 1, peerAddress: "h:1", clientAddress: "h:2", voter: true, matchIndex: 31, lag: 0, active: true },
    { id: 2, peerAddress: "h:3", clientAddress: "h:4", voter: true, matchIndex: 25, lag: 7, active: true },
  ],
  sessions: 5,
  znodes: 6,
  watches: 7,
  connections: 8,
  ready: true,
};

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

function start(status: () => NodeStatus) {
  const errors: Error[] = [];
  const log = new MemoryLog();
  const gate = new Gate({ name: "http", connectionsMax: 7, firstWordMs: 60_000, idleMs: 60_000, log });
  const metrics = createMetrics({
    status,
    peers: () =>
      new Map([[2, { connected: true, sentMessages: 10, sentBytes: 1000, droppedMessages: 1, queuedBytes: 0 }]]),
    doors: () => ({ http: gate.stats }),
    logDropped: () => 9,
    outOfFiles: () => 7,
    quotas: () => ({ over: 1, passed: 2, refused: 3 }),
  });
  server = createHttpServer({ status, metrics, gate, onError: (error) => errors.push(error) });
  return { http: server, metrics, errors };
}

describe("/health", () => {
  it("is 200 when ready and 503 with the reason when not", async () => {
    let status = ready;
    const { http } = start(() => status);
    const good = await http.inject("/health");
    expect([good.statusCode, good.json()]).toEqual([200, { ready: true }]);
    status = { ...ready, ready: false, reason: "no quorum" };
    const bad = await http.inject("/health");
    expect([bad.statusCode, bad.json()]).toEqual([503, { ready: false, reason: "no quorum" }]);
  });

  it("is 200 while writes are refused for want of disk, and says why", async () => {
    const { http, metrics } = start(() => ({ ...ready, diskLow: true, writesRefused: "1 MiB is free" }));
    const answer = await http.inject("/health");
    expect([answer.statusCode, answer.json()]).toEqual([200, { ready: true, writesRefused: "1 MiB is free" }]);
    const scraped = await metrics.scrape();
    expect(scraped).toContain("terrarium_disk_low 1\n");
    expect(scraped).toContain("terrarium_writes_refused 1\n");
  });
});

describe("/status", () => {
  it("is the node's status as JSON", async () => {
    const { http } = start(() => ready);
    const response = await http.inject("/status");
    expect(response.headers["content-type"]).toContain("application/json");
    expect(response.json()).toEqual(ready);
  });

  it("tells an observer, a newcomer and a server that was removed from a follower", async () => {
    let status: NodeStatus = { ...ready, role: "follower", leader: 2 };
    const { http } = start(() => status);
    const role = async (change: Partial<NodeStatus>) => {
      status = { ...status, ...change };
      return (await http.inject("/status")).json<{ role: string }>().role;
    };
    expect(await role({})).toBe("follower");
    expect(await role({ members: ready.members.map((one) => ({ ...one, voter: one.id !== 1 })) })).toBe("observer");
    expect(await role({ members: ready.members.filter(({ id }) => id !== 1) })).toBe("removed");
    expect(await role({ members: [], joining: true })).toBe("joining");
    expect(await role({ members: ready.members, joining: false, role: "leader" })).toBe("leader");
  });
});

describe("/metrics", () => {
  it("follows Prometheus' conventions and the node's status", async () => {
    const { http, metrics } = start(() => ready);
    metrics.observeTurn(2);
    metrics.observeCheckpointTurn(7);
    metrics.observeDiskWrite(3, 500);
    await http.inject("/metrics");
    const response = await http.inject("/metrics");
    expect(response.headers["content-type"]).toContain("text/plain");
    const lines = response.body.split("\n");
    for (const line of [
      "terrarium_raft_term 4",
      "terrarium_raft_commit_index 30",
      "terrarium_raft_leader_id 1",
      'terrarium_raft_role{role="leader"} 1',
      'terrarium_raft_role{role="follower"} 0',
      'terrarium_raft_follower_lag_entries{peer="2"} 7',
      "terrarium_client_connections 8",
      "terrarium_ready 1",
      "terrarium_log_dropped_lines_total 9",
      "terrarium_out_of_files_total 7",
      'terrarium_connections_max{door="http"} 7',
      'terrarium_open_connections{door="http"} 0',
      'terrarium_refused_connections_total{door="http"} 0',
      'terrarium_checkpoint_turn_duration_seconds_bucket{le="0.01"} 1',
      // A second scrape does not count the same things twice.
      'terrarium_peer_sent_messages_total{peer="2"} 10',
      'terrarium_turn_duration_seconds_bucket{le="0.0025"} 1',
      'terrarium_turn_duration_seconds_bucket{le="0.001"} 0',
      "terrarium_disk_write_duration_seconds_count 1",
      "terrarium_disk_written_bytes_total 500",
    ]) {
      expect(lines).toContain(line);
    }
    expect(response.body).toContain("process_cpu_seconds_total");
    const own = lines.filter((line) => line.startsWith("# TYPE terrarium_"));
    for (const line of own.filter((text) => text.endsWith(" counter"))) expect(line).toMatch(/_total counter$/);
  });
});

describe("bad requests", () => {
  it("get a JSON error with a hint, and no stack", async () => {
    const { http } = start(() => ready);
    for (const [method, url, code] of [
      ["GET", "/nowhere?x=1", 404],
      ["POST", "/status", 404],
      // It was given no pages: nothing of the tree is told either.
      ["GET", "/", 404],
      ["GET", "/tree", 404],
      ["GET", "/events", 404],
      ["GET", "/%zz", 400],
    ] as const) {
      const response = await http.inject({ method, url });
      expect(response.statusCode).toBe(code);
      const { error } = response.json<{ error: { code: string; message: string; hint: string } }>();
      expect(error.message).not.toBe("");
      expect(error.hint).toContain("/health");
      expect(response.body).not.toMatch(/node_modules|\.ts:|\.js:/);
    }
  });

  it("get a 500 without details when the fault is ours", async () => {
    const { http, errors } = start(() => {
      throw new Error("secret detail");
    });
    const response = await http.inject("/status");
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain("secret");
    expect(errors.map((error) => error.message)).toEqual(["secret detail"]);
  });

  it.each([
    ["garbage", "\x01\x02\x03 nonsense\r\n\r\n", 400],
    ["headers without end", `GET /health HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 431],
  ])("over the wire (%s) get an answer, and the server lives on", async (_what, bytes, code) => {
    const { http } = start(() => ready);
    await http.listen({ host: "127.0.0.1", port: 0 });
    const address = http.server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
    });
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    expect(answer).toContain('"hint"');
    expect((await http.inject("/health")).statusCode).toBe(200);
  });
});
