import { beforeEach, describe, expect, it } from "vitest";
import type { Failure, Read, Result, WatchEvent } from "../../src/base/operations.ts";
import { ClientSession, type SessionEffects, type SessionRequest } from "../../src/client/session.ts";
import { sessionLimits } from "../../src/client/session-limits.ts";
import type { ClientMessage, Request, RequestBody, ServerMessage } from "../../src/protocol/client-messages.ts";

/** A session and a hand-written server: the test says every word of it. */
class Script {
  now = 0;
  stream = 0;
  endpoint = "";
  sent: ClientMessage[] = [];
  readonly dropped: number[] = [];
  readonly log: string[] = [];
  readonly session: ClientSession<string>;

  constructor(
    endpoints = ["a:1", "b:1", "c:1"],
    resume?: { sessionId: number; password: Uint8Array },
    discover?: boolean,
  ) {
    this.session = new ClientSession(
      { endpoints, timeoutMs: 9_000, random: () => 0.99, resume, holder: 5, discover },
      0,
    );
    this.turn();
  }

  turn(): void {
    const effects: SessionEffects<string> = this.session.takeEffects();
    this.dropped.push(...effects.disconnect);
    if (effects.connect !== undefined) {
      this.stream = effects.connect.stream;
      this.endpoint = effects.connect.endpoint;
      this.sent = [];
    }
    this.sent.push(...effects.send);
    for (const delivery of effects.deliveries) {
      if (delivery.type === "answer") this.log.push(`${delivery.request.context}: ${outcome(delivery.result)}`);
      if (delivery.type === "failed") this.log.push(`${delivery.request.context}: ${delivery.failure.code}`);
      if (delivery.type === "state") this.log.push(delivery.state);
      if (delivery.type === "violation") this.log.push(`violation: ${delivery.what}`);
      if (delivery.type === "event") {
        for (const watcher of delivery.watchers) this.log.push(`${watcher.context}! ${delivery.event.type}`);
      }
    }
  }

  says(...messages: ServerMessage[]): void {
    this.session.receive(this.stream, messages, this.now);
    this.turn();
  }

  attach(lastRequestId = 0, zxid = 100, instance = 0): void {
    const password = Uint8Array.of(1);
    const cluster = { serverId: 1, clusterId: "c", instance };
    this.says({ type: "connected", sessionId: 7, password, timeoutMs: 9_000, lastRequestId, zxid, ...cluster });
  }

  breaks(trouble: Failure = { code: "NO_SERVER", message: "reset" }): void {
    this.session.streamClosed(this.stream, trouble, this.now);
    this.turn();
  }

  ask(name: string, body: RequestBody, deadline?: number): SessionRequest<string> {
    const request = this.session.submit(body, name, deadline);
    this.turn();
    return request;
  }

  at(now: number): void {
    this.now = now;
    this.session.advance(now);
    this.turn();
  }

  reply(xid: number, zxid: number, result: Result = {}): ServerMessage {
    return { type: "reply", xid, zxid, result };
  }

  get requests(): Request[] {
    return this.sent.filter((message) => message.type === "request");
  }
}

function outcome(result: Result): string {
  return result.failure === undefined ? "ok" : result.failure.code;
}

const write: RequestBody = { type: "write", operation: { op: "delete", path: "/a", version: -1 } };

function read(kind: Read["kind"], path: string, watch = false): RequestBody {
  return { type: "read", read: { kind, path, watch, local: false } };
}

function event(path: string, zxid: number, kind: WatchEvent["kind"] = "data"): ServerMessage {
  return { type: "event", event: { type: "dataChanged", path, zxid, kind } };
}

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

