/** What a session watches, here and on the next server. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Result } from "../../src/base/operations.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
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
      { type: "ping", number: 1 },
    ]);
  });

  it("tells what it missed when the server says that all are armed, in the order of the changes", () => {
    watching("/a", "/b", "/c");
    const told = () => script.log.filter((line) => line.includes("!"));
    script.breaks();
    script.attach(0, 120);
    script.says(event("/a", 118), event("/b", 110), event("/c", 119));
    // Number 0 answers no ping.
    script.says({ type: "pong", number: 0, quorum: true });
    expect(told()).toEqual([]);
    script.says({ type: "pong", number: 1, quorum: true });
    expect(told()).toEqual(["/b! dataChanged", "/a! dataChanged", "/c! dataChanged"]);
    script.breaks();
    script.attach(0, 130);
    expect(script.sent.map(({ type }) => type)).toEqual(["connect"]);
  });

  it("has missed the same when the next server breaks too, before it has armed all", () => {
    watching("/a", "/b", "/c");
    script.breaks();
    script.attach(0, 120);
    script.says(event("/a", 118));
    script.breaks();
    script.attach(0, 130);
    const paths = [{ path: "/a" }, { path: "/b" }, { path: "/c" }];
    expect(setWatches()).toMatchObject([{ relativeZxid: 103, watches: paths }]);
    script.at(3_000);
    script.says({ type: "pong", number: 1, quorum: true });
    script.breaks();
    script.attach(0, 140);
    expect(setWatches()).toMatchObject([{ relativeZxid: 130, watches: paths }]);
    expect(script.log.filter((line) => line.includes("!"))).toEqual([]);
  });

  it("does not take a server for dead that is long about arming them", () => {
    watching("/a");
    script.breaks();
    script.attach(0, 120);
    script.at(2_900);
    expect(script.session.state).toBe("connected");
    script.says({ type: "pong", number: 1, quorum: true });
    // Nor does it wait for so long when it is silent afterwards.
    script.at(3_000);
    expect(script.sent.at(-1)).toEqual({ type: "ping", number: 2 });
    script.at(4_000);
    expect(script.session.state).toBe("suspended");
  });

  it("is told no change that lies before its resync, though another recursive one is", () => {
    script.attach();
    const recursive = (path: string) => read("addRecursiveWatch", path, true);
    for (const [i, path] of ["/", "/a", "/a/b"].entries()) {
      script.ask(path, recursive(path));
      script.says(script.reply(i + 1, 103));
    }
    script.breaks();
    script.attach(0, 120);
    const changed = (zxid: number) => event("/a/b/c", zxid, "recursive");
    const resync = (path: string, zxid: number): ServerMessage => ({
      type: "event",
      event: { type: "resync", path, zxid, kind: "recursive" },
    });
    // /a/b is armed first and has missed nothing; then comes a change; the two others have missed it, and more.
    script.says(changed(121), resync("/a", 121), changed(122), resync("/", 122), changed(123));
    script.says({ type: "pong", number: 1, quorum: true }, changed(124));
    expect(script.log.filter((line) => line.includes("!"))).toEqual([
      "/a/b! dataChanged",
      "/a! resync",
      "/a/b! dataChanged",
      "/a! dataChanged",
      "/! resync",
      "/a/b! dataChanged",
      "/a! dataChanged",
      "/! dataChanged",
      "/a/b! dataChanged",
      "/a! dataChanged",
      "/! dataChanged",
    ]);
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
      "ping",
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
