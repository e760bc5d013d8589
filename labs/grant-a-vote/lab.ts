import type { Lab } from "../lab.ts";

const file = "src/raft/vote.ts";

export const grantAVote: Lab = {
  name: "grant-a-vote",
  title: "Who gets a vote",
  chapter: 3,
  promise:
    "A server votes once in a term, and for nobody who lacks what may be committed. So at most one server leads a term, and it has everything that was ever acknowledged.",
  blanks: [
    {
      file,
      symbol: "couldVote",
      task: [
        "Three conditions, all of them needed. The term that is asked for must not be over: not below the server's own, `state.currentTerm`. The vote in that term must be free: it is if the term is a later one than the server's own, if it has voted for nobody (`state.votedFor` is 0), or if it has voted for `from` already, whose first answer may have been lost. And the candidate's log must be up to date.",
        "Only answers the question; it changes nothing.",
      ],
    },
    {
      file,
      symbol: "isUpToDate",
      task: [
        "Compare the candidate's last entry, (`lastLogTerm`, `lastLogIndex`), with the last one of `log`: `log.lastTerm` and `log.lastIndex`. The later term wins, whatever the lengths are. With equal terms the candidate's log must not be the shorter one.",
      ],
    },
  ],
  hints: [
    "Write down, for a server in term 5 that has voted for server 2, what it answers to server 3 in terms 4, 5 and 6, and what to server 2.",
    "In a term that is later than the server's own, nobody has its vote yet, whatever `votedFor` says: that field belongs to `currentTerm`.",
    "isUpToDate has two cases and no more. If the last terms differ, they alone decide. If they are equal, it is `>=` on the indexes.",
  ],
  tests: [
    { file: "test/paper/5.2-leader-election.test.ts" },
    { file: "test/paper/5.4-safety.test.ts" },
    { file: "test/paper/thesis-9.6-pre-vote.test.ts" },
  ],
  scenes: ["short-log", "figure-8", "split-vote"],
  seeds: { from: 1, count: 40 },
  wrong: [
    { mutant: "E2", breaks: ["durable-before-visible", "election-safety", "durable-state"] },
    { mutant: "E3", breaks: ["leader-completeness"] },
    {
      title: "the longer log wins, whatever its terms are",
      file,
      find: "  if (lastLogTerm !== log.lastTerm) return lastLogTerm > log.lastTerm;\n",
      replace: "",
      test: "a later last term, though shorter",
    },
    {
      title: "only a longer log is up to date",
      file,
      find: "return lastLogIndex >= log.lastIndex;",
      replace: "return lastLogIndex > log.lastIndex;",
      test: "first come, first served",
    },
    {
      title: "whoever asks again is refused",
      file,
      find: " || state.votedFor === from;",
      replace: ";",
      test: "first come, first served",
    },
    {
      title: "both term and index must be at least as high (openraft)",
      file,
      find: "if (lastLogTerm !== log.lastTerm) return lastLogTerm > log.lastTerm;",
      replace: "if (lastLogTerm < log.lastTerm) return false;",
      test: "a later last term, though shorter",
    },
  ],
};
