/**
 * What an operator is told is so: a refusal names what is in the way at the server that refuses, and "done" is said of what is
 * done. Whoever is told that an id or an address is taken looks for another one, and of a change under way waits for its end.
 *
 * Of those who do not answer this knows nothing: that a change would lose its majority is believed, unless it was forced.
 */
import type { MemberAddress } from "../../src/base/admin.ts";
import { unreachable } from "../../src/base/assert.ts";
import type { MembershipRequest } from "../../src/node/membership-requests.ts";
import { type MembershipChange, wantedMembership } from "../../src/raft/membership-change.ts";
import type { ChangeRefusal } from "../../src/raft/raft.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";
import type { RaftView } from "../world/view.ts";

type Addresses = Partial<MemberAddress> & { readonly id: ServerId };

/** Why the answer to a request that is not passed on to Raft is not so; `undefined`: it is. */
export function untrueAnswer(
  configuration: Configuration,
  request: MembershipRequest,
  answer: ChangeRefusal | "done",
): string | undefined {
  const wanted = wantedMembership(configuration);
  if (answer === "done") return isDone(wanted, request) ? undefined : "says that it is done";
  const named = namedMembers(request);
  switch (answer.code) {
    case "UNKNOWN_MEMBER":
      return named.every((id) => wanted.members.some((member) => member.id === id)) ? answer.reason : undefined;
    case "ID_IN_USE": {
      const joining = joiningMembers(request);
      const known = request.type !== "update" && joining.some(({ id }) => isKnown(configuration, id));
      return known || joining.some((one) => hasAddressOf(wanted.members, one)) ? undefined : answer.reason;
    }
    default:
      return answer.reason;
  }
}

/** What is wrong with the change that a request was understood as; `undefined`: it is what was asked for. */
export function misunderstood(
  configuration: Configuration,
  request: MembershipRequest,
  change: MembershipChange,
): string | undefined {
  return isDone(change, request) && keepsOthers(wantedMembership(configuration), request, change)
    ? undefined
    : `it means to have the voters ${change.voters} and learners ${change.learners}, at ${change.members.map(placeOf).join(", ")}`;
}

/** The same of a change that Raft refuses. */
export function untrueRefusal(raft: RaftView, change: MembershipChange, refusal: ChangeRefusal): string | undefined {
  return isTrueRefusal(raft, change, refusal.code) ? undefined : refusal.reason;
}

function isTrueRefusal(raft: RaftView, change: MembershipChange, code: ChangeRefusal["code"]): boolean {
  const { configuration, commitIndex } = raft;
  switch (code) {
    case "NOT_LEADER":
      return !raft.isLeader;
    case "CHANGE_IN_PROGRESS":
      return isUnderWay(raft);
    case "ID_IN_USE":
      return change.members.some(
        (one) => configuration.retired?.includes(one.id) === true || hasAddressOf(configuration.members, one),
      );
    case "BAD_ARGUMENTS":
      return change.voters.length === 0 || change.learners.some((id) => configuration.voters.includes(id));
    case "UNKNOWN_MEMBER":
      return false;
    case "NOT_READY":
      return !change.force || raft.termAt(commitIndex) !== raft.currentTerm;
    case "WOULD_LOSE_QUORUM":
      return !change.force;
  }
}

function isUnderWay({ configuration, configurationIndex, commitIndex, isTransferring }: RaftView): boolean {
  const { oldVoters, wantedVoters } = configuration;
  return oldVoters.length > 0 || wantedVoters !== undefined || configurationIndex > commitIndex || isTransferring;
}

/** Members, and servers that were: their ids are never used again. */
function isKnown({ members, retired = [] }: Configuration, id: ServerId): boolean {
  return retired.includes(id) || members.some((member) => member.id === id);
}

/** Whether somebody else is at one of these addresses. */
function hasAddressOf(members: readonly MemberAddress[], one: Addresses): boolean {
  const at = ({ peerAddress, clientAddress, zookeeperAddress }: Addresses) => [
    ...(peerAddress === undefined ? [] : [`peers ${peerAddress}`]),
    ...(clientAddress === undefined ? [] : [`clients ${clientAddress}`]),
    ...(zookeeperAddress === undefined ? [] : [`ZooKeeper ${zookeeperAddress}`]),
  ];
  const taken = new Set(members.flatMap((member) => (member.id === one.id ? [] : at(member))));
  return at(one).some((address) => taken.has(address));
}

/** Servers that a request takes for members. */
function namedMembers(request: MembershipRequest): readonly ServerId[] {
  switch (request.type) {
    case "remove":
    case "promote":
    case "update":
      return [request.id];
    case "replace":
      return [request.gone];
    default:
      return [];
  }
}

/** Servers that come, or listen elsewhere. */
function joiningMembers(request: MembershipRequest): readonly Addresses[] {
  switch (request.type) {
    case "add":
    case "replace":
      return [request.member];
    case "update":
      return [request];
    case "reconfigure":
      return request.joining.map(({ member }) => member);
    default:
      return [];
  }
}

function isDone(wanted: MembershipChange, request: MembershipRequest): boolean {
  const isMember = (id: ServerId): boolean => wanted.members.some((member) => member.id === id);
  switch (request.type) {
    case "add":
      return (request.observer ? wanted.learners : wanted.voters).includes(request.member.id);
    case "remove":
      return !isMember(request.id);
    case "promote":
      return wanted.voters.includes(request.id);
    case "replace":
      return !isMember(request.gone) && isMember(request.member.id);
    case "update":
      return wanted.members.some((member) => member.id === request.id && listensAt(member, request));
    case "reconfigure":
      return isReconfigured(wanted, request);
    default:
      return unreachable(request);
  }
}

function placeOf({ id, peerAddress, clientAddress, zookeeperAddress = "" }: MemberAddress & Addresses): string {
  return [`n${id}=${peerAddress}`, clientAddress, ...(zookeeperAddress === "" ? [] : [zookeeperAddress])].join("/");
}

/** Whether a member is at the addresses that are named. */
function listensAt(member: MemberAddress, named: Addresses): boolean {
  const { peerAddress, clientAddress, zookeeperAddress = "" } = { ...member, ...named };
  return (
    peerAddress === member.peerAddress &&
    clientAddress === member.clientAddress &&
    // No address means that it does not speak ZooKeeper's protocol any more.
    zookeeperAddress === (member.zookeeperAddress ?? "")
  );
}

/** Whom a reconfiguration does not name it leaves where they are, unless all were named. */
function keepsOthers(before: MembershipChange, request: MembershipRequest, { members }: MembershipChange): boolean {
  if (request.type !== "reconfigure" || request.exactly) return true;
  return before.members.every(({ id }) => request.leaving.includes(id) || members.some((one) => one.id === id));
}

/** Whoever joins is there as what it is to be, whoever leaves is not, and nobody else if all were named. */
function isReconfigured(
  wanted: MembershipChange,
  { joining, leaving, exactly }: Extract<MembershipRequest, { readonly type: "reconfigure" }>,
): boolean {
  const joins = (id: ServerId): boolean => joining.some(({ member }) => member.id === id);
  const stays = (id: ServerId): boolean => joins(id) || (!exactly && !leaving.includes(id));
  return (
    joining.every(({ member, observer }) => (observer ? wanted.learners : wanted.voters).includes(member.id)) &&
    wanted.members.every(({ id }) => stays(id))
  );
}
