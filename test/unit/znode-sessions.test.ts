import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { SessionId, Zxid } from "../../src/base/operations.ts";
import type { Applied, Outcome } from "../../src/znode/commands.ts";
import { codeOf, create, del, Harness, ok, password, read, set, written } from "./znode-harness.ts";

function attach(harness: Harness, sessionId: SessionId, secret: number, proposal?: number, origin = 1): Outcome {
  const body = { type: "attachSession", sessionId, password: password(secret), timeoutMs: 9000, holder: 0 } as const;
  return harness.apply(body, origin, proposal).outcome;
}

function close(harness: Harness, sessionId: SessionId, requestId: number, attachment: Zxid = sessionId): Applied {
  return harness.apply({ type: "closeSession", sessionId, attachment, requestId });
}

function codeOfOutcome(outcome: Outcome): string {
  if (outcome.type === "refused" || outcome.type === "dropped") return `${outcome.type} ${outcome.failure.code}`;
  return outcome.type;
}

const exists = (harness: Harness, path: string) => codeOf(harness.machine.read(read("exists", path))) === undefined;

describe("createSession", () => {
  it("opens a session whose id and attachment are the entry's index", () => {
    const harness = new Harness();
    harness.machine.skip(1);
    const body = { type: "createSession", password: password(7), timeoutMs: 4000, holder: 0 } as const;
    expect(harness.apply(body)).toEqual({
      zxid: 2,
      outcome: {
        type: "attached",
        sessionId: 2,
        attachment: 2,
        timeoutMs: 4000,
        password: password(7),
        lastRequestId: 0,
      },
      changes: [],
      ended: [],
    });
    expect(harness.machine.session(2)).toMatchObject({
      id: 2,
      timeoutMs: 4000,
      attachment: 2,
      lastRequestId: 0,
      ephemeralCount: 0,
    });
    expect(harness.machine.session(3)).toBeUndefined();
  });

  it("repeated with the same password answers with the first session", () => {
    const harness = new Harness();
    const id = harness.open(7);
    harness.write(id, create("/a"));
    const { outcome } = harness.apply({ type: "createSession", password: password(7), timeoutMs: 4000, holder: 0 });
    expect(outcome).toMatchObject({ type: "attached", sessionId: id, attachment: id, lastRequestId: 1 });
    expect(harness.machine.counts().sessions).toBe(1);
  });

  it("repeated after the session has moved does not hand out the present attachment", () => {
    const harness = new Harness();
    const id = harness.open(7);
    attach(harness, id, 7);
    const { outcome } = harness.apply({ type: "createSession", password: password(7), timeoutMs: 4000, holder: 0 });
    expect(outcome).toMatchObject({ type: "attached", sessionId: id, attachment: id });
    expect(harness.machine.session(id)?.attachment).toBe(id + 1);
  });

  it("repeated after the session has ended opens a new one", () => {
    const harness = new Harness();
    const id = harness.open(7);
    close(harness, id, 1);
    expect(harness.open(7)).toBe(id + 2);
  });

  it("keeps its own copy of the password", () => {
    const harness = new Harness();
    const frame = new Uint8Array(100).fill(7);
    harness.apply({ type: "createSession", password: frame.subarray(4, 20), timeoutMs: 4000, holder: 0 });
    frame.fill(0);
    expect(codeOfOutcome(attach(harness, 1, 7))).toBe("attached");
  });
});

