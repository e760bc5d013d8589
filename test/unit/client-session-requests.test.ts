/** What becomes of the requests of a session. */
import { beforeEach, describe, expect, it } from "vitest";
import { sessionLimits } from "../../src/client/session-limits.ts";
import type { RequestBody } from "../../src/protocol/client-messages.ts";
import { read, Script, write } from "./client-session-script.ts";

let script: Script;
beforeEach(() => {
  script = new Script();
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
