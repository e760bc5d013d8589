import { describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { emptyBytes } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import type { Operation } from "../../src/base/operations.ts";
import { answer } from "../../src/znode/reads.ts";
import { SessionTable } from "../../src/znode/sessions.ts";
import { nextVersion, Znode } from "../../src/znode/stat.ts";
import { Tree } from "../../src/znode/tree.ts";
import { codeOf, create, del, Harness, ok, read, set } from "./znode-harness.ts";

function start(...operations: Operation[]) {
  const harness = new Harness();
  const session = harness.open();
  for (const operation of operations) expect(codeOf(harness.write(session, operation))).toBeUndefined();
  return { harness, session, machine: harness.machine, write: (o: Operation) => harness.write(session, o) };
}

describe("the tree at the start (as in ZooKeeper)", () => {
  it("has the built-in znodes", () => {
    const { machine, harness } = start();
    expect(machine.counts()).toEqual({ znodes: 4, sessions: 1 });
    expect(ok(machine.read(read("getChildren", "/"))).children).toEqual(["zookeeper"]);
    expect(ok(machine.read(read("getChildren", "/zookeeper"))).children).toEqual(["config", "quota"]);
    expect(harness.stat("/")).toMatchObject({ czxid: 0, pzxid: 0, cversion: -1, numChildren: 1 });
    expect(harness.stat("/zookeeper")).toMatchObject({ cversion: -2, numChildren: 2 });
  });

  it.each(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])("never deletes %s", (path) => {
    expect(codeOf(start().write(del(path)))).toBe("BAD_ARGUMENTS");
  });

  it("treats znodes that a client puts below them as any other", () => {
    const { write } = start(create("/zookeeper/quota/a"));
    expect(codeOf(write(del("/zookeeper/quota/a")))).toBeUndefined();
  });
});

describe("Stat (as in ZooKeeper)", () => {
  it("of a new znode", () => {
    const { harness, session } = start();
    harness.timeMs = 5000;
    const { zxid } = harness.next(session, create("/a", { data: "four" }));
    expect(harness.stat("/a")).toEqual({
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: 5000,
      mtime: 5000,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0,
      dataLength: 4,
      numChildren: 0,
    });
  });

  it("setData moves mzxid, mtime and version, and nothing else", () => {
    const { harness, session } = start(create("/a"));
    const before = harness.stat("/a");
    harness.timeMs = 7000;
    const { zxid } = harness.next(session, set("/a", "xyz"));
    expect(harness.stat("/a")).toEqual({ ...before, mzxid: zxid, mtime: 7000, version: 1, dataLength: 3 });
  });

  it("pzxid is the zxid of the last create or delete of a child, not of its data or of grandchildren", () => {
    const { harness, session } = start(create("/a"));
    const created = harness.next(session, create("/a/b")).zxid;
    harness.write(session, set("/a/b", "x"));
    harness.write(session, set("/a", "x"));
    harness.write(session, create("/a/b/c"));
    expect(harness.stat("/a").pzxid).toBe(created);
    harness.write(session, del("/a/b/c"));
    expect(harness.stat("/a").pzxid).toBe(created);
    const deleted = harness.next(session, del("/a/b")).zxid;
    expect(harness.stat("/a").pzxid).toBe(deleted);
  });

  it("cversion counts creates and deletes: 2 × counter − numChildren", () => {
    const { harness, write } = start(create("/a"), create("/a/1"), create("/a/2"), create("/a/3"));
    expect(harness.stat("/a")).toMatchObject({ cversion: 3, numChildren: 3 });
    write(del("/a/2"));
    expect(harness.stat("/a")).toMatchObject({ cversion: 4, numChildren: 2 });
    write(set("/a/1", "x"));
    expect(harness.stat("/a").cversion).toBe(4);
  });

  it("a refused operation moves nothing but the session", () => {
    const { harness, write } = start(create("/a"), create("/a/b"));
    const before = [harness.stat("/"), harness.stat("/a"), harness.stat("/a/b")];
    for (const operation of [create("/a"), create("/a/b"), del("/a"), del("/a/b", 3), set("/a", "x", 9)])
      expect(codeOf(write(operation))).toBeDefined();
    expect([harness.stat("/"), harness.stat("/a"), harness.stat("/a/b")]).toEqual(before);
  });
});

