import { describe, expect, it } from "vitest";
import { misunderstood, untrueAnswer, untrueRefusal } from "../../sim/checkers/refusals.ts";
import type { RaftView } from "../../sim/world/view.ts";
import type { MemberAddress } from "../../src/base/admin.ts";
import type { MembershipRequest } from "../../src/node/membership-requests.ts";
import {
  type MembershipChange,
  wantedMembership,
  withAdded,
  withMoved,
  withRemoved,
} from "../../src/raft/membership-change.ts";
import type { ChangeRefusal } from "../../src/raft/raft.ts";
import type { Configuration } from "../../src/raft/types.ts";

const member = (id: number, peer = id): MemberAddress & { incarnation: number } => ({
  id,
  peerAddress: `p${peer}:1`,
  clientAddress: `c${id}:1`,
  incarnation: 1,
});
const current: Configuration = {
  members: [member(1), member(2), member(3), member(4)],
  voters: [1, 2, 3],
  oldVoters: [],
  learners: [4],
  retired: [5],
};
const refused = (code: ChangeRefusal["code"]): ChangeRefusal => ({ code, reason: `told ${code}` });
const add = (one: MemberAddress): MembershipRequest => ({ type: "add", member: one, observer: false, force: false });

describe("an operator may be told", () => {
  it("that an id or an address is taken, if it is", () => {
    const told = (request: MembershipRequest) => untrueAnswer(current, request, refused("ID_IN_USE"));
    expect(told(add(member(1)))).toBeUndefined();
    expect(told(add(member(5)))).toBeUndefined();
    expect(told(add(member(6, 3)))).toBeUndefined();
    expect(told(add(member(6)))).toBe("told ID_IN_USE");
    expect(told({ type: "update", id: 1, peerAddress: "p2:1", force: false })).toBeUndefined();
    expect(told({ type: "update", id: 1, peerAddress: "p1:1", force: false })).toBe("told ID_IN_USE");
  });

  it("that a server is no member, if it is none", () => {
    const told = (id: number) => untrueAnswer(current, { type: "remove", id, force: false }, refused("UNKNOWN_MEMBER"));
    expect([told(6), told(5)]).toEqual([undefined, undefined]);
    expect(told(4)).toBe("told UNKNOWN_MEMBER");
  });

  it("that it is done, if it is", () => {
    const told = (request: MembershipRequest) => untrueAnswer(current, request, "done");
    expect(told({ type: "promote", id: 1, force: false })).toBeUndefined();
    expect(told({ type: "remove", id: 5, force: false })).toBeUndefined();
    for (const request of [
      { type: "promote", id: 4, force: false },
      { type: "remove", id: 4, force: false },
      { type: "replace", gone: 1, member: member(6), force: false },
      add(member(6)),
    ] as const satisfies MembershipRequest[])
      expect(told(request)).toBe("says that it is done");
  });
});

describe("what an operator asks for", () => {
  const wanted = wantedMembership(current);
  const asked = (given: Partial<Extract<MembershipRequest, { readonly type: "reconfigure" }>>): MembershipRequest => ({
    ...{ type: "reconfigure", joining: [], leaving: [], exactly: false, force: false },
    ...given,
  });

  it("is what is begun", () => {
    const removed = withRemoved(wanted, 3);
    expect(misunderstood(current, asked({ leaving: [3] }), removed)).toBeUndefined();
    expect(misunderstood(current, asked({ leaving: [3] }), wanted)).toEqual(
      expect.stringMatching(/^it means to have the voters 1,2,3 and learners 4, at n1=p1:1\/c1:1, n2=/),
    );
    expect(misunderstood(current, { type: "remove", id: 3, force: false }, wanted)).toBeDefined();
    const named = [1, 2].map((id) => ({ member: member(id), observer: false }));
    const observes = { member: member(4), observer: true };
    expect(misunderstood(current, asked({ joining: [...named, observes], exactly: true }), removed)).toBeUndefined();
    expect(misunderstood(current, asked({ joining: [...named, observes], exactly: true }), wanted)).toBeDefined();
    expect(misunderstood(current, asked({ joining: named, exactly: true }), removed)).toBeDefined();
    expect(misunderstood(current, asked({ joining: [{ member: member(4), observer: false }] }), wanted)).toBeDefined();
    expect(misunderstood(current, asked({ leaving: [3] }), withRemoved(removed, 2))).toBeDefined();
    const moves: MembershipRequest = { type: "update", id: 3, peerAddress: "p9:1", force: false };
    expect(misunderstood(current, moves, withMoved(wanted, member(3, 9)))).toBeUndefined();
    expect(misunderstood(current, moves, wanted)).toBeDefined();
  });
});

describe("Raft may refuse", () => {
  const raft = (changes: Partial<RaftView> = {}): RaftView => {
    const view: Partial<RaftView> = {
      configuration: current,
      configurationIndex: 3,
      commitIndex: 7,
      currentTerm: 2,
      isLeader: true,
      isTransferring: false,
      termAt: () => 2,
      ...changes,
    };
    return view as RaftView;
  };
  const wanted = wantedMembership(current);
  const told = (view: RaftView, change: MembershipChange, code: ChangeRefusal["code"]) =>
    untrueRefusal(view, change, refused(code));

  it("a change while another one is under way, and only then", () => {
    expect(told(raft(), wanted, "CHANGE_IN_PROGRESS")).toBe("told CHANGE_IN_PROGRESS");
    expect(told(raft({ configurationIndex: 8 }), wanted, "CHANGE_IN_PROGRESS")).toBeUndefined();
    expect(told(raft({ isTransferring: true }), wanted, "CHANGE_IN_PROGRESS")).toBeUndefined();
  });

  it("what another one has, and not what is a member's own", () => {
    expect(told(raft(), withMoved(wanted, { ...member(1), peerAddress: "q:1" }), "ID_IN_USE")).toBe("told ID_IN_USE");
    expect(told(raft(), withMoved(wanted, member(1, 2)), "ID_IN_USE")).toBeUndefined();
    expect(told(raft(), withAdded(wanted, member(5), true), "ID_IN_USE")).toBeUndefined();
  });

  it("to be asked when it does not lead, has committed nothing, or would lose its majority, unless it is forced", () => {
    expect(told(raft(), wanted, "NOT_LEADER")).toBe("told NOT_LEADER");
    expect(told(raft({ isLeader: false }), wanted, "NOT_LEADER")).toBeUndefined();
    const forced = { ...wanted, force: true };
    expect(told(raft(), forced, "NOT_READY")).toBe("told NOT_READY");
    expect(told(raft({ termAt: () => 1 }), forced, "NOT_READY")).toBeUndefined();
    expect(told(raft(), forced, "WOULD_LOSE_QUORUM")).toBe("told WOULD_LOSE_QUORUM");
    expect(told(raft(), wanted, "WOULD_LOSE_QUORUM")).toBeUndefined();
    expect(told(raft(), wanted, "BAD_ARGUMENTS")).toBe("told BAD_ARGUMENTS");
    expect(told(raft(), { ...wanted, voters: [] }, "BAD_ARGUMENTS")).toBeUndefined();
  });
});
