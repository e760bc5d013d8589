/** A cluster of one made of what one server has: what `terrarium recover` writes behind its log. Pure. */
import { TerrariumError } from "../base/errors.ts";
import type { Configuration, Index, Member, ServerId, Term } from "../raft/types.ts";
import type { DiskOperation } from "./disk.ts";
import { admissionKey, hardStateKey, identityKey, logBlockKey } from "./layout.ts";
import { encodeLogBlock } from "./log-block.ts";
import { encodeAdmission, encodeHardState, encodeIdentity } from "./records.ts";
import type { Recovered } from "./recovery.ts";

/** What a server that is left has. */
export interface Survivor {
  readonly clusterId: string;
  readonly id: ServerId;
  readonly member: Member;
  /** The newest configuration in its log. */
  readonly configuration: Configuration;
  /** Where its log ends. Who has the last entry of the highest term, and of those the most, has most of what there was. */
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** Of the hard state. */
  readonly currentTerm: Term;
}

/** In which life it goes on. */
export interface NewLife {
  /** Drawn anew. */
  readonly incarnation: number;
  readonly instance: number;
  /** Where it is reached from now on (host:port); undefined: as before. */
  readonly peerAddress: string | undefined;
  readonly clientAddress: string | undefined;
}

/**
 * What these data are the remains of.
 *
 * @throws TerrariumError NOT_A_MEMBER when they are of a server that does not belong to a cluster: not yet, or no more
 */
export function survivorOf({ identity, admission, log }: Recovered): Survivor {
  const { clusterId, serverId: id, incarnation = 0 } = identity;
  const { base, entries, hardState } = log;
  const newest = entries.findLast((entry) => entry.kind === "configuration");
  const configuration = newest?.configuration ?? base.configuration;
  const member = configuration.members.find((one) => one.id === id);
  const takesPart = incarnation === 0 || admission?.pending === false;
  if (member === undefined || !takesPart)
    throw new TerrariumError(
      "NOT_A_MEMBER",
      `the data are of server ${id}, which ${takesPart ? "was removed from" : "has not been taken into"} its cluster`,
      "take a server that was a member to the end, or restore a backup (`terrarium restore`); nothing was changed",
    );
  const lastIndex = base.index + entries.length;
  const lastTerm = entries.at(-1)?.term ?? base.term;
  return { clusterId, id, member, configuration, lastIndex, lastTerm, currentTerm: hardState.currentTerm };
}

/**
 * The batch that makes it a cluster of its own: the log's newest entry is the configuration of this server alone, in a
 * term of its own, and the ids of all others are retired. It is another life of the cluster: neither servers nor clients
 * of the old one are heard.
 */
export function aloneOperations(survivor: Survivor, life: NewLife): readonly DiskOperation[] {
  const { clusterId, id, member, configuration, lastIndex, lastTerm } = survivor;
  const currentTerm = survivor.currentTerm + 1;
  const { incarnation, instance, peerAddress = member.peerAddress, clientAddress = member.clientAddress } = life;
  const others = configuration.members.map((one) => one.id).filter((other) => other !== id);
  const retired = [...(configuration.retired ?? []), ...others].sort((a, b) => a - b);
  const alone: Configuration = {
    members: [{ ...member, peerAddress, clientAddress, incarnation }],
    voters: [id],
    oldVoters: [],
    learners: [],
    ...(retired.length === 0 ? {} : { retired }),
  };
  const index = lastIndex + 1;
  const entries = [{ kind: "configuration" as const, index, term: currentTerm, configuration: alone }];
  const admission = { acquaintances: new Map<ServerId, number>(), instance, pending: false };
  return [
    { type: "put", key: identityKey, value: encodeIdentity({ clusterId, serverId: id, incarnation }) },
    { type: "put", key: admissionKey, value: encodeAdmission(admission) },
    { type: "put", key: hardStateKey, value: encodeHardState({ currentTerm, votedFor: 0 }) },
    { type: "put", key: logBlockKey(index), value: encodeLogBlock({ currentTerm, prevTerm: lastTerm, entries }) },
  ];
}
