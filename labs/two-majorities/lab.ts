import type { Lab } from "../lab.ts";

const quorum = "src/raft/quorum.ts";
const membership = "src/raft/membership.ts";

export const twoMajorities: Lab = {
  name: "two-majorities",
  title: "Changing who decides",
  chapter: 12,
  promise:
    "While the voters change, every decision takes a majority of the old ones and a majority of the new ones, and one change is over before the next begins. So at no moment can two groups decide without knowing of each other.",
  blanks: [
    {
      file: quorum,
      symbol: "quorumValue",
      task: [
        "`majorityValue(voters, reachedBy)` says how far a majority of some voters is. If the configuration is joint, `configuration.oldVoters` is not empty, and what has been reached is what *both* majorities have reached. Ask only voters.",
      ],
    },
    {
      file: quorum,
      symbol: "voteResult",
      task: [
        "`majorityVote(voters, votes)` counts the votes of some voters. Of a joint configuration: won if both majorities are won, lost as soon as one of them is lost, pending otherwise.",
      ],
    },
    {
      file: membership,
      symbol: "isSettled",
      task: [
        "Whether the leader may take the next step of a change. The newest configuration in its log, at `state.log.configurationIndex`, has to be committed; and so has an entry of the leader's own term, the first of which is at `leader.termStart` (Ongaro's correction of 2015): before that it may not know of a change that another leader began.",
      ],
    },
    {
      file: membership,
      symbol: "appendConfiguration",
      task: [
        'Appends the configuration to the log, as an entry of kind "configuration" behind the last one, of the present term. It is in effect from this moment, committed or not: from now on its members are followed, `followConfiguration(state, leader)`. A smaller quorum may have confirmed reads that wait: `confirmReads(state, leader)`.',
      ],
    },
  ],
  hints: [
    "Take the old voters 1, 2, 3 and the new ones 3, 4, 5. Servers 1, 2 and 4 are three of the five: a majority of all together. Of which of the two groups are they one? Which three would be one of both?",
    'Joint means "and": the smaller of the two values; and of two election results "won" only if both are.',
    "isSettled compares `commitIndex` with two indexes, and needs both.",
  ],
  tests: [
    { file: "test/property/quorum.test.ts" },
    { file: "test/paper/6-joint-quorums.test.ts" },
    { file: "test/paper/6-membership.test.ts" },
  ],
  scenes: ["remove-leader"],
  regressions: ["joint-with-voters-that-have-died", "new-leader-goes-joint-with-the-dead"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "M7", test: "quorumValue is the highest value" },
    { mutant: "M9", test: "an election is won" },
    {
      title: "one majority that refuses does not end an election",
      file: quorum,
      find: 'if (result === "lost" || oldResult === "lost") return "lost";',
      replace: 'if (result === "lost" && oldResult === "lost") return "lost";',
      test: "losing takes one majority",
    },
    {
      title: "the next step comes before the last one is committed",
      file: membership,
      find: "return state.commitIndex >= leader.termStart && state.log.configurationIndex <= state.commitIndex;",
      replace: "return state.commitIndex >= leader.termStart;",
      test: "a leader that removes itself and crashes may be needed once more",
    },
    {
      title: "the members of the new configuration are not followed",
      file: membership,
      find: "    configuration,\n  });\n  followConfiguration(state, leader);",
      replace: "    configuration,\n  });",
      test: "a new server learns first",
    },
  ],
};
