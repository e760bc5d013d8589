/** Puts together a server's {@link NodeStatus}. */
import type { Raft } from "../raft/raft.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import type { MemberStatus, NodeStatus } from "./status.ts";

/** What the status is made of. */
export interface StatusSources {
  readonly clusterId: string;
  readonly raft: Raft;
  readonly machine: ZnodeMachine;
  readonly checkpointIndex: number;
  /** Whether a leader is known that a majority follows. */
  readonly quorum: boolean;
  readonly watches: number;
  readonly connections: number;
}

/** The status as of now. */
export function nodeStatus(sources: StatusSources): NodeStatus {
  const raft = sources.raft.status();
  const { znodes, sessions } = sources.machine.counts();
  const reason = notReadyReason(sources, raft.leader);
  return {
    clusterId: sources.clusterId,
    id: raft.id,
    role: raft.role,
    term: raft.currentTerm,
    leader: raft.leader ?? null,
    commitIndex: raft.commitIndex,
    appliedIndex: sources.machine.appliedIndex,
    lastIndex: raft.lastIndex,
    durableIndex: raft.durableIndex,
    firstIndex: sources.raft.logBase.index + 1,
    checkpointIndex: sources.checkpointIndex,
    members: memberStatuses(raft),
    sessions,
    znodes,
    watches: sources.watches,
    connections: sources.connections,
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}

function notReadyReason(sources: StatusSources, leader: number | undefined): string | undefined {
  if (leader === undefined) return "no quorum: this server knows no leader that a majority follows";
  if (sources.machine.appliedIndex === 0) return "starting: nothing of the log is applied yet";
  return undefined;
}

function memberStatuses(raft: ReturnType<Raft["status"]>): MemberStatus[] {
  const { members, voters, oldVoters } = raft.configuration;
  return members.map((member) => {
    const voter = voters.includes(member.id) || oldVoters.includes(member.id);
    const known = { ...member, voter };
    if (raft.role !== "leader") return known;
    if (member.id === raft.id) return { ...known, matchIndex: raft.durableIndex, lag: 0, active: true };
    const progress = raft.peers.find((peer) => peer.id === member.id);
    if (progress === undefined) return known;
    const { matchIndex, active } = progress;
    return { ...known, matchIndex, lag: raft.lastIndex - matchIndex, active };
  });
}
