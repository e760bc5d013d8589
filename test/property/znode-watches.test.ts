import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Operation, Stat } from "../../src/base/operations.ts";
import type { WatchEvent, WatchSpec } from "../../src/base/reads.ts";
import { ChangeHistory } from "../../src/znode/change-history.ts";
import type { Change } from "../../src/znode/commands.ts";
import { WatchTable } from "../../src/znode/watches.ts";
import { create, del, Harness, set } from "../unit/znode-harness.ts";

const path = fc.constantFrom("/a", "/b", "/a/b");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  path.map((at) => create(at)),
  path.map((at) => del(at)),
  path.map((at) => set(at, "x")),
);
const operations = fc.array(operation, { maxLength: 40, size: "max" });
const spec: fc.Arbitrary<WatchSpec> = fc.record({ kind: fc.constantFrom("data", "exist", "children"), path });

/** One sentence per kind, as ZooKeeper has them. */
function fires(change: Change, watch: WatchSpec): boolean {
  if (change.path !== watch.path) return false;
  if (watch.kind === "children") return change.type === "childrenChanged" || change.type === "deleted";
  return change.type !== "childrenChanged";
}

interface History {
  readonly harness: Harness;
  readonly changes: readonly Change[];
  /** Stats of all paths behind each zxid. */
  readonly stats: readonly ReadonlyMap<string, Stat>[];
}

function play(list: readonly Operation[]): History {
  const harness = new Harness();
  const session = harness.open();
  const changes: Change[] = [];
  const look = () =>
    new Map(
      ["/a", "/b", "/a/b"].flatMap((one) => {
        const stat = harness.machine.stat(one);
        return stat === undefined ? [] : [[one, stat] as const];
      }),
    );
  const stats = [new Map<string, Stat>(), look()];
  for (const one of list) {
    changes.push(...harness.next(session, one).changes);
    stats.push(look());
  }
  return { harness, changes, stats };
}

describe("a watch armed again", () => {
  it("hears the first event since, as if it had been armed all the time, while the history reaches", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(operations, fc.array(fc.tuple(spec, fc.nat(42)), { maxLength: 20, size: "max" }), (list, watches) => {
        const { harness, changes } = play(list);
        const history = new ChangeHistory();
        history.record(changes);
        for (const [watch, relative] of watches) {
          const table = new WatchTable();
          const events: WatchEvent[] = [];
          table.arm(1, watch);
          for (const change of changes)
            if (change.zxid > relative) table.trigger(change, (_, event) => events.push(event));
          expect(history.missed(relative, watch, harness.machine)).toEqual(events[0]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is told nothing false and never left in the dark, however short the history", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        operations,
        fc.nat(5),
        fc.array(fc.tuple(spec, fc.nat(42)), { maxLength: 20, size: "max" }),
        (list, size, watches) => {
          const { harness, changes, stats } = play(list);
          const history = new ChangeHistory(0, size + 1);
          for (const change of changes) history.record([change]);
          for (const [watch, relative] of watches) {
            // Only exists arms a watch where there is no znode.
            if (watch.kind !== "exist" && stats[relative]?.has(watch.path) !== true) continue;
            const since = changes.filter((change) => change.zxid > relative && fires(change, watch));
            const told = history.missed(relative, watch, harness.machine);
            if (told === undefined) expect(since).toEqual([]);
            else if (told.type === "resync") expect(told.zxid).toBe(harness.machine.appliedIndex);
            else expect(since).toContainEqual({ type: told.type, path: told.path, zxid: told.zxid });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("WatchTable against a list", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant("arm" as const), fc.nat(3), spec) },
    { weight: 3, arbitrary: fc.tuple(fc.constant("change" as const), fc.nat(3), fc.constant(undefined)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("drop" as const), fc.nat(3), fc.constant(undefined)) },
  );

  it("fires the same watches, each once", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(operations, fc.array(step, { maxLength: 80, size: "max" }), (list, steps) => {
        const changes = [...play(list).changes];
        const table = new WatchTable();
        let armed: { connection: number; watch: WatchSpec }[] = [];
        for (const [what, connection, watch] of steps) {
          if (what === "arm") {
            expect(table.arm(connection, watch)).toBe("armed");
            const same = armed.some(
              (one) => one.connection === connection && one.watch.kind === watch.kind && one.watch.path === watch.path,
            );
            if (!same) armed.push({ connection, watch });
          } else if (what === "drop") {
            table.dropConnection(connection);
            armed = armed.filter((one) => one.connection !== connection);
          } else {
            const change = changes.shift();
            if (change === undefined) continue;
            const events: string[] = [];
            table.trigger(change, (to, { kind, type, zxid }) => events.push(`${kind} ${to} ${type} ${zxid}`));
            const due = armed.filter((one) => fires(change, one.watch));
            armed = armed.filter((one) => !due.includes(one));
            const expected = (["data", "exist", "children"] as const).flatMap((kind) =>
              due
                .filter((one) => one.watch.kind === kind)
                .map((one) => `${kind} ${one.connection} ${change.type} ${change.zxid}`),
            );
            expect(events).toEqual(expected);
          }
          expect(table.size).toBe(armed.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});
