import { describe, expect, it } from "vitest";
import { ClientTimes } from "../../sim/checkers/client-times.ts";
import { Marks } from "../../sim/marks/marks.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { SessionEvent } from "../../sim/world/history.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { emptyWorld } from "../support/sim-world.ts";

const timeoutMs = 6_000;

/** A client whose every word and whose timer are told to the checker, at a time in ms. */
class Told {
  readonly marks = new Marks();
  readonly #checker = new ClientTimes(this.marks);
  readonly #world = emptyWorld(checkPlan({ seed: 1, config: { clients: 1 } }));
  #pings = 0;

  constructor() {
    this.#checker.begin(this.#world);
    this.says(0, connect);
    this.hears(10, connected);
    this.says(10, request(1));
    this.hears(12, reply(1));
  }

  says(atMs: number, ...messages: ClientMessage[]): void {
    this.#world.now = atMs * 1000;
    this.#checker.clientFrame(1, 2, 7, messages);
  }

  hears(atMs: number, ...messages: ServerMessage[]): void {
    this.#world.now = atMs * 1000;
    this.#checker.clientHears(1, 7, messages);
  }

  pings(atMs: number): void {
    this.says(atMs, { type: "ping", number: ++this.#pings });
  }

  /** The timer rings, and nothing comes of it. */
  rings(atMs: number): void {
    this.#world.now = atMs * 1000;
    this.#checker.event({ kind: "clientTimer", cause: 0, client: 1 }, 0, atMs * 1000);
    this.#checker.event({ kind: "poll", cause: 0 }, 0, atMs * 1000);
  }

  /** The timer rings, and it leaves its server. */
  leaves(atMs: number): void {
    this.#world.now = atMs * 1000;
    this.#checker.event({ kind: "clientTimer", cause: 0, client: 1 }, 0, atMs * 1000);
    this.becomes(atMs, "disconnected");
  }

  stands(): void {
    const action = { kind: "pauseClient", client: 1, forMs: 1 } as const;
    this.#checker.fault({ fault: 0, atUs: 0, action, resolved: [] });
  }

  becomes(atMs: number, type: SessionEvent["type"]): void {
    this.#world.now = atMs * 1000;
    this.#checker.sessionEvent({ client: 1, life: 1, atUs: atMs * 1000, sessionId: 5, type, server: 2, zxid: 1 });
  }
}

const connect: ClientMessage = {
  type: "connect",
  protocol: 1,
  sessionId: 0,
  password: new Uint8Array(0),
  timeoutMs,
  lastZxid: 0,
  holder: 1,
  takeover: false,
  instance: 0,
};
const connected: ServerMessage = {
  type: "connected",
  sessionId: 5,
  password: new Uint8Array(16),
  timeoutMs,
  serverId: 2,
  lastRequestId: 0,
  zxid: 1,
  clusterId: "c",
  instance: 0,
};
const request = (xid: number): ClientMessage => ({
  type: "request",
  xid,
  requestId: 0,
  ackedRequestId: 0,
  body: { type: "read", read: { kind: "sync", path: "/", watch: false, local: false } },
});
const reply = (xid: number): ServerMessage => ({ type: "reply", xid, zxid: 1, result: {} });
const pong = (number: number, quorum = true): ServerMessage => ({ type: "pong", number, quorum });

describe("of an attached client that waits for nothing it is demanded", () => {
  it("to ping when a third of its timeout is over, and no sooner", () => {
    const told = new Told();
    told.rings(1_000);
    told.pings(2_010);
    expect(told.marks.has("pinged-after-a-third")).toBe(true);
    told.hears(2_012, pong(1), { type: "heard", ping: 1 });
    expect(() => told.pings(2_600)).toThrow("client 1 pings 590 ms after its last ping and waits for 0 answers");
  });

  it("not to let the time pass when its timer rings", () => {
    expect(() => new Told().rings(2_009)).not.toThrow();
    expect(() => new Told().rings(2_010)).toThrow("client 1 does not ping, though it is time");
    expect(() => new Told().hears(2_011, pong(0))).toThrow("client 1 does not ping in time");
  });

  it("nothing if it stood still", () => {
    const told = new Told();
    told.stands();
    expect(() => told.rings(5_000)).not.toThrow();
  });
});

describe("of a client that waits it is demanded", () => {
  it("to ask after half a second of silence", () => {
    const told = new Told();
    told.says(100, request(2));
    expect(() => told.rings(599)).not.toThrow();
    expect(() => told.rings(600)).toThrow("client 1 does not ping, though it is time");
    expect(() => told.pings(600)).not.toThrow();
    expect(() => told.pings(900)).toThrow("pings 300 ms after its last ping and waits for 1 answers");
  });

  it("not to ask at once since nothing came while nobody asked for anything", () => {
    const told = new Told();
    told.says(1_500, request(2));
    expect(() => told.pings(1_501)).toThrow("pings 1491 ms after its last ping and waits for 1 answers");
    expect(() => told.pings(2_000)).not.toThrow();
  });

  it("to leave a server that owes a word for a second", () => {
    const told = new Told();
    told.says(100, request(2));
    told.pings(600);
    told.hears(601, pong(1));
    told.pings(1_100);
    told.pings(1_600);
    expect(() => told.rings(2_099)).not.toThrow();
    expect(() => told.rings(2_100)).toThrow("client 1 does not leave a silent server, though it is time");
    expect(() => told.becomes(2_100, "disconnected")).not.toThrow();
    expect(told.marks.has("server-left-for-silence")).toBe(true);
    expect(() => told.rings(9_000)).not.toThrow();
  });

  it("not to leave a server sooner, of its own accord", () => {
    for (const atMs of [1_599, 1_600]) {
      const told = new Told();
      told.says(100, request(2));
      for (const pingMs of [600, 1_100]) told.pings(pingMs);
      const leaves = expect(() => told.leaves(atMs));
      if (atMs < 1_600) leaves.toThrow("client 1 leaves a server too soon");
      else leaves.not.toThrow();
    }
    const broken = new Told();
    broken.says(100, request(2));
    expect(() => broken.becomes(200, "disconnected")).not.toThrow();
  });

  it("to have twice the patience with the server behind a silent one", () => {
    for (const atMs of [3_599, 4_110]) {
      const told = new Told();
      told.says(100, request(2));
      for (const pingMs of [600, 1_100]) told.pings(pingMs);
      told.leaves(1_600);
      told.says(1_600, { ...connect, sessionId: 5 });
      told.hears(1_610, connected);
      told.says(1_610, request(3));
      for (const pingMs of [2_110, 2_610, 3_110, 3_610]) if (pingMs < atMs) told.pings(pingMs);
      const leaves = expect(() => told.leaves(atMs));
      if (atMs < 4_110) leaves.toThrow("client 1 leaves a server too soon");
      else leaves.not.toThrow();
    }
  });

  it("to leave a server that says for so long that it has no quorum", () => {
    const told = new Told();
    told.hears(100, pong(0, false));
    for (const [nth, atMs] of [510, 1_010, 1_510].entries()) {
      told.pings(atMs);
      told.hears(atMs + 1, pong(nth + 1, false));
    }
    expect(() => told.rings(1_599)).not.toThrow();
    expect(() => told.rings(1_600)).toThrow("client 1 does not leave a server without a quorum, though it is time");
  });

  it("to ask whether the watches are armed that it arms", () => {
    const arms: ClientMessage = { type: "setWatches", relativeZxid: 1, watches: [{ kind: "data", path: "/a" }] };
    expect(() => new Told().says(13, arms, { type: "ping", number: 1 })).not.toThrow();
    expect(() => new Told().says(13, arms)).toThrow("arms watches at n2 and does not ask whether they are armed");
  });
});

describe("of no client it is taken", () => {
  it("to say what is empty", () => {
    expect(() => new Told().says(13, { type: "disarm", watches: [] })).toThrow("client 1 sends a disarm of no watches");
  });

  it("to have more requests under way than answers made room for", () => {
    const told = new Told();
    const nine = [2, 3, 4, 5, 6, 7, 8, 9, 10].map(request);
    expect(() => told.says(20, ...nine)).not.toThrow();
    expect(told.marks.has("request-window-grown")).toBe(true);
    expect(() => told.says(21, request(11))).toThrow("client 1 has sent n2 10 requests, and 1 answers made room");
  });
});
