import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import { formatLimits, limitsPath, type QuotaLimits, statsPath } from "../../src/base/quotas.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";
import type { Znode } from "../../src/znode/stat.ts";
import { codeOf, create, del, Harness, ok, read, set } from "./znode-harness.ts";

const part = (operation: Operation): MultiPart => operation as Exclude<Operation, { readonly op: "multi" }>;
const multi = (...parts: Operation[]): Operation => ({ op: "multi", parts: parts.map(part) });

/** The operations that set a quota, as zkCli does. */
function quota(path: string, limits: QuotaLimits): Operation[] {
  const above = path.split("/").map((_, i, names) => `/zookeeper/quota${names.slice(0, i + 1).join("/")}`);
  return [
    ...above.slice(1).map((each) => create(each)),
    create(limitsPath(path), { data: formatLimits(limits) }),
    create(statsPath(path), { data: "count=0,bytes=0" }),
  ];
}

function start(...operations: Operation[]) {
  const harness = new Harness();
  const session = harness.open();
  const { machine } = harness;
  const write = (operation: Operation) => harness.write(session, operation);
  for (const operation of operations) expect(codeOf(write(operation))).toBeUndefined();
  const shown = (path: string) => fromUtf8(ok(machine.read(read("getData", statsPath(path)))).data ?? utf8("?"));
  return { harness, session, machine, write, shown };
}