describe("versions", () => {
  it("a condition must name the present version; -1 is any", () => {
    const { write } = start(create("/a"));
    expect(codeOf(write(set("/a", "x", 1)))).toBe("BAD_VERSION");
    expect(ok(write(set("/a", "x", 0))).stat?.version).toBe(1);
    expect(codeOf(write(set("/a", "x", 0)))).toBe("BAD_VERSION");
    expect(ok(write(set("/a", "x", -1))).stat?.version).toBe(2);
    expect(codeOf(write(del("/a", 1)))).toBe("BAD_VERSION");
    expect(codeOf(write(del("/a", 2)))).toBeUndefined();
  });

  it("start anew with the znode", () => {
    const { harness } = start(create("/a"), set("/a", "x"), del("/a"), create("/a"));
    expect(harness.stat("/a").version).toBe(0);
  });

  it("overflow as signed 32-bit integers and leave out -1", () => {
    expect(nextVersion(0)).toBe(1);
    expect(nextVersion(2 ** 31 - 1)).toBe(-(2 ** 31));
    expect(nextVersion(-3)).toBe(-2);
    expect(nextVersion(-2)).toBe(0);
  });
});

describe("sequential creates", () => {
  it("take the parent's counter, which plain creates raise too and deletes do not lower", () => {
    const { write } = start(create("/q"));
    const sequential = () => ok(write(create("/q/n-", { sequential: true }))).path;
    expect(sequential()).toBe("/q/n-0000000000");
    expect(codeOf(write(create("/q/plain")))).toBeUndefined();
    expect(sequential()).toBe("/q/n-0000000002");
    write(del("/q/n-0000000002"));
    write(del("/q/plain"));
    expect(sequential()).toBe("/q/n-0000000003");
  });

  it("consume no number when refused", () => {
    const { write } = start(create("/q"), create("/q/n0000000002"));
    expect(codeOf(write(create("/q/bad\0", { sequential: true })))).toBe("BAD_ARGUMENTS");
    expect(ok(write(create("/q/n", { sequential: true }))).path).toBe("/q/n0000000001");
    // The counter is 2 by now, and that name is taken.
    expect(codeOf(write(create("/q/n", { sequential: true })))).toBe("NODE_EXISTS");
  });

  it("may have an empty name, and start at 0 in the root", () => {
    const { write } = start();
    expect(ok(write(create("/", { sequential: true }))).path).toBe("/0000000000");
    expect(ok(write(create("/0000000000/", { sequential: true }))).path).toBe("/0000000000/0000000000");
  });

  it("can be ephemeral", () => {
    const { write, session, harness } = start();
    expect(ok(write(create("/e-", { sequential: true, ephemeral: true }))).path).toBe("/e-0000000000");
    expect(harness.stat("/e-0000000000").ephemeralOwner).toBe(session);
  });
});

