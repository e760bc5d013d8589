/** How a session finds a server, becomes its own and stays it. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../src/base/operations.ts";
import { sessionLimits } from "../../src/client/session-limits.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { event, Script, write } from "./client-session-script.ts";

let script: Script;
beforeEach(() => {
  script = new Script();
});

describe("attaching", () => {
  it("says connect first, and nothing else before it is attached", () => {
    script.ask("w", write);
    expect(script.sent).toEqual([
      {
        type: "connect",
        protocol: 1,
        sessionId: 0,
        password: new Uint8Array(0),
        timeoutMs: 9_000,
        lastZxid: 0,
        instance: 0,
        holder: 5,
        takeover: false,
      },
    ]);
    script.attach();
    expect(script.requests.map((request) => request.requestId)).toEqual([1]);
    expect(script.log).toEqual(["connected"]);
  });

  it("tries every endpoint at once, then pauses, ever longer", () => {
    const tried = [script.endpoint];
    for (let i = 0; i < 2; i++) {
      script.breaks();
      tried.push(script.endpoint);
    }
    expect([...tried].sort()).toEqual(["a:1", "b:1", "c:1"]);
    const pauses: number[] = [];
    for (let round = 0; round < 6; round++) {
      script.breaks();
      pauses.push(script.session.nextDeadline - script.now);
      script.at(script.session.nextDeadline);
      for (let i = 0; i < 2; i++) script.breaks();
    }
    expect(pauses[0]).toBeGreaterThanOrEqual(sessionLimits.backoffMinMs);
    expect(pauses[3]).toBeGreaterThan(pauses[0] ?? 0);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(sessionLimits.backoffMaxMs);
  });

  it("leaves a server that does not answer for the next", () => {
    const first = script.stream;
    script.at(script.session.nextDeadline);
    expect(script.stream).toBe(first + 1);
    expect(script.dropped).toEqual([first]);
    // What the left server says now is too late.
    script.session.receive(first, [event("/a", 1)], script.now);
    script.attach();
    expect(script.log).toEqual(["connected"]);
  });

  it("keeps its identity on the next server", () => {
    script.attach();
    script.breaks();
    expect(script.sent[0]).toMatchObject({ sessionId: 7, password: Uint8Array.of(1), lastZxid: 100 });
    expect(script.log).toEqual(["connected", "suspended"]);
  });

  it("refuses to become another session", () => {
    script.attach();
    script.breaks();
    const password = Uint8Array.of(2);
    const other: ServerMessage = {
      type: "connected",
      sessionId: 8,
      password,
      timeoutMs: 9_000,
      serverId: 1,
      lastRequestId: 0,
      zxid: 200,
      clusterId: "c",
      instance: 0,
    };
    script.says(other);
    expect(script.session.identity.sessionId).toBe(7);
    expect(script.session.state).toBe("suspended");
    expect(script.log.at(-1)).toBe("violation: another session id");
  });

  it("numbers the writes of a resumed session after those of its former owner", () => {
    script = new Script(["a:1"], { sessionId: 7, password: Uint8Array.of(1) });
    script.ask("w", write);
    script.attach(41);
    expect(script.requests).toMatchObject([{ requestId: 42, ackedRequestId: 41, xid: 1 }]);
  });

  it.each(["SESSION_EXPIRED", "AUTH_FAILED"] as const)("ends for good when refused with %s", (code) => {
    script.attach();
    script.ask("w", write);
    script.breaks();
    script.says({ type: "refused", failure: { code, message: "no" } });
    expect(script.log).toEqual(["connected", "suspended", "w: SESSION_EXPIRED", "expired"]);
    expect(script.session.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    expect(() => script.ask("late", write)).toThrow(expect.objectContaining({ code }));
  });

  it("ends when another client has taken the session over, with what it still wanted undone", () => {
    script.attach();
    script.ask("w", write);
    script.breaks();
    expect(script.sent[0]).toMatchObject({ holder: 5, takeover: false });
    script.says({ type: "refused", failure: { code: "SESSION_TAKEN", message: "taken" } });
    expect(script.log).toEqual(["connected", "suspended", "w: SESSION_TAKEN", "expired"]);
    expect(() => script.ask("late", write)).toThrow(expect.objectContaining({ code: "SESSION_TAKEN" }));
  });

  it("takes a session over that it is given", () => {
    script = new Script(["a:1", "b:1", "c:1"], { sessionId: 7, password: Uint8Array.of(1) });
    expect(script.sent[0]).toMatchObject({ sessionId: 7, takeover: true });
    script.breaks();
    script.attach(41);
    script.breaks();
    expect(script.sent[0]).toMatchObject({ sessionId: 7, takeover: false });
  });

  describe("and a server of another life of its cluster", () => {
    const wrong = { code: "WRONG_CLUSTER", message: "another life" } as const;

    it("says of which life it is", () => {
      expect(script.sent[0]).toMatchObject({ instance: 0 });
      script.attach(0, 100, 5);
      script.breaks();
      expect(script.sent[0]).toMatchObject({ instance: 5 });
      expect(script.session.identity.instance).toBe(5);
    });

    it("ends once all servers are of another", () => {
      script.attach(0, 100, 5);
      script.breaks();
      for (let i = 0; i < 3; i++) {
        expect(script.session.state).toBe("suspended");
        script.says({ type: "refused", failure: wrong });
        script.now += 100;
        script.session.advance(script.now);
        script.turn();
      }
      expect(script.log).toEqual(["connected", "suspended", "expired"]);
      expect(script.session.trouble).toMatchObject({ code: "SESSION_EXPIRED" });
      expect(script.session.trouble.message).toContain("cluster is gone");
    });

    it("does not end because a lone name led to a wrong one: the next time it may lead to a right one", () => {
      script = new Script(["balanced:1"]);
      script.attach(0, 100, 5);
      script.breaks();
      script.now += 1_000;
      for (let i = 0; i < 5; i++) {
        script.session.advance(script.now);
        script.turn();
        script.says({ type: "refused", failure: wrong });
        expect(script.session.state).toBe("suspended");
        script.now += 1_000;
      }
      script.session.advance(script.now);
      script.turn();
      script.attach(0, 200, 5);
      expect(script.session.state).toBe("connected");
    });

    it("ends where a lone name leads to wrong ones for its whole timeout", () => {
      script = new Script(["balanced:1"]);
      script.attach(0, 100, 5);
      script.breaks();
      const from = script.now;
      for (let i = 0; i < 20 && script.session.state !== "expired"; i++) {
        script.now += 1_000;
        script.session.advance(script.now);
        script.turn();
        script.says({ type: "refused", failure: wrong });
      }
      expect(script.session.state).toBe("expired");
      expect(script.now - from).toBeGreaterThanOrEqual(9_000);
      expect(script.now - from).toBeLessThan(11_000);
    });

    it("passes over a wrong endpoint as long as the others may be silent for a moment", () => {
      script.attach(0, 100, 5);
      script.now = 1_000;
      script.breaks();
      for (let i = 0; i < 20 && script.session.state !== "expired"; i++) {
        if (script.endpoint === "a:1") script.breaks();
        else script.says({ type: "refused", failure: wrong });
        if (script.now < 9_000) expect(script.session.state).toBe(script.now < 8_100 ? "suspended" : "lost");
        script.now += 600;
        script.session.advance(script.now);
        script.turn();
      }
      // None of its own was found for the session's whole timeout: it has expired there, if that cluster lives.
      expect(script.session.state).toBe("expired");
      expect(script.now).toBeGreaterThanOrEqual(10_000);
    });

    it("does not stay with one that did not look", () => {
      script.attach(0, 100, 5);
      script.breaks();
      script.attach(0, 200, 6);
      expect(script.log).toEqual(["connected", "suspended"]);
      script.attach(0, 200, 5);
      expect(script.log).toEqual(["connected", "suspended", "connected"]);
    });

    it("takes one that tells no instance", () => {
      script.attach(0, 100, 5);
      script.breaks();
      script.attach(0, 200, 0);
      expect(script.log.at(-1)).toBe("connected");
      expect(script.session.identity.instance).toBe(5);
    });
  });

  it.each([
    ["is behind what it has seen", 0, 50],
    ["has lost a write that it answered", 0, 200],
    ["has a write that was never sent", 2, 200],
  ])("ends in a cluster that %s: that one has another past", (_, lastRequestId, zxid) => {
    script.attach();
    script.ask("w", write);
    script.says(script.reply(1, 101));
    script.breaks();
    script.attach(lastRequestId, zxid);
    expect(script.log.slice(-1)).toEqual(["expired"]);
    expect(() => script.ask("late", write)).toThrow(expect.objectContaining({ code: "SESSION_EXPIRED" }));
  });

  it("knows when no endpoint is a Terrarium server", () => {
    const trouble: Failure = { code: "PROTOCOL_ERROR", message: "HTTP" };
    for (let i = 0; i < 2; i++) script.breaks(trouble);
    expect(script.session.hopeless).toBe(false);
    script.breaks(trouble);
    expect(script.session.hopeless).toBe(true);
    expect(script.session.trouble.code).toBe("PROTOCOL_ERROR");
  });
});
