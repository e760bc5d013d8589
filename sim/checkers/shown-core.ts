/** What doors and pages ask of a server beside its sessions is what it holds: its log, its elections, its tree. */
import type { ClientIdentity } from "../../src/base/acl.ts";
import type { NodeView } from "../world/view.ts";

/** How many terms of the log are shown, and how many quotas are looked at. */
const termsShown = 3;

const everything: readonly ClientIdentity[] = [{ scheme: "super", id: "" }];

/** What a server shows that it does not hold, as the end of a sentence; undefined if it is all true. */
export function wronglyShown(node: NodeView): string | undefined {
  return terms(node) ?? elections(node) ?? members(node) ?? writing(node) ?? quotas(node) ?? proposals(node);
}

/** The last terms of its log, without a gap, up to its end. */
function terms({ raft }: NodeView): string | undefined {
  let next = raft.status().lastIndex + 1;
  const shown = raft.lastTerms(termsShown);
  for (const { term, first, last } of shown.slice().reverse()) {
    const begins = first - 1 === raft.logBase.index || raft.termAt(first - 1) < term;
    if (last + 1 !== next || raft.termAt(first) !== term || raft.termAt(last) !== term || !begins)
      return `entries ${first} to ${last} of term ${term}, and the log has others`;
    next = first;
  }
  if (shown.length < termsShown && next !== raft.logBase.index + 1) return `no entries before ${next}, and has some`;
  return undefined;
}

function elections({ raft, options }: NodeView): string | undefined {
  const { electionTimer, isLeader, role, votes } = raft;
  if ((electionTimer === undefined) !== isLeader) return "an election timer while it leads, or none while it does not";
  const timeout = electionTimer?.timeout ?? options.electionTimeoutMs;
  if (timeout <= 0 || timeout > 2 * options.electionTimeoutMs) return `an election timeout of ${timeout} ms`;
  const asks = role === "candidate" || role === "preCandidate";
  if (!asks && votes.length > 0) return `the votes of ${votes.join(", ")}, and asks for none`;
  return undefined;
}

function members(node: NodeView): string | undefined {
  const { acquaintances, commitIndex, configuration, configurationIndex } = node.raft;
  const ids = new Set(acquaintances.map(({ id }) => id));
  const missing = configuration.members.find(({ id }) => !ids.has(id));
  if (missing !== undefined) return `nobody at the address of member ${missing.id}`;
  const settled = configurationIndex <= commitIndex;
  if (settled && ids.size > configuration.members.length) return "somebody who is no member any more";
  const stranger = configuration.members.find(
    ({ id, incarnation = 0 }) => incarnation > 0 && node.knownIncarnation(id) === 0,
  );
  return stranger === undefined ? undefined : `member ${stranger.id} as one of whose data it knows nothing`;
}

/** Who may set what. */
function writing({ machine }: NodeView): string | undefined {
  const config = "/zookeeper/config";
  if (machine.mayWrite("/nowhere/at all", everything)) return "that somebody may set a znode which is not there";
  if (machine.mayWrite(config, [])) return "that anybody may set who the members are";
  if (machine.stat(config) === undefined) return undefined;
  return machine.mayWrite(config, everything) ? undefined : "that not even super may set who the members are";
}

function quotas({ machine }: NodeView): string | undefined {
  for (const { path, count } of machine.quotas()) {
    const asked = { kind: "getAllChildrenNumber", path, watch: false, local: true } as const;
    const below = machine.read(asked, 0, everything);
    const there = below.failure === undefined ? (below.count ?? 0) + 1 : 0;
    if (there !== count) return `${count} znodes at and below ${path}, and has ${there}`;
  }
  return undefined;
}

function proposals(node: NodeView): string | undefined {
  const { proposals: kept } = node.retained();
  return node.hasProposals === kept > 0 ? undefined : `${kept} proposals as ${node.hasProposals ? "some" : "none"}`;
}
