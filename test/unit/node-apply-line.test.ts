import { describe, expect, it } from "vitest";
import { emptyBytes } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import type { Request, ServerMessage } from "../../src/protocol/client-messages.ts";
import { hastyCheckpoints } from "../support/hasty-checkpoints.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const owner = 7;
const watcher = 8;

const create = (path: string): Operation => ({
  op: "create",
  path,
  data: emptyBytes,
  ephemeral: true,
  sequential: false,
});

/** One server with little room in a turn, a client with ephemerals and one that watches them. */
class Server {
  readonly cluster: NodeCluster;
  readonly #xids = new Map<number, number>();
  #requestId = 0;

  constructor(applyWork: number, names: number) {
    this.cluster = new NodeCluster(1, 1, { applyWork });
    this.cluster.leader();
    for (const client of [owner, watcher]) this.cluster.connect(1, client);
    for (let n = 1; n <= names; n++) this.ask(owner, { type: "write", operation: create(`/n${n}`) });
    this.settle();
    for (let n = 1; n <= names; n++) this.read(`/n${n}`, true);
    this.settle();
    for (const client of [owner, watcher]) this.cluster.heard(1, client);
  }

  ask(client: number, body: Request["body"]): void {
    const xid = (this.#xids.get(client) ?? 0) + 1;
    this.#xids.set(client, xid);
    const requestId = body.type === "read" ? 0 : ++this.#requestId;
    this.cluster.say(1, client, { type: "request", xid, requestId, ackedRequestId: 0, body });
  }

  read(path: string, watch: boolean): void {
    this.ask(watcher, { type: "read", read: { kind: "exists", path, watch, local: true } });
  }

  settle(): void {
    for (let i = 0; i < 1_000; i++) this.cluster.node(1).flush();
    expect(this.cluster.node(1).hasEntriesLeft).toBe(false);
  }

  /** One turn, and what a client was told in it. */
  turn(client: number): string[] {
    this.cluster.node(1).flush();
    return this.cluster.heard(1, client).map(textOf);
  }
}

function textOf(message: ServerMessage): string {
  if (message.type === "event") return `${message.event.type} ${message.event.path}`;
  if (message.type === "reply") return message.result.failure?.code ?? "done";
  return message.type;
}

/** Turns until something is told, and what it is. */
function told(server: Server, turns: number): string[][] {
  const all = Array.from({ length: turns }, () => server.turn(watcher));
  return all.filter((one) => one.length > 0);
}

describe("ApplyLine", () => {
  it("tells of a session's end in turns, and shows nobody its effect before", () => {
    const server = new Server(4, 5);
    server.ask(owner, { type: "close" });
    server.read("/n5", false);
    const turns = told(server, 40);
    expect(turns.length).toBeGreaterThan(2);
    // The read was sent before the end was applied, or answered behind all events: never in between.
    const order = turns.flat();
    expect(order.filter((text) => text.startsWith("deleted"))).toEqual([1, 2, 3, 4, 5].map((n) => `deleted /n${n}`));
    expect(["done", "NO_NODE"]).toContain(order.filter((text) => !text.startsWith("deleted"))[0]);
  });

  it("answers nothing from a state whose events are not all told", () => {
    const server = new Server(4, 5);
    server.ask(owner, { type: "close" });
    let turn = server.turn(watcher);
    for (let i = 0; i < 40 && !server.cluster.node(1).hasEventsLeft; i++) turn = server.turn(watcher);
    expect(server.cluster.node(1).hasEventsLeft).toBe(true);
    server.read("/n5", false);
    const order = [...turn, ...told(server, 40).flat()];
    expect(order.at(-1)).toBe("NO_NODE");
    expect(order.slice(-2)[0]).toBe("deleted /n5");
  });

  it("answers the one whose session has ended behind the events", () => {
    const server = new Server(4, 5);
    server.ask(owner, { type: "close" });
    for (let i = 0; i < 40; i++) {
      const answers = server.turn(owner);
      if (answers.length === 0) continue;
      expect(answers).toEqual(["done"]);
      expect(server.cluster.node(1).hasEventsLeft).toBe(false);
      expect(server.cluster.heard(1, watcher)).not.toEqual([]);
      return;
    }
    expect.unreachable("the close is answered");
  });

  it("applies entries in turns, in their order", () => {
    const server = new Server(3, 0);
    for (let n = 1; n <= 4; n++) server.ask(owner, { type: "write", operation: create(`/m${n}`) });
    const counts = new Set<number>();
    for (let i = 0; i < 40; i++) {
      server.cluster.node(1).flush();
      counts.add(server.cluster.node(1).machine.counts().znodes);
    }
    expect([...counts]).toEqual([4, 5, 6, 7, 8]);
  });

  it.each([
    ["a multi counts by its parts, though the last is refused", { parts: 20, bytes: 0 }],
    ["a large entry counts by its bytes", { parts: 1, bytes: 256 * 1024 }],
  ])("applies entries in turns: %s", (_, { parts, bytes }) => {
    const server = new Server(15, 0);
    const check: MultiPart = { op: "check", path: "/", version: -1 };
    const last: MultiPart = { op: "setData", path: "/missing", data: new Uint8Array(bytes), version: -1 };
    for (let n = 0; n < 4; n++)
      server.ask(owner, {
        type: "write",
        operation: { op: "multi", parts: [...new Array<MultiPart>(parts - 1).fill(check), last] },
      });
    const { machine } = server.cluster.node(1);
    const before = machine.appliedIndex;
    const counts = new Set<number>();
    for (let i = 0; i < 40; i++) {
      server.cluster.node(1).flush();
      counts.add(machine.appliedIndex - before);
    }
    expect([...counts]).toEqual([0, 1, 2, 3, 4]);
  });
});

it("knows of a new session from when it is applied, whatever is told later", () => {
  const cluster = new NodeCluster(1, 1, { applyWork: 1, sessionTickMs: 1 });
  cluster.leader();
  const node = cluster.node(1);
  // The leader has led for longer than any session may be silent.
  cluster.run(limits.sessionTimeoutMaxMs);
  const connect = { protocol: 1, sessionId: 0, password: emptyBytes, timeoutMs: 2_000, lastZxid: 0, holder: 1 };
  cluster.say(1, owner, { type: "connect", ...connect, takeover: false, instance: 0 });
  const turnsWith = () => {
    cluster.run(1);
    return node.machine.counts().sessions;
  };
  const counts = Array.from({ length: 100 }, turnsWith);
  expect(counts.at(-1)).toBe(1);
});

it("forgets entries that wait to be applied when a snapshot takes the place of the state", () => {
  const cluster = new NodeCluster(3, 1, { applyWork: 1, checkpoints: hastyCheckpoints });
  const leader = cluster.leader();
  const behind = cluster.otherThan(leader);
  cluster.connect(leader, owner);
  let request = 0;
  const write = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const body = { type: "write", operation: create(`/n${++request}`) } as const;
      cluster.say(leader, owner, {
        type: "request",
        xid: request,
        requestId: request,
        ackedRequestId: request - 1,
        body,
      });
    }
  };
  // The follower has all of it on its disk, and applies two units each millisecond.
  write(900);
  cluster.run(20);
  const before = cluster.node(behind);
  expect(before.raft.commitIndex).toBeGreaterThan(800);
  expect(before.machine.appliedIndex).toBeLessThan(200);
  // The others go on, faster: their logs begin behind what this one has.
  cluster.loses = ({ from, to }) => from === behind || to === behind;
  for (let n = 0; n < 400 && cluster.node(leader).raft.logBase.index <= before.raft.commitIndex; n++) {
    if (n % 10 === 0) write(1);
    for (let turn = 0; turn < 20; turn++) for (const [id, node] of cluster.nodes) if (id !== behind) node.flush();
    cluster.run(1);
  }
  expect(cluster.node(leader).raft.logBase.index).toBeGreaterThan(before.raft.commitIndex);
  expect(before.hasEntriesLeft).toBe(true);
  cluster.loses = () => false;
  cluster.run(4_000);
  expect(before.hasEntriesLeft).toBe(false);
  expect(before.machine.digest()).toBe(cluster.node(leader).machine.digest());
});
