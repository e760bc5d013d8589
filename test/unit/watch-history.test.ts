import { describe, expect, it } from "vitest";
import type { WatchKind } from "../../src/base/reads.ts";
import { ChangeHistory } from "../../src/znode/change-history.ts";
import type { Change } from "../../src/znode/commands.ts";
import { create, del, Harness, set } from "./znode-harness.ts";

/** A machine whose changes go into a history. */
function start(floor = 0, capacity?: number) {
  const harness = new Harness();
  const session = harness.open();
  const history = new ChangeHistory(floor, capacity);
  const write = (operation: Parameters<Harness["next"]>[1]): number => {
    const { zxid, changes } = harness.next(session, operation);
    history.record(changes);
    return zxid;
  };
  const missed = (relative: number, kind: WatchKind, path: string) =>
    history.missed(relative, { kind, path }, harness.machine);
  return { harness, history, write, missed };
}

describe("what a watch missed, while the history reaches", () => {
  it("nothing, if nothing changed since", () => {
    const { write, missed } = start();
    write(create("/a"));
    const now = write(create("/b"));
    for (const kind of ["data", "exist", "children"] as const) {
      expect(missed(now, kind, "/a")).toBeUndefined();
      expect(missed(now - 1, kind, "/a")).toBeUndefined();
      expect(missed(0, kind, "/other")).toBeUndefined();
    }
  });

  it("the first event since, not the last", () => {
    const { write, missed } = start();
    const created = write(create("/a"));
    const changed = write(set("/a", "x"));
    const deleted = write(del("/a"));
    const again = write(create("/a"));
    expect(missed(created - 1, "exist", "/a")).toEqual({ type: "created", path: "/a", zxid: created, kind: "exist" });
    expect(missed(created, "data", "/a")).toEqual({ type: "dataChanged", path: "/a", zxid: changed, kind: "data" });
    expect(missed(changed, "data", "/a")).toEqual({ type: "deleted", path: "/a", zxid: deleted, kind: "data" });
    expect(missed(deleted, "exist", "/a")).toEqual({ type: "created", path: "/a", zxid: again, kind: "exist" });
    expect(missed(again, "exist", "/a")).toBeUndefined();
  });

  it("a create and a delete while away, of which the tree shows nothing", () => {
    const { write, missed } = start();
    const before = write(create("/other"));
    const created = write(create("/a"));
    write(del("/a"));
    expect(missed(before, "exist", "/a")).toEqual({ type: "created", path: "/a", zxid: created, kind: "exist" });
  });

  it("for children: theirs coming and going, and the znode's own end", () => {
    const { write, missed } = start();
    const made = write(create("/a"));
    const child = write(create("/a/b"));
    write(set("/a/b", "x"));
    const gone = write(del("/a/b"));
    const end = write(del("/a"));
    const event = (type: string, zxid: number) => ({ type, path: "/a", zxid, kind: "children" });
    expect(missed(made, "children", "/a")).toEqual(event("childrenChanged", child));
    expect(missed(child, "children", "/a")).toEqual(event("childrenChanged", gone));
    expect(missed(gone, "children", "/a")).toEqual(event("deleted", end));
    expect(missed(made, "data", "/a")).toEqual({ type: "deleted", path: "/a", zxid: end, kind: "data" });
  });

  it("is kept up to date between questions", () => {
    const { write, missed } = start();
    const made = write(create("/a"));
    expect(missed(made, "data", "/a")).toBeUndefined();
    const first = write(set("/a", "1"));
    expect(missed(made, "data", "/a")?.zxid).toBe(first);
    const second = write(set("/a", "2"));
    expect(missed(made, "data", "/a")?.zxid).toBe(first);
    expect(missed(first, "data", "/a")?.zxid).toBe(second);
  });

  it("is nothing for a client that has seen the newest, or claims more", () => {
    const { write, missed } = start();
    const now = write(create("/a"));
    expect(missed(now, "exist", "/a")).toBeUndefined();
    expect(missed(now + 100, "exist", "/a")).toBeUndefined();
  });
});

