import { describe, expect, it } from "vitest";
import { membershipText } from "../../src/protocol/membership-text.ts";
import type { Configuration, Member } from "../../src/raft/types.ts";

const member = (id: number, more: Partial<Member> = {}): Member => ({
  id,
  peerAddress: `h${id}:7200`,
  clientAddress: `c${id}:7100`,
  ...more,
});
const settled: Configuration = { members: [member(10), member(2)], voters: [2], oldVoters: [], learners: [10] };

describe("the membership as ZooKeeper's clients read it", () => {
  it("has a line for each member, by id", () => {
    expect(membershipText(settled)).toBe("server.2=h2:7200:7100:participant\nserver.10=h10:7200:7100:observer");
  });

  it("names where ZooKeeper's protocol is spoken, if it is", () => {
    const members = [member(1, { zookeeperAddress: "0.0.0.0:2181" }), member(2, { peerAddress: "[::1]:7" })];
    const text = membershipText({ ...settled, members, voters: [1, 2], learners: [] });
    expect(text).toBe("server.1=h1:7200:7100:participant;0.0.0.0:2181\nserver.2=[::1]:7:7100:participant");
  });

  it("is none while a change has a step to go, and where nobody is known", () => {
    expect(membershipText({ ...settled, oldVoters: [10] })).toBeUndefined();
    expect(membershipText({ ...settled, wantedVoters: [2, 10] })).toBeUndefined();
    expect(membershipText({ members: [], voters: [], oldVoters: [], learners: [] })).toBeUndefined();
  });
});