describe("attachSession", () => {
  it("moves the session to the entry's index and takes the new timeout", () => {
    const harness = new Harness();
    const id = harness.open(7);
    harness.write(id, create("/a"));
    expect(attach(harness, id, 7)).toEqual({
      type: "attached",
      sessionId: id,
      attachment: 3,
      timeoutMs: 9000,
      password: password(7),
      lastRequestId: 1,
    });
    expect(harness.machine.session(id)).toMatchObject({ attachment: 3, timeoutMs: 9000 });
  });

  it("refuses an unknown session before a wrong password", () => {
    const harness = new Harness();
    const id = harness.open(7);
    expect(codeOfOutcome(attach(harness, 99, 7))).toBe("refused SESSION_EXPIRED");
    expect(codeOfOutcome(attach(harness, id, 8))).toBe("refused AUTH_FAILED");
    const short = {
      type: "attachSession",
      sessionId: id,
      password: new Uint8Array(0),
      timeoutMs: 9000,
      holder: 0,
    } as const;
    expect(codeOfOutcome(harness.apply(short).outcome)).toBe("refused AUTH_FAILED");
    expect(harness.machine.session(id)).toMatchObject({ attachment: id, timeoutMs: 4000 });
  });

  it("in the log twice attaches once; another proposal, or another server's, attaches anew", () => {
    const harness = new Harness();
    const id = harness.open(7);
    expect(attach(harness, id, 7, 50)).toMatchObject({ attachment: 2 });
    expect(attach(harness, id, 7, 50)).toMatchObject({ attachment: 2 });
    expect(attach(harness, id, 7, 50, 2)).toMatchObject({ attachment: 4 });
    expect(attach(harness, id, 7, 51, 2)).toMatchObject({ attachment: 5 });
    expect(codeOfOutcome(attach(harness, id, 8, 51, 2))).toBe("refused AUTH_FAILED");
  });

  it("refuses whoever lost the session to another client, until that one is taken over in its turn", () => {
    const harness = new Harness();
    const body = { type: "attachSession", password: password(7), timeoutMs: 9000, holder: 0 } as const;
    const { outcome } = harness.apply({ type: "createSession", password: password(7), timeoutMs: 4000, holder: 1 });
    if (outcome.type !== "attached") throw new Error("a session is opened");
    const { sessionId } = outcome;
    const by = (holder: number, takeover: boolean) =>
      codeOfOutcome(harness.apply({ ...body, sessionId, holder, takeover }).outcome);
    expect([by(1, false), by(2, false), by(2, true), by(2, false)]).toEqual([
      "attached",
      "refused SESSION_TAKEN",
      "attached",
      "attached",
    ]);
    expect(harness.machine.session(sessionId)).toMatchObject({ attachment: 5 });
    expect([by(1, false), by(1, true), by(2, false)]).toEqual([
      "refused SESSION_TAKEN",
      "attached",
      "refused SESSION_TAKEN",
    ]);
  });

  it("keeps at least the timeout that its former holder was told, which may still count on it", () => {
    const harness = new Harness();
    const { outcome } = harness.apply({ type: "createSession", password: password(7), timeoutMs: 9000, holder: 1 });
    if (outcome.type !== "attached") throw new Error("a session is opened");
    const { sessionId } = outcome;
    const by = (holder: number, timeoutMs: number) => {
      const body = { type: "attachSession", password: password(7), timeoutMs, holder, takeover: true } as const;
      harness.apply({ ...body, sessionId });
      return harness.machine.session(sessionId)?.timeoutMs;
    };
    expect([by(2, 4000), by(2, 4000), by(1, 12_000)]).toEqual([9000, 4000, 12_000]);
  });

  it("fences: requests of the older attachment are dropped, and take no number", () => {
    const harness = new Harness();
    const id = harness.open(7);
    attach(harness, id, 7);
    const late = harness.request(id, 1, create("/late"), 0, id);
    expect(codeOfOutcome(late.outcome)).toBe("dropped SESSION_MOVED");
    expect(late.changes).toEqual([]);
    expect(codeOfOutcome(close(harness, id, 1, id).outcome)).toBe("dropped SESSION_MOVED");
    expect(ok(written(harness.request(id, 1, create("/a")).outcome).result).path).toBe("/a");
    expect(exists(harness, "/late")).toBe(false);
    // Also for requests of an attachment that is yet to come, and for duplicates.
    expect(codeOfOutcome(harness.request(id, 2, create("/b"), 0, 99).outcome)).toBe("dropped SESSION_MOVED");
    expect(codeOfOutcome(harness.request(id, 1, create("/a"), 0, id).outcome)).toBe("dropped SESSION_MOVED");
  });
});

