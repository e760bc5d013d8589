import type { Lab } from "../lab.ts";

const file = "src/raft/commit.ts";
const quorum = "src/raft/quorum.ts";

export const commit: Lab = {
  name: "commit",
  title: "When it is done",
  chapter: 5,
  promise:
    "An entry counts as committed when a majority has it on disk and it can no longer be replaced, and not a moment earlier. So what a client was told is done stays done, whoever leads next.",
  blanks: [
    {
      file: quorum,
      symbol: "majority",
      task: [
        "The smallest number of `size` servers of which any two such groups share at least one: 2 of 3, 3 of 4, 3 of 5.",
      ],
    },
    {
      file: quorum,
      symbol: "majorityValue",
      task: [
        "`reachedBy(id)` says how far a voter is. Returns the highest value that a majority of `voters` has reached; without any voter, -Infinity. With the values 7, 9, 4, 9, 2 it is 7.",
      ],
    },
    {
      file,
      symbol: "advanceCommitIndex",
      task: [
        "Leader: finds up to where a quorum stores the log, `quorumValue(state.log.configuration, …)` over `durableMatch`, and commits up to there (`commitUpTo`). Unless it is nothing new; and unless the entry there is of an older term than the leader's own, `state.currentTerm` (§5.4.2): then nothing is committed by this count.",
      ],
    },
    {
      file,
      symbol: "commitUpTo",
      task: ["Sets `state.commitIndex`, which never goes back: news of less is no news."],
    },
    {
      file,
      symbol: "durableMatch",
      task: [
        "How far voter `id` has the leader's log on its disk. For the leader itself that is `state.durability.durableIndex`, not the end of its log; for one of `leader.peers` (each has its `id`) its `matchIndex`, which it has acknowledged; 0 for one that is not among them.",
      ],
    },
  ],
  hints: [
    "Figure 8 of the paper is about one line of this lab. `npm run sim -- --scene figure-8` plays it.",
    "Sorted from the highest down, the majority's value is at the place of the majority's last member: with five voters the third.",
    "JavaScript's sort() without a comparison sorts as text, and 10 comes before 9. And ask `state.log.termAt` only of an index above `commitIndex`: the count may be one that the log has forgotten, or of no entry at all.",
  ],
  tests: [
    { file: "test/property/quorum.test.ts" },
    { file: "test/paper/5.4-safety.test.ts" },
    { file: "test/paper/figure-2-durable-before-visible.test.ts" },
    { file: "test/paper/5.3-log-replication.test.ts" },
  ],
  scenes: ["figure-8"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "C1", breaks: ["leader-completeness", "state-machine-safety", "commit-durability", "assertion"] },
    { mutant: "C3", test: "the commit index never goes back" },
    { mutant: "C4", breaks: ["commit-durability"] },
    { mutant: "C5", test: "quorumValue" },
    { mutant: "C6", test: "counts itself only once" },
    { mutant: "C8", test: "more than half" },
  ],
};
