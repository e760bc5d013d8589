import { describe, expect, it } from "vitest";
import { allPermissions, openAcl } from "../../src/base/acl.ts";
import { takeChange } from "../../src/zookeeper/changes.ts";
import { encode, JuteReader } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { requests } from "../../src/zookeeper/records.ts";

const readable = [{ perms: 1, scheme: "world", id: "anyone" }];

function partOf(path: string, flags: number, acls: readonly { perms: number; scheme: string; id: string }[]) {
  const frame = encode(requests.create, { path, data: new Uint8Array(), acls, flags });
  return takeChange(opcode.create2, new JuteReader(frame))?.part;
}

describe("the list of a create", () => {
  it("goes along unless it is the open one, whatever the path", () => {
    // A built-in znode has another list of its own accord; one with a number behind that name has not.
    for (const path of ["/a", "/zookeeper/config"]) {
      for (const flags of [0, 1, 2, 3]) {
        expect(partOf(path, flags, readable)).toMatchObject({ op: "createWithAcl", acl: readable, create: { path } });
        expect(partOf(path, flags, openAcl)).toMatchObject({ op: "create", path });
      }
    }
    const nearlyOpen = [{ perms: allPermissions | 32, scheme: "world", id: "anyone" }];
    expect(partOf("/a", 0, nearlyOpen)).toMatchObject({ op: "createWithAcl", acl: nearlyOpen });
  });
});
