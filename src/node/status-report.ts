/** Puts together a server's {@link NodeStatus}. */
import { present } from "../base/assert.ts";
import { isVoter } from "../raft/configuration.ts";
import type { Raft } from "../raft/raft.ts";
import type { RaftStatus } from "../raft/status.ts";
import type { Configuration, ServerId } from "../raft/types.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import type { Admission } from "./peers/admission.ts";
import type { MemberState, MemberStatus, NodeStatus } from "./status.ts";

/** What the status is made of. */
export interface StatusSources {
  readonly clusterId: string;
  readonly raft: Raft;
  readonly machine: ZnodeMachine;
  readonly admission: Admission;
  readonly checkpointIndex: number;
  /** Whether a leader can be reached that a majority follows: see `quorum-watch.ts`. */
  readonly quorum: boolean;
  readonly diskLow: boolean;
  readonly writesRefused: string | undefined;
  /** At the leader: how far each server's clock is ahead of the majority's, ms. */
  readonly skewsMs: ReadonlyMap<ServerId, number>;
  readonly watches: number;
  readonly connections: number;
}

/** The status as of now. */
export function nodeStatus(sources: StatusSources): NodeStatus {
  const raft = sources.raft.status();
  const { znodes, sessions } = sources.machine.counts();
  const reason = notReadyReason(sources, raft);
  return {
    clusterId: sources.clusterId,
    id: raft.id,
    instance: sources.admission.instance,
    incarnation: sources.admission.incarnation,
    joining: sources.admission.joining && !sources.admission.admitted,
    admitted: sources.admission.admitted,
    role: raft.role,
    term: raft.currentTerm,
    leader: raft.leader ?? null,
    commitIndex: raft.commitIndex,
    appliedIndex: sources.machine.appliedIndex,
    lastIndex: raft.lastIndex,
    durableIndex: raft.durableIndex,
    diskStalledMs: Math.round(raft.diskStalledMs),
    diskLow: sources.diskLow,
    ...(sources.writesRefused === undefined ? {} : { writesRefused: sources.writesRefused }),
    firstIndex: sources.raft.logBase.index + 1,
    checkpointIndex: sources.checkpointIndex,
    members: memberStatuses(raft, sources.skewsMs),
    sessions,
    znodes,
    watches: sources.watches,
    connections: sources.connections,
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}

function notReadyReason(sources: StatusSources, { leader, diskHangs, diskStalledMs }: RaftStatus): string | undefined {
  const { admitted, joining, missing, conflict, strangers } = sources.admission;
  if (!admitted && joining) return "joining: waiting to be added to the cluster (`kvctl member add`)";
  if (conflict !== undefined)
    return `forming the cluster failed: server ${conflict} has met other data of some member, which was emptied meanwhile; nothing is stored yet: stop all servers, empty all their data directories, and start them again`;
  if (strangers.length > 0)
    return `forming the cluster failed: the data of server ${strangers.join(", ")} began with another backup than this server's, or one of them with none; restore the same file for every member, each into an empty directory, or start all of them with empty ones`;
  if (!admitted) return `forming the cluster: waiting for server ${missing.join(", ")}`;
  if (isRemoved(sources.raft.status()))
    return "removed: the cluster goes on without this server; stop it, its data is of no more use";
  if (diskHangs) return `the disk hangs: it has written nothing for ${(diskStalledMs / 1000).toFixed(1)} s`;
  if (leader === undefined) return "no quorum: this server knows no leader that a majority follows";
  if (!sources.quorum) return "no quorum: what this server asks its leader is not answered, or not applied here";
  if (sources.machine.appliedIndex === 0) return "starting: nothing of the log is applied yet";
  return undefined;
}

/** Whether the newest configuration that this server knows no longer names it. */
function isRemoved({ configuration, id }: { configuration: Configuration; id: ServerId }): boolean {
  return configuration.members.length > 0 && configuration.members.every((member) => member.id !== id);
}

function memberStatuses(raft: RaftStatus, skewsMs: ReadonlyMap<ServerId, number>): MemberStatus[] {
  const { configuration } = raft;
  return configuration.members.map(({ id, peerAddress, clientAddress, zookeeperAddress }) => {
    const state = memberState(configuration, id);
    const clockSkewMs = skewsMs.get(id);
    const known = {
      ...{ id, peerAddress, clientAddress, voter: isVoter(configuration, id), state },
      ...(zookeeperAddress === undefined ? {} : { zookeeperAddress }),
      ...(clockSkewMs === undefined ? {} : { clockSkewMs }),
    };
    if (raft.role !== "leader") return known;
    if (id === raft.id)
      return { ...known, matchIndex: raft.durableIndex, lag: raft.lastIndex - raft.durableIndex, active: true };
    const progress = present(
      raft.peers.find((peer) => peer.id === id),
      "what a leader knows of a member",
    );
    const { matchIndex, active } = progress;
    return { ...known, matchIndex, lag: raft.lastIndex - matchIndex, active };
  });
}

function memberState(configuration: Configuration, id: ServerId): MemberState {
  const { voters, oldVoters, learners, wantedVoters } = configuration;
  if (learners.includes(id)) return wantedVoters?.includes(id) === true ? "catchingUp" : "observer";
  if (!voters.includes(id) || wantedVoters?.includes(id) === false) return "leaving";
  return oldVoters.length > 0 && !oldVoters.includes(id) ? "joining" : "voter";
}
