/**
 * Changes of membership by joint consensus (§6, thesis ch. 4). One change goes through the log in up to three entries:
 *
 * 1. newcomers become learners, and the entry names the wanted voters; nobody's majority changes;
 * 2. when they have caught up, C_old,new: every decision takes a majority of both;
 * 3. when that is committed, C_new; when that is committed, those not in it are out, the leader included.
 *
 * The next step depends on nothing but the newest configuration in the log, so a new leader goes on where the old one
 * stopped. Each is in effect once appended, and undone if truncated. A member that moves to another address is a change
 * of one entry: the voters stay.
 */
import { hasCaughtUp } from "./catch-up.ts";
import { isMember, isVoter, otherMembers } from "./configuration.ts";
import { resign } from "./leadership-transfer.ts";
import {
  finalConfiguration,
  firstConfiguration,
  jointConfiguration,
  type MembershipChange,
  movedMembers,
  sameIds,
} from "./membership-change.ts";
import { findPeer, isActive, isAwaited, newProgress } from "./progress.ts";
import { majority } from "./quorum.ts";
import { confirmReads } from "./read-index.ts";
import type { ChangeRefusal } from "./refusal.ts";
import { replicate } from "./replication.ts";
import type { Leader, RaftState } from "./state.ts";
import type { Configuration, Member, ServerId } from "./types.ts";

/** Begins a change, or says why not. */
export function changeMembership(state: RaftState, change: MembershipChange): "accepted" | ChangeRefusal {
  const { role, log } = state;
  if (role.name !== "leader") return { code: "NOT_LEADER", reason: "this server does not lead" };
  const refusal =
    inTheWay(state, role, change) ?? unsuitable(log.configuration, change) ?? losesQuorum(state, role, change);
  if (refusal !== undefined) return refusal;
  const next = firstConfiguration(log.configuration, change);
  if (next !== undefined) appendConfiguration(state, role, next);
  return "accepted";
}

/** Leader, once a turn: the next step of a change, if it is due. Returns false if the leader has stepped down. */
export function advanceMembership(state: RaftState, leader: Leader): boolean {
  const { log } = state;
  const { configuration } = log;
  if (!isSettled(state, leader)) return true;
  if (configuration.oldVoters.length > 0) appendConfiguration(state, leader, finalConfiguration(configuration));
  else if (configuration.wantedVoters !== undefined) {
    const wanted = configuration.wantedVoters;
    const learners = wanted.filter((id) => !configuration.voters.includes(id));
    // Everybody's round goes on, also while another's is not over.
    const lagging = learners.filter((id) => !hasCaughtUp(state, leader, id));
    // Voters may have died since the change was asked for: without most of them there would be no way on, and none back.
    const there = wanted.filter((id) => answers(state, leader, id));
    if (lagging.length === 0 && there.length >= majority(wanted.length))
      appendConfiguration(state, leader, jointConfiguration(configuration));
  } else if (!isVoter(configuration, state.id)) {
    replicate(state, leader); // the last news: C_new is committed
    resign(state, leader);
    return false;
  }
  return true;
}

/** Leader, at the end of a turn: those that left were told so if they listened; nothing is sent to them any more. */
export function forgetLeavers(state: RaftState, leader: Leader): void {
  if (state.log.configurationIndex > state.commitIndex) return;
  const { configuration } = state.log;
  if (leader.peers.every(({ id }) => isMember(configuration, id))) return;
  leader.peers = leader.peers.filter(({ id }) => isMember(configuration, id));
}

/** Leader: as many progresses as there are members, and those that the newest change removes until it is committed. */
export function followConfiguration(state: RaftState, leader: Leader): void {
  const { configuration, previousConfiguration, configurationIndex, lastIndex } = state.log;
  const ids = new Set(otherMembers(configuration, state.id));
  if (configurationIndex > state.commitIndex)
    for (const id of otherMembers(previousConfiguration, state.id)) ids.add(id);
  leader.peers = [...ids]
    .sort((a, b) => a - b)
    // A newcomer's first message brings the newest entry, or finds out where to begin.
    .map((id) => findPeer(leader, id) ?? newProgress(id, lastIndex - 1, state.now));
  for (const id of [...leader.catchUps.keys()]) if (!ids.has(id)) leader.catchUps.delete(id);
}

/**
 * Whether the newest configuration is committed, and by what this leader knows for sure: before an entry of its own
 * term is committed, a change might be one of two that do not know of each other (Ongaro's correction of 2015).
 */
function isSettled(state: RaftState, leader: Leader): boolean {
  return state.commitIndex >= leader.termStart && state.log.configurationIndex <= state.commitIndex;
}

function appendConfiguration(state: RaftState, leader: Leader, configuration: Configuration): void {
  state.log.append({
    kind: "configuration",
    index: state.log.lastIndex + 1,
    term: state.currentTerm,
    configuration,
  });
  followConfiguration(state, leader);
  confirmReads(state, leader); // a smaller quorum may have confirmed them already
}

