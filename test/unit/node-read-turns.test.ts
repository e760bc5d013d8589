import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/base/operations.ts";
import type { Read } from "../../src/base/reads.ts";
import type { ReadWork } from "../../src/node/clients/read-turns.ts";
import type { Request, ServerMessage } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const nothing = new Uint8Array();

/** One server, whose turns the test makes. */
class Server {
  readonly cluster: NodeCluster;
  readonly #xids = new Map<number, number>();
  readonly #requestIds = new Map<number, number>();

  constructor(readWork: ReadWork, clients: readonly number[]) {
    this.cluster = new NodeCluster(1, 1, { readWork });
    this.cluster.leader();
    for (const client of clients) this.cluster.connect(1, client);
  }

  /** Sends reads of "/". */
  read(client: number, count: number, read: Partial<Read> = {}): void {
    for (let i = 0; i < count; i++)
      this.#say(client, 0, {
        type: "read",
        read: { kind: "getData", path: "/", watch: false, local: true, ...read },
      });
  }

  write(client: number, operation: Operation): void {
    const requestId = (this.#requestIds.get(client) ?? 0) + 1;
    this.#requestIds.set(client, requestId);
    this.#say(client, requestId, { type: "write", operation });
  }

  /** One turn; what each of `clients` is answered in it, as the numbers of the requests. */
  turn(...clients: readonly number[]): number[][] {
    this.cluster.node(1).flush();
    return clients.map((client) => xidsOf(this.cluster.heard(1, client)));
  }

  /** Whether reads wait for the next turn. */
  get left(): boolean {
    return this.cluster.node(1).hasReadsLeft;
  }

  #say(client: number, requestId: number, body: Request["body"]): void {
    const xid = (this.#xids.get(client) ?? 0) + 1;
    this.#xids.set(client, xid);
    this.cluster.say(1, client, { type: "request", xid, requestId, ackedRequestId: 0, body });
  }
}

const xidsOf = (messages: readonly ServerMessage[]) => messages.flatMap((m) => (m.type === "reply" ? [m.xid] : []));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const create = (path: string): Operation => ({
  op: "create",
  path,
  data: nothing,
  ephemeral: false,
  sequential: false,
});
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe("reads in turns", () => {
  it("answers so much in a turn and no more, in order, and asks for another turn", () => {
    const server = new Server({ turn: 10, visit: 10, ahead: 1_000 }, [7]);
    server.read(7, 35);
    const turns: number[][] = [];
    do turns.push(...server.turn(7));
    while (server.left);
    expect(turns.map((xids) => xids.length)).toEqual([10, 10, 10, 5]);
    expect(turns.flat()).toEqual(upTo(35));
  });

  it("visits connections one after the other: none gets ahead by more than a visit", () => {
    const server = new Server({ turn: 10, visit: 3, ahead: 1_000 }, [7, 8, 9]);
    for (const client of [7, 8, 9]) server.read(client, 60);
    const answered = [0, 0, 0];
    while (sum(answered) < 150) {
      server.turn(7, 8, 9).forEach((xids, i) => {
        answered[i] = (answered[i] ?? 0) + xids.length;
      });
      expect(Math.max(...answered) - Math.min(...answered)).toBeLessThanOrEqual(3);
    }
  });

  it("lets a newcomer wait for one visit of each other, however much they have asked for", () => {
    const server = new Server({ turn: 10, visit: 5, ahead: 1_000 }, [7, 8, 9]);
    server.read(7, 900);
    server.read(8, 900);
    server.turn(7, 8);
    server.read(9, 1);
    const first = server.turn(9);
    expect([...first, ...server.turn(9)].flat()).toEqual([1]);
  });

  it("lets no write of another client wait", () => {
    const server = new Server({ turn: 5, visit: 5, ahead: 1_000 }, [7, 8]);
    server.read(7, 900);
    server.write(8, create("/a"));
    const turns: number[] = [];
    for (let answers = 0; answers === 0; ) {
      const [reads = [], writes = []] = server.turn(7, 8);
      turns.push(reads.length);
      answers = writes.length;
      server.cluster.run(0);
    }
    expect(turns.length).toBeLessThan(10);
    expect(server.left).toBe(true);
  });

  it("counts the names of children as work, and takes up one read at least", () => {
    const server = new Server({ turn: 10, visit: 10, ahead: 1_000 }, [7]);
    for (let i = 0; i < 320; i++) server.write(7, create(`/n${i}`));
    while (server.cluster.node(1).machine.counts().znodes < 324) server.cluster.run(1);
    server.cluster.heard(1, 7);
    server.read(7, 3, { kind: "getChildren" });
    expect(server.turn(7)).toEqual([[321]]);
    expect(server.turn(7)).toEqual([[322]]);
    server.read(7, 3, { kind: "getChildren", limit: 31 });
    expect(server.turn(7)).toEqual([[323]]);
    expect(server.turn(7)).toEqual([[324, 325, 326]]);
  });

  it("takes up no more reads than it may have ahead, so that a write behind them does not bring all at once", () => {
    const server = new Server({ turn: 10, visit: 10, ahead: 20 }, [7]);
    server.read(7, 400);
    server.write(7, create("/a"));
    server.read(7, 400);
    const turns: number[][] = [];
    while (turns.flat().length < 801) {
      turns.push(...server.turn(7));
      expect(turns.length).toBeLessThan(200);
    }
    expect(turns.flat()).toEqual(upTo(801));
    expect(Math.max(...turns.map((xids) => xids.length))).toBeLessThanOrEqual(10 + 20 + 1);
  });

  it("takes work that could not wait from the next turn, but not all of it", () => {
    const server = new Server({ turn: 10, visit: 10, ahead: 50 }, [7, 8]);
    server.read(8, 100);
    server.turn(8);
    server.read(7, 30, { local: false });
    server.write(7, create("/a"));
    let most = 0;
    for (let i = 0; i < 40; i++) {
      const [seven = [], eight = []] = server.turn(7, 8);
      most = Math.max(most, seven.length + eight.length);
    }
    expect(most).toBeLessThanOrEqual(31 + 10);
  });

  it("answers nothing that can wait while a client does not read, and goes on when it does", () => {
    const server = new Server({ turn: 10, visit: 10, ahead: 1_000 }, [7, 8]);
    server.cluster.congested.add(7);
    server.read(7, 5);
    server.read(8, 5);
    expect(server.turn(7, 8)).toEqual([[], upTo(5)]);
    expect(server.turn(7, 8)).toEqual([[], []]);
    expect(server.left).toBe(false);
    server.cluster.congested.delete(7);
    server.cluster.node(1).clientReady(7);
    expect(server.turn(7)).toEqual([upTo(5)]);
  });

  it("forgets a connection that went while it stood in line", () => {
    const server = new Server({ turn: 2, visit: 1, ahead: 1_000 }, [7, 8]);
    server.read(7, 9);
    server.read(8, 4);
    server.turn(7, 8);
    server.cluster.node(1).clientDisconnected(7);
    expect(server.turn(8)).toEqual([[2, 3]]);
    expect(server.turn(7, 8)).toEqual([[], [4]]);
    expect(server.left).toBe(false);
  });
});
