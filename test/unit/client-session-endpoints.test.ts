/** Where a session goes. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { Script } from "./client-session-script.ts";

let script: Script;
beforeEach(() => {
  script = new Script();
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
