import { describe, expect, it } from "vitest";
import type { MemberAddress } from "../../src/base/admin.ts";
import { isComplete, type MembershipRequest, requestedChange } from "../../src/node/membership-requests.ts";
import type { Configuration } from "../../src/raft/types.ts";

const address = (id: number): MemberAddress => ({ id, peerAddress: `p${id}:1`, clientAddress: `c${id}:1` });
const current: Configuration = {
  members: [1, 2, 3, 4].map(address),
  voters: [1, 2, 3],
  oldVoters: [],
  learners: [4],
  retired: [5],
};
const ask = (request: MembershipRequest, configuration = current) => requestedChange(configuration, request, 77);
const add = (id: number, observer = false): MembershipRequest => ({
  type: "add",
  member: address(id),
  observer,
  force: false,
});
const replace = (gone: number, id: number): MembershipRequest => ({
  type: "replace",
  gone,
  member: address(id),
  force: false,
});

describe("what an operator asks for", () => {
  it("add: a voter or an observer, with its incarnation", () => {
    expect(ask(add(6))).toMatchObject({ voters: [1, 2, 3, 6], learners: [4], force: false });
    expect(ask(add(6, true))).toMatchObject({ voters: [1, 2, 3], learners: [4, 6] });
    expect(ask(add(6))).toMatchObject({ members: expect.arrayContaining([{ ...address(6), incarnation: 77 }]) });
  });

  it("remove, promote, replace", () => {
    expect(ask({ type: "remove", id: 1, force: true })).toMatchObject({ voters: [2, 3], force: true });
    expect(ask({ type: "remove", id: 4, force: false })).toMatchObject({ voters: [1, 2, 3], learners: [] });
    expect(ask({ type: "promote", id: 4, force: false })).toMatchObject({ voters: [1, 2, 3, 4], learners: [] });
    expect(ask(replace(2, 6))).toMatchObject({ voters: [1, 3, 6], learners: [4] });
    expect(ask(replace(4, 6))).toMatchObject({ voters: [1, 2, 3], learners: [6] });
  });

  it("update: other addresses of a member, whatever else is known of it stays", () => {
    const update = (id: number, peerAddress?: string, clientAddress?: string): MembershipRequest => ({
      type: "update",
      id,
      ...(peerAddress === undefined ? {} : { peerAddress }),
      ...(clientAddress === undefined ? {} : { clientAddress }),
      force: false,
    });
    const known = { ...current, members: current.members.map((one) => ({ ...one, incarnation: one.id * 10 })) };
    const moved = (id: number, change: object) => ({
      voters: [1, 2, 3],
      learners: [4],
      members: known.members.map((one) => (one.id === id ? { ...one, ...change } : one)),
    });
    expect(ask(update(2, "q:1"), known)).toMatchObject(moved(2, { peerAddress: "q:1" }));
    expect(ask(update(4, undefined, "q:2"), known)).toMatchObject(moved(4, { clientAddress: "q:2" }));
    expect(ask(update(2, "q:1", "q:2"), known)).toMatchObject(moved(2, { peerAddress: "q:1", clientAddress: "q:2" }));
    expect(ask(update(2, "p2:1", "c2:1"))).toBe("done");
    expect(ask(update(2, "p3:1"))).toMatchObject({ code: "ID_IN_USE", reason: expect.stringContaining("server 3") });
    expect(ask(update(2, undefined, "c4:1"))).toMatchObject({ code: "ID_IN_USE" });
    expect(ask(update(7, "q:1"))).toMatchObject({ code: "UNKNOWN_MEMBER" });
    expect(ask(update(5, "q:1"))).toMatchObject({ code: "UNKNOWN_MEMBER" });
  });

  it("remove, of a newcomer that has not caught up: back to the voters that are", () => {
    const remove = { type: "remove", id: 6, force: false } as const;
    const members = [1, 2, 3, 4, 6].map(address);
    const waiting: Configuration = { ...current, members, learners: [4, 6] };
    const replacing: Configuration = { ...waiting, wantedVoters: [1, 2, 6] };
    expect(ask(remove, replacing)).toMatchObject({ voters: [1, 2, 3], learners: [4], members: current.members });
    expect(ask(remove, { ...waiting, wantedVoters: [1, 2, 3, 6] })).toMatchObject({ voters: [1, 2, 3] });
    // An observer that was to vote goes as a whole, and nobody else.
    const promoting: Configuration = { ...current, wantedVoters: [1, 2, 3, 4] };
    expect(ask({ ...remove, id: 4 }, promoting)).toMatchObject({ voters: [1, 2, 3], learners: [] });
    // One that votes already, in the change that waits, is another matter.
    expect(ask({ ...remove, id: 1 }, replacing)).toMatchObject({ voters: [2, 6] });
  });

  it("add: after more members than fit in a byte", () => {
    const retired = Array.from({ length: 300 }, (_, i) => i + 5);
    expect(ask(add(305), { ...current, retired })).toMatchObject({ voters: [1, 2, 3, 305] });
    expect(ask(add(304), { ...current, retired })).toMatchObject({ code: "ID_IN_USE" });
  });

  it("may be asked again", () => {
    expect(ask(add(2))).toBe("done");
    expect(ask(add(4, true))).toBe("done");
    expect(ask({ type: "remove", id: 5, force: false })).toBe("done");
    expect(ask({ type: "promote", id: 1, force: false })).toBe("done");
    expect(ask(replace(5, 3))).toBe("done");
    const joint: Configuration = { ...current, oldVoters: [1, 2, 3], voters: [1, 2] };
    expect(ask({ type: "remove", id: 3, force: false }, joint)).toBe("done");
    expect(isComplete(joint)).toBe(false);
    expect(isComplete(current)).toBe(true);
    expect(isComplete({ ...current, wantedVoters: [1, 2, 3, 4] })).toBe(false);
  });

  it("is refused for ids that are taken, were taken, or are unknown", () => {
    expect(ask(add(4))).toMatchObject({ code: "ID_IN_USE" });
    expect(ask({ ...add(2), member: { ...address(2), peerAddress: "q:1" } } as MembershipRequest)).toMatchObject({
      code: "ID_IN_USE",
    });
    expect(ask(add(5))).toMatchObject({ code: "ID_IN_USE" });
    expect(ask(replace(1, 5))).toMatchObject({ code: "ID_IN_USE" });
    expect(ask(replace(1, 2))).toMatchObject({ code: "ID_IN_USE" });
    for (const request of [
      { type: "remove", id: 9, force: false },
      { type: "promote", id: 9, force: false },
      replace(9, 6),
    ] as const)
      expect(ask(request)).toMatchObject({ code: "UNKNOWN_MEMBER" });
  });
});
