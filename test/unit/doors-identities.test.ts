import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { Identities } from "../../src/doors/identities.ts";
import { encodeCommand } from "../../src/protocol/command-codec.ts";

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