/**
 * Everybody with whom messages may be due: the members, and while the newest configuration is not committed also those of
 * the one before.
 */
export function acquaintances({ log, commitIndex }: RaftState): Configuration["members"] {
  if (log.configurationIndex <= commitIndex) return log.configuration.members;
  const { members } = log.configuration;
  const leaving = log.previousConfiguration.members.filter(({ id }) => !members.some((member) => member.id === id));
  return [...members, ...leaving].sort((a, b) => a.id - b.id);
}

function inTheWay(state: RaftState, leader: Leader, change: MembershipChange): ChangeRefusal | undefined {
  const { configuration } = state.log;
  if (state.commitIndex < leader.termStart)
    return { code: "NOT_READY", reason: "the leader has just been elected and has committed nothing yet" };
  if (leader.transfer !== undefined)
    return { code: "CHANGE_IN_PROGRESS", reason: `leadership is being transferred to server ${leader.transfer.to}` };
  if (state.log.configurationIndex > state.commitIndex || configuration.oldVoters.length > 0)
    return { code: "CHANGE_IN_PROGRESS", reason: "another change of the membership is not complete" };
  const { wantedVoters } = configuration;
  if (wantedVoters === undefined) return undefined;
  // While newcomers catch up, the change may be cut down or taken back, so that one that never will can be given up.
  const known = change.members.every(({ id }) => configuration.members.some((member) => member.id === id));
  const here = [...wantedVoters, ...configuration.voters];
  const still = movedMembers(configuration, change).length === 0;
  if (known && still && change.voters.every((id) => here.includes(id))) return undefined;
  const waiting = wantedVoters.filter((id) => !configuration.voters.includes(id)).join(", ");
  return { code: "CHANGE_IN_PROGRESS", reason: `server ${waiting} has to catch up first, or to be removed again` };
}

function unsuitable(current: Configuration, change: MembershipChange): ChangeRefusal | undefined {
  if (change.voters.length === 0) return { code: "BAD_ARGUMENTS", reason: "a cluster needs at least one voter" };
  const demoted = change.learners.find((id) => current.voters.includes(id));
  if (demoted !== undefined)
    return { code: "BAD_ARGUMENTS", reason: `server ${demoted} votes and cannot be made an observer, only removed` };
  const moved = movedMembers(current, change);
  for (const member of change.members) {
    const known = current.members.some(({ id }) => id === member.id);
    if (known && !moved.includes(member)) continue;
    if (current.retired?.includes(member.id) === true)
      return { code: "ID_IN_USE", reason: `server ${member.id} was a member once; its id is never used again` };
    const taken = current.members.find(
      (other) =>
        other.id !== member.id &&
        (other.peerAddress === member.peerAddress ||
          other.clientAddress === member.clientAddress ||
          isElsewhereToo(other.zookeeperAddress, member)),
    );
    if (taken !== undefined && change.members.some(({ id }) => id === taken.id))
      return { code: "ID_IN_USE", reason: `server ${taken.id} has the address of server ${member.id}` };
  }
  return undefined;
}

/** Whether another member's address for ZooKeeper's protocol is this one's too. All addresses of a machine may be any one's. */
function isElsewhereToo(address: string | undefined, { zookeeperAddress }: Member): boolean {
  if (address === undefined || address !== zookeeperAddress) return false;
  return !address.startsWith("0.0.0.0:") && !address.startsWith("[::]:");
}

/** Voters that do not answer count as dead; those that are to catch up first will have shown that they live. */
function losesQuorum(state: RaftState, leader: Leader, change: MembershipChange): ChangeRefusal | undefined {
  const { configuration } = state.log;
  // Who goes back to the voters that are loses none.
  if (change.force || sameIds(change.voters, configuration.voters)) return undefined;
  const silent = change.voters.filter((id) => configuration.voters.includes(id) && !answers(state, leader, id));
  const needed = majority(change.voters.length);
  if (change.voters.length - silent.length >= needed) return undefined;
  const { now, options } = state;
  const awaited = leader.peers.find(
    (peer) => silent.includes(peer.id) && isAwaited(peer, now, options.electionTimeoutMs),
  );
  if (awaited !== undefined)
    return {
      code: "NOT_READY",
      reason: `the leader has just been elected and has not heard of server ${awaited.id} yet`,
    };
  return {
    code: "WOULD_LOSE_QUORUM",
    reason: `of the ${change.voters.length} voters ${needed} must run, but server ${silent.join(", ")} does not answer`,
  };
}

function answers(state: RaftState, leader: Leader, id: ServerId): boolean {
  if (id === state.id) return true;
  const progress = findPeer(leader, id);
  return progress !== undefined && isActive(progress, state.now, state.options.electionTimeoutMs);
}
