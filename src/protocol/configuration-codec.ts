/** Cluster configurations: `Configuration` of proto/log.proto. */
import type { Configuration, ServerId } from "../raft/types.ts";
import { readConfiguration, writeConfiguration } from "./generated/log.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { malformed, serverIdMax } from "./wire.ts";

/** The configuration's bytes. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  return encodeMessage(writeConfiguration, configuration);
}

/** Reads a configuration. PROTOCOL_ERROR if it is malformed, or none by {@link checkConfiguration}. */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  return checkConfiguration(decodeMessage(readConfiguration, bytes));
}

/**
 * Sees that a configuration is one: at least one voter, ids from 1 to `limits.serverIdMax`, each once, in sorted lists, each voter and
 * learner a member. Otherwise PROTOCOL_ERROR.
 */
export function checkConfiguration(configuration: Configuration): Configuration {
  const { members, voters, oldVoters, learners, wantedVoters = [], retired = [] } = configuration;
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
  return configuration;
}

/** Whether the ids rise and lie within 1 and `limits.serverIdMax`. */
function isIdList(ids: readonly ServerId[]): boolean {
  return ids.every((id, i) => id > (ids[i - 1] ?? 0) && id <= serverIdMax);
}
