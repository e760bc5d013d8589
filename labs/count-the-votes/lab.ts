import type { Lab } from "../lab.ts";

const file = "src/raft/candidate.ts";

export const countTheVotes: Lab = {
  name: "count-the-votes",
  title: "Winning an election",
  chapter: 3,
  promise:
    "Whoever leads a term was chosen in that term by a majority, its own vote counting once it is on disk. So two servers never lead the same term, whatever comes late, twice, or not at all.",
  blanks: [
    {
      file,
      symbol: "startElection",
      task: [
        'Enters the term after the present one, with a vote for itself: `enterTerm(state, term, votedFor)`. Tells the election timer that a campaign has started (`state.electionTimer.campaignStarted(state.now)`). Becomes a candidate with no votes counted so far, not even its own: `changeRole(state, { name: "candidate", votes: new Map() })`. Asks the others, with `requestVotes(state, preVote, leadershipTransfer)`; this is no PreVote.',
      ],
    },
    {
      file,
      symbol: "countOwnVote",
      task: [
        "Called after each completed write. If term and vote, as they are now, are on disk (`state.durability.hardStateIsDurable`), and its own vote is not counted yet, counts it in `role.votes` and settles the election. Else does nothing.",
      ],
    },
    {
      file,
      symbol: "handleRequestVoteReply",
      task: [
        "An answer counts only for the question that is being asked: a `preVote` answer for a pre-candidate, another one for a candidate; anything else is ignored.",
        "For a pre-candidate: a granted PreVote carries the term that was asked for, which is the next one, `state.currentTerm + 1`; if it carries another it is ignored. A refusal counts whatever its term is. For a candidate: an answer of another term than the present one is ignored.",
        "Enter the answer into `role.votes`, where true is a vote and false a refusal. A vote once given in this round stays given, even if a refusal of an earlier request comes in behind it. Then settle.",
      ],
    },
    {
      file,
      symbol: "settle",
      task: [
        "`voteResult(state.log.configuration, role.votes)` says how it stands. If lost, the server is a follower in its term again, with no leader known: `becomeFollower(state, state.currentTerm, undefined)`. If won, a pre-candidate starts the election (it is nobody's transfer), and a candidate becomes the leader, `becomeLeader(state)`. If pending, nothing.",
      ],
    },
  ],
  hints: [
    "Answers may come late, twice, and out of order. For each `return` that you write or leave out, think of an answer that was sent two elections ago.",
    "`state.role` is a union, so check `role.name` before you touch `role.votes`. There are exactly two pairs that count: (preVote, preCandidate) and (not preVote, candidate).",
    "`role.votes.set(from, reply.voteGranted || role.votes.get(from) === true)` keeps a vote that was given.",
  ],
  tests: [
    { file: "test/paper/5.2-leader-election.test.ts" },
    { file: "test/paper/thesis-9.6-pre-vote.test.ts" },
    { file: "test/paper/figure-2-durable-before-visible.test.ts" },
  ],
  scenes: ["late-vote", "split-vote", "short-log"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "E1", test: "a vote of an older election does not count", breaks: ["election-safety"] },
    { mutant: "E11", test: "an earlier write's completion" },
    {
      title: "an answer to the other question counts too",
      file,
      find: '} else if (!reply.preVote && role.name === "candidate") {',
      replace: '} else if (role.name === "candidate") {',
      breaks: ["election-safety", "assertion", "durable-before-visible", "leader-completeness"],
    },
    {
      title: "the candidate's own vote is never counted",
      file,
      find: "if (!state.durability.hardStateIsDurable || role.votes.has(state.id)) return;",
      replace: "if (role.votes.size === 0 || role.votes.has(state.id)) return;",
      test: "of 3 servers with the votes [true] it becomes leader",
    },
    {
      title: "whoever has lost goes on as a candidate",
      file,
      find: 'if (result === "lost") becomeFollower(state, state.currentTerm, undefined);',
      replace: 'if (result === "lost") return;',
      test: "of 3 servers with the votes [false,false] it becomes follower",
    },
  ],
};
