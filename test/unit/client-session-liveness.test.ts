/** When a session leaves a server that is silent, slow or without a quorum. */
import { beforeEach, describe, expect, it } from "vitest";
import { event, read, Script, write } from "./client-session-script.ts";

let script: Script;
beforeEach(() => {
  script = new Script();
});

describe("liveness", () => {
  it("pings a silent server and leaves it if it stays silent", () => {
    script.attach();
    script.at(3_000);
    expect(script.sent.at(-1)).toEqual({ type: "ping", number: 1 });
    script.at(3_999);
    expect(script.session.state).toBe("connected");
    script.at(4_000);
    expect(script.session.state).toBe("suspended");
  });

  it("stays with a server that answers its pings", () => {
    script.attach();
    for (let i = 1; i < 20; i++) {
      script.at(i * 3_000);
      expect(script.sent.at(-1)).toEqual({ type: "ping", number: i });
      script.says({ type: "pong", number: i, quorum: true }, { type: "heard", ping: i });
    }
    expect(script.log).toEqual(["connected"]);
  });

  it("pings when it only listens: the session must stay alive", () => {
    script.attach();
    script.ask("r", read("getData", "/a", true));
    script.says(script.reply(1, 101));
    for (const now of [1_000, 2_000, 3_000]) {
      script.at(now);
      script.says(event("/other", 101 + now));
    }
    expect(script.sent.at(-1)).toEqual({ type: "ping", number: 1 });
  });

  it("leaves a server without a quorum, by the same clock whether there are others or not", () => {
    for (const endpoints of [["a:1", "b:1"], ["a:1"]]) {
      script = new Script(endpoints);
      script.attach();
      script.says({ type: "pong", number: 0, quorum: false });
      const states = new Map<number, string>();
      for (let now = 100; now < 4_000; now += 100) {
        script.at(now);
        states.set(now, script.session.state);
        const ping = script.sent.at(-1);
        if (ping?.type === "ping") script.says({ type: "pong", number: ping.number, quorum: false });
      }
      expect([states.get(1_400), states.get(1_500)]).toEqual(["connected", "suspended"]);
    }
  });

  it("leaves a server whose pongs stay away for longer than is usual there", () => {
    script.attach();
    // Answers take 400 ms: three times that, and what they vary by, is no reason to go.
    for (let i = 1; i <= 20; i++) {
      script.at(i * 3_000);
      script.at(i * 3_000 + 400);
      script.says({ type: "pong", number: i, quorum: true }, { type: "heard", ping: i });
    }
    script.at(63_000);
    script.at(64_199);
    expect(script.session.state).toBe("connected");
    script.at(script.session.nextDeadline);
    expect(script.session.state).toBe("suspended");
    expect(script.now).toBeLessThan(65_000);
  });

  it("pings as much sooner as the leader's word takes, where it would come too late otherwise", () => {
    script = new Script(["a:1"]);
    const delayMs = 2_300;
    script.at(delayMs);
    script.attach();
    const pings = new Map<number, number>();
    for (let now = delayMs; now < 60_000; now += 50) {
      script.at(now);
      const last = script.sent.at(-1);
      if (last?.type === "ping" && !pings.has(last.number)) pings.set(last.number, now);
      for (const [number, at] of pings)
        if (at + delayMs === now) script.says({ type: "pong", number, quorum: true }, { type: "heard", ping: number });
    }
    expect(script.log).toEqual(["connected"]);
    // Not as often as it may: the way is slow already.
    expect(pings.size).toBeLessThan(60_000 / 2_000);
  });

  it("does not take what an attachment took for what an answer takes", () => {
    script.at(400);
    script.attach();
    script.at(3_400);
    script.at(3_402);
    script.says({ type: "pong", number: 1, quorum: true }, { type: "heard", ping: 1 });
    script.at(6_400);
    script.at(7_399);
    expect(script.session.state).toBe("connected");
    script.at(7_400);
    expect(script.session.state).toBe("suspended");
  });

  it("is patient with a server that took long to attach, until it answers a ping", () => {
    script.at(400);
    script.attach();
    script.at(3_400);
    script.at(4_400);
    expect(script.session.state).toBe("connected");
    script.at(script.session.nextDeadline);
    expect(script.now).toBeLessThan(6_500);
  });

  it("waits longer for the next server once one was left for its silence: perhaps the way to all of them is slow", () => {
    script.attach();
    script.at(3_000);
    script.at(4_000);
    expect(script.log).toEqual(["connected", "suspended"]);
    script.attach();
    script.at(7_000);
    script.at(8_999);
    expect(script.session.state).toBe("connected");
    script.at(9_000);
    expect(script.log).toEqual(["connected", "suspended", "connected", "suspended"]);
    script.attach();
    script.at(12_000);
    script.says({ type: "pong", number: 1, quorum: true });
    // That one answers: patience is what it was.
    script.at(15_000);
    script.at(16_000);
    expect(script.session.state).toBe("suspended");
  });

  it("does not hold it against a server that this process stood still", () => {
    script.attach();
    script.at(3_000);
    script.at(7_000);
    expect(script.session.state).toBe("connected");
    script.says({ type: "pong", number: 2, quorum: true }, { type: "heard", ping: 2 });
    script.at(7_300);
    expect(script.session.state).toBe("connected");
  });

  it("notices at whatever it does first that it stood still", () => {
    for (const wakes of [
      () => script.says({ type: "pong", number: 0, quorum: true }),
      () => script.ask("w", write),
      () => script.turn(),
    ]) {
      script = new Script();
      script.attach();
      script.at(3_000);
      // What the leader has heard is in another frame, which waits to be read.
      script.now = 7_000;
      wakes();
      script.at(7_100);
      expect(script.session.state).toBe("connected");
      script.at(7_300);
      expect(script.session.state).toBe("suspended");
    }
  });

  it("does not take its own long wait for a request for standing still", () => {
    script.attach();
    script.at(3_000);
    script.says({ type: "pong", number: 1, quorum: true }, { type: "heard", ping: 1 });
    script.now = 5_000;
    script.ask("w", write);
    // Nothing came while nobody asked for anything: that is no reason to ask at once whether the server is there.
    script.at(5_001);
    expect(script.sent.at(-1)).toMatchObject({ type: "request" });
    script.at(5_500);
    expect(script.sent.at(-1)).toEqual({ type: "ping", number: 2 });
    script.at(6_000);
    script.at(6_500);
    expect(script.session.state).toBe("suspended");
  });

  it("asks a busy server after half a second of silence, and leaves it a second later", () => {
    script.attach();
    script.ask("w", write);
    script.at(500);
    expect(script.sent.at(-1)).toEqual({ type: "ping", number: 1 });
    script.at(1_000);
    script.at(1_500);
    expect(script.session.state).toBe("suspended");
  });

  it("stays when the quorum comes back soon", () => {
    script.attach();
    script.says({ type: "pong", number: 0, quorum: false });
    script.at(500);
    script.says({ type: "pong", number: 0, quorum: true });
    script.at(2_900);
    expect(script.session.state).toBe("connected");
  });
});