describe("exactly once", () => {
  it("a duplicate gets the first answer with its zxid, and has no effect", () => {
    const harness = new Harness();
    const id = harness.open();
    const first = harness.request(id, 1, create("/a", { sequential: true }));
    const again = harness.request(id, 1, create("/a", { sequential: true }));
    expect(again.outcome).toEqual({ ...first.outcome, duplicate: true });
    expect(written(again.outcome).zxid).toBe(first.zxid);
    expect([again.changes, again.ended]).toEqual([[], []]);
    expect(harness.stat("/").numChildren).toBe(2);
  });

  it("a duplicate of a refused request is refused the same way, though it would succeed by now", () => {
    const harness = new Harness();
    const id = harness.open();
    const other = harness.open();
    const first = harness.request(id, 1, create("/a/b"));
    expect(codeOf(written(first.outcome).result)).toBe("NO_NODE");
    harness.write(other, create("/a"));
    expect(harness.request(id, 1, create("/a/b")).outcome).toEqual({ ...first.outcome, duplicate: true });
    expect(exists(harness, "/a/b")).toBe(false);
  });

  it("survives a move of the session", () => {
    const harness = new Harness();
    const id = harness.open(7);
    const first = harness.request(id, 1, create("/a"));
    attach(harness, id, 7);
    expect(harness.request(id, 1, create("/a")).outcome).toEqual({ ...first.outcome, duplicate: true });
  });

  it("a request behind a gap has no effect until its predecessors were applied", () => {
    const harness = new Harness();
    const id = harness.open();
    const early = harness.request(id, 3, create("/c"));
    expect(early.outcome).toEqual({ type: "gap", sessionId: id, requestId: 3, expected: 1 });
    harness.request(id, 1, create("/a"));
    expect(harness.request(id, 3, create("/c")).outcome).toMatchObject({ type: "gap", expected: 2 });
    expect(exists(harness, "/c")).toBe(false);
    harness.request(id, 2, create("/b"));
    expect(ok(written(harness.request(id, 3, create("/c")).outcome).result).path).toBe("/c");
  });

  it("an acknowledged answer is forgotten, and never a later one", () => {
    const harness = new Harness();
    const id = harness.open();
    for (let i = 1; i <= 4; i++) harness.request(id, i, create(`/${i}`));
    harness.request(id, 5, create("/5"), 2);
    for (const i of [0, 1, 2])
      expect(codeOfOutcome(harness.request(id, i, create(`/${i}`)).outcome)).toBe("dropped PROTOCOL_ERROR");
    for (const i of [3, 4, 5])
      expect(harness.request(id, i, create(`/${i}`)).outcome).toMatchObject({ duplicate: true });
    // Acknowledging less than before does not bring anything back.
    harness.request(id, 6, create("/6"), 1);
    expect(codeOfOutcome(harness.request(id, 2, create("/2")).outcome)).toBe("dropped PROTOCOL_ERROR");
  });

  it("an acknowledgement of what was never answered counts up to what was", () => {
    const harness = new Harness();
    const id = harness.open();
    harness.request(id, 1, create("/a"), 1_000_000);
    expect(harness.request(id, 1, create("/a")).outcome).toMatchObject({ duplicate: true });
    harness.request(id, 2, create("/b"), 1_000_000);
    expect(codeOfOutcome(harness.request(id, 1, create("/a")).outcome)).toBe("dropped PROTOCOL_ERROR");
    expect(harness.request(id, 2, create("/b")).outcome).toMatchObject({ duplicate: true });
  });

  it("remembers a bounded number of answers; the request beyond takes no number", () => {
    const harness = new Harness();
    const id = harness.open();
    harness.write(id, create("/a"));
    const last = limits.outstandingRequestsMax + 1;
    for (let i = 2; i < last; i++) harness.request(id, i, set("/a", "x"), 0);
    harness.request(id, last, set("/a", "y"), 1);
    const version = harness.stat("/a").version;
    const beyond = harness.request(id, last + 1, set("/a", "z"), 1);
    expect(codeOfOutcome(beyond.outcome)).toBe("dropped TOO_MANY_REQUESTS");
    expect(harness.stat("/a").version).toBe(version);
    expect(harness.request(id, 2, set("/a", "x")).outcome).toMatchObject({ duplicate: true });
    expect(harness.request(id, last + 1, set("/a", "z"), 2).outcome).toMatchObject({ duplicate: false });
  });

  it("sessions count their requests separately", () => {
    const harness = new Harness();
    const [a, b] = [harness.open(), harness.open()];
    harness.request(a, 1, create("/a"));
    expect(harness.request(b, 1, create("/b")).outcome).toMatchObject({ duplicate: false, requestId: 1, sessionId: b });
  });
});

