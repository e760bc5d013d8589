/** How a session shows who its client is: to each server, before anything else. */
import { beforeEach, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import type { RequestBody } from "../../src/protocol/client-messages.ts";
import { Script, write } from "./client-session-script.ts";

const bob = { scheme: "digest", auth: utf8("bob:secret") };
const ann = { scheme: "digest", auth: utf8("ann:secret") };
const auth = (credential: typeof bob): RequestBody => ({ type: "auth", credential });

let script: Script;
beforeEach(() => {
  script = new Script();
  script.attach();
});

const connect = () => script.sent.find((message) => message.type === "connect");
const bodies = () => script.requests.map(({ body }) => body.type);

it("brings along what was taken, from the first word on, and once", () => {
  script.ask("bob", auth(bob));
  script.ask("bob again", auth(bob));
  script.says(script.reply(1, 101), script.reply(2, 101));
  script.breaks();
  expect(connect()).toMatchObject({ credentials: [bob] });
  script.attach();
  expect(script.log).toContain("bob: ok");
  expect(bodies()).toEqual([]);
});

it("sends what has no answer again in its place, so that what came before it does not count as asked after it", () => {
  script.ask("before", write);
  script.ask("bob", auth(bob));
  script.ask("after", write);
  script.breaks();
  expect(connect()).not.toHaveProperty("credentials");
  script.attach();
  expect(bodies()).toEqual(["write", "auth", "write"]);
  expect(script.requests.map(({ requestId }) => requestId)).toEqual([1, 0, 2]);
});

it("does not bring along what was refused, but what is taken though nobody waits for the answer any more", () => {
  script.ask("bob", auth(bob));
  script.session.abort(script.ask("ann", auth(ann)));
  script.says(script.reply(1, 101, { failure: { code: "BAD_ARGUMENTS", message: "" } }), script.reply(2, 101));
  script.breaks();
  expect(connect()).toMatchObject({ credentials: [ann] });
});
