import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import { kindOf } from "../../src/base/znode-kinds.ts";
import type { Change } from "../../src/znode/commands.ts";
import { Lifetimes } from "../../src/znode/lifetimes.ts";
import { Znode } from "../../src/znode/stat.ts";
import { codeOf, create, del, Harness, ok, set } from "./znode-harness.ts";

let harness: Harness;
let session: number;
beforeEach(() => {
  harness = new Harness();
  session = harness.open();
});

const container = (path: string) => ({ op: "createContainer", path, data: Uint8Array.of(1) }) as const;
const ttl = (path: string, ttlMs: number, sequential = false) =>
  ({ op: "createTtl", path, data: new Uint8Array(), sequential, ttlMs }) as const;
const multi = (...parts: MultiPart[]): Operation => ({ op: "multi", parts });

/** Has what is unused removed, `laterMs` later; returns what watches are told of. */
function removed(laterMs = 0): readonly Change[] {
  harness.timeMs += laterMs;
  return remove(...harness.machine.unused(harness.timeMs));
}

function remove(...paths: string[]): readonly Change[] {
  const { outcome, changes, ended } = harness.apply({ type: "removeUnused", paths });
  expect(outcome).toEqual({ type: "unusedRemoved" });
  expect(ended).toEqual([]);
  return changes;
}

describe("a container", () => {
  beforeEach(() => {
    ok(harness.write(session, container("/c")));
  });

  it("stays until it has had a child, and goes once it has none any more", () => {
    expect(removed(1_000_000)).toEqual([]);
    ok(harness.write(session, create("/c/a")));
    expect(removed()).toEqual([]);
    ok(harness.write(session, del("/c/a")));
    const { appliedIndex } = harness.machine;
    expect(removed()).toEqual([
      { type: "deleted", path: "/c", zxid: appliedIndex + 1 },
      { type: "childrenChanged", path: "/", zxid: appliedIndex + 1 },
    ]);
    expect(harness.machine.stat("/c")).toBeUndefined();
    expect(removed()).toEqual([]);
  });

  it("goes when its last child ended with a session", () => {
    ok(harness.write(session, create("/c/e", { ephemeral: true })));
    harness.apply({ type: "expireSessions", sessions: [{ sessionId: session, attachment: session }] });
    expect(removed()).toHaveLength(2);
  });

  it("that gets a child while its removal is on its way stays, and so does another one of its name", () => {
    ok(harness.write(session, create("/c/a")));
    ok(harness.write(session, del("/c/a")));
    const found = harness.machine.unused(harness.timeMs);
    expect(found).toEqual(["/c"]);
    ok(harness.write(session, create("/c/b")));
    expect(remove(...found)).toEqual([]);
    ok(harness.write(session, del("/c/b")));
    ok(harness.write(session, del("/c")));
    ok(harness.write(session, create("/c")));
    expect(remove(...found)).toEqual([]);
    ok(harness.write(session, del("/c")));
    expect(remove(...found)).toEqual([]);
  });

  it("shows in its Stat", () => {
    const stat = harness.stat("/c");
    expect(stat).toMatchObject({ container: true, ephemeralOwner: 0 });
    expect(kindOf(stat)).toBe("container");
    expect(kindOf(harness.stat("/"))).toBe("persistent");
  });

  it("within one in which it was the last goes first, then that", () => {
    const child = {
      op: "create",
      path: "/c/in/a",
      data: new Uint8Array(),
      ephemeral: false,
      sequential: false,
    } as const;
    ok(harness.write(session, multi(container("/c/in"), child, { op: "delete", path: child.path, version: -1 })));
    expect(harness.machine.unused(0)).toEqual(["/c/in"]);
    removed();
    expect(removed()).toHaveLength(2);
    expect(harness.machine.counts().znodes).toBe(4);
  });
});

describe("a znode with a time to live", () => {
  it("goes when it was not set for longer, by the stamps of the log", () => {
    ok(harness.write(session, ttl("/t", 500)));
    expect(removed(500)).toEqual([]);
    ok(harness.write(session, set("/t", "again")));
    expect(removed(500)).toEqual([]);
    expect(removed(1)).toHaveLength(2);
  });

  it("does not go for a stamp that lies behind one before", () => {
    ok(harness.write(session, ttl("/t", 500)));
    harness.timeMs += 600;
    ok(harness.write(session, set("/", "time passes")));
    harness.timeMs -= 600;
    expect(remove("/t")).toHaveLength(2);
  });

  it("stays while it has children, however late it is", () => {
    ok(harness.write(session, ttl("/t", 500)));
    ok(harness.write(session, create("/t/a")));
    expect(removed(10_000)).toEqual([]);
    expect(remove("/t")).toEqual([]);
    ok(harness.write(session, del("/t/a")));
    expect(removed()).toHaveLength(2);
  });

  it("may be sequential, and shows in its Stat", () => {
    const { path = "", stat } = ok(harness.write(session, ttl("/t-", 500, true)));
    expect(path).toBe("/t-0000000000");
    expect(stat).toEqual(harness.stat(path));
    expect(stat).toMatchObject({ ttlMs: 500, ephemeralOwner: 0 });
    expect(kindOf(harness.stat(path))).toBe("ttl");
  });

  it.each([0, -1, 0.5, limits.ttlMaxMs + 1])("of %s ms is refused", (ttlMs) => {
    expect(codeOf(harness.write(session, ttl("/t", ttlMs)))).toBe("BAD_ARGUMENTS");
  });

  it.each([limits.ttlMinMs, limits.ttlMaxMs])("of %s ms is taken", (ttlMs) => {
    ok(harness.write(session, ttl("/t", ttlMs)));
    expect(harness.stat("/t").ttlMs).toBe(ttlMs);
  });
});

describe("what may be removed", () => {
  it("is no znode of another kind, whatever the leader names", () => {
    ok(harness.write(session, create("/a")));
    ok(harness.write(session, create("/e", { ephemeral: true })));
    expect(remove("/a", "/e", "/", "/zookeeper", "/none", "")).toEqual([]);
    expect(harness.machine.counts().znodes).toBe(6);
  });

  it("is found in turns, so many looked at and so many named at a time", () => {
    const lifetimes = new Lifetimes();
    const znodes = Array.from({ length: 1_200 }, (_, i) => new Znode(`/t${i}`, new Uint8Array(), 0, 1, 0, false, 5));
    for (const znode of znodes) lifetimes.add(znode);
    expect(lifetimes.unused(5)).toEqual([]);
    const first = lifetimes.unused(6);
    expect(first).toEqual(znodes.slice(0, limits.unusedPerRemovalMax).map(({ path }) => path));
    for (const znode of znodes) if (first.includes(znode.path)) lifetimes.delete(znode);
    expect(lifetimes.unused(6, 100)).toEqual(znodes.slice(500, 600).map(({ path }) => path));
    const rest = [...lifetimes.unused(6), ...lifetimes.unused(6)];
    expect(new Set(rest)).toEqual(new Set(znodes.slice(500).map(({ path }) => path)));
  });

  it("is named up to a bound of bytes", () => {
    const lifetimes = new Lifetimes();
    for (let i = 0; i < 100; i++)
      lifetimes.add(new Znode(`/${i}${"x".repeat(4_000)}`, new Uint8Array(), 0, 1, 0, false, 5));
    const bytes = lifetimes.unused(6).reduce((sum, path) => sum + path.length, 0);
    expect(bytes).toBeGreaterThanOrEqual(limits.unusedPathBytesMax);
    expect(bytes).toBeLessThan(limits.unusedPathBytesMax + limits.pathBytesMax);
  });
});