describe("what a watch missed, before the history begins (as in ZooKeeper, setWatches)", () => {
  /** A history that forgets everything of /a, /b, /gone and /new but what the tree shows. */
  function forgetful() {
    const { harness, history, write, missed } = start(0, 4);
    const zxids = {
      a: write(create("/a")),
      child: write(create("/a/b")),
      b: write(create("/b")),
      set: write(set("/b", "x")),
      gone: write(create("/gone")),
      left: write(del("/gone")),
      fresh: write(create("/new")),
    };
    for (let i = 0; i < 4; i++) write(create(`/filler${i}`));
    const now = harness.machine.appliedIndex;
    const resync = (kind: WatchKind, path: string) => ({ type: "resync", path, zxid: now, kind });
    return { history, zxids, missed, resync };
  }

  it("data: what mzxid and czxid prove", () => {
    const { zxids, missed, resync } = forgetful();
    expect(missed(zxids.a, "data", "/a")).toBeUndefined();
    expect(missed(zxids.b, "data", "/b")).toEqual({ type: "dataChanged", path: "/b", zxid: zxids.set, kind: "data" });
    expect(missed(zxids.set, "data", "/b")).toBeUndefined();
    // Gone, or gone and back: other events came before.
    expect(missed(zxids.gone, "data", "/gone")).toEqual(resync("data", "/gone"));
    expect(missed(zxids.left, "data", "/new")).toEqual(resync("data", "/new"));
  });

  it("exist: a znode that is there now was created, one that is not may have been", () => {
    const { zxids, missed, resync } = forgetful();
    expect(missed(zxids.left, "exist", "/new")).toEqual({
      type: "created",
      path: "/new",
      zxid: zxids.fresh,
      kind: "exist",
    });
    expect(missed(zxids.a, "exist", "/a")).toBeUndefined();
    expect(missed(zxids.b, "exist", "/b")).toMatchObject({ type: "dataChanged", zxid: zxids.set });
    expect(missed(zxids.b, "exist", "/gone")).toEqual(resync("exist", "/gone"));
    expect(missed(zxids.b, "exist", "/never")).toEqual(resync("exist", "/never"));
  });

  it("children: what pzxid and czxid prove", () => {
    const { zxids, missed, resync } = forgetful();
    expect(missed(zxids.a, "children", "/a")).toEqual({
      type: "childrenChanged",
      path: "/a",
      zxid: zxids.child,
      kind: "children",
    });
    expect(missed(zxids.child, "children", "/a")).toBeUndefined();
    expect(missed(zxids.gone, "children", "/gone")).toEqual(resync("children", "/gone"));
    expect(missed(zxids.left, "children", "/new")).toEqual(resync("children", "/new"));
  });

  it("a history that starts at a zxid knows nothing up to it, and everything after it", () => {
    const harness = new Harness();
    const session = harness.open();
    harness.write(session, create("/a"));
    harness.write(session, del("/a"));
    const history = new ChangeHistory(3);
    history.record(harness.next(session, create("/a")).changes);
    history.record(harness.next(session, del("/a")).changes);
    expect(history.missed(2, { kind: "exist", path: "/a" }, harness.machine)?.type).toBe("resync");
    expect(history.missed(3, { kind: "exist", path: "/a" }, harness.machine)?.type).toBe("created");
    expect(history.missed(3, { kind: "exist", path: "/b" }, harness.machine)).toBeUndefined();
  });
});

describe("the bound of the history", () => {
  it("holds the newest changes, and answers for entries that it holds in full", () => {
    const now = { appliedIndex: 10, stat: () => undefined };
    const history = new ChangeHistory(0, 3);
    const at = (zxid: number, path: string): Change => ({ type: "dataChanged", path, zxid });
    history.record([at(1, "/a"), at(2, "/b"), at(3, "/c")]);
    expect(history.size).toBe(3);
    expect(history.missed(0, { kind: "data", path: "/a" }, now)?.type).toBe("dataChanged");
    // Entry 4 made two changes: with 1 and 2 forgotten, 2 is the oldest zxid from which the history is complete.
    history.record([at(4, "/d"), at(4, "/a")]);
    expect(history.size).toBe(3);
    expect(history.missed(1, { kind: "data", path: "/c" }, now)?.type).toBe("resync");
    expect(history.missed(2, { kind: "data", path: "/c" }, now)?.zxid).toBe(3);
    expect(history.missed(2, { kind: "data", path: "/a" }, now)?.zxid).toBe(4);
    expect(history.missed(2, { kind: "data", path: "/b" }, now)).toBeUndefined();
    // An entry of which a part is forgotten is not answered for.
    history.record([at(5, "/e"), at(6, "/f")]);
    expect(history.missed(3, { kind: "data", path: "/d" }, now)?.type).toBe("resync");
    expect(history.missed(4, { kind: "data", path: "/a" }, now)).toBeUndefined();
  });

  it("stays right over many turns of the ring, asked often or seldom", () => {
    const now = { appliedIndex: 1_000_000, stat: () => undefined };
    for (const every of [1, 7, 100]) {
      const history = new ChangeHistory(0, 16);
      for (let zxid = 1; zxid <= 1000; zxid++) {
        history.record([{ type: "dataChanged", path: `/${zxid % 5}`, zxid }]);
        if (zxid % every !== 0 || zxid < 20) continue;
        // The change before the last one of this path was 5 ago.
        const spec = { kind: "data", path: `/${zxid % 5}` } as const;
        expect(history.missed(zxid - 1, spec, now)?.zxid).toBe(zxid);
        expect(history.missed(zxid - 5, spec, now)?.zxid).toBe(zxid);
        expect(history.missed(zxid - 6, spec, now)?.zxid).toBe(zxid - 5);
        expect(history.missed(zxid - 16, spec, now)?.zxid).toBe(zxid - 15);
        expect(history.missed(zxid - 17, spec, now)?.type).toBe("resync");
      }
    }
  });

  it("forgets paths that come once and never again", () => {
    const now = { appliedIndex: 1_000_000, stat: () => undefined };
    const history = new ChangeHistory(0, 4);
    for (let zxid = 1; zxid <= 100; zxid++) {
      history.record([{ type: "created", path: `/${zxid}`, zxid }]);
      const missed = (path: string, relative: number) => history.missed(relative, { kind: "exist", path }, now);
      if (zxid < 5) continue;
      for (let back = 0; back < 4; back++) {
        expect(missed(`/${zxid - back}`, zxid - 4)?.zxid).toBe(zxid - back);
        expect(missed(`/${zxid - back}`, zxid - back)).toBeUndefined();
      }
      expect(missed(`/${zxid - 4}`, zxid - 4)).toBeUndefined();
      expect(missed(`/${zxid - 4}`, zxid - 5)?.type).toBe("resync");
    }
  });
});
