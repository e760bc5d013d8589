/** When a session counts as lost or expired, and how it ends. */
import { beforeEach, describe, expect, it } from "vitest";
import { read, Script, write } from "./client-session-script.ts";

let script: Script;
beforeEach(() => {
  script = new Script();
});

describe("a session that may be gone", () => {
  const one = () => {
    script = new Script(["a:1"]);
    script.at(200);
    script.attach();
  };

  it("is lost before it can have expired, counted from when the last word was sent that the leader heard", () => {
    one();
    script.at(3_200);
    script.at(3_300);
    script.says({ type: "pong", number: 1, quorum: true });
    script.at(3_500);
    script.says({ type: "heard", ping: 1 });
    expect(script.session.certainMs(3_500)).toBe(3_200 + 8_100 - 3_500);
    const lostAt = 3_200 + 8_100;
    for (let now = 3_600; now < lostAt; now += 100) {
      script.at(now);
      if (script.sent.length === 0) script.breaks();
    }
    expect(script.log).toEqual(["connected", "suspended"]);
    script.at(lostAt);
    expect(script.log).toEqual(["connected", "suspended", "lost"]);
    expect(script.session.certainMs(lostAt)).toBe(0);
  });

  it("counts an attachment from when it was asked for", () => {
    script = new Script(["a:1"]);
    script.at(1_000);
    script.attach();
    expect(script.session.certainMs(1_000)).toBe(8_100 - 1_000);
  });

  it("is not held for certain by the word of a server through which nothing reaches the leader", () => {
    one();
    for (let i = 1; script.session.state === "connected"; i++) {
      script.at(script.session.nextDeadline);
      const ping = script.sent.at(-1);
      if (ping?.type === "ping") script.says({ type: "pong", number: ping.number, quorum: true });
      expect(i).toBeLessThan(10);
    }
    expect(script.now).toBe(6_000);
    expect(script.log).toEqual(["connected", "suspended"]);
  });

  it("is connected again if it turns out to live", () => {
    one();
    script.breaks();
    script.ask("w", write);
    while (script.session.state !== "lost") script.at(script.session.nextDeadline);
    expect(script.now).toBe(8_100);
    while (script.sent[0]?.type !== "connect") script.at(script.session.nextDeadline);
    script.attach();
    expect(script.requests.map((request) => request.requestId)).toEqual([1]);
    script.says(script.reply(1, 101));
    expect(script.log).toEqual(["connected", "suspended", "lost", "connected", "w: ok"]);
  });

  it("expires if it does not", () => {
    one();
    script.breaks();
    script.ask("w", write);
    while (script.session.state !== "lost") script.at(script.session.nextDeadline);
    while (script.sent[0]?.type !== "connect") script.at(script.session.nextDeadline);
    script.says({ type: "refused", failure: { code: "SESSION_EXPIRED", message: "" } });
    expect(script.log).toEqual(["connected", "suspended", "lost", "w: SESSION_EXPIRED", "expired"]);
  });

  it("is told before anything that was said in time and is read too late", () => {
    one();
    script.ask("r", read("getData", "/lock"));
    script.now = 8_200;
    expect(script.session.stateAt(script.now)).toBe("lost");
    script.says(script.reply(1, 101));
    expect(script.log).toEqual(["connected", "suspended", "lost"]);
  });

  it("never was certain while it connects", () => {
    script = new Script(["a:1"], { sessionId: 7, password: Uint8Array.of(1) });
    expect(script.session.certainMs(0)).toBe(0);
    script.at(60_000);
    expect(script.log).toEqual([]);
  });
});

describe("the end", () => {
  it("closes after what was asked before, and takes nothing more", () => {
    script.attach();
    script.ask("w", write);
    script.ask("close", { type: "close" });
    expect(() => script.ask("late", write)).toThrow(expect.objectContaining({ code: "SESSION_CLOSED" }));
    expect(script.requests).toMatchObject([{ requestId: 1 }, { requestId: 2, body: { type: "close" } }]);
    script.says(script.reply(1, 101), script.reply(2, 102));
    expect(script.log).toEqual(["connected", "w: ok", "close: ok", "closed"]);
    expect(script.dropped).toEqual([script.stream]);
  });

  it("takes a session that is gone for closed, if it was to be closed", () => {
    script.attach();
    script.ask("close", { type: "close" });
    script.breaks();
    script.says({ type: "refused", failure: { code: "SESSION_EXPIRED", message: "gone" } });
    expect(script.log).toEqual(["connected", "suspended", "close: ok", "closed"]);
  });

  it("lets go at once when it detaches", () => {
    script.attach();
    script.ask("w", write);
    script.session.detach();
    script.turn();
    expect(script.log).toEqual(["connected", "w: SESSION_CLOSED", "closed"]);
    expect(script.dropped).toEqual([script.stream]);
  });
});
