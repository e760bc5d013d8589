import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOf, pathOf } from "../../src/base/operation-traits.ts";
import type { Operation, Result } from "../../src/base/operations.ts";
import { keyedRandom } from "../../src/base/random.ts";
import type { WatchEvent, WatchKind } from "../../src/base/reads.ts";
import { staysArmed } from "../../src/base/watch-rules.ts";
import type { Delivery, SessionRequest } from "../../src/client/session.ts";
import { ClientSession } from "../../src/client/session.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { FakeCluster } from "../unit/client-fake-cluster.ts";

type Action =
  | { readonly do: "write"; readonly path: number; readonly op: number }
  | { readonly do: "read"; readonly path: number; readonly kind: number; readonly watch: boolean }
  | { readonly do: "others"; readonly path: number; readonly op: number }
  | { readonly do: "toServer" | "toClient"; readonly frames: number }
  | { readonly do: "break"; readonly frames: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "abort"; readonly nth: number }
  | { readonly do: "quorum"; readonly there: boolean }
  | { readonly do: "arm"; readonly count: number };

const paths = ["/a", "/b", "/b/c", "/"];
const path = fc.nat(paths.length - 1);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), path, op: fc.nat(2) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("read" as const), path, kind: fc.nat(5), watch: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("others" as const), path, op: fc.nat(2) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("toServer" as const), frames: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("toClient" as const), frames: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("break" as const), frames: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 600, 3000, 8000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("quorum" as const), there: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("arm" as const), count: fc.integer({ min: 1, max: 3 }) }) },
);

/** All that is under way arrives, which suffices for an attachment. */
const arrive: Action[] = [
  { do: "toServer", frames: 9 },
  { do: "toClient", frames: 9 },
  { do: "toServer", frames: 9 },
];
const others = fc.record({ do: fc.constant("others" as const), path, op: fc.nat(2) });
const armed = fc.constant<Action>({ do: "arm", count: 1 });