describe("check order of create (as in ZooKeeper)", () => {
  const tooMuch = "x".repeat(limits.dataBytesMax + 1);

  it("size comes first", () => {
    const { write } = start();
    expect(codeOf(write(create("/missing/a", { data: tooMuch })))).toBe("DATA_TOO_LARGE");
    expect(codeOf(write(create("/full", { data: tooMuch.slice(1) })))).toBeUndefined();
  });

  it("the parent comes before the path's syntax", () => {
    const { write } = start();
    expect(codeOf(write(create("/bad/")))).toBe("NO_NODE");
    expect(codeOf(write(create("/missing/..")))).toBe("NO_NODE");
    expect(codeOf(write(create("relative/a")))).toBe("NO_NODE");
  });

  it("the syntax comes next", () => {
    const { write } = start(create("/a"));
    for (const path of ["", "a", "/a/", "//", "//x", "/a/.", "/a/..", "/a/\u0001", `/a/${"x".repeat(5000)}`])
      expect([path, codeOf(write(create(path)))]).toEqual([path, "BAD_ARGUMENTS"]);
  });

  it("the syntax is checked with the sequence number", () => {
    const { write } = start();
    const fits = `/${"x".repeat(limits.pathBytesMax - 5)}`;
    expect(codeOf(write(create(fits, { sequential: true })))).toBe("BAD_ARGUMENTS");
    expect(codeOf(write(create(fits)))).toBeUndefined();
    expect(ok(write(create("/..", { sequential: true }))).path).toMatch(/^\/\.\.\d{10}$/);
  });

  it("existing comes before the ephemeral parent, which exists but can have no children", () => {
    const { write } = start(create("/e", { ephemeral: true }));
    expect(codeOf(write(create("/")))).toBe("NODE_EXISTS");
    expect(codeOf(write(create("/e")))).toBe("NODE_EXISTS");
    expect(codeOf(write(create("/e/c")))).toBe("NO_CHILDREN_FOR_EPHEMERALS");
    expect(codeOf(write(create("/e/c/d")))).toBe("NO_NODE");
    expect(codeOf(write(create("/e/..")))).toBe("BAD_ARGUMENTS");
  });
});

describe("check order of delete and setData (as in ZooKeeper)", () => {
  it("delete: parent, existence, version, children", () => {
    const { write } = start(create("/a"), create("/a/b"));
    expect(codeOf(write(del("a")))).toBe("BAD_ARGUMENTS");
    expect(codeOf(write(del("/missing/b")))).toBe("NO_NODE");
    expect(codeOf(write(del("/a/c", 7)))).toBe("NO_NODE");
    expect(codeOf(write(del("/a", 7)))).toBe("BAD_VERSION");
    expect(codeOf(write(del("/a", 0)))).toBe("NOT_EMPTY");
    expect(codeOf(write(del("/a/b")))).toBeUndefined();
    expect(codeOf(write(del("/a", 0)))).toBeUndefined();
    expect(codeOf(write(del("/a", 0)))).toBe("NO_NODE");
  });

  it("setData: size, path, existence, version", () => {
    const { write } = start(create("/a"));
    const tooMuch = "x".repeat(limits.dataBytesMax + 1);
    expect(codeOf(write(set("/missing", tooMuch)))).toBe("DATA_TOO_LARGE");
    expect(codeOf(write(set("/a/", "x")))).toBe("BAD_ARGUMENTS");
    expect(codeOf(write(set("", "x")))).toBe("BAD_ARGUMENTS");
    expect(codeOf(write(set("/missing", "x", 4)))).toBe("NO_NODE");
    expect(codeOf(write(set("/a", "x", 4)))).toBe("BAD_VERSION");
    expect(codeOf(write(set("/", "x")))).toBeUndefined();
  });
});

describe("changes, as watches see them (as in ZooKeeper)", () => {
  const changesOf = (operation: Operation) => {
    const { harness, session } = start(create("/a"), create("/a/b"));
    const { zxid, changes } = harness.next(session, operation);
    for (const change of changes) expect(change.zxid).toBe(zxid);
    return changes.map(({ type, path }) => `${type} ${path}`);
  };

  it("create: the znode, then its parent", () => {
    expect(changesOf(create("/a/c"))).toEqual(["created /a/c", "childrenChanged /a"]);
    expect(changesOf(create("/c"))).toEqual(["created /c", "childrenChanged /"]);
    expect(changesOf(create("/a/s", { sequential: true }))).toEqual(["created /a/s0000000001", "childrenChanged /a"]);
  });

  it("delete: the znode, then its parent", () => {
    expect(changesOf(del("/a/b"))).toEqual(["deleted /a/b", "childrenChanged /a"]);
  });

  it("setData: the znode alone", () => {
    expect(changesOf(set("/a/b", "x"))).toEqual(["dataChanged /a/b"]);
  });

  it("none when refused", () => {
    expect(changesOf(create("/a"))).toEqual([]);
    expect(changesOf(del("/a"))).toEqual([]);
    expect(changesOf(set("/a", "x", 5))).toEqual([]);
  });
});

