/**
 * Who decides (§5.2, §5.3, §6). A decision needs a majority of the voters and, while the configuration is joint, a
 * majority of the old voters as well: two separate majorities, never one over the union.
 */
import { present } from "../base/assert.ts";
import type { Configuration, ServerId } from "./types.ts";

/** How an election stands. */
export type VoteResult = "won" | "lost" | "pending";

/**
 * The highest value that a quorum has reached: of the match indexes it is the index that a quorum stores (§5.3), of
 * the times at which voters were heard the time since which a quorum is silent (thesis §6.2). `reachedBy` is asked for
 * voters only, so nobody else's progress counts. Without any voter, -Infinity.
 */
export function quorumValue(configuration: Configuration, reachedBy: (id: ServerId) => number): number {
  const value = majorityValue(configuration.voters, reachedBy);
  if (configuration.oldVoters.length === 0) return value;
  return Math.min(value, majorityValue(configuration.oldVoters, reachedBy));
}

/** Counts an election: `votes` has the answers so far, those of servers that do not vote among them. */
export function voteResult(configuration: Configuration, votes: ReadonlyMap<ServerId, boolean>): VoteResult {
  const result = majorityVote(configuration.voters, votes);
  if (configuration.oldVoters.length === 0) return result;
  const oldResult = majorityVote(configuration.oldVoters, votes);
  if (result === "lost" || oldResult === "lost") return "lost";
  return result === "won" && oldResult === "won" ? "won" : "pending";
}

/** The smallest number of `size` voters of which any two such groups share one. */
export function majority(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** The highest value that a majority has reached: with the values in falling order, the one of the majority's last. */
function majorityValue(voters: readonly ServerId[], reachedBy: (id: ServerId) => number): number {
  const falling = voters.map(reachedBy).sort((a, b) => b - a);
  return present(falling[majority(voters.length) - 1], "a voter");
}

function majorityVote(voters: readonly ServerId[], votes: ReadonlyMap<ServerId, boolean>): VoteResult {
  let granted = 0;
  let refused = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === true) granted++;
    else if (vote === false) refused++;
  }
  const needed = majority(voters.length);
  if (granted >= needed) return "won";
  return voters.length - refused < needed ? "lost" : "pending";
}
