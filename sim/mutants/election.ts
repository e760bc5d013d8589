/** Elections (§5.2, §5.4.1, thesis §6.2 and §9.6): one leader per term, and none without the committed entries. */
import type { Mutant } from "./mutant.ts";

export const election: readonly Mutant[] = [
  {
    id: "E1",
    title: "a vote of an older election is counted",
    source: "xraft#33",
    file: "src/raft/candidate.ts",
    find: "if (reply.term !== state.currentTerm) return; // of an earlier election",
    replace: "",
    expects: ["election-safety", "assertion"],
    kind: "safety",
    lesson:
      "A vote is for one term. Counted in a later one, a late reply elects a second leader whom no majority voted for.",
  },
  {
    id: "E2",
    title: "a server votes for whoever asks",
    source: "ours",
    file: "src/raft/vote.ts",
    find: "const free = request.term > state.currentTerm || state.votedFor === 0 || state.votedFor === from;",
    replace: "const free = true;",
    expects: ["election-safety", "durable-before-visible"],
    kind: "safety",
    lesson: "votedFor makes a vote unique in its term (§5.2). Without it two candidates may both find a majority.",
  },
  {
    id: "E3",
    title: "a vote is granted without looking at the candidate's log",
    source: "§5.4.1",
    file: "src/raft/vote.ts",
    find: "return free && isUpToDate(state.log, request.lastLogTerm, request.lastLogIndex);",
    replace: "return free;",
    expects: ["leader-completeness", "state-machine-safety", "commit-durability", "assertion"],
    kind: "safety",
    lesson:
      "The log check keeps whoever lacks a committed entry from being elected. Without it the new leader overwrites what clients were told is done.",
  },
  {
    id: "E4",
    title: "up to date means a later term and a longer log",
    source: "openraft a48a3282",
    file: "src/raft/vote.ts",
    find: "if (lastLogTerm !== log.lastTerm) return lastLogTerm > log.lastTerm;",
    replace: "if (lastLogTerm < log.lastTerm) return false;",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "The comparison is lexicographic: the later last term wins, however short the log. If both had to be ahead, a longer old log and a shorter new one would refuse each other for ever.",
  },
  {
    id: "E5",
    title: "a PreVote of a lower term gets no answer",
    source: "etcd#8243, canonical/raft#279",
    file: "src/raft/vote.ts",
    find: "} else if (request.preVote) {",
    replace:
      "} else if (request.preVote && request.term < state.currentTerm) {\n    return;\n  } else if (request.preVote) {",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "A server that is terms behind but has the best log learns the term from refusals. Met with silence, it asks for a past term for ever, and those who are ahead may not be electable.",
  },
  {
    id: "E6",
    title: "the term in a refused PreVote is not taken over",
    source: "openraft#1796, etcd#8501",
    file: "src/raft/candidate.ts",
    find: "if (!(reply.preVote && reply.voteGranted) && reply.term > state.currentTerm) {",
    replace: "if (!reply.preVote && reply.term > state.currentTerm) {",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "PreVote raises no terms, so a refusal is the only way to learn that one's term is past. Ignored, the only electable server never becomes electable.",
  },
  {
    id: "E7",
    title: "a leader never finds out that a majority is silent",
    source: "Howard 2020",
    file: "src/raft/check-quorum.ts",
    find: "role.quorumDeadline = Math.min(heardSince, state.now) + state.options.electionTimeoutMs;",
    replace: "role.quorumDeadline = state.now + state.options.electionTimeoutMs;",
    // One that hears nobody hears of no client's signs of life either, and expires their sessions when it is heard again.
    expects: ["liveness", "session-expiry"],
    kind: "liveness",
    lesson:
      "CheckQuorum deposes a leader that is heard but hears nobody (thesis §6.2). Without it the followers go on waiting for one that can commit nothing.",
  },
  {
    id: "E8",
    title: "a candidate asks for votes without a PreVote",
    source: "Howard 2020",
    file: "src/raft/candidate.ts",
    find: '  const role: PreCandidate = { name: "preCandidate", votes: new Map([[state.id, true]]) };\n  changeRole(state, role);\n  requestVotes(state, true, false);\n  settle(state, role);',
    replace: "  startElection(state, false);",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "A server that cannot hear the leader raises its term again and again. PreVote keeps it from deposing, with each of its messages, a leader that works (thesis §9.6).",
    harmless:
      "Not a loss of liveness here: servers that hear a leader refuse to vote and keep their term (thesis §4.2.3), so a server that is cut off disturbs nobody until it is back, and then costs one election. PreVote spares that one.",
  },
  {
    id: "E11",
    title: "a candidate's own vote counts before it is durable",
    source: "ours",
    file: "src/raft/candidate.ts",
    find: "if (!state.durability.hardStateIsDurable || role.votes.has(state.id)) return;",
    replace: "if (role.votes.has(state.id)) return;",
    expects: ["election-safety", "durable-before-visible"],
    kind: "safety",
    lesson:
      "The candidate's own vote is a vote. If it crashes before the vote is on disk it may vote for another in the same term.",
  },
  {
    id: "E12",
    title: "a PreVote granted for another term counts",
    source: "ours",
    file: "src/raft/candidate.ts",
    find: "if (reply.voteGranted && reply.term !== state.currentTerm + 1) return; // granted for another term",
    replace: "",
    expects: ["liveness"],
    kind: "liveness",
    lesson: "A PreVote permits one question only. Permission for a past term makes elections that nobody wanted.",
    harmless:
      "Equivalent for every promise that is checked: a PreVote protects nothing but calm, and the real votes are still asked for. The cost is a needless election after a late packet.",
  },
  {
    id: "E13",
    title: "a stale leader is obeyed",
    source: "Figure 2, AppendEntries 1",
    file: "src/raft/follower.ts",
    find: "if (message.term < state.currentTerm) {",
    replace: "if (message.term < 0) {",
    expects: ["log-matching", "state-machine-safety", "commit-durability", "durable-before-visible", "assertion"],
    kind: "safety",
    lesson:
      "An AppendEntries of an older term comes from a leader that has been replaced. Obeyed, it cuts entries that this server has acknowledged to the new one.",
  },
  {
    id: "E14",
    title: "a server votes anew after a restart",
    source: "ours",
    file: "src/raft/state.ts",
    find: "votedFor: recovered.hardState.votedFor,",
    replace: "votedFor: 0,",
    expects: ["election-safety", "durable-state"],
    kind: "safety",
    lesson: "votedFor is persistent state (Figure 2): a server that forgets its vote in a crash gives it twice.",
  },
];