describe("requests", () => {
  it("sends again what has no answer, in order, with the same numbers", () => {
    script.attach();
    for (const name of ["w1", "r", "w2"]) script.ask(name, name === "r" ? read("sync", "/") : write);
    script.says(script.reply(1, 101));
    script.breaks();
    script.attach(2, 110);
    expect(script.requests).toMatchObject([
      { xid: 2, requestId: 0, ackedRequestId: 1 },
      { xid: 3, requestId: 2, ackedRequestId: 1 },
    ]);
    script.says(script.reply(2, 111), script.reply(3, 105));
    expect(script.log.slice(-2)).toEqual(["r: ok", "w2: ok"]);
    expect(script.session.identity.lastZxid).toBe(111);
  });

  it("leaves a server that answers out of order", () => {
    script.attach();
    script.ask("w1", write);
    script.ask("w2", write);
    script.says(script.reply(2, 101));
    expect(script.log).toEqual(["connected", "violation: a reply out of order", "suspended"]);
  });

  it("ignores the rest of a frame once it has left the server", () => {
    script.attach();
    script.ask("w1", write);
    script.says({ type: "refused", failure: { code: "OVERLOADED", message: "stop" } }, script.reply(1, 101));
    expect(script.log).toEqual(["connected", "suspended"]);
  });

  it.each([
    ["SESSION_MOVED", write],
    ["OVERLOADED", write],
    ["NO_QUORUM", read("sync", "/")],
  ] as const)("takes %s for the server's trouble and asks another", (code, body) => {
    script.attach();
    script.ask("x", body);
    script.says(script.reply(1, 101, { failure: { code, message: "" } }));
    expect(script.log).toEqual(["connected", "suspended"]);
    script.attach();
    expect(script.requests).toHaveLength(1);
    script.says(script.reply(1, 103));
    expect(script.log.at(-1)).toBe("x: ok");
  });

  it("opens its window step by step, up to the server's limit", () => {
    script.attach();
    for (let i = 0; i < 3000; i++) script.session.submit(write, "w");
    script.turn();
    expect(script.requests).toHaveLength(sessionLimits.firstWindow);
    let answered = 0;
    let most = 0;
    while (answered < 3000) {
      most = Math.max(most, script.requests.length - answered);
      script.says(script.reply(++answered, 100 + answered));
    }
    expect(most).toBe(1000);
  });

  it("keeps the bytes under way in bounds", () => {
    script.attach();
    const operation = { op: "setData", path: "/a", data: new Uint8Array(1024 * 1024), version: -1 } as const;
    for (let i = 1; i <= 40; i++) script.session.submit({ type: "write", operation }, "w");
    for (let i = 1; i <= 20; i++) script.says(script.reply(i, 100 + i));
    expect(script.requests.length).toBeLessThanOrEqual(20 + 8);
  });

  it("refuses what no server could take", () => {
    const data = new Uint8Array(1024 * 1024 + 1);
    const large = { op: "setData", path: "/a", data, version: -1 } as const;
    const code = (body: RequestBody): unknown => {
      try {
        script.session.submit(body, "x");
        return "taken";
      } catch (error) {
        return error instanceof Error && "code" in error ? error.code : error;
      }
    };
    expect(code({ type: "write", operation: large })).toBe("DATA_TOO_LARGE");
    expect(code(read("exists", `/${"é".repeat(2048)}`))).toBe("BAD_ARGUMENTS");
    for (let i = 0; i < sessionLimits.requestsMax; i++) script.session.submit(write, "w");
    expect(code(write)).toBe("TOO_MANY_REQUESTS");
    expect(code({ type: "close" })).toBe("taken");
  });
});

describe("deadlines", () => {
  it("says TIMEOUT when the server has a quorum and does not answer", () => {
    script.attach();
    script.ask("w", write, 300);
    script.at(299);
    expect(script.log).toEqual(["connected"]);
    script.at(300);
    expect(script.log.at(-1)).toBe("w: TIMEOUT");
  });

  it("says NO_QUORUM when the server says so", () => {
    script.attach();
    script.ask("w", write, 2_000);
    script.at(script.session.nextDeadline);
    expect(script.sent.at(-1)).toEqual({ type: "ping", number: 1 });
    script.says({ type: "pong", number: 1, quorum: false });
    script.at(2_000);
    expect(script.log).toContain("w: NO_QUORUM");
  });

  it("says NO_SERVER with the addresses when none can be reached", () => {
    script.ask("w", write, 40);
    for (let i = 0; i < 3; i++) script.breaks({ code: "NO_SERVER", message: `${i}: refused` });
    script.at(40);
    expect(script.log).toEqual(["w: NO_SERVER"]);
    expect(script.session.trouble.message).toMatch(/0: refused.*1: refused.*2: refused/);
  });

  it("lets a living server's word count for more than dead ones", () => {
    script.says({ type: "refused", failure: { code: "NO_QUORUM", message: "alone" } });
    script.breaks();
    script.breaks();
    expect(script.session.trouble.code).toBe("NO_QUORUM");
  });

  it("keeps the place of a request that was sent, and forgets one that was not", () => {
    script.attach();
    script.ask("sent", write, 100);
    script.breaks();
    script.ask("unsent", write, 100);
    script.ask("patient", write);
    script.at(100);
    script.attach(1, 110);
    expect(script.requests.map((request) => request.requestId)).toEqual([1, 2]);
    script.says(script.reply(1, 111), script.reply(2, 112));
    expect(script.log).toEqual(
      ["connected", "suspended", "sent: TIMEOUT", "unsent: TIMEOUT", "connected", "patient: ok"].map(noServer),
    );
  });

  it("holds no memory of given-up requests while there is no server", () => {
    for (let i = 0; i < 3 * sessionLimits.requestsMax; i++) script.session.abort(script.session.submit(write, "w"));
    script.ask("last", write);
    script.attach();
    expect(script.requests).toHaveLength(1);
  });
});

/** While suspended the failure names what is known of the servers. */
function noServer(line: string): string {
  return line.replace("TIMEOUT", "NO_SERVER");
}

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
    // The attachment was an answer.
    script.at(7_000);
    script.at(8_000);
    expect(script.log).toEqual(["connected", "suspended", "connected", "suspended"]);
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

