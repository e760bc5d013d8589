import { describe, expect, it } from "vitest";
import { FairReads } from "../../sim/checkers/fair-reads.ts";
import { Marks } from "../../sim/marks/marks.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { Read } from "../../src/base/reads.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { emptyWorld } from "../support/sim-world.ts";

/** A server of which each turn may answer two reads, one of each client at a time; three clients have come. */
class Told {
  readonly marks = new Marks();
  hasReadsLeft = false;
  hasEventsLeft = false;
  readonly #checker = new FairReads(this.marks);

  constructor(clientAhead = 1_000) {
    const config = { clients: 3, readWork: { turn: 2, visit: 1, ahead: 1 }, clientAhead };
    const plan = checkPlan({ seed: 1, config });
    this.#checker.begin(emptyWorld(plan));
    for (const client of [1, 2, 3]) this.#checker.clientFrame(client, 1, client, [connect]);
  }

  asks(client: number, ...messages: ClientMessage[]): void {
    this.#checker.spokenTo({ id: 1 } as ServerView, client, messages);
  }

  /** A turn in which these clients, with these requests, are answered. */
  turn(...answered: readonly (readonly [client: number, xid: number])[]): void {
    const { hasReadsLeft, hasEventsLeft } = this;
    const view = { id: 1, node: { hasReadsLeft, hasEventsLeft } } as unknown as ServerView;
    for (const [client, xid] of answered) this.#checker.serverFrame(view, client, client, [reply(xid)]);
    this.#checker.step(view);
  }
}

const connect: ClientMessage = {
  type: "connect",
  protocol: 1,
  sessionId: 0,
  password: new Uint8Array(0),
  timeoutMs: 6_000,
  lastZxid: 0,
  holder: 1,
  takeover: false,
  instance: 0,
};
const asked = { type: "request", requestId: 0, ackedRequestId: 0 } as const;
const read = (xid: number, local = true, kind: Read["kind"] = "exists"): ClientMessage => ({
  ...asked,
  xid,
  body: { type: "read", read: { kind, path: "/", watch: false, local } },
});
const write = (xid: number): ClientMessage => ({
  ...asked,
  xid,
  body: { type: "write", operation: { op: "delete", path: "/a", version: -1 } },
});
const reply = (xid: number): ServerMessage => ({ type: "reply", xid, zxid: 1, result: {} });

describe("a turn of a server", () => {
  it("answers no more reads than it may", () => {
    const told = new Told();
    for (const client of [1, 2, 3]) told.asks(client, read(1));
    told.asks(1, read(2));
    told.turn([1, 1], [2, 1]);
    expect(told.marks.has("reads-fill-turn")).toBe(true);
    told.asks(2, read(2));
    expect(() => told.turn([1, 2], [2, 2], [3, 1])).toThrow("n1 answers 3 reads in one turn, which may answer 2");
  });

  it("answers writes, and reads before them, as they come", () => {
    const told = new Told();
    told.asks(1, write(1));
    told.asks(2, read(1), write(2));
    told.asks(3, read(1));
    expect(() => told.turn([1, 1], [2, 1], [3, 1])).not.toThrow();
  });
});

describe("while more can be answered, a turn", () => {
  /** A turn that answers client 1 alone, and has more that it could answer. */
  const meagre = (told: Told, ...also: readonly (readonly [client: number, xid: number])[]) => {
    told.hasReadsLeft = true;
    told.turn([1, 1], ...also);
  };

  it("answers as many reads as it may", () => {
    const told = new Told();
    for (const client of [1, 2, 3]) told.asks(client, read(1));
    expect(() => meagre(told)).toThrow("n1 answers 1 reads in a turn, which may answer 2, and has more");
    const full = new Told();
    for (const client of [1, 2, 3]) full.asks(client, read(1));
    expect(() => meagre(full, [2, 1])).not.toThrow();
  });

  it("may have done what nobody sees, or what is much work", () => {
    const arming = new Told();
    arming.asks(2, { type: "setWatches", relativeZxid: 1, watches: [] });
    arming.asks(1, read(1));
    expect(() => meagre(arming)).not.toThrow();
    const passed = new Told();
    passed.asks(1, read(1));
    passed.asks(2, read(1), write(2));
    expect(() => meagre(passed, [2, 1])).not.toThrow();
    const counted = new Told();
    counted.asks(1, read(1, true, "getAllChildrenNumber"));
    expect(() => meagre(counted)).not.toThrow();
    const telling = new Told();
    telling.asks(1, read(1));
    telling.hasEventsLeft = true;
    expect(() => meagre(telling)).not.toThrow();
  });
});

describe("a client that waits with a read that nothing holds up", () => {
  const four = [1, 2, 3, 4].map((xid) => read(xid));
  /** Client 1 has its reads answered, one a turn, while client 2 waits for whatever it has asked. */
  const passing = (told: Told, ...waiting: ClientMessage[]) => {
    told.asks(2, ...waiting);
    told.asks(1, ...four);
    for (const xid of [1, 2, 3, 4]) told.turn([1, xid]);
  };

  it("is not passed over again and again", () => {
    const told = new Told();
    expect(() => passing(told, read(1))).toThrow("n1 lets client 2 wait with a read while it answers 2 of client 1");
    expect(told.marks.has("reader-waits-for-others")).toBe(true);
  });

  it("is also one whose read index is known, since another read of the same turn was answered", () => {
    const told = new Told();
    told.asks(1, read(1, false), read(2), read(3));
    told.asks(2, read(1, false));
    told.turn([1, 1]);
    told.turn([1, 2]);
    expect(() => told.turn([1, 3])).toThrow("n1 lets client 2 wait with a read while it answers 2 of client 1");
  });

  it("is one whose read is local, behind nothing, and who takes what it is sent", () => {
    expect(() => passing(new Told(), read(1, false))).not.toThrow();
    expect(() => passing(new Told(), write(1), read(2))).not.toThrow();
    expect(() => passing(new Told(), { type: "setWatches", relativeZxid: 1, watches: [] }, read(1))).not.toThrow();
    expect(() => passing(new Told(3), read(1))).not.toThrow();
  });
});
