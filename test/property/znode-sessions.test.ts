import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/base/operations.ts";
import type { Command, CommandBody } from "../../src/znode/commands.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";
import { create, del, Harness, password, set, written } from "../unit/znode-harness.ts";

const path = fc.constantFrom("/a", "/b", "/a/b", "/a/c", "/bad/");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(path, fc.boolean(), fc.boolean()).map(([at, ephemeral, sequential]) => ({
    ...create(at, { data: at }),
    ephemeral,
    sequential,
  })),
  fc.tuple(path, fc.constantFrom(-1, 0, 1)).map(([at, version]) => del(at, version)),
  fc.tuple(path, fc.string({ maxLength: 3 }), fc.constantFrom(-1, 0, 1)).map(([at, text, v]) => set(at, text, v)),
);

/** Anything that can stand in a log, most of it nonsense: sessions, attachments and numbers are small and often wrong. */
const small = fc.nat(8);
const body: fc.Arbitrary<CommandBody> = fc.oneof(
  fc.record({
    type: fc.constant("createSession" as const),
    password: fc.nat(3).map(password),
    timeoutMs: fc.constant(4000),
    holder: fc.nat(2),
  }),
  fc.record({
    type: fc.constant("attachSession" as const),
    sessionId: small,
    password: fc.nat(3).map(password),
    timeoutMs: fc.integer({ min: 2000, max: 60_000 }),
    holder: fc.nat(2),
    takeover: fc.boolean(),
  }),
  fc.record({ type: fc.constant("closeSession" as const), sessionId: small, attachment: small, requestId: small }),
  fc.record({
    type: fc.constant("expireSessions" as const),
    sessions: fc.array(fc.record({ sessionId: small, attachment: small }), { maxLength: 3 }),
  }),
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      sessionId: small,
      attachment: small,
      requestId: small,
      ackedRequestId: small,
      operation,
    }),
  },
);
/** The first two sessions always exist, so that the nonsense meets them. */
const log: fc.Arbitrary<Command[]> = fc
  .array(fc.record({ timeMs: fc.nat(100), origin: fc.integer({ min: 1, max: 3 }), proposal: small, body }), {
    maxLength: 80,
    size: "max",
  })
  .map((commands) => [
    ...[0, 1].map((n) => ({
      timeMs: 50,
      origin: 1,
      proposal: 100 + n,
      body: { type: "createSession" as const, password: password(n), timeoutMs: 4000, holder: 0 },
    })),
    ...commands,
  ]);

describe("any log", () => {
  it("is applied without an error, keeps the invariants, and gives every replica the same answers and state", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(log, (commands) => {
        const [a, b] = [new ZnodeMachine(), new ZnodeMachine()];
        for (const [at, command] of commands.entries()) {
          const applied = a.apply(at + 1, command);
          expect(b.apply(at + 1, command)).toEqual(applied);
          a.assertSound();
          expect(b.digest()).toBe(a.digest());
        }
      }),
      { numRuns: 100 },
    );
  });

  it("leaves the tree alone when a command is dropped, refused, behind a gap or a duplicate", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(log, (commands) => {
        const machine = new ZnodeMachine();
        for (const [at, command] of commands.entries()) {
          const before = ["/", "/a", "/b", "/a/b", "/a/c"].map((one) => machine.stat(one));
          const { outcome, changes, ended } = machine.apply(at + 1, command);
          const idle =
            ["dropped", "refused", "gap", "attached"].includes(outcome.type) ||
            (outcome.type === "written" && (outcome.duplicate || outcome.result.failure !== undefined));
          if (!idle) continue;
          expect([changes, ended]).toEqual([[], []]);
          expect(["/", "/a", "/b", "/a/b", "/a/c"].map((one) => machine.stat(one))).toEqual(before);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("exactly once", () => {
  /** Positions in the list of a session's requests, in the order in which copies of them come out of the log. */
  const copies = fc.array(fc.nat(9), { maxLength: 60, size: "max" });

  it("copies in any order and number have the effect and the answers of each request once, in order", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 10, size: "max" }), copies, (operations, order) => {
        const once = new Harness();
        const session = once.open();
        const expected = operations.map((one, at) => written(once.request(session, at + 1, one).outcome).result);

        const often = new Harness();
        const same = often.open();
        const effects: number[] = [];
        const apply = (at: number) => {
          const one = operations[at];
          if (one === undefined) return;
          const { outcome } = often.request(same, at + 1, one);
          if (outcome.type === "gap") return expect(outcome.expected).toBe(effects.length + 1);
          const { result, duplicate, requestId } = written(outcome);
          if (!duplicate) effects.push(requestId);
          // Zxids differ, since copies take entries too; all else is the same.
          expect(withoutZxids(result)).toEqual(withoutZxids(expected[at]));
        };
        for (const at of order) apply(at);
        // In the end the origin server has proposed what is missing again.
        for (const at of operations.keys()) apply(at);
        expect(effects).toEqual(operations.map((_, at) => at + 1));
        for (const one of ["/", "/a", "/b", "/a/b", "/a/c"])
          expect(withoutZxids({ stat: often.machine.stat(one) })).toEqual(
            withoutZxids({ stat: once.machine.stat(one) }),
          );
      }),
      { numRuns: 100 },
    );
  });

  it("every copy of a request gets the first answer, zxid included, until it is acknowledged", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 10, size: "max" }),
        copies,
        fc.nat(10),
        (operations, order, acked) => {
          const harness = new Harness();
          const session = harness.open();
          const first = operations.map((one, at) => written(harness.request(session, at + 1, one).outcome));
          for (const at of order) {
            const one = operations[at];
            if (one === undefined) continue;
            const { outcome } = harness.request(session, at + 1, one, acked);
            if (at + 1 > acked) expect(outcome).toEqual({ ...first[at], duplicate: true });
            else expect(outcome).toMatchObject({ type: "dropped", requestId: at + 1 });
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

function withoutZxids(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result ?? null, (key, value) => (key.endsWith("zxid") ? undefined : value)));
}