describe("endpoints", () => {
  const members = (...ids: number[]): ServerMessage => ({
    type: "members",
    members: ids.map((id) => ({ id, clientAddress: `m${id}:1` })),
  });
  const next = () => {
    const before = script.stream;
    script.breaks();
    if (script.stream === before) script.at(script.session.nextDeadline);
    return script.endpoint;
  };

  it("go on to members that a server has told of, behind those that were given", () => {
    script = new Script(["a:1", "b:1"]);
    const first = script.endpoint;
    script.attach();
    script.says(members(1, 2, 3));
    // Server 1 is the one at the endpoint that was given.
    expect([...script.session.endpoints].sort()).toEqual(["a:1", "b:1", "m2:1", "m3:1"]);
    const second = next();
    expect([first, second].sort()).toEqual(["a:1", "b:1"]);
    expect([next(), next()].sort()).toEqual(["m2:1", "m3:1"]);
    expect(next()).toBe(first);
  });

  it("forget members that are none any more, but never what was given", () => {
    script = new Script(["a:1"]);
    script.attach();
    script.says(members(1, 2, 3), members(3, 4));
    expect([...script.session.endpoints].sort()).toEqual(["a:1", "m3:1", "m4:1"]);
    expect([next(), next()].sort()).toEqual(["m3:1", "m4:1"]);
    script.attach();
    script.says(members());
    expect(script.session.endpoints).toEqual(["a:1"]);
    expect(next()).toBe("a:1");
  });

  it("pass over addresses that are none", () => {
    script = new Script(["a:1"]);
    script.attach();
    script.says({ type: "members", members: [{ id: 2, clientAddress: "nowhere" }] });
    expect(script.session.endpoints).toEqual(["a:1"]);
  });

  it("stay as they were given, if that is wanted", () => {
    script = new Script(["lb:1"], undefined, false);
    script.attach();
    script.says(members(1, 2, 3));
    expect(script.session.endpoints).toEqual(["lb:1"]);
    expect(next()).toBe("lb:1");
  });
});

describe("watches", () => {
  const setWatches = () => script.sent.filter((message) => message.type === "setWatches");

  /** Watches the data of paths; the newest zxid seen is 103. */
  function watching(...paths: string[]): void {
    script.attach();
    let xid = 0;
    for (const path of paths) {
      script.ask(path, read("getData", path, true));
      script.says(script.reply(++xid, 103));
    }
  }

  it("fires once, for all who watch", () => {
    watching("/a", "/a");
    script.says(event("/a", 104), event("/a", 105));
    expect(script.log.slice(-2)).toEqual(["/a! dataChanged", "/a! dataChanged"]);
  });

  it("arms nothing for a failed read, except for exists of a missing node", () => {
    script.attach();
    const missing: Result = { failure: { code: "NO_NODE", message: "" } };
    for (const kind of ["getData", "getChildren", "exists"] as const) script.ask(kind, read(kind, "/a", true));
    script.says(script.reply(1, 101, missing), script.reply(2, 101, missing), script.reply(3, 101, missing));
    script.says(event("/a", 102, "data"), event("/a", 102, "children"), event("/a", 102, "exist"));
    expect(script.log.filter((line) => line.includes("!"))).toEqual(["exists! dataChanged"]);
  });

  it("is armed again on the next server, from what was seen before the break", () => {
    watching("/a", "/b");
    script.says(event("/a", 110));
    script.breaks();
    script.attach(0, 120);
    // One entry may fire several watches: only what came before the event's own entry is certain.
    expect(script.sent.slice(1)).toEqual([
      { type: "setWatches", relativeZxid: 109, watches: [{ kind: "data", path: "/b" }] },
    ]);
  });

  it("does not count events as delivered that are still to come when the next server breaks too", () => {
    watching("/a", "/b", "/c");
    script.breaks();
    script.attach(0, 120);
    // In the order of the watches, not of time: /a changed last.
    script.says(event("/a", 118));
    script.says({ type: "pong", number: 0, quorum: true });
    script.breaks();
    script.attach(0, 130);
    expect(setWatches()).toMatchObject([{ relativeZxid: 103, watches: [{ path: "/b" }, { path: "/c" }] }]);
    script.at(3_000);
    script.says({ type: "pong", number: 1, quorum: true });
    script.breaks();
    script.attach(0, 140);
    expect(setWatches()).toMatchObject([{ relativeZxid: 130 }]);
  });

  it("comes before the requests, in messages that fit in a frame", () => {
    script.attach();
    for (let i = 0; i < 2_500; i++) script.session.submit(read("exists", `/${"x".repeat(500)}${i}`, true), "w");
    script.turn();
    for (let i = 1; i <= 2_500; i++) script.says(script.reply(i, 103));
    script.ask("next", write);
    script.breaks();
    script.attach(0, 120);
    const counts = setWatches().map((message) => message.watches.length);
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2_500);
    expect(script.sent.map((message) => message.type)).toEqual([
      "connect",
      ...counts.map(() => "setWatches"),
      "request",
    ]);
  });

  it("is forgotten when its reader gives up", () => {
    script.attach();
    const armed = script.ask("armed", read("getData", "/a", true));
    const waiting = script.ask("waiting", read("getData", "/a", true));
    script.says(script.reply(1, 103));
    script.session.abort(armed);
    script.session.abort(waiting);
    script.says(script.reply(2, 103), event("/a", 104));
    expect(script.log).toEqual(["connected", "armed: ok"]);
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
