import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { Result } from "../../src/base/operations.ts";
import type { WatchEvent, WatchKind } from "../../src/base/reads.ts";
import { watchArmedBy } from "../../src/base/watch-rules.ts";
import type { Change } from "../../src/znode/commands.ts";
import { WatchTable } from "../../src/znode/watches.ts";
import { create, Harness, read } from "./znode-harness.ts";

const change = (type: Change["type"], path: string, zxid = 9): Change => ({ type, path, zxid });

function fired(table: WatchTable, ...changes: Change[]): string[] {
  const events: string[] = [];
  for (const one of changes)
    table.trigger(one, (connection, { type, path, kind }) => events.push(`${connection}: ${kind} ${path} ${type}`));
  return events;
}

function armed(path: string, ...kinds: WatchKind[]): WatchTable {
  const table = new WatchTable();
  for (const kind of kinds) table.arm(1, { kind, path });
  return table;
}

describe("which watches a change fires (as in ZooKeeper)", () => {
  it.each([
    ["created", ["data", "exist"]],
    ["deleted", ["data", "exist", "children"]],
    ["dataChanged", ["data", "exist"]],
    ["childrenChanged", ["children"]],
  ] as const)("%s fires %j", (type, kinds) => {
    const table = armed("/a", "children", "exist", "data");
    expect(fired(table, change(type, "/a"))).toEqual(kinds.map((kind) => `1: ${kind} /a ${type}`));
    expect(table.size).toBe(3 - kinds.length);
  });

  it("never those of another path", () => {
    const table = armed("/a", "children", "exist", "data");
    expect(fired(table, change("created", "/a/b"), change("deleted", "/"), change("dataChanged", "/a/b"))).toEqual([]);
    expect(table.size).toBe(3);
  });

  it("a watch on children hears of children that come and go, not of their data", () => {
    const harness = new Harness();
    const session = harness.open();
    harness.write(session, create("/a"));
    const table = armed("/a", "children");
    const created = harness.next(session, create("/a/b")).changes;
    expect(fired(table, ...created)).toEqual(["1: children /a childrenChanged"]);
    table.arm(1, { kind: "children", path: "/a" });
    const set = harness.next(session, { op: "setData", path: "/a/b", data: new Uint8Array(1), version: -1 }).changes;
    const setOwn = harness.next(session, { op: "setData", path: "/a", data: new Uint8Array(1), version: -1 }).changes;
    expect(fired(table, ...set, ...setOwn)).toEqual([]);
    expect(fired(table, ...harness.next(session, { op: "delete", path: "/a/b", version: -1 }).changes)).toEqual([
      "1: children /a childrenChanged",
    ]);
  });

  it("the event carries type, path, zxid of the change and kind of the watch", () => {
    const events: WatchEvent[] = [];
    armed("/a", "data").trigger(change("dataChanged", "/a", 42), (_, event) => events.push(event));
    expect(events).toEqual([{ type: "dataChanged", path: "/a", zxid: 42, kind: "data" }]);
  });
});

