import { describe, expect, it } from "vitest";
import { AssertionError, present } from "../../src/base/assert.ts";
import { emptyBytes } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import type { CommandBody } from "../../src/znode/commands.ts";
import { digestOf } from "../../src/znode/digest.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";
import { SessionTable } from "../../src/znode/sessions.ts";
import { Tree } from "../../src/znode/tree.ts";
import { create, del, Harness, opening, password, set } from "./znode-harness.ts";

describe("ZnodeMachine", () => {
  it("takes entries in order, once each", () => {
    const { machine } = new Harness();
    machine.skip(1);
    expect(machine.appliedIndex).toBe(1);
    expect(() => machine.skip(1)).toThrow(AssertionError);
    expect(() => machine.skip(3)).toThrow(AssertionError);
    machine.skip(2);
    expect(machine.appliedIndex).toBe(2);
  });

  it("shows stamps that never go back", () => {
    const harness = new Harness();
    const id = harness.open();
    harness.timeMs = 5000;
    harness.write(id, create("/a"));
    harness.timeMs = 3000;
    harness.write(id, set("/a", "x"));
    expect(harness.stat("/a")).toMatchObject({ ctime: 5000, mtime: 5000 });
    expect(harness.machine.lastTimeMs).toBe(5000);
    harness.timeMs = 6000;
    harness.write(id, create("/b"));
    expect(harness.stat("/b").ctime).toBe(6000);
  });

  it("lists sessions, oldest first, and counts", () => {
    const harness = new Harness();
    const [a, b, c] = [harness.open(), harness.open(), harness.open()];
    harness.apply({ type: "closeSession", sessionId: b, attachment: b, requestId: 1 });
    expect([...harness.machine.sessions()].map(({ id }) => id)).toEqual([a, c]);
    harness.write(a, create("/e", { ephemeral: true }));
    expect(harness.machine.counts()).toEqual({ znodes: 5, sessions: 2 });
    expect(harness.machine.session(a)?.ephemeralCount).toBe(1);
  });

  it("gives a session so many ephemerals and no more, since they all go in one entry", () => {
    const machine = new ZnodeMachine();
    const apply = (body: CommandBody) =>
      machine.apply(machine.appliedIndex + 1, { timeMs: 1, origin: 1, proposal: 1, body }).outcome;
    for (const n of [1, 2]) apply({ type: "createSession", password: password(n), timeoutMs: 4000, holder: 0 });
    const write = (sessionId: number, requestId: number, operation: Operation) =>
      apply({ type: "write", sessionId, attachment: sessionId, requestId, ackedRequestId: requestId - 1, operation });
    const max = limits.ephemeralsPerSessionMax;
    for (let n = 1; n <= max; n++) write(1, n, create(`/e${n}`, { ephemeral: true }));
    expect(machine.session(1)?.ephemeralCount).toBe(max);
    const refused = write(1, max + 1, create("/one-more", { ephemeral: true }));
    expect(refused).toMatchObject({ result: { failure: { code: "TOO_MANY_EPHEMERALS" } } });
    expect(write(1, max + 2, create("/persistent"))).toMatchObject({ result: { path: "/persistent" } });
    expect(write(2, 1, create("/another", { ephemeral: true }))).toMatchObject({ result: { path: "/another" } });
    write(1, max + 3, del("/e7"));
    expect(write(1, max + 4, create("/one-more", { ephemeral: true }))).toMatchObject({
      result: { path: "/one-more" },
    });
    // In a transaction too, where what it deletes before makes room.
    const make = (path: string): MultiPart => ({
      op: "create",
      path,
      data: emptyBytes,
      ephemeral: true,
      sequential: false,
    });
    const parts: readonly MultiPart[] = [{ op: "delete", path: "/e8", version: -1 }, make("/x"), make("/y")];
    const refusedWhole = write(1, max + 5, { op: "multi", parts });
    expect(JSON.stringify(refusedWhole)).toMatch("TOO_MANY_EPHEMERALS");
    expect(machine.session(1)?.ephemeralCount).toBe(max);
    expect(JSON.stringify(write(1, max + 6, { op: "multi", parts: parts.slice(0, 2) }))).not.toMatch("TOO_MANY");
    expect(machine.session(1)?.ephemeralCount).toBe(max);
  });
});

describe("digest", () => {
  /** The digest after a small history with one thing changed. */
  function digestWith(change: Partial<Record<"path" | "data" | "secret" | "time" | "acked" | "origin", number>>) {
    const harness = new Harness();
    const session = harness.open(1 + (change.secret ?? 0));
    harness.timeMs += change.time ?? 0;
    harness.request(session, 1, create(`/a${change.path ?? 0}`));
    harness.request(session, 2, create("/b", { data: `x${change.data ?? 0}` }), change.acked ?? 0);
    harness.apply(
      {
        type: "attachSession",
        sessionId: session,
        password: password(1 + (change.secret ?? 0)),
        timeoutMs: 4000,
        holder: 0,
      },
      1 + (change.origin ?? 0),
    );
    return harness.machine.digest();
  }

  it("is 16 hexadecimal digits, the same for the same commands", () => {
    expect(digestWith({})).toMatch(/^[0-9a-f]{16}$/);
    expect(digestWith({})).toBe(digestWith({}));
    expect(new ZnodeMachine().digest()).toBe(new ZnodeMachine().digest());
  });

  it("covers every part of the state", () => {
    const changed = (["path", "data", "secret", "time", "acked", "origin"] as const).map((part) =>
      digestWith({ [part]: 1 }),
    );
    expect(new Set([digestWith({}), ...changed]).size).toBe(changed.length + 1);
  });

  it("sees the applied index, a remembered refusal and a deleted child's number", () => {
    const harness = new Harness();
    const session = harness.open();
    const seen = new Set([harness.machine.digest()]);
    harness.machine.skip(2);
    seen.add(harness.machine.digest());
    const other = new Harness();
    other.open();
    const refusedA = other.request(session, 1, create("/missing/a")).outcome;
    seen.add(other.machine.digest());
    const third = new Harness();
    third.open();
    const refusedB = third.request(session, 1, create("/")).outcome;
    seen.add(third.machine.digest());
    expect([refusedA, refusedB]).toMatchObject([
      { result: { failure: { code: "NO_NODE" } } },
      { result: { failure: { code: "NODE_EXISTS" } } },
    ]);
    expect(seen.size).toBe(4);
  });

  it("does not depend on the order in which znodes and sessions were inserted", () => {
    const build = (order: readonly number[]) => {
      const tree = new Tree();
      const sessions = new SessionTable();
      const root = present(tree.get("/"), "the root");
      for (const n of order) {
        sessions.open(n, opening(password(n)), 0);
        tree.insert(root, `/${n}`, password(n), 0, n, 0);
      }
      root.pzxid = 9;
      return digestOf(tree, sessions, 9, 0);
    };
    expect(build([1, 2, 3])).toBe(build([3, 1, 2]));
    expect(build([1, 2, 3])).not.toBe(build([1, 2]));
  });
});
