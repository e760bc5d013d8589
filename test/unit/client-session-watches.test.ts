/** What a session watches, here and on the next server. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Result } from "../../src/base/operations.ts";
import { event, read, Script, write } from "./client-session-script.ts";

let script: Script;
beforeEach(() => {
  script = new Script();
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