describe("WatchTable", () => {
  it("fires once", () => {
    const table = armed("/a", "data");
    expect(fired(table, change("dataChanged", "/a"), change("dataChanged", "/a"))).toEqual(["1: data /a dataChanged"]);
    expect(table.size).toBe(0);
  });

  it("armed several times gives one event", () => {
    const table = armed("/a", "data", "data", "data");
    expect(table.size).toBe(1);
    expect(fired(table, change("dataChanged", "/a"))).toHaveLength(1);
  });

  it("tells connections in the order of arming", () => {
    const table = new WatchTable();
    for (const connection of [3, 1, 2, 1]) table.arm(connection, { kind: "data", path: "/a" });
    expect(fired(table, change("deleted", "/a"))).toEqual([3, 1, 2].map((c) => `${c}: data /a deleted`));
  });

  it("lets the receiver arm again at once, for the next change", () => {
    const table = armed("/a", "data");
    const zxids: number[] = [];
    const again = (connection: number, event: WatchEvent) => {
      zxids.push(event.zxid);
      table.arm(connection, { kind: "data", path: "/a" });
    };
    table.trigger(change("dataChanged", "/a", 1), again);
    table.trigger(change("dataChanged", "/a", 2), again);
    expect(zxids).toEqual([1, 2]);
    expect(table.size).toBe(1);
  });

  it("drops the watches of a connection, and no other's", () => {
    const table = new WatchTable();
    for (const connection of [1, 2]) {
      table.arm(connection, { kind: "data", path: "/a" });
      table.arm(connection, { kind: "children", path: "/a" });
    }
    table.arm(1, { kind: "exist", path: "/b" });
    table.dropConnection(1);
    table.dropConnection(7);
    expect(table.size).toBe(2);
    expect(fired(table, change("created", "/b"), change("deleted", "/a"))).toEqual([
      "2: data /a deleted",
      "2: children /a deleted",
    ]);
    table.dropConnection(2);
    expect(table.size).toBe(0);
  });

  it("lets a receiver drop connections whose events are still to come", () => {
    const table = new WatchTable();
    for (const connection of [1, 2]) table.arm(connection, { kind: "data", path: "/a" });
    table.arm(2, { kind: "children", path: "/a" });
    table.trigger(change("deleted", "/a"), () => table.dropConnection(2));
    expect(table.size).toBe(0);
    expect(fired(table, change("deleted", "/a"))).toEqual([]);
  });

  it("bounds the watches of a connection", { timeout: 60_000 }, () => {
    const table = new WatchTable();
    let refused = 0;
    for (let i = 0; i < limits.watchesPerConnectionMax; i++)
      if (table.arm(1, { kind: "data", path: `/${i}` }) === "full") refused++;
    expect(refused).toBe(0);
    expect(table.arm(1, { kind: "exist", path: "/0" })).toBe("full");
    expect(table.arm(1, { kind: "data", path: "/0" })).toBe("armed");
    expect(table.arm(2, { kind: "exist", path: "/0" })).toBe("armed");
    expect(table.size).toBe(limits.watchesPerConnectionMax + 1);
    fired(table, change("deleted", "/0"));
    expect(table.arm(1, { kind: "exist", path: "/0" })).toBe("armed");
    expect(table.arm(3, { kind: "data", path: "/a" })).toBe("armed");
  });
});

describe("watches that stay armed", () => {
  const table = (...specs: (readonly [number, WatchKind, string])[]): WatchTable => {
    const made = new WatchTable();
    for (const [connection, kind, path] of specs) made.arm(connection, { kind, path });
    return made;
  };

  it("persistent: tell of everything at their path, again and again", () => {
    const watches = table([1, "persistent", "/a"]);
    const types = ["created", "childrenChanged", "dataChanged", "dataChanged", "deleted", "created"] as const;
    expect(fired(watches, ...types.map((type) => change(type, "/a")))).toEqual(
      types.map((type) => `1: persistent /a ${type}`),
    );
    expect(fired(watches, change("created", "/a/b"), change("created", "/"), change("created", "/ab"))).toEqual([]);
    expect(watches.size).toBe(1);
  });

  it("recursive: tell of all below, by its own path, and of no parent whose children changed", () => {
    const watches = table([1, "recursive", "/a"]);
    expect(
      fired(
        watches,
        ...[change("created", "/a"), change("created", "/a/b/c/d"), change("childrenChanged", "/a/b/c")],
        ...[
          change("dataChanged", "/a/b"),
          change("deleted", "/a/b/c/d"),
          change("created", "/ab"),
          change("created", "/"),
        ],
      ),
    ).toEqual([
      "1: recursive /a created",
      "1: recursive /a/b/c/d created",
      "1: recursive /a/b dataChanged",
      "1: recursive /a/b/c/d deleted",
    ]);
  });

  it("recursive at the root: tell of all there is", () => {
    expect(fired(table([1, "recursive", "/"]), change("created", "/a/b"), change("dataChanged", "/"))).toEqual([
      "1: recursive /a/b created",
      "1: recursive / dataChanged",
    ]);
  });

  it("tell each connection once, however many of its recursive watches lie above", () => {
    const watches = table([1, "recursive", "/"], [2, "recursive", "/a"], [1, "recursive", "/a/b"]);
    expect(fired(watches, change("created", "/a/b/c"))).toEqual([
      "1: recursive /a/b/c created",
      "2: recursive /a/b/c created",
    ]);
  });

  it("stand beside one-shot watches, and are disarmed like them", () => {
    const watches = table([1, "data", "/a"], [1, "persistent", "/a"], [1, "recursive", "/a"]);
    expect(fired(watches, change("dataChanged", "/a"))).toHaveLength(3);
    expect(fired(watches, change("dataChanged", "/a"))).toHaveLength(2);
    watches.disarm(1, { kind: "persistent", path: "/a" });
    expect(watches.has(1, { kind: "persistent", path: "/a" })).toBe(false);
    expect(watches.has(1, { kind: "recursive", path: "/a" })).toBe(true);
    expect(fired(watches, change("dataChanged", "/a"))).toEqual(["1: recursive /a dataChanged"]);
    watches.dropConnection(1);
    expect(watches.size).toBe(0);
    expect(fired(watches, change("dataChanged", "/a"))).toEqual([]);
  });
});