describe("the counts of a quota", () => {
  it("are those of the subtree that is there when it is set, itself included, whatever the client says", () => {
    const { shown } = start(
      create("/a", { data: "12" }),
      create("/a/b", { data: "345" }),
      create("/ab"),
      ...quota("/a", {}),
    );
    expect(shown("/a")).toBe("count=2,bytes=5");
  });

  it("follow creates, sets, deletes and multis, and nothing elsewhere", () => {
    const { write, shown } = start(create("/a"), ...quota("/a", {}));
    write(create("/a/b", { data: "1" }));
    write(create("/a/b/c", { data: "22" }));
    expect(shown("/a")).toBe("count=3,bytes=3");
    write(set("/a/b/c", "4444"));
    write(create("/ab", { data: "x" }));
    expect(shown("/a")).toBe("count=3,bytes=5");
    write(multi(del("/a/b/c"), create("/a/d", { data: "7777777" }), set("/a/d", "1")));
    expect(shown("/a")).toBe("count=3,bytes=2");
    expect(codeOf(write(multi(del("/a/d"), del("/a"))))).toBe("NOT_EMPTY");
    expect(shown("/a")).toBe("count=3,bytes=2");
  });

  it("follow ephemerals that end with their session, many at once, and what nobody uses", () => {
    const { harness, machine, session, write, shown } = start(create("/a"), ...quota("/a", {}));
    const other = harness.open();
    for (let i = 0; i < 3; i++)
      harness.write(other, create("/a/e-", { ephemeral: true, sequential: true, data: "xy" }));
    write({ op: "createTtl", path: "/a/t", data: utf8("z"), sequential: false, ttlMs: 1 });
    expect(shown("/a")).toBe("count=5,bytes=7");
    harness.apply({ type: "expireSessions", sessions: [{ sessionId: other, attachment: other }] });
    expect(shown("/a")).toBe("count=2,bytes=1");
    harness.timeMs += 10;
    harness.apply({ type: "removeUnused", paths: ["/a/t"] });
    expect(shown("/a")).toBe("count=1,bytes=0");
    expect(machine.session(session)).toBeDefined();
  });

  it("count for every quota above, also for one that is set on what is not there", () => {
    const quotas = [...quota("/a", {}), ...quota("/a/b", {}).slice(1), ...quota("/none", {})];
    const { write, shown } = start(create("/a"), ...quotas);
    write(create("/a/b", { data: "1" }));
    write(create("/a/b/c", { data: "1" }));
    write(create("/none", { data: "12" }));
    expect([shown("/a"), shown("/a/b"), shown("/none")]).toEqual([
      "count=3,bytes=2",
      "count=2,bytes=2",
      "count=1,bytes=2",
    ]);
  });

  it("have no versions, no zxid and no events of their own, and no client sets them", () => {
    const { harness, session, write, shown } = start(create("/a"), ...quota("/a", {}));
    const before = harness.stat(statsPath("/a"));
    const { changes } = harness.next(session, create("/a/b"));
    expect(changes.map(({ path }) => path)).toEqual(["/a/b", "/a"]);
    expect(harness.stat(statsPath("/a"))).toEqual(before);
    expect(ok(write(set(statsPath("/a"), "count=77,bytes=77"))).stat).toMatchObject({ version: 1, dataLength: 15 });
    expect(shown("/a")).toBe("count=2,bytes=0");
  });

  it("are none of the root, nor of what is below /zookeeper", () => {
    const { shown } = start(...quota("/zookeeper", {}), create("/zookeeper/quota/zookeeper_stats", { data: "mine" }));
    expect(shown("/zookeeper")).toBe("count=0,bytes=0");
    expect(shown("")).toBe("mine");
  });

  it("are in checkpoints, and go on from there", () => {
    const { harness, write } = start(create("/a"), ...quota("/a", { hardCount: 2 }), create("/a/b"));
    const copy = new ZnodeMachine();
    for (const znode of harness.machine.znodes())
      copy.restoreZnode(Object.assign(Object.create(Object.getPrototypeOf(znode)), znode) as Znode);
    expect(copy.restored(harness.machine.appliedIndex, harness.machine.lastTimeMs)).toBe(true);
    copy.assertSound();
    expect([...copy.quotas()]).toEqual(
      [{ path: "/a", limits: { hardCount: 2 }, count: 2, bytes: 0, limited: true }].map((one) =>
        expect.objectContaining(one),
      ),
    );
    expect(codeOf(write(create("/a/c")))).toBe("QUOTA_EXCEEDED");
  });

  it("are what is there, whatever is done", () => {
    const path = fc.constantFrom("/a", "/a/b", "/a/b/c", "/b", "/a/n-");
    const data = fc.string({ maxLength: 40 });
    const single = fc.oneof(
      fc.record({ path, data }).map((one) => create(one.path, { data: one.data })),
      fc.record({ path, data }).map((one) => create(one.path, { data: one.data, ephemeral: true })),
      fc.record({ path, data }).map((one) => set(one.path, one.data)),
      path.map((one) => del(one)),
      fc
        .record({ path: fc.constantFrom("/a", "/a/b"), hard: fc.nat(5) })
        .map((one) => create(limitsPath(one.path), { data: formatLimits({ hardCount: one.hard, hardBytes: 60 }) })),
      fc.constantFrom("/a", "/a/b").map((one) => create(statsPath(one))),
      fc.constantFrom("/a", "/a/b").map((one) => del(statsPath(one))),
      fc.constantFrom("/a", "/a/b").map((one) => del(limitsPath(one))),
    );
    const step = fc.oneof(
      single,
      fc.array(single, { maxLength: 4 }).map((parts) => multi(...parts)),
      fc.constant("end" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { harness, write } = start(create("/zookeeper/quota/a"), create("/zookeeper/quota/a/b"));
        let session = harness.open();
        // The harness asserts after each command that the counts are those of what is there.
        for (const one of steps) {
          if (one !== "end") {
            if (one.op === "create" && one.ephemeral) harness.write(session, one);
            else write(one);
            continue;
          }
          harness.apply({ type: "expireSessions", sessions: [{ sessionId: session, attachment: session }] });
          session = harness.open();
        }
      }),
    );
  });
});