describe("reads", () => {
  it("getData gives data and Stat, exists the Stat, getChildren sorted names and the Stat", () => {
    const { machine, harness } = start(create("/a", { data: "hello" }), create("/a/b"), create("/a/B"), create("/a/a"));
    const stat = harness.stat("/a");
    expect(machine.read(read("getData", "/a"))).toEqual({ data: new TextEncoder().encode("hello"), stat });
    expect(machine.read(read("exists", "/a"))).toEqual({ stat });
    expect(machine.read(read("getChildren", "/a"))).toEqual({ children: ["B", "a", "b"], stat });
    expect(ok(machine.read(read("getChildren", "/a/b"))).children).toEqual([]);
    expect(machine.read(read("sync", "/"))).toEqual({});
  });

  it("sort names by code unit", () => {
    const names = ["é", "z", "10", "2", "\uff01", "Z"];
    const { machine } = start(...names.map((name) => create(`/${name}`)));
    const expected = ["10", "2", "Z", "z", "zookeeper", "é", "\uff01"];
    expect(ok(machine.read(read("getChildren", "/"))).children).toEqual(expected);
  });

  it("give children page by page: behind a name, be it there or not, and whether more follow", () => {
    const { machine, write, harness } = start(
      create("/a"),
      ...["b", "d", "f", "h"].map((name) => create(`/a/${name}`)),
    );
    const page = (after: string, limit: number) => {
      const result = ok(machine.read({ ...read("getChildren", "/a"), after, limit }));
      expect(result.stat).toEqual(harness.stat("/a"));
      return [result.children?.join(""), result.more === true];
    };
    expect(page("", 2)).toEqual(["bd", true]);
    expect(page("d", 2)).toEqual(["fh", false]);
    expect(page("", 4)).toEqual(["bdfh", false]);
    expect(page("e", 1)).toEqual(["f", true]);
    expect(page("h", 9)).toEqual(["", false]);
    write(del("/a/f"));
    write(create("/a/g"));
    expect(page("f", 9)).toEqual(["gh", false]);
    expect(ok(machine.read({ ...read("getChildren", "/a/b"), after: "x", limit: 1 })).children).toEqual([]);
  });

  it("give more names than an answer holds, in pages that do fit; all at once they are refused", () => {
    const tree = treeOf(1_100, "x".repeat(4_000));
    expect(
      codeOf(answer({ tree, sessions: new SessionTable(), sessionId: 0, identities: [] }, read("getChildren", "/"))),
    ).toBe("REPLY_TOO_LARGE");
    let seen = 0;
    for (let after = "", more = true; more; ) {
      const result = ok(
        answer(
          { tree, sessions: new SessionTable(), sessionId: 0, identities: [] },
          { ...read("getChildren", "/"), after, limit: 1_000_000 },
        ),
      );
      expect((result.children ?? []).length).toBeLessThanOrEqual(limits.childrenPageBytesMax / 4_000);
      for (const name of result.children ?? []) if (name !== "zookeeper") expect(Number(name.slice(0, 6))).toBe(seen++);
      after = result.children?.at(-1) ?? "";
      more = result.more === true;
    }
    expect(seen).toBe(1_100);
  });

  it("give no page of more names than a server allows, but all at once if they fit", () => {
    const tree = treeOf(2 * limits.childrenPageMax, "");
    const page = ok(
      answer(
        { tree, sessions: new SessionTable(), sessionId: 0, identities: [] },
        { ...read("getChildren", "/"), limit: 2 ** 31 },
      ),
    );
    expect([page.children?.length, page.more]).toEqual([limits.childrenPageMax, true]);
    const all = ok(
      answer({ tree, sessions: new SessionTable(), sessionId: 0, identities: [] }, read("getChildren", "/")),
    );
    expect([all.children?.length, all.more]).toEqual([2 * limits.childrenPageMax + 1, undefined]);
  });

  it("count what is below a znode, however deep", () => {
    const { machine, write } = start();
    const count = (path: string) => ok(machine.read(read("getAllChildrenNumber", path))).count;
    const before = count("/") ?? 0;
    for (const path of ["/t", "/t/a", "/t/a/b", "/t/a/c", "/tt"]) write(create(path));
    expect([count("/"), count("/t"), count("/t/a"), count("/tt")]).toEqual([before + 5, 3, 2, 0]);
    write(del("/t/a/b"));
    expect([count("/"), count("/t")]).toEqual([before + 4, 2]);
    expect(codeOf(machine.read(read("getAllChildrenNumber", "/none")))).toBe("NO_NODE");
  });

  it("list a session's own ephemerals, those that begin with a prefix", () => {
    const { harness, session, machine, write } = start(create("/e"), create("/e/b", { ephemeral: true }));
    write(create("/a", { ephemeral: true }));
    const other = harness.open();
    harness.write(other, create("/e/other", { ephemeral: true }));
    const own = (prefix: string, of = session) => ok(machine.read(read("getEphemerals", prefix), of)).children;
    expect(own("/")).toEqual(["/a", "/e/b"]);
    expect(own(" ")).toEqual(["/a", "/e/b"]);
    expect(own("/e")).toEqual(["/e/b"]);
    expect(own("/e/b/c")).toEqual([]);
    expect(own("/", other)).toEqual(["/e/other"]);
    expect(own("/", 0)).toEqual([]);
  });

  it("tell a missing znode from a malformed path", () => {
    const { machine } = start();
    for (const kind of ["getData", "exists", "getChildren"] as const) {
      expect(codeOf(machine.read(read(kind, "/missing")))).toBe("NO_NODE");
      expect(codeOf(machine.read(read(kind, "/bad/")))).toBe("BAD_ARGUMENTS");
      expect(codeOf(machine.read(read(kind, "")))).toBe("BAD_ARGUMENTS");
    }
  });

  it("keep nothing of the frame that brought the data", () => {
    const { machine, write } = start();
    const frame = new Uint8Array(1000).fill(7);
    write({ op: "create", path: "/a", data: frame.subarray(10, 20), ephemeral: false, sequential: false });
    write({ op: "create", path: "/b", data: frame.subarray(0, 0), ephemeral: false, sequential: false });
    write({ op: "setData", path: "/b", data: frame.subarray(0, 5), version: -1 });
    frame.fill(0);
    const a = ok(machine.read(read("getData", "/a"))).data;
    const b = ok(machine.read(read("getData", "/b"))).data;
    expect([a, b]).toEqual([new Uint8Array(10).fill(7), new Uint8Array(5).fill(7)]);
    expect([a?.buffer.byteLength, b?.buffer.byteLength]).toEqual([10, 5]);
  });
});

