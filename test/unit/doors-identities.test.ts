import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { digestId } from "../../src/client/acl.ts";
import { admitted, digestOf, Identities, ipOf } from "../../src/doors/identities.ts";
import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import { encodeCommand } from "../../src/protocol/command-codec.ts";

const credential = (text: string, scheme = "digest") => ({ scheme, auth: utf8(text) });
const ip = { scheme: "ip", id: "10.0.0.1" };
const bob = { scheme: "digest", id: digestOf(utf8("bob:secret")) };

it("a client is its address, and whoever it shows to be", () => {
  const identities = new Identities("10.0.0.1");
  expect(identities.all).toEqual([ip]);
  const before = identities.all;
  expect(identities.add(credential("bob:secret"))).toBeUndefined();
  expect(identities.add(credential("bob:secret"))).toBeUndefined();
  expect(identities.add(credential("whatever", "ip"))).toBeUndefined();
  expect(identities.all).toEqual([ip, bob]);
  // Requests that came before keep what there was.
  expect(before).toEqual([ip]);
  // As the client library has it.
  expect(bob.id).toBe(digestId("bob:secret"));
});

it("what is no credential, or too much, is refused, and shows nothing", () => {
  const identities = new Identities("10.0.0.1");
  expect(identities.add(credential("anyone", "world"))).toContain("world");
  expect(identities.add(credential("bob", "super"))).toContain("super");
  expect(identities.add(credential("x".repeat(limits.credentialBytesMax + 1)))).toContain("1024");
  expect(identities.all).toEqual([ip]);
  for (let i = 1; i < limits.identitiesMax; i++) expect(identities.add(credential(`u${i}:x`))).toBeUndefined();
  expect(identities.add(credential("one:more"))).toContain("at most");
  expect(identities.all).toHaveLength(limits.identitiesMax);
});

it("who shows the super digest may do everything, and nobody else, whatever he calls himself", () => {
  const superDigest = digestOf(utf8("super:admin"));
  const identities = new Identities("10.0.0.1", { superDigest });
  identities.add(credential("super:guess"));
  expect(identities.all.map(({ scheme }) => scheme)).toEqual(["ip", "digest"]);
  identities.add(credential("super:admin"));
  expect(identities.all.map(({ scheme }) => scheme)).toEqual(["ip", "digest", "super", "digest"]);
  const none = new Identities("10.0.0.1");
  none.add(credential("super:admin"));
  expect(none.all.some(({ scheme }) => scheme === "super")).toBe(false);
});

it("a native client's words go on with whom they show, and no credential goes on", () => {
  const identities = new Identities("10.0.0.1");
  const connect: ClientMessage = {
    type: "connect",
    protocol: 1,
    sessionId: 0,
    password: new Uint8Array(),
    timeoutMs: 1,
    lastZxid: 0,
    holder: 1,
    takeover: false,
    instance: 0,
    credentials: [credential("bob:secret"), credential("x", "world")],
  };
  const first = admitted(connect, identities);
  expect(first).toMatchObject({ identities: [ip, bob] });
  expect(first).not.toHaveProperty("credentials");
  const request = (text: string, scheme?: string): ClientMessage => ({
    type: "request",
    xid: 1,
    requestId: 0,
    ackedRequestId: 0,
    body: { type: "auth", credential: credential(text, scheme) },
  });
  expect(admitted(request("ann:x"), identities)).toMatchObject({
    body: { type: "shown", identities: [ip, bob, { scheme: "digest", id: digestOf(utf8("ann:x")) }] },
  });
  expect(admitted(request("ann:x", "world"), identities)).toMatchObject({
    body: { type: "notShown", failure: { code: "BAD_ARGUMENTS" } },
  });
});

it("an IPv4 address is known in its own form", () => {
  expect(["::ffff:127.0.0.1", "127.0.0.1", "::1", "::ffff:abcd:1", undefined].map(ipOf)).toEqual([
    "127.0.0.1",
    "127.0.0.1",
    "::1",
    "::ffff:abcd:1",
    "",
  ]);
});

const show = (identities: Identities, auth: Uint8Array) => identities.add({ scheme: "digest", auth });

describe("the identities of a connection", () => {
  it("are as many as there may be, if users have usual names", () => {
    const identities = new Identities("10.0.0.1");
    for (let i = 1; i < limits.identitiesMax; i++) expect(show(identities, utf8(`user${i}:secret`))).toBeUndefined();
    expect(show(identities, utf8("one:more"))).toContain("at most 100");
    // Who is known takes no room.
    expect(show(identities, utf8("user1:secret"))).toBeUndefined();
    expect(identities.all).toHaveLength(limits.identitiesMax);
  });

  it("leave a write that fills a client's frame fit for a frame between servers", () => {
    const identities = new Identities("10.0.0.1");
    // Each byte that is no UTF-8 takes three in the name.
    const garbage = new Uint8Array(limits.credentialBytesMax).fill(0xff);
    for (let i = 0; i < 1_000; i++) show(identities, Uint8Array.of(...utf8(`${i}`), ...garbage.slice(10)));
    for (let i = 0; i < 1_000; i++) show(identities, utf8(`${i}:`));
    const data = new Uint8Array(limits.frameBytesMax);
    const write = {
      type: "write",
      sessionId: 2 ** 53 - 1,
      attachment: 2 ** 53 - 1,
      requestId: 1,
      ackedRequestId: 0,
    } as const;
    const operation = { op: "setData", path: "/a", data, version: -1 } as const;
    const command = encodeCommand({ ...write, operation, identities: identities.all }, 1, 1);
    expect(identities.all.length).toBeGreaterThan(2);
    expect(command.length).toBeLessThan(limits.peerFrameBytesMax - 32 * 1024);
  });
});