describe("a connection's watches", () => {
  it("are bounded by the characters of their paths, which count until they fire, are disarmed or go", () => {
    const table = new WatchTable();
    const long = (i: number) => `/${String(i).padStart(4, "0")}${"p".repeat(limits.pathBytesMax - 5)}`;
    const most = limits.watchCharactersPerConnectionMax / limits.pathBytesMax;
    for (let i = 0; i < most; i++) expect(table.arm(1, { kind: "data", path: long(i) })).toBe("armed");
    const one = { kind: "data", path: "/" } as const;
    expect(table.arm(1, one)).toBe("full");
    expect(table.arm(2, one)).toBe("armed");
    table.trigger(change("deleted", long(0)), () => {});
    expect(table.arm(1, one)).toBe("armed");
    table.disarm(1, { kind: "data", path: long(1) });
    for (const { kind, becomes } of [
      { kind: "data", becomes: "armed" },
      { kind: "exist", becomes: "full" },
    ] as const)
      expect(table.arm(1, { kind, path: long(most) })).toBe(becomes);
    table.dropConnection(1);
    expect(table.arm(1, { kind: "exist", path: long(most) })).toBe("armed");
  });
});

describe("which watch a read arms (as in ZooKeeper)", () => {
  const success: Result = {};
  const missing: Result = { failure: { code: "NO_NODE", message: "" } };
  const malformed: Result = { failure: { code: "BAD_ARGUMENTS", message: "" } };

  it.each([
    ["getData", "data"],
    ["exists", "exist"],
    ["getChildren", "children"],
  ] as const)("%s arms %s", (kind, watch) => {
    expect(watchArmedBy(read(kind, "/a", true), success)).toEqual({ kind: watch, path: "/a" });
    expect(watchArmedBy(read(kind, "/a", false), success)).toBeUndefined();
  });

  it("on a missing znode, exists alone", () => {
    expect(watchArmedBy(read("exists", "/a", true), missing)).toEqual({ kind: "exist", path: "/a" });
    expect(watchArmedBy(read("getData", "/a", true), missing)).toBeUndefined();
    expect(watchArmedBy(read("getChildren", "/a", true), missing)).toBeUndefined();
    expect(watchArmedBy(read("exists", "/a", false), missing)).toBeUndefined();
  });

  it("none for a malformed path, nor for sync", () => {
    expect(watchArmedBy(read("exists", "/a/", true), malformed)).toBeUndefined();
    expect(watchArmedBy(read("sync", "/", true), success)).toBeUndefined();
  });
});

describe("what is watched, for those who look", () => {
  it("is told by path and kind with the number of watchers, and not more than is asked for", () => {
    const table = armed("/a", "data", "children");
    table.arm(2, { kind: "data", path: "/a" });
    table.arm(2, { kind: "exist", path: "/b" });
    const all = [
      { kind: "data", path: "/a", watchers: 2 },
      { kind: "exist", path: "/b", watchers: 1 },
      { kind: "children", path: "/a", watchers: 1 },
    ];
    expect(table.watched(9)).toEqual(all);
    expect(table.watched(2)).toEqual(all.slice(0, 2));
    expect(table.watched(0)).toEqual([]);
    table.dropConnection(2);
    expect(table.watched(9).map(({ watchers }) => watchers)).toEqual([1, 1]);
  });
});