/** A tree of one level. */
function treeOf(count: number, suffix: string): Tree {
  const tree = new Tree();
  const root = present(tree.get("/"), "the root");
  for (let i = 0; i < count; i++) tree.insert(root, `/${String(i).padStart(6, "0")}${suffix}`, emptyBytes, 0, i + 1, 0);
  return tree;
}

describe("story 11: the sequence counts every child ever created, and at 2147483647 does what ZooKeeper does", () => {
  /** The first names that a sequence gives whose parent has had so many children. */
  const namesFrom = (counter: number, count: number): (string | undefined)[] => {
    const harness = new Harness();
    const queue = new Znode("/q", emptyBytes, 0, 1, 1);
    queue.childCounter = counter;
    harness.machine.restoreZnode(queue);
    expect(harness.machine.restored(1, 1)).toBe(true);
    const session = harness.open();
    return Array.from({ length: count }, () => {
      const { path } = ok(harness.write(session, create("/q/n-", { sequential: true })));
      // Names come of what was ever created, not of what is there.
      harness.write(session, del(path ?? ""));
      return path;
    });
  };

  it("goes on below zero, with a sign in front, as Java's %010d does", () => {
    expect(namesFrom(2 ** 31 - 2, 4)).toEqual([
      "/q/n-2147483646",
      "/q/n-2147483647",
      "/q/n--2147483648",
      "/q/n--2147483647",
    ]);
  });

  it("comes back to zero by way of minus one", () => {
    expect(namesFrom(-1, 2)).toEqual(["/q/n--000000001", "/q/n-0000000000"]);
  });
});