describe("closeSession", () => {
  it("removes the ephemerals in the order of their creation, with one zxid, and ends the session", () => {
    const harness = new Harness();
    const id = harness.open();
    const other = harness.open();
    harness.write(other, create("/d"));
    for (const path of ["/d/z", "/b", "/d/a"]) harness.write(id, create(path, { ephemeral: true }));
    harness.write(id, create("/kept"));
    harness.write(other, create("/others", { ephemeral: true }));
    const { zxid, outcome, changes, ended } = close(harness, id, 5);
    expect(outcome).toEqual({ type: "closed", sessionId: id, requestId: 5 });
    expect(ended).toEqual([id]);
    expect(changes).toEqual(
      [
        ["deleted", "/d/z"],
        ["childrenChanged", "/d"],
        ["deleted", "/b"],
        ["childrenChanged", "/"],
        ["deleted", "/d/a"],
      ].map(([type, path]) => ({ type, path, zxid })),
    );
    expect(harness.stat("/d")).toMatchObject({ pzxid: zxid, numChildren: 0, cversion: 4 });
    expect(["/kept", "/others", "/b", "/d/a"].map((path) => exists(harness, path))).toEqual([true, true, false, false]);
    expect(harness.machine.session(id)).toBeUndefined();
  });

  it("waits for its place among the session's requests", () => {
    const harness = new Harness();
    const id = harness.open();
    expect(close(harness, id, 2).outcome).toEqual({ type: "gap", sessionId: id, requestId: 2, expected: 1 });
    harness.request(id, 1, create("/a"));
    expect(codeOfOutcome(close(harness, id, 1).outcome)).toBe("dropped PROTOCOL_ERROR");
    expect(harness.machine.session(id)).toBeDefined();
    expect(close(harness, id, 2).outcome.type).toBe("closed");
  });

  it("repeated, or of an unknown session, is dropped; so are the session's later writes", () => {
    const harness = new Harness();
    const id = harness.open();
    close(harness, id, 1);
    expect(codeOfOutcome(close(harness, id, 1).outcome)).toBe("dropped SESSION_EXPIRED");
    expect(codeOfOutcome(close(harness, 99, 1).outcome)).toBe("dropped SESSION_EXPIRED");
    const write = harness.request(id, 2, create("/a"));
    expect(write.outcome).toMatchObject({ sessionId: id, requestId: 2, failure: { code: "SESSION_EXPIRED" } });
    expect(exists(harness, "/a")).toBe(false);
  });
});

describe("expireSessions", () => {
  const expire = (harness: Harness, ...items: [SessionId, Zxid][]) =>
    harness.apply({
      type: "expireSessions",
      sessions: items.map(([sessionId, attachment]) => ({ sessionId, attachment })),
    });

  it("ends the named sessions and removes their ephemerals", () => {
    const harness = new Harness();
    const [a, b, c] = [harness.open(), harness.open(), harness.open()];
    for (const [id, path] of [
      [a, "/a"],
      [b, "/b"],
      [c, "/c"],
    ] as const)
      harness.write(id, create(path, { ephemeral: true }));
    const { outcome, changes, ended } = expire(harness, [c, c], [a, a]);
    expect(outcome).toEqual({ type: "expired" });
    expect(ended).toEqual([c, a]);
    expect(changes.map(({ path }) => path)).toEqual(["/c", "/", "/a", "/"]);
    expect(["/a", "/b", "/c"].map((path) => exists(harness, path))).toEqual([false, true, false]);
  });

  it("spares a session that was attached again, and passes over unknown and repeated ones", () => {
    const harness = new Harness();
    const [a, b] = [harness.open(7), harness.open(8)];
    attach(harness, a, 7);
    expect(expire(harness, [a, a], [99, 99], [b, b], [b, b]).ended).toEqual([b]);
    expect(harness.machine.session(a)).toBeDefined();
    expect(expire(harness).ended).toEqual([]);
  });

  it("does not touch the znode that another session has made at the path of an old ephemeral", () => {
    const harness = new Harness();
    const [a, b] = [harness.open(), harness.open()];
    harness.write(a, create("/lock", { ephemeral: true }));
    harness.write(b, del("/lock"));
    harness.write(b, create("/lock", { ephemeral: true }));
    expect(expire(harness, [a, a]).changes).toEqual([]);
    expect(harness.stat("/lock").ephemeralOwner).toBe(b);
    expect(harness.machine.session(b)?.ephemeralCount).toBe(1);
  });
});
