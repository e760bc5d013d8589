/** Cluster configurations: `Configuration` of proto/log.proto. Rare, so the generated code does. */
import type { Configuration, Member, ServerId } from "../raft/types.ts";
import { terrarium } from "./generated/messages.js";
import { malformed } from "./wire.ts";

const serverIdMax = 255;

/** The configuration's bytes. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const { members, voters, oldVoters, learners, wantedVoters = [], retired = [] } = configuration;
  return terrarium.Configuration.encode({
    members: members.map((member) => ({ ...member })),
    voters: [...voters],
    oldVoters: [...oldVoters],
    learners: [...learners],
    wantedVoters: [...wantedVoters],
    retired: [...retired],
  }).finish();
}

/**
 * Reads a configuration and sees that it is one: at least one voter, ids from 1 to 255, each once, in sorted lists,
 * each voter and learner a member. Otherwise PROTOCOL_ERROR.
 */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  let read: terrarium.Configuration;
  try {
    read = terrarium.Configuration.decode(bytes);
  } catch {
    throw malformed("a configuration that cannot be read");
  }
  const { voters, oldVoters, learners, wantedVoters, retired } = read;
  const members = read.members.map(
    (member): Member => ({
      id: member.id ?? 0,
      peerAddress: member.peerAddress ?? "",
      clientAddress: member.clientAddress ?? "",
      ...(member.incarnation ? { incarnation: member.incarnation } : {}),
    }),
  );
  const ids = members.map((member) => member.id);
  if (!isIdList(ids.toSorted((a, b) => a - b))) throw malformed("a configuration with wrong or repeated server ids");
  if (voters.length === 0) throw malformed("a configuration without voters");
  for (const list of [voters, oldVoters, learners, wantedVoters]) {
    if (!isIdList(list) || !list.every((id) => ids.includes(id))) {
      throw malformed("a configuration whose voters and learners are not sorted ids of its members");
    }
  }
  if (!isIdList(retired) || retired.some((id) => ids.includes(id))) {
    throw malformed("a configuration whose retired ids are not sorted or those of members");
  }
  return {
    members,
    voters,
    oldVoters,
    learners,
    ...(wantedVoters.length === 0 ? {} : { wantedVoters }),
    ...(retired.length === 0 ? {} : { retired }),
  };
}

/** Whether the ids rise and lie within 1 and 255. */
function isIdList(ids: readonly ServerId[]): boolean {
  return ids.every((id, i) => id > (ids[i - 1] ?? 0) && id <= serverIdMax);
}
