/** What a change of membership wants, and the configurations that lead there (§6). Pure. */
import type { Configuration, Member, ServerId } from "./types.ts";

/** The membership wanted. */
export interface MembershipChange {
  /** Who shall vote, sorted. */
  readonly voters: readonly ServerId[];
  /** Who shall get the log and not vote: observers. Sorted. */
  readonly learners: readonly ServerId[];
  /** Everybody in the two lists, with addresses: those of members too, so that a member may move to other ones. */
  readonly members: readonly Member[];
  /** Even if too few of the voters seem to run. */
  readonly force: boolean;
}

/** The membership that is wanted at present: the configuration, or what the change under way leads to. */
export function wantedMembership(configuration: Configuration): MembershipChange {
  const voters = configuration.wantedVoters ?? configuration.voters;
  const learners = configuration.learners.filter((id) => !voters.includes(id));
  const wanted = [...voters, ...learners];
  return { voters, learners, members: configuration.members.filter(({ id }) => wanted.includes(id)), force: false };
}

/** With one server more. */
export function withAdded(wanted: MembershipChange, member: Member, observer: boolean): MembershipChange {
  return {
    ...wanted,
    members: [...wanted.members.filter(({ id }) => id !== member.id), member],
    voters: observer ? wanted.voters : sorted([...wanted.voters, member.id]),
    learners: observer ? sorted([...wanted.learners, member.id]) : wanted.learners,
  };
}

/** With one server less. */
export function withRemoved(wanted: MembershipChange, gone: ServerId): MembershipChange {
  return {
    ...wanted,
    members: wanted.members.filter(({ id }) => id !== gone),
    voters: wanted.voters.filter((id) => id !== gone),
    learners: wanted.learners.filter((id) => id !== gone),
  };
}

/**
 * With one member less than `configuration` leads to. A newcomer that has not become a voter yet takes the change that
 * waits for it along: what that would have changed besides, such as the member that it was to replace, stays as it is.
 */
export function withoutMember(configuration: Configuration, gone: ServerId): MembershipChange {
  const wanted = withRemoved(wantedMembership(configuration), gone);
  const { voters, wantedVoters = voters, members } = configuration;
  const newcomers = wantedVoters.filter((id) => !voters.includes(id));
  if (newcomers.length !== 1 || newcomers[0] !== gone) return wanted;
  const staying = [...voters, ...wanted.learners];
  return { ...wanted, voters, members: members.filter(({ id }) => staying.includes(id)) };
}

/** Whether a member is to be found at the same places. */
export function sameAddresses(a: Member, b: Member): boolean {
  const { peerAddress, clientAddress, zookeeperAddress } = a;
  const elsewhere = b.peerAddress !== peerAddress || b.clientAddress !== clientAddress;
  return !elsewhere && b.zookeeperAddress === zookeeperAddress;
}

/** With a member that listens elsewhere from now on. */
export function withMoved(wanted: MembershipChange, moved: Member): MembershipChange {
  return { ...wanted, members: wanted.members.map((member) => (member.id === moved.id ? moved : member)) };
}

/** Those of the change that are members already, under other addresses. */
export function movedMembers(current: Configuration, change: MembershipChange): Member[] {
  return change.members.filter((wanted) => {
    const known = current.members.find((member) => member.id === wanted.id);
    return known !== undefined && !sameAddresses(known, wanted);
  });
}

/** With an observer as a voter. */
export function withPromoted(wanted: MembershipChange, promoted: ServerId): MembershipChange {
  return {
    ...wanted,
    voters: sorted([...wanted.voters, promoted]),
    learners: wanted.learners.filter((id) => id !== promoted),
  };
}

/** The first entry of a change; undefined if there is nothing to do. */
export function firstConfiguration(current: Configuration, change: MembershipChange): Configuration | undefined {
  const newcomers = change.members.filter(({ id }) => !current.members.some((member) => member.id === id));
  const learners = sorted([...change.learners, ...change.voters.filter((id) => !current.voters.includes(id))]);
  const moved = movedMembers(current, change);
  const staying = current.members.map((member) => moved.find(({ id }) => id === member.id) ?? member);
  const members = [...staying, ...newcomers].sort((a, b) => a.id - b.id);
  const sameVoters = sameIds(current.voters, change.voters);
  const sameMembers = moved.length === 0 && sameIds(current.learners, learners);
  if (sameMembers && sameIds(current.wantedVoters ?? current.voters, change.voters)) return undefined;
  const grown: Configuration = {
    ...pruned(current, members, current.voters, learners),
    voters: current.voters,
    oldVoters: [],
    learners,
  };
  if (sameVoters) return grown;
  const waiting: Configuration = { ...grown, wantedVoters: change.voters };
  return change.voters.every((id) => current.voters.includes(id)) ? jointConfiguration(waiting) : waiting;
}

/** C_old,new. */
export function jointConfiguration(waiting: Configuration): Configuration {
  const { wantedVoters = waiting.voters, ...rest } = waiting;
  return {
    ...rest,
    voters: wantedVoters,
    oldVoters: waiting.voters,
    learners: waiting.learners.filter((id) => !wantedVoters.includes(id)),
  };
}

/** C_new. */
export function finalConfiguration(joint: Configuration): Configuration {
  const { voters, learners } = joint;
  return { ...pruned(joint, joint.members, voters, learners), voters, oldVoters: [], learners };
}

/** Only those that have a part keep their place; the ids of the others are retired. */
function pruned(
  current: Configuration,
  members: readonly Member[],
  ...parts: (readonly ServerId[])[]
): Pick<Configuration, "members" | "retired"> {
  const kept = members.filter(({ id }) => parts.some((ids) => ids.includes(id)));
  const gone = members.filter((member) => !kept.includes(member)).map(({ id }) => id);
  const retired = sorted([...(current.retired ?? []), ...gone]);
  return retired.length === 0 ? { members: kept } : { members: kept, retired };
}

function sorted(ids: readonly ServerId[]): ServerId[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** Whether two sorted lists are the same. */
export function sameIds(a: readonly ServerId[], b: readonly ServerId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
