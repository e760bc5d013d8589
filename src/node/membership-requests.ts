/** From what an operator asks to the membership that is wanted, or to the reason why it cannot be. Pure. */

import type { AdminRequest, MemberAddress } from "../base/admin.ts";
import { unreachable } from "../base/assert.ts";
import {
  sameAddresses,
  sameIds,
  wantedMembership,
  withAdded,
  withMoved,
  withoutMember,
  withPromoted,
  withRemoved,
} from "../raft/membership-change.ts";
import type { ChangeRefusal, MembershipChange } from "../raft/raft.ts";
import type { Configuration, Member, ServerId } from "../raft/types.ts";

/** Requests that change the membership. */
export type MembershipRequest = Exclude<AdminRequest, { readonly type: "transfer" }>;

/**
 * The change that `request` asks for; "done" if the membership is so already, or will be when the change under way is
 * complete: so a request may be repeated. `incarnation` is that of the server to be added, or those of several by id.
 */
export function requestedChange(
  configuration: Configuration,
  request: MembershipRequest,
  incarnation: number | ReadonlyMap<ServerId, number>,
): MembershipChange | ChangeRefusal | "done" {
  const change = requested(configuration, request, (id) =>
    typeof incarnation === "number" ? incarnation : (incarnation.get(id) ?? 0),
  );
  return typeof change === "object" && "voters" in change ? { ...change, force: request.force } : change;
}

/** Whether nothing is under way: the configuration neither waits for learners nor is joint. */
export function isComplete({ oldVoters, wantedVoters }: Configuration): boolean {
  return oldVoters.length === 0 && wantedVoters === undefined;
}

function requested(
  configuration: Configuration,
  request: MembershipRequest,
  incarnationOf: (id: ServerId) => number,
): MembershipChange | ChangeRefusal | "done" {
  const wanted = wantedMembership(configuration);
  const isMember = (id: ServerId): boolean => wanted.members.some((member) => member.id === id);
  const wasMember = (id: ServerId): boolean =>
    configuration.retired?.includes(id) === true || configuration.members.some((member) => member.id === id);
  switch (request.type) {
    case "add":
      if (isMember(request.member.id)) return addedAlready(wanted, request.member, request.observer);
      if (wasMember(request.member.id)) return usedBefore(request.member.id);
      return withAdded(wanted, newcomer(request.member, incarnationOf), request.observer);
    case "remove":
      if (isMember(request.id)) return withoutMember(configuration, request.id);
      return wasMember(request.id) ? "done" : unknown(request.id);
    case "promote":
      if (!isMember(request.id)) return unknown(request.id);
      return wanted.voters.includes(request.id) ? "done" : withPromoted(wanted, request.id);
    case "update": {
      const known = wanted.members.find(({ id }) => id === request.id);
      if (known === undefined) return unknown(request.id);
      const moved = movedTo(known, request);
      const { peerAddress, clientAddress } = moved;
      const taken = wanted.members.find(
        (other) =>
          other.id !== known.id && (other.peerAddress === peerAddress || other.clientAddress === clientAddress),
      );
      if (taken !== undefined) return { code: "ID_IN_USE", reason: `that is the address of server ${taken.id}` };
      return sameAddresses(moved, known) ? "done" : withMoved(wanted, moved);
    }
    case "replace": {
      const { gone, member } = request;
      if (!isMember(gone)) {
        if (!wasMember(gone)) return unknown(gone);
        return isMember(member.id) ? addedAlready(wanted, member, false) : unknown(gone);
      }
      if (isMember(member.id)) return inUse(member.id);
      if (wasMember(member.id)) return usedBefore(member.id);
      return withAdded(withRemoved(wanted, gone), newcomer(member, incarnationOf), wanted.learners.includes(gone));
    }
    case "reconfigure":
      return reconfigured(wanted, request, wasMember, incarnationOf);
    default:
      return unreachable(request);
  }
}

function newcomer(member: MemberAddress, incarnationOf: (id: ServerId) => number): Member {
  return { ...member, incarnation: incarnationOf(member.id) };
}

/** First those that leave go, then the others come or become what they are to be. */
function reconfigured(
  before: MembershipChange,
  { joining, leaving, exactly }: Extract<MembershipRequest, { readonly type: "reconfigure" }>,
  wasMember: (id: ServerId) => boolean,
  incarnationOf: (id: ServerId) => number,
): MembershipChange | ChangeRefusal | "done" {
  const stays = ({ id }: Member): boolean =>
    !leaving.includes(id) && (!exactly || joining.some(({ member }) => member.id === id));
  let wanted = before;
  for (const member of before.members) if (!stays(member)) wanted = withRemoved(wanted, member.id);
  for (const { member, observer } of joining) {
    const { id } = member;
    const known = wanted.members.find((one) => one.id === id);
    if (known === undefined) {
      if (wasMember(id)) return usedBefore(id);
      wanted = withAdded(wanted, newcomer(member, incarnationOf), observer);
      continue;
    }
    wanted = withMoved(wanted, { ...known, ...member });
    if (!observer && !wanted.voters.includes(id)) wanted = withPromoted(wanted, id);
    // Raft refuses to make an observer of a voter.
    if (observer && wanted.voters.includes(id))
      wanted = withAdded(withRemoved(wanted, id), { ...known, ...member }, true);
  }
  const same = sameIds(wanted.voters, before.voters) && sameIds(wanted.learners, before.learners);
  const unmoved = wanted.members.every((one) =>
    before.members.some((old) => old.id === one.id && sameAddresses(old, one)),
  );
  return same && unmoved ? "done" : wanted;
}

/** A member under the addresses that it is given; those that it is not given stay. */
function movedTo(known: Member, to: Extract<MembershipRequest, { readonly type: "update" }>): Member {
  const { peerAddress = known.peerAddress, clientAddress = known.clientAddress } = to;
  const { zookeeperAddress = known.zookeeperAddress ?? "" } = to;
  const { zookeeperAddress: _, ...rest } = { ...known, peerAddress, clientAddress };
  return zookeeperAddress === "" ? rest : { ...rest, zookeeperAddress };
}

function addedAlready(wanted: MembershipChange, member: MemberAddress, observer: boolean): ChangeRefusal | "done" {
  const known = wanted.members.find(({ id }) => id === member.id);
  const same = known !== undefined && sameAddresses(known, member);
  return same && wanted.learners.includes(member.id) === observer ? "done" : inUse(member.id);
}

function inUse(id: ServerId): ChangeRefusal {
  return { code: "ID_IN_USE", reason: `server ${id} is a member already` };
}

function usedBefore(id: ServerId): ChangeRefusal {
  return { code: "ID_IN_USE", reason: `server ${id} was a member once; ids are never used again` };
}

function unknown(id: ServerId): ChangeRefusal {
  return { code: "UNKNOWN_MEMBER", reason: `server ${id} is not a member of this cluster` };
}