/** Watches that stay, again and again between two servers; changes come before and between the arming of each. */
const rearming: fc.Arbitrary<Action[]> = fc
  .record({
    watches: fc.array(
      fc.record({
        do: fc.constant("read" as const),
        path,
        kind: fc.constantFrom(4, 5, 5, 5),
        watch: fc.constant(true),
      }),
      {
        minLength: 2,
        maxLength: 5,
      },
    ),
    rounds: fc.array(
      fc.tuple(fc.array(others, { maxLength: 3 }), fc.array(fc.oneof(others, armed), { maxLength: 12 })),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  })
  .map(({ watches, rounds }) => [
    ...arrive,
    ...watches,
    ...arrive,
    ...rounds.flatMap(([missed, during]) => [{ do: "break" as const, frames: 0 }, ...missed, ...arrive, ...during]),
  ]);

/** A request as its caller sees it. */
interface Asked {
  readonly number: number;
  readonly operation: Operation | undefined;
  readonly armsKind: WatchKind | undefined;
  readonly path: string;
  aborted: boolean;
  answer: { zxid: number; result: Result } | undefined;
  readonly events: WatchEvent[];
}

/** One client, a cluster, and a network between them whose frames wait until the test moves them. */
class World {
  now = 0;
  readonly asked: Asked[] = [];
  readonly requests: SessionRequest<Asked>[] = [];
  readonly answered: Asked[] = [];
  readonly violations: string[] = [];
  /** Events and answers as they came. */
  readonly seen: { readonly event: boolean; readonly resync?: boolean; readonly zxid: number }[] = [];
  readonly cluster = new FakeCluster((connection, message) => {
    if (connection === this.#stream) this.#toClient.push(message);
  });
  readonly session: ClientSession<Asked>;
  #stream = 0;
  #toServer: ClientMessage[][] = [];
  #toClient: ServerMessage[] = [];

  constructor(seed: number) {
    const random = keyedRandom(seed, "client");
    this.cluster.armsAtOnce = 0;
    this.session = new ClientSession({ endpoints: ["s1", "s2", "s3"], timeoutMs: 9_000, random, holder: 5 }, 0);
    this.turn();
  }

  turn(): void {
    const { disconnect, connect, send, deliveries } = this.session.takeEffects(this.now);
    for (const stream of disconnect) this.#gone(stream);
    if (connect !== undefined) this.#stream = connect.stream;
    if (send.length > 0) this.#toServer.push([...send]);
    for (const delivery of deliveries) this.#delivered(delivery);
  }

  #gone(stream: number): void {
    this.cluster.closed(stream);
    this.#toServer = [];
    this.#toClient = [];
  }

  #delivered(delivery: Delivery<Asked>): void {
    if (delivery.type === "violation") this.violations.push(delivery.what);
    if (delivery.type === "answer") {
      const asked = delivery.request.context;
      expect(asked.answer).toBeUndefined();
      asked.answer = { zxid: delivery.zxid, result: delivery.result };
      this.answered.push(asked);
      this.seen.push({ event: false, zxid: delivery.zxid });
    }
    if (delivery.type === "event") {
      const watchers = delivery.watchers.map((request) => request.context);
      for (const watcher of watchers) watcher.events.push(delivery.event);
      this.seen.push({ event: true, resync: delivery.event.type === "resync", zxid: delivery.event.zxid });
    }
  }

  ask(body: Parameters<ClientSession<Asked>["submit"]>[0], armsKind: WatchKind | undefined): void {
    const operation = body.type === "write" ? body.operation : undefined;
    const path =
      body.type === "close" || body.type === "auth"
        ? ""
        : body.type === "read"
          ? body.read.path
          : partsOf(body.operation).map(pathOf).join();
    const asked: Asked = {
      number: this.asked.length,
      operation,
      armsKind,
      path,
      aborted: false,
      answer: undefined,
      events: [],
    };
    this.asked.push(asked);
    this.requests.push(this.session.submit(body, asked));
    this.turn();
  }

  abort(nth: number): void {
    const request = this.requests[nth % Math.max(1, this.requests.length)];
    if (request === undefined || request.settled) return;
    this.session.abort(request);
    request.context.aborted = true;
  }

  toServer(frames: number): void {
    for (const frame of this.#toServer.splice(0, frames)) {
      for (const message of frame) this.cluster.receive(this.#stream, message);
    }
  }

  toClient(messages: number): void {
    const stream = this.#stream;
    const frame = this.#toClient.splice(0, messages);
    if (frame.length > 0) this.session.receive(stream, frame, this.now);
    this.turn();
  }

  /** The stream breaks; some frames reach the server before. */
  breakStream(frames: number): void {
    this.toServer(frames);
    const stream = this.#stream;
    this.#gone(stream);
    this.session.streamClosed(stream, { code: "NO_SERVER", message: "broke" }, this.now);
    this.turn();
  }

  wait(ms: number): void {
    const end = this.now + ms;
    for (let next = this.session.nextDeadline; next <= end; next = this.session.nextDeadline) {
      this.now = Math.max(this.now, next);
      this.session.advance(this.now);
      this.turn();
    }
    this.now = end;
  }

  /** Everything works from now on, until nothing is under way. */
  settle(): void {
    this.cluster.setQuorum(true);
    for (let round = 0; round < 400; round++) {
      this.toServer(Number.POSITIVE_INFINITY);
      this.cluster.arm(Number.POSITIVE_INFINITY);
      this.toClient(Number.POSITIVE_INFINITY);
      if (this.session.state === "connected" && this.#toServer.length === 0 && this.#toClient.length === 0) return;
      if (this.#toServer.length === 0 && this.#toClient.length === 0) this.wait(100);
    }
    throw new Error("the client does not come to rest");
  }
}

function operationOf(op: number, at: number): Operation {
  const path = paths[at] ?? "/a";
  if (op === 0) return { op: "create", path, data: Uint8Array.of(1), ephemeral: false, sequential: false };
  if (op === 1) return { op: "setData", path, data: Uint8Array.of(2), version: -1 };
  return { op: "delete", path: path === "/" ? "/none" : path, version: -1 };
}

const reads = [
  { kind: "getData", arms: "data" },
  { kind: "exists", arms: "exist" },
  { kind: "getChildren", arms: "children" },
  { kind: "sync", arms: undefined },
  { kind: "addWatch", arms: "persistent" },
  { kind: "addRecursiveWatch", arms: "recursive" },
] as const;

function act(world: World, action: Action): void {
  switch (action.do) {
    case "write":
      return world.ask({ type: "write", operation: operationOf(action.op, action.path) }, undefined);
    case "read": {
      const { kind, arms } = reads[action.kind] ?? reads[0];
      const watch = arms !== undefined && (action.watch || staysArmed(arms));
      const read = { kind, path: paths[action.path] ?? "/a", watch, local: false };
      return world.ask({ type: "read", read }, watch ? arms : undefined);
    }
    case "others":
      world.cluster.apply(operationOf(action.op, action.path));
      return;
    case "toServer":
      return world.toServer(action.frames);
    case "toClient":
      return world.toClient(action.frames);
    case "break":
      return world.breakStream(action.frames);
    case "wait":
      return world.wait(action.ms);
    case "abort":
      return world.abort(action.nth);
    case "quorum":
      return world.cluster.setQuorum(action.there);
    case "arm":
      return world.cluster.arm(action.count);
  }
}

function run(seed: number, actions: readonly Action[]): World {
  const world = new World(seed);
  for (const action of actions) act(world, action);
  world.settle();
  return world;
}

const anything = fc.array(action, { maxLength: 120, size: "max" });

/** Runs plans until `check` fails for one. */
function always(check: (world: World) => void, plans = anything): void {
  fc.assert(
    fc.property(fc.nat(), plans, (seed, actions) => check(run(seed, actions))),
    { numRuns: 400 },
  );
}

describe("a session over breaking streams", () => {
  it("answers every request once, in the order asked", () => {
    always((world) => {
      expect(world.violations).toEqual([]);
      const numbers = world.answered.map((asked) => asked.number);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      for (const asked of world.asked) expect(asked.answer === undefined).toBe(asked.aborted);
    });
  });

  it("does every write once, in order, and hands out the answer of that one time", () => {
    always((world) => {
      const { applied } = world.cluster;
      expect(applied.map((write) => write.requestId)).toEqual(applied.map((_, i) => i + 1));
      const done = new Set(applied.map((write) => write.operation));
      const expected = world.asked.filter(({ operation }) => operation !== undefined && done.has(operation));
      expect(applied.map((write) => write.operation)).toEqual(expected.map((asked) => asked.operation));
      const answers = world.cluster.sessions.get(world.session.identity.sessionId)?.answers;
      applied.forEach(({ operation, requestId }) => {
        const asked = world.asked.find((other) => other.operation === operation);
        if (asked?.aborted === false) expect(asked.answer).toEqual(answers?.get(requestId));
      });
      for (const asked of world.asked) {
        if (asked.operation !== undefined && !asked.aborted) expect(done.has(asked.operation)).toBe(true);
      }
    });
  });

  it("tells every watcher the first change after its read, once", () => {
    always((world) => {
      for (const { armsKind, path, answer, events } of world.asked) {
        if (armsKind === undefined || answer === undefined || staysArmed(armsKind)) continue;
        const failure = answer.result.failure?.code;
        const armed = failure === undefined || (failure === "NO_NODE" && armsKind === "exist");
        const change = armed ? world.cluster.firstChange(armsKind, path, answer.zxid) : undefined;
        expect(events).toEqual(change === undefined ? [] : [{ ...change, kind: armsKind }]);
      }
    });
  });

  it.each([
    ["anything", anything],
    ["many breaks", rearming],
  ])("tells every watcher that stays each change, in order, or that it may have missed some: %s", (_, plans) => {
    always((world) => {
      for (const { armsKind, path, answer, events, aborted } of world.asked) {
        if (armsKind === undefined || answer === undefined || aborted || !staysArmed(armsKind)) continue;
        const since = (zxid: number) => world.cluster.changes(armsKind, path, zxid);
        let left = since(answer.zxid);
        for (const { type, path: at, zxid } of events) {
          if (type === "resync") {
            // It may be of what it was told before: of an entry that was told in part the rest may be missed.
            expect(since(answer.zxid)[0]?.zxid).toBeLessThanOrEqual(zxid);
            left = since(zxid);
          } else expect(left.shift()).toEqual({ type, path: at, zxid });
        }
        expect(left).toEqual([]);
      }
    }, plans);
  });

  it("tells an event before any answer that may show its change, and events in the order of changes", () => {
    always((world) => {
      let newest = 0;
      let event = 0;
      for (const seen of world.seen) {
        if (!seen.event) newest = Math.max(newest, seen.zxid);
        else {
          expect(seen.zxid).toBeGreaterThanOrEqual(event);
          event = seen.zxid;
          if (!seen.resync) expect(seen.zxid).toBeGreaterThan(newest);
        }
      }
    });
  });

  it("never asks a server to show something older than what it has seen", () => {
    always((world) => {
      const zxids = world.cluster.connects.map((connect) => connect.lastZxid);
      expect(zxids).toEqual([...zxids].sort((a, b) => a - b));
      const ids = new Set(world.cluster.connects.map((connect) => connect.sessionId).filter((id) => id !== 0));
      expect([...ids].length).toBeLessThanOrEqual(1);
    });
  });
});