describe("hard limits", () => {
  it("refuse what would go beyond, and nothing else", () => {
    const { write } = start(create("/a"), ...quota("/a", { hardCount: 2, hardBytes: 4 }));
    expect(codeOf(write(create("/a/b", { data: "55555" })))).toBe("QUOTA_EXCEEDED");
    expect(codeOf(write(create("/a/b", { data: "4444" })))).toBeUndefined();
    expect(codeOf(write(create("/a/c")))).toBe("QUOTA_EXCEEDED");
    expect(codeOf(write(set("/a", "1")))).toBe("QUOTA_EXCEEDED");
    expect(codeOf(write(set("/a/b", "333")))).toBeUndefined();
    expect(codeOf(write(set("/a", "1")))).toBeUndefined();
    expect(codeOf(write(del("/a/b")))).toBeUndefined();
    expect(codeOf(write(create("/elsewhere", { data: "12345678" })))).toBeUndefined();
  });

  it("say which quota leaves how much room", () => {
    const { write } = start(create("/a"), ...quota("/a", { hardCount: 1, hardBytes: 1 }));
    expect(write(create("/a/b")).failure?.message).toBe("/a may have 1 znodes, and has 1");
    expect(write(set("/a", "22")).failure?.message).toBe("/a may have 1 bytes of data, and has 0: 2 more are too many");
  });

  it("come behind all else that a create is refused for, and before the version of a set", () => {
    const { write } = start(create("/a"), ...quota("/a", { hardCount: 1, hardBytes: 0 }));
    expect(codeOf(write(create("/a")))).toBe("NODE_EXISTS");
    expect(codeOf(write(create("/a/none/x")))).toBe("NO_NODE");
    expect(codeOf(write(set("/a", "1", 77)))).toBe("QUOTA_EXCEEDED");
    expect(codeOf(write(set("/a", "", 77)))).toBe("BAD_VERSION");
  });

  it("of a multi: limits from before it, counts as its parts leave them", () => {
    const { write, shown } = start(create("/a"), ...quota("/a", { hardCount: 2 }));
    expect(write(multi(create("/a/b"), create("/a/c"))).failure).toMatchObject({
      code: "QUOTA_EXCEEDED",
      failedPart: 1,
    });
    expect(codeOf(write(multi(create("/a/b"), del("/a/b"), create("/a/c"))))).toBeUndefined();
    expect(codeOf(write(multi(set(limitsPath("/a"), formatLimits({ hardCount: 9 })), create("/a/d"))))).toBe(
      "QUOTA_EXCEEDED",
    );
    expect(codeOf(write(multi(create("/a/c/d"), set("/a", "x"))))).toBe("QUOTA_EXCEEDED");
    expect(shown("/a")).toBe("count=2,bytes=0");
  });

  it("need both znodes, and none of them need be well formed", () => {
    const { write } = start(
      create("/a"),
      create("/zookeeper/quota/a"),
      create(limitsPath("/a"), { data: "countHardLimit=0" }),
    );
    expect(codeOf(write(create("/a/b")))).toBeUndefined();
    expect(codeOf(write(create(statsPath("/a"))))).toBeUndefined();
    expect(codeOf(write(create("/a/c")))).toBe("QUOTA_EXCEEDED");
    expect(codeOf(write(set(limitsPath("/a"), "countHardLimit=x;;=,count")))).toBeUndefined();
    expect(codeOf(write(create("/a/c")))).toBeUndefined();
    write(set(limitsPath("/a"), "countHardLimit=0"));
    write(del(statsPath("/a")));
    expect(codeOf(write(create("/a/d")))).toBeUndefined();
  });
});

describe("soft limits", () => {
  it("refuse nothing; what goes beyond one is told once", () => {
    const { harness, session, write } = start(create("/a"), ...quota("/a", { count: 2, bytes: 3 }));
    expect(harness.next(session, create("/a/b", { data: "333" })).crossed).toBeUndefined();
    expect(harness.next(session, create("/a/c", { data: "4" })).crossed).toEqual([
      { path: "/a", of: "count", now: 3, limit: 2 },
      { path: "/a", of: "bytes", now: 4, limit: 3 },
    ]);
    expect(harness.next(session, create("/a/d")).crossed).toBeUndefined();
    for (const path of ["/a/c", "/a/d"]) write(del(path));
    expect(harness.next(session, multi(create("/a/c"), create("/a/d"))).crossed).toHaveLength(1);
  });

  it("say nothing where there is a hard limit of the kind", () => {
    const { harness, session } = start(create("/a"), ...quota("/a", { count: 0, hardCount: 5 }));
    expect(harness.next(session, create("/a/b")).crossed).toBeUndefined();
  });
});
