import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOf, pathOf } from "../../src/base/operation-traits.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import { codeOf, Harness, read, written } from "../unit/znode-harness.ts";
import { TreeModel } from "./znode-tree-model.ts";

/** The real state machine with two sessions that come and go. */
class Real {
  readonly harness = new Harness();
  readonly sessions: [number, number] = [this.harness.open(), this.harness.open()];

  compare(model: TreeModel, path: string): void {
    const { machine } = this.harness;
    expect(machine.stat(path)).toEqual(model.stat(path));
    const children = machine.read(read("getChildren", path));
    if (model.find(path) === undefined) expect(codeOf(children)).toBeDefined();
    else {
      expect(children).toEqual({ children: model.childrenOf(path), stat: model.stat(path) });
      expect(machine.read(read("getData", path))).toMatchObject({ data: model.at(path).data });
    }
  }
}

class WriteCommand implements fc.Command<TreeModel, Real> {
  readonly who: 0 | 1;
  readonly operation: Operation;
  readonly laterMs: number;

  constructor(who: 0 | 1, operation: Operation, laterMs: number) {
    this.who = who;
    this.operation = operation;
    this.laterMs = laterMs;
  }

  check(): boolean {
    return true;
  }

  run(model: TreeModel, real: Real): void {
    const { harness } = real;
    const session = real.sessions[this.who];
    harness.timeMs += this.laterMs;
    const { outcome, zxid, changes } = harness.next(session, this.operation);
    const { result } = written(outcome);
    const expected = model.write(session, this.operation, zxid, harness.timeMs);
    expect(codeOf(result)).toBe(expected.code);
    const parts = partsOf(this.operation);
    const paths = parts.map(pathOf);
    if (result.failure !== undefined) {
      expect(result.failure.failedPart).toBe(expected.failedPart);
      expect(changes).toEqual([]);
    } else if (this.operation.op === "multi") {
      expect(result.results?.map((answer) => answer.path)).toEqual(expected.paths);
      // What the last part on a path answers is how the path is.
      for (const [i, answer] of (result.results ?? []).entries()) {
        const path = answer.path ?? paths[i] ?? "";
        if (answer.stat === undefined || later(parts, i, path)) continue;
        expect(answer.stat).toEqual(model.stat(path));
      }
      for (const made of expected.paths ?? []) if (made !== undefined) real.compare(model, made);
    } else {
      expect(result.path).toBe(expected.path);
      if (this.operation.op !== "delete")
        expect(result.stat).toEqual(model.stat(result.path ?? pathOf(this.operation)));
      expect(changes.length).toBeGreaterThan(0);
    }
    for (const path of [...paths, "/"]) real.compare(model, path);
    expect(harness.machine.counts().znodes).toBe(model.records.length);
  }

  toString(): string {
    return `session ${this.who}: ${JSON.stringify(this.operation)}`;
  }
}

/** Whether a part behind `i` may have changed `path`. */
function later(parts: readonly MultiPart[], i: number, path: string): boolean {
  return parts.slice(i + 1).some((part) => part.op !== "check" && pathOf(part).startsWith(path));
}

/** Expires a session, and opens another in its place. */
class ReplaceSession implements fc.Command<TreeModel, Real> {
  readonly who: 0 | 1;

  constructor(who: 0 | 1) {
    this.who = who;
  }

  check(): boolean {
    return true;
  }

  run(model: TreeModel, real: Real): void {
    const sessionId = real.sessions[this.who];
    const sessions = [{ sessionId, attachment: sessionId }];
    const { zxid, changes, ended } = real.harness.apply({ type: "expireSessions", sessions });
    expect(ended).toEqual([sessionId]);
    const deleted = changes.filter(({ type }) => type === "deleted").map(({ path }) => path);
    expect(deleted).toEqual(model.endSession(sessionId, zxid));
    for (const { path } of model.records) real.compare(model, path);
    real.sessions[this.who] = real.harness.open();
  }

  toString(): string {
    return `replace session ${this.who}`;
  }
}

/** Removes all that is unused, as a leader would have it, and some that are not. */
class RemoveUnused implements fc.Command<TreeModel, Real> {
  readonly laterMs: number;
  readonly also: readonly string[];

  constructor(laterMs: number, also: readonly string[]) {
    this.laterMs = laterMs;
    this.also = also;
  }

  check(): boolean {
    return true;
  }

  run(model: TreeModel, real: Real): void {
    const { harness } = real;
    harness.timeMs += this.laterMs;
    const paths = [...harness.machine.unused(harness.timeMs), ...this.also];
    const before = new Set(model.records.map(({ path }) => path));
    const { zxid, changes } = harness.apply({ type: "removeUnused", paths });
    model.removeUnused(paths, zxid, harness.timeMs);
    const deleted = changes.filter(({ type }) => type === "deleted").map(({ path }) => path);
    for (const { path } of model.records) before.delete(path);
    expect(new Set(deleted)).toEqual(before);
    for (const path of [...paths, "/"]) real.compare(model, path);
    expect(harness.machine.counts().znodes).toBe(model.records.length);
  }

  toString(): string {
    return `remove what is unused ${this.laterMs} ms later, and if it is: ${this.also.join(" ")}`;
  }
}

const segment = fc.constantFrom("a", "a", "b", "b", "c", "n-", "é", "..", ".", "", "bad\0", "zookeeper");
const path = fc.oneof(
  { weight: 9, arbitrary: fc.array(segment, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join("/")}`) },
  { weight: 1, arbitrary: fc.constantFrom("", "a", "a/b", "/", "//", "/zookeeper/quota", "/zookeeper/quota/a") },
);
const who = fc.constantFrom(0 as const, 1 as const);
const data = fc.uint8Array({ maxLength: 8 });
const version = fc.constantFrom(-1, -1, 0, 1, 2);
const ttlMs = fc.constantFrom(0, 1, 500, 1_500, 2 ** 40 - 1, 2 ** 40);
const rarely = fc.constantFrom(false, false, true);
const single: fc.Arbitrary<Operation & MultiPart> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("create" as const),
      path,
      data,
      ephemeral: fc.boolean(),
      sequential: rarely,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("createContainer" as const), path, data }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant("createTtl" as const), path, data, sequential: rarely, ttlMs }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("delete" as const), path, version }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("setData" as const), path, data, version }) },
);
const part: fc.Arbitrary<MultiPart> = fc.oneof(
  { weight: 6, arbitrary: single },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("check" as const), path, version }) },
  { weight: 1, arbitrary: fc.constant({ op: "unsupported" as const }) },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: single },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("multi" as const), parts: fc.array(part, { maxLength: 5 }) }),
  },
);
const write = fc
  .tuple(who, operation, fc.nat(1000))
  .map(([session, what, laterMs]) => new WriteCommand(session, what, laterMs));
const replace = who.map((session) => new ReplaceSession(session));
const remove = fc
  .tuple(fc.nat(2_000), fc.array(path, { maxLength: 3 }))
  .map(([laterMs, also]) => new RemoveUnused(laterMs, also));
const commands = fc.commands([...Array.from({ length: 9 }, () => write), replace, remove], {
  maxCommands: 60,
  size: "max",
});

describe("the tree against a simple model", () => {
  it("agrees on every result, Stat and list of children", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        fc.modelRun(() => ({ model: new TreeModel(), real: new Real() }), sequence);
      }),
      { numRuns: 80 },
    );
  });
});
