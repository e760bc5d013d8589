import type { Lab } from "../lab.ts";

const file = "src/raft/log-matching.ts";

export const findWhereTheyPart: Lab = {
  name: "find-where-they-part",
  title: "Going back by terms instead of entries",
  chapter: 4,
  promise:
    "A follower whose log is not the leader's is brought back to where they agree, in about as many rounds as there are terms. So a server that was away for a million entries is not asked a million times.",
  blanks: [
    {
      file,
      symbol: "hintFor",
      task: [
        'The follower\'s answer to "do you have entry `prevLogIndex` of term `prevLogTerm`?", which is no: the newest index of its log at or before `prevLogIndex` whose term is at most `prevLogTerm`, and the term there. `log.newestIndexOfTermAtMost(term, index)` finds it; it is undefined if that would lie before the base of the log, and then the base itself is the answer.',
      ],
    },
    {
      file,
      symbol: "newestPossibleAgreement",
      task: [
        "The leader's conclusion: the newest index of its own log that is before `rejectedIndex`, not behind the hint's index, and whose term is at most the hint's. Undefined if that lies before the base of the leader's log.",
      ],
    },
  ],
  hints: [
    "Do the example above hintFor with a pencil, then one in which the follower's log is simply shorter.",
    "Terms never fall along a log. If the follower has term 6 where the leader has term 5, then everything it has from its first entry of term 6 on is wrong.",
    "Each is one call of newestIndexOfTermAtMost. The leader's place is bounded by two things: `hint.index` and `rejectedIndex - 1`.",
  ],
  tests: [{ file: "test/paper/5.3-log-replication.test.ts" }],
  scenes: ["figure-7"],
  seeds: { from: 1, count: 20 },
  wrong: [
    {
      title: "one entry back each time, as in the paper's first version",
      file,
      find: "return log.newestIndexOfTermAtMost(hint.term, Math.min(hint.index, rejectedIndex - 1));",
      replace: "return rejectedIndex - 1 < log.base.index ? undefined : Math.min(rejectedIndex - 1, log.lastIndex);",
      test: "skips a whole term per round",
    },
    {
      title: "the leader heeds the hint's term and not its place",
      file,
      find: "Math.min(hint.index, rejectedIndex - 1)",
      replace: "rejectedIndex - 1",
      test: "",
    },
    {
      title: "the hint is the end of the follower's log",
      file,
      find: "const index = log.newestIndexOfTermAtMost(prevLogTerm, prevLogIndex) ?? log.base.index;",
      replace: "const index = Math.min(prevLogIndex, log.lastIndex) + 0 * prevLogTerm;",
      test: "converges in about",
    },
    {
      title: "the leader goes back to the beginning of its log",
      file,
      find: "return log.newestIndexOfTermAtMost(hint.term, Math.min(hint.index, rejectedIndex - 1));",
      replace: "return hint.index + rejectedIndex < 0 ? undefined : log.base.index;",
      test: "a refusal of another place",
    },
  ],
};
