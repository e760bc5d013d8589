import { describe, expect, it } from "vitest";
import type { ClientIdentity } from "../../src/base/acl.ts";
import { Conversation } from "../../src/zookeeper/conversation.ts";
import { encode, JuteReader, JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { askedMembersOf, codeOfChange } from "../../src/zookeeper/reconfig.ts";
import { connectRequest, replies, replyHeader, requestHeader, requests } from "../../src/zookeeper/records.ts";

const nothing = { joining: "", leaving: "", newMembers: "", configId: -1 };
const four = {
  member: { id: 4, peerAddress: "h:7204", clientAddress: "h:7104", zookeeperAddress: "0.0.0.0:7404" },
  observer: false,
};

describe("what reconfig asks for", () => {
  it("servers that join, with three ports each, and ids that leave", () => {
    const joining = "server.4=h:7204:7104;7404,server.5=[::1]:1:2:observer;x:3";
    expect(askedMembersOf({ ...nothing, joining, leaving: "1, 2" })).toEqual({
      type: "reconfigure",
      joining: [
        four,
        {
          member: { id: 5, peerAddress: "[::1]:1", clientAddress: "[::1]:2", zookeeperAddress: "x:3" },
          observer: true,
        },
      ],
      leaving: [1, 2],
      exactly: false,
      force: false,
    });
    expect(askedMembersOf({ ...nothing, joining: "4=h:7204:7104:participant;7404" })).toMatchObject({
      joining: [four],
    });
  });

  it("all members, by lines or commas", () => {
    for (const newMembers of ["server.4=h:7204:7104;7404\nversion=1f", "server.4=h:7204:7104;7404,"])
      expect(askedMembersOf({ ...nothing, newMembers })).toMatchObject({ joining: [four], leaving: [], exactly: true });
  });

  it("of a version, or of any", () => {
    expect(askedMembersOf({ ...nothing, leaving: "1", configId: 31 })).toMatchObject({ version: 31 });
    expect(askedMembersOf({ ...nothing, leaving: "1" })).not.toHaveProperty("version");
    expect(askedMembersOf({ ...nothing, leaving: "1", configId: -7 })).toBe(-103);
  });

  it.each([
    { joining: "junk" },
    { joining: "server.4=h:7204:7104" },
    { joining: "server.4=h:7204;7404" },
    { joining: "server.4=h:7204:70000;7404" },
    { joining: "server.0=h:7204:7104;7404" },
    { joining: "server.4=h:7204:7104|h2:1:2;7404" },
    { leaving: "x" },
    { leaving: "99999999999" },
    { newMembers: "server.4=h:7204:7104:observer;7404" },
    { newMembers: "group.1=1:2" },
  ])("BADARGUMENTS for %j", (asked) => {
    expect(askedMembersOf({ ...nothing, ...asked })).toBe(-8);
  });

  it.each([
    ["CHANGE_IN_PROGRESS", -14],
    ["TIMEOUT", -14],
    ["WOULD_LOSE_QUORUM", -13],
    ["NO_SERVER", -13],
    ["ID_IN_USE", -8],
    ["BAD_VERSION", -103],
    ["PROTOCOL_ERROR", -1],
  ])("%s is told as %i", (code, told) => {
    expect(codeOfChange({ type: "failed", code, message: "", leader: undefined })).toBe(told);
  });
});

describe("a conversation with a reconfig in it", () => {
  const open = (mayWrite?: (path: string, identities: readonly ClientIdentity[]) => boolean) => {
    const conversation = new Conversation({ appliedIndex: () => 5, ...(mayWrite === undefined ? {} : { mayWrite }) });
    const passwd = new Uint8Array(16);
    const connect = { protocolVersion: 0, lastZxidSeen: 0, timeOut: 1000, sessionId: 0n, passwd };
    conversation.hear(encode(connectRequest, connect));
    const connected = { type: "connected", sessionId: 5, password: passwd, timeoutMs: 1000, serverId: 1 } as const;
    conversation.tell([{ ...connected, lastRequestId: 0, zxid: 5, clusterId: "c", instance: 0 }], new JuteWriter());
    const header = encode(requestHeader, { xid: 9, opcode: opcode.reconfig });
    const heard = conversation.hear(Buffer.concat([header, encode(requests.reconfig, { ...nothing, leaving: "3" })]));
    return { conversation, heard };
  };
  const told = (conversation: Conversation, message: Parameters<Conversation["tell"]>[0][number]) => {
    const writer = new JuteWriter();
    conversation.tell([message], writer);
    return new JuteReader(writer.finish().subarray(4));
  };

  it("hears nothing until it is known how that ends, and answers with the configuration of now", () => {
    const { conversation, heard } = open(() => true);
    expect(heard).toMatchObject({ reconfigure: { leaving: [3] } });
    expect(conversation.hears).toBe(false);
    const [asked] = conversation.reconfigured(0);
    expect(asked).toMatchObject({ body: { type: "read", read: { path: "/zookeeper/config", local: false } } });
    expect(conversation.hears).toBe(true);
    const data = new Uint8Array([1, 2]);
    const reader = told(conversation, { type: "reply", xid: 1, zxid: 7, result: { data } });
    expect(replyHeader.read(reader)).toEqual({ xid: 9, zxid: 7, err: 0 });
    expect(replies.data.read(reader).data).toEqual(data);
  });

  it("asks whether its client may write the configuration", () => {
    const asked: unknown[] = [];
    const { heard } = open((path, identities) => {
      asked.push(path, identities);
      return false;
    });
    expect(asked).toEqual(["/zookeeper/config", [{ scheme: "ip", id: "" }]]);
    expect(heard).toEqual({ reconfigure: -102 });
    // Where nobody says so, nobody may.
    expect(open().heard).toEqual({ reconfigure: -102 });
  });

  it("answers with the code, where it was refused", () => {
    const { conversation } = open();
    expect(conversation.reconfigured(-14)).toHaveLength(1);
    const reader = told(conversation, { type: "reply", xid: 1, zxid: 7, result: {} });
    expect(replyHeader.read(reader)).toMatchObject({ xid: 9, err: -14 });
  });
});
