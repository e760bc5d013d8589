import { describe, expect, it } from "vitest";
import { type AclItem, type ClientIdentity, itemProblem, openAcl } from "../../src/base/acl.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Operation, Result, SessionId } from "../../src/base/operations.ts";
import type { Read } from "../../src/base/reads.ts";
import { keptAcl, permits, withoutHashes } from "../../src/znode/access.ts";
import { codeOf as failureOf, Harness, ok, written } from "./znode-harness.ts";

const alice: ClientIdentity = { scheme: "digest", id: "alice:hash" };
const bob: ClientIdentity = { scheme: "digest", id: "bob:hash" };
const at = (address: string): ClientIdentity => ({ scheme: "ip", id: address });
const boss: ClientIdentity = { scheme: "super", id: "" };

const item = (perms: number, scheme: string, id: string): AclItem => ({ perms, scheme, id });
const forAlice = (perms: number): AclItem => item(perms, "digest", alice.id);
const codeOf = (result: Result) => failureOf(result) ?? "ok";
const read = (kind: Read["kind"], path: string): Read => ({ kind, path, watch: false, local: true });

describe("a list", () => {
  it("lets in whom one of its items means, and nobody else", () => {
    expect(permits(openAcl, 1, [])).toBe(true);
    expect(permits([item(2, "world", "anyone")], 1, [alice])).toBe(false);
    expect(permits([forAlice(1)], 1, [bob, alice])).toBe(true);
    expect(permits([forAlice(1)], 1, [bob])).toBe(false);
    expect(permits([forAlice(1)], 1 | 16, [alice])).toBe(true);
    // Whoever says so of himself is not the world, nor is an address a user.
    expect(permits([item(31, "world", "alice")], 1, [{ scheme: "world", id: "alice" }])).toBe(false);
    expect(permits([item(31, "auth", "")], 1, [alice])).toBe(false);
    expect(permits([item(31, "super", "")], 1, [alice])).toBe(false);
    expect(permits([item(31, "ip", "alice:hash")], 1, [alice])).toBe(false);
    expect(permits([item(31, "digest", "10.0.0.1")], 1, [at("10.0.0.1")])).toBe(false);
    expect(permits([item(0, "world", "anyone")], 16, [boss])).toBe(true);
  });

  it.each([
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["10.0.0.0/31", "10.0.0.1", true],
    ["10.0.0.0/31", "10.0.0.2", false],
    ["10.0.0.9/29", "10.0.0.15", true],
    ["10.0.0.9/29", "10.0.0.16", false],
    ["200.0.0.0/1", "128.0.0.1", true],
    ["200.0.0.0/1", "127.255.255.255", false],
    ["1.2.3.4/0", "255.255.255.255", true],
    ["1.2.3.4/32", "1.2.3.4", true],
    ["1.2.3.4/32", "1.2.3.5", false],
    ["1.2.3.4/0", "::1", false],
    ["1.2.3.4/33", "1.2.3.4", false],
    ["1.2.3.4/", "1.2.3.4", false],
    ["256.2.3.4", "0.2.3.4", false],
  ])("of the prefix %s lets in %s: %s", (prefix, address, allowed) => {
    expect(permits([item(1, "ip", prefix)], 1, [at(address)])).toBe(allowed);
  });

  it.each([
    [item(1, "world", "anyone"), true],
    [item(1, "world", "bob"), false],
    [item(1, "auth", "whatever"), true],
    [item(1, "digest", "a:b"), true],
    [item(1, "digest", "a"), false],
    [item(1, "digest", "a:b:c"), false],
    // As Java splits: what is empty at the end is no part.
    [item(1, "digest", "a:b:"), true],
    [item(1, "digest", "a:"), false],
    [item(1, "digest", ":b"), true],
    [item(1, "ip", "1.2.3.4/8"), true],
    [item(1, "ip", "::1"), false],
    [item(1, "ip", "1.2.3"), false],
    [item(1, "super", ""), false],
    [item(1, "sasl", "a"), false],
    [item(1, "constructor", "a"), false],
  ])("%j is an item of a list: %s", (one, isOne) => {
    expect(itemProblem(one) === undefined).toBe(isOne);
  });

  it("has each item once, and whoever the client has shown to be in place of auth", () => {
    const kept = (acl: readonly AclItem[], ...identities: ClientIdentity[]) => {
      const { acl: list } = { acl: undefined, ...keptAcl("/a", acl, identities) };
      return list;
    };
    expect(
      kept([item(1, "auth", ""), item(1, "world", "anyone"), item(1, "auth", "")], at("1.1.1.1"), alice, bob),
    ).toEqual([forAlice(1), item(1, "digest", bob.id), item(1, "world", "anyone")]);
    expect(kept([item(1, "auth", "")], at("1.1.1.1"))).toBeUndefined();
    expect(kept([item(1, "auth", "")], boss)).toBeUndefined();
    expect(kept([])).toBeUndefined();
    expect(kept(Array.from({ length: 1_001 }, (_, i) => item(i, "world", "anyone")))).toBeUndefined();
    expect(kept([item(1, "digest", `a:${"x".repeat(70_000)}`)])).toBeUndefined();
  });

  // What a client sends is looked at by all servers, while all else waits; and again by whoever starts from the log.
  it("is looked at in time that grows with its bytes alone, and refused in few words", () => {
    const refused = (one: AclItem) => keptAcl("/a", [one], [])?.failure?.message ?? "";
    const startedMs = performance.now();
    for (const id of [`${":".repeat(1_000_000)}x`, "x:".repeat(500_000), `a:${":".repeat(1_000_000)}`]) {
      expect(refused(item(1, "digest", id)).length).toBeLessThan(1_000);
      expect(refused(item(1, id, "")).length).toBeLessThan(1_000);
      expect(refused(item(1, "world", id)).length).toBeLessThan(1_000);
    }
    const many = Array.from({ length: 1_000 }, (_, perms) => item(perms, "world", "anyone"));
    for (let i = 0; i < 100; i++) expect(keptAcl("/a", many, [])).toEqual({ acl: many });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it("shows users and no hashes to who may not change it", () => {
    expect(withoutHashes([forAlice(3), item(1, "ip", "1.2.3.4")])).toEqual([
      item(3, "digest", "alice:x"),
      item(1, "ip", "1.2.3.4"),
    ]);
  });
});

/** One session, and znodes of several lists. */
function guarded() {
  const harness = new Harness();
  const { machine } = harness;
  const session = harness.open();
  let requestId = 0;
  const write = (sessionId: SessionId, operation: Operation, identities: readonly ClientIdentity[] = []) => {
    const applied = harness.apply({
      type: "write",
      sessionId,
      attachment: sessionId,
      requestId: ++requestId,
      ackedRequestId: requestId - 1,
      operation,
      identities,
    });
    return { changes: applied.changes, result: written(applied.outcome).result };
  };
  const as = (identities: readonly ClientIdentity[], operation: Operation) =>
    codeOf(write(session, operation, identities).result);
  const sees = (identities: readonly ClientIdentity[], one: Read) => codeOf(machine.read(one, session, identities));
  const make = (path: string, acl: readonly AclItem[]) =>
    as([], {
      op: "createWithAcl",
      acl,
      create: { op: "create", path, data: utf8("x"), ephemeral: false, sequential: false },
    });
  return { machine, session, write, as, sees, make };
}

const create = (path: string) =>
  ({ op: "create", path, data: utf8("x"), ephemeral: false, sequential: false }) as const;
const set = (path: string, version = -1): Operation => ({ op: "setData", path, data: utf8("y"), version });
const remove = (path: string, version = -1): Operation => ({ op: "delete", path, version });

describe("operations", () => {
  it("ask for CREATE and DELETE of the parent, for WRITE, READ and ADMIN of the znode itself", () => {
    const { as, sees, make } = guarded();
    expect(make("/c", [forAlice(4)])).toBe("ok");
    expect(as([], create("/c/x"))).toBe("NO_AUTH");
    expect(as([bob], create("/c/x"))).toBe("NO_AUTH");
    expect(as([alice], create("/c/x"))).toBe("ok");
    expect(as([alice], remove("/c/x"))).toBe("NO_AUTH");
    expect(as([], remove("/c"))).toBe("NOT_EMPTY");
    // What is below has a list of its own.
    expect(as([], set("/c/x"))).toBe("ok");
    expect(as([alice], set("/c"))).toBe("NO_AUTH");
    for (const kind of ["getData", "getChildren", "getAllChildrenNumber", "getAcl"] as const)
      expect(sees([alice], read(kind, "/c"))).toBe("NO_AUTH");
    expect(sees([], read("exists", "/c"))).toBe("ok");
    expect(as([alice], { op: "setAcl", path: "/c", acl: openAcl, version: -1 })).toBe("NO_AUTH");
    expect(as([boss], { op: "setAcl", path: "/c", acl: [forAlice(8)], version: -1 })).toBe("ok");
    expect(as([bob], remove("/c/x"))).toBe("NO_AUTH");
    expect(as([alice], remove("/c/x"))).toBe("ok");
  });

  it("look at lists before versions, names and what is there", () => {
    const { as, make } = guarded();
    make("/a", [forAlice(31)]);
    expect(as([], set("/a", 7))).toBe("NO_AUTH");
    expect(as([alice], set("/a", 7))).toBe("BAD_VERSION");
    expect(as([], remove("/a/none", 7))).toBe("NO_AUTH");
    expect(as([alice], remove("/a/none", 7))).toBe("NO_NODE");
    expect(as([], create("/a/bad/"))).toBe("NO_NODE");
    expect(as([], create("/a/"))).toBe("NO_AUTH");
    expect(as([alice], create("/a/"))).toBe("BAD_ARGUMENTS");
    expect(as([], { op: "multi", parts: [{ op: "check", path: "/a", version: 7 }] })).toBe("NO_AUTH");
    const bad = (path: string) => as([], { op: "setAcl", path, acl: [item(1, "nobody", "")], version: 7 });
    expect([bad("/a"), bad("/none"), bad("bad")]).toEqual(["INVALID_ACL", "INVALID_ACL", "BAD_ARGUMENTS"]);
    expect(as([], { op: "setAcl", path: "/a", acl: openAcl, version: 7 })).toBe("NO_AUTH");
    expect(as([alice], { op: "setAcl", path: "/a", acl: openAcl, version: 7 })).toBe("BAD_VERSION");
  });

  it("count changes of the list by its own version, and tell no watch of them", () => {
    const { write, session, machine } = guarded();
    write(session, create("/a"));
    const before = machine.stat("/a");
    const applied = write(session, { op: "setAcl", path: "/a", acl: [forAlice(17)], version: 0 });
    expect(applied.changes).toEqual([]);
    expect(ok(applied.result).stat).toEqual({ ...before, aversion: 1 });
    expect(ok(machine.read(read("getAcl", "/a"), session, [alice])).acl).toEqual([forAlice(17)]);
    expect(ok(machine.read(read("getAcl", "/a"), session, [boss])).acl).toEqual([forAlice(17)]);
    machine.assertSound();
  });

  it("of a multi see the lists that those before them set", () => {
    const { as } = guarded();
    as([], create("/a"));
    const lock: Operation = { op: "setAcl", path: "/a", acl: [forAlice(31)], version: -1 };
    const parts = [lock, { op: "setData", path: "/a", data: utf8("z"), version: -1 }] as const;
    expect(as([], { op: "multi", parts })).toBe("NO_AUTH");
    // Nothing of it was done.
    expect(as([], set("/a"))).toBe("ok");
    expect(as([alice], { op: "multi", parts })).toBe("ok");
    expect(as([], set("/a"))).toBe("NO_AUTH");
    const below = [
      { op: "createWithAcl", acl: [forAlice(4)], create: { op: "createContainer", path: "/b", data: utf8("") } },
      create("/b/x"),
    ] as const;
    expect(as([bob], { op: "multi", parts: below })).toBe("NO_AUTH");
    expect(as([alice], { op: "multi", parts: below })).toBe("ok");
  });

  it("that read together ask each list, and a list that is set leaves the checkpoint under way as it was", () => {
    const { make, machine, session, as } = guarded();
    make("/a", [forAlice(17)]);
    make("/b", openAcl);
    const parts = (["getData", "getChildren"] as const).flatMap((kind) => [
      { kind, path: "/a" },
      { kind, path: "/b" },
    ]);
    const codes = (identities: readonly ClientIdentity[]) =>
      ok(machine.read({ ...read("multiRead", "/"), parts }, session, identities)).results?.map(
        ({ failure }) => failure?.code ?? "ok",
      );
    expect(codes([bob])).toEqual(["NO_AUTH", "ok", "NO_AUTH", "ok"]);
    expect(codes([alice])).toEqual(["ok", "ok", "ok", "ok"]);
    const saved: unknown[] = [];
    machine.takeDirty(({ path, acl, aversion }) => saved.push([path, acl, aversion]));
    expect(as([alice], { op: "setAcl", path: "/a", acl: openAcl, version: -1 })).toBe("ok");
    expect(saved).toEqual([["/a", [forAlice(17)], 0]]);
  });

  it("of a multi keep no more of lists than a multi may bring", () => {
    const { as, machine } = guarded();
    const many = Array.from(
      { length: 60 },
      (_, i): ClientIdentity => ({ scheme: "digest", id: `u${i}:${"h".repeat(250)}` }),
    );
    const parts = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        op: "createWithAcl" as const,
        acl: [item(i + 1, "auth", ""), item(i + 1_001, "auth", "")],
        create: { ...create(`/m${i}`), data: utf8("") },
      }));
    expect(as(many, { op: "multi", parts: parts(100) })).toBe("MULTI_TOO_LARGE");
    expect(machine.stat("/m0")).toBeUndefined();
    expect(as(many, { op: "multi", parts: parts(50) })).toBe("ok");
    machine.assertSound();
  });

  it("leave the list of where the servers are to be read by all, and written by nobody", () => {
    const { as, sees, machine } = guarded();
    expect(sees([], read("getData", "/zookeeper/config"))).toBe("ok");
    expect(as([alice], set("/zookeeper/config"))).toBe("NO_AUTH");
    expect(as([alice], create("/zookeeper/config/x"))).toBe("NO_AUTH");
    expect(as([alice], { op: "setAcl", path: "/zookeeper/config", acl: openAcl, version: -1 })).toBe("NO_AUTH");
    // What reconfig asks for.
    expect([[], [alice], [boss]].map((who) => machine.mayWrite("/zookeeper/config", who))).toEqual([
      false,
      false,
      true,
    ]);
    expect(machine.mayWrite("/none", [boss])).toBe(false);
    // Nor by who may do everything: the servers alone say who they are.
    expect(as([boss], set("/zookeeper/config"))).toBe("BAD_ARGUMENTS");
  });

  it("of a server that removes what is unused, or a session that ends, ask nobody", () => {
    const { machine, session, write, as } = guarded();
    as([], create("/dir"));
    write(session, {
      op: "createWithAcl",
      acl: [forAlice(1)],
      create: { op: "create", path: "/dir/e", data: utf8(""), ephemeral: true, sequential: false },
    });
    as([], { op: "setAcl", path: "/dir", acl: [forAlice(17)], version: -1 });
    expect(as([], remove("/dir/e"))).toBe("NO_AUTH");
    const { attachment = 0 } = machine.session(session) ?? {};
    const index = machine.appliedIndex + 1;
    machine.apply(index, {
      timeMs: 1,
      origin: 1,
      proposal: 99,
      body: { type: "expireSessions", sessions: [{ sessionId: session, attachment }] },
    });
    expect(machine.stat("/dir/e")).toBeUndefined();
    machine.assertSound();
  });
});
