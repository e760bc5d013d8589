import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { Operation } from "../../src/base/operations.ts";
import type { WatchSpec } from "../../src/base/reads.ts";
import type { ReadWork } from "../../src/node/clients/read-turns.ts";
import type { Request, ServerMessage } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const watcher = 7;
const writer = 8;
const small: ReadWork = { turn: 10, visit: 10, ahead: 1_000 };

/** One server, a client that arms its watches again, and another one that writes. */
class Server {
  readonly cluster: NodeCluster;
  #xid = 0;
  #requestId = 0;

  constructor(readWork: ReadWork = small) {
    this.cluster = new NodeCluster(1, 1, { readWork });
    this.cluster.leader();
    for (const client of [watcher, writer]) this.cluster.connect(1, client);
  }

  get watches(): number {
    return this.cluster.node(1).status().watches;
  }

  get appliedIndex(): number {
    return this.cluster.node(1).machine.appliedIndex;
  }

  setWatches(relativeZxid: number, ...watches: WatchSpec[]): void {
    this.cluster.say(1, watcher, { type: "setWatches", relativeZxid, watches });
  }

  /** Asks for a write of the other client. */
  ask(operation: Operation): void {
    this.request(writer, { type: "write", operation }, ++this.#requestId);
  }

  /** Writes, and is done when this returns, whatever waits in line. */
  write(...operations: Operation[]): void {
    for (const operation of operations) {
      this.ask(operation);
      const before = this.appliedIndex;
      for (let i = 0; i < 10 && this.appliedIndex === before; i++) this.cluster.node(1).flush();
      expect(this.appliedIndex).toBeGreaterThan(before);
    }
  }

  request(client: number, body: Request["body"], requestId = 0): void {
    const xid = client === writer ? ++this.#xid : 1;
    this.cluster.say(1, client, { type: "request", xid, requestId, ackedRequestId: 0, body });
  }

  /** One turn, and what the watcher was told in it. */
  turn(): string[] {
    this.cluster.node(1).flush();
    return this.cluster.heard(1, watcher).map(textOf);
  }

  /** Turns until no watch waits to be armed; what the watcher was told in each. */
  turns(): string[][] {
    const turns = [this.turn()];
    while (this.cluster.node(1).hasWatchesLeft) {
      turns.push(this.turn());
      expect(turns.length).toBeLessThan(1_000);
    }
    return turns;
  }
}

function textOf(message: ServerMessage): string {
  if (message.type === "event") return `${message.event.type} ${message.event.path}`;
  if (message.type === "refused") return message.failure.code;
  return message.type;
}

const nothing = new Uint8Array();
const create = (path: string): Operation => ({
  op: "create",
  path,
  data: nothing,
  ephemeral: false,
  sequential: false,
});
const set = (path: string): Operation => ({ op: "setData", path, data: nothing, version: -1 });
const exist = (path: string): WatchSpec => ({ kind: "exist", path });
const many = (count: number): WatchSpec[] => Array.from({ length: count }, (_, i) => exist(`/n${i}`));

describe("watches that are armed again", () => {
  it("are armed so many in a turn, and the ping behind them is answered when all are", () => {
    const server = new Server();
    server.setWatches(server.appliedIndex, ...many(35));
    server.cluster.say(1, watcher, { type: "ping", number: 1 });
    const armed: number[] = [];
    const told: string[][] = [];
    do {
      told.push(server.turn());
      armed.push(server.watches);
    } while (server.cluster.node(1).hasWatchesLeft);
    expect(armed).toEqual([10, 20, 30, 35]);
    expect(told).toEqual([[], [], [], ["pong"]]);
  });

  it("tell what happened before and meanwhile in the order of the changes, each once", () => {
    const server = new Server({ turn: 1, visit: 1, ahead: 1_000 });
    const known = server.appliedIndex;
    server.write(create("/second"), create("/first"));
    server.cluster.heard(1, watcher);
    // Nothing is missed by the first; it fires when only it is armed. The last ones fire before their turn comes.
    server.setWatches(known, exist("/live"), exist("/first"), exist("/second"), exist("/late"), exist("/never"));
    expect(server.turn()).toEqual([]);
    expect(server.watches).toBe(1);
    server.cluster.say(1, watcher, { type: "ping", number: 1 });
    server.ask(create("/live"));
    const told = server.turns();
    server.ask(create("/late"));
    told.push(server.turn(), server.turn(), server.turn());
    expect(told.flat()).toEqual(["created /second", "created /first", "created /live", "pong", "created /late"]);
    server.write(set("/live"), set("/first"), set("/second"), set("/late"));
    expect(server.turn()).toEqual([]);
    expect(server.watches).toBe(1);
  });

  it("find out what changed between two turns, before they were armed", () => {
    const server = new Server();
    server.setWatches(server.appliedIndex, ...many(35));
    server.turn();
    server.ask(create("/n30"));
    server.ask(create("/n3"));
    expect(server.turns().flat()).toEqual(["created /n30", "created /n3"]);
    expect(server.watches).toBe(33);
  });

  it("let the requests behind them wait, and nobody else's", () => {
    const server = new Server({ turn: 20, visit: 5, ahead: 1_000 });
    server.write(create("/a"));
    const known = server.appliedIndex;
    server.setWatches(known - 1, ...many(200), exist("/a"));
    server.request(watcher, { type: "read", read: { kind: "getData", path: "/a", watch: false, local: true } });
    server.request(writer, { type: "read", read: { kind: "getData", path: "/a", watch: false, local: true } });
    server.cluster.heard(1, writer);
    expect(server.turn()).toEqual([]);
    expect(server.cluster.heard(1, writer).map(textOf)).toEqual(["reply"]);
    expect([...server.turns(), server.turn()].flat()).toEqual(["created /a", "reply"]);
  });

  it("may be given up again behind, by a message that keeps its place", () => {
    const server = new Server();
    server.setWatches(server.appliedIndex, ...many(35));
    server.cluster.say(1, watcher, { type: "disarm", watches: many(35).slice(20) });
    server.turns();
    expect(server.watches).toBe(20);
    server.write(create("/n30"));
    expect(server.turn()).toEqual([]);
  });

  it("are forgotten when the connection goes amid them", () => {
    const server = new Server();
    server.setWatches(server.appliedIndex, ...many(35));
    server.turn();
    server.cluster.node(1).clientDisconnected(watcher);
    expect(server.turns().flat()).toEqual([]);
    expect(server.watches).toBe(0);
  });

  it("are refused beyond the limit, however many messages they come in, and with a malformed path in any place", () => {
    const server = new Server();
    server.setWatches(server.appliedIndex, ...many(35), exist("no path"));
    expect(server.turns().flat()).toEqual(["BAD_ARGUMENTS"]);
    const other = new Server();
    for (let i = 0; i < 2; i++) other.setWatches(other.appliedIndex, ...many(limits.setWatchesMax / 2 + 1));
    expect(other.turns().flat()).toEqual(["OVERLOADED"]);
    expect(other.watches).toBe(0);
  });

  it("are refused when the characters of their paths are too many together, before they are armed", () => {
    const server = new Server();
    const path = `/${"p".repeat(limits.pathBytesMax - 1)}`;
    const perMessage = 900;
    const enough = Math.ceil((2 * limits.watchCharactersPerConnectionMax) / limits.pathBytesMax / perMessage);
    for (let i = 0; i < enough; i++)
      server.setWatches(server.appliedIndex, ...new Array(perMessage).fill({ kind: "data", path }));
    expect(server.turns().flat()).toEqual(["OVERLOADED"]);
    expect(server.watches).toBe(0);
  });

  it("have as many pings wait for them as requests may, and no more", () => {
    for (const more of [0, 1]) {
      const server = new Server();
      server.setWatches(server.appliedIndex, ...many(35));
      for (let number = 1; number <= limits.outstandingRequestsMax + more; number++)
        server.cluster.say(1, watcher, { type: "ping", number });
      const told = server.turns().flat();
      expect(told.includes("TOO_MANY_REQUESTS")).toBe(more === 1);
    }
  });
});
