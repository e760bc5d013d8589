import type { Lab } from "../lab.ts";

const file = "src/raft/log-matching.ts";

export const matchTheLogs: Lab = {
  name: "match-the-logs",
  title: "What a follower takes from its leader",
  chapter: 4,
  promise:
    "If two logs have an entry with the same index and term, they are the same up to there; a follower says of no more entries than it has compared that they are its leader's. So an entry can be named by two numbers, and what a majority has acknowledged it really has.",
  blanks: [
    {
      file,
      symbol: "isContiguous",
      task: [
        "Whether the message could come from a log at all: the first entry has the index after `message.prevLogIndex`, each further one the index after the one before; the terms never fall, from `message.prevLogTerm` on; and none is above `message.term`, the term of the leader that sends it, `prevLogTerm` neither if there are no entries.",
      ],
    },
    {
      file,
      symbol: "prevMatches",
      task: [
        "Whether this log has an entry at `prevLogIndex` with the term `prevLogTerm`. The log begins behind `log.base`: what is before the base is in a checkpoint and committed, so it matches without looking. The base itself has an index and a term that can be compared. Ask `log.termAt(index)` only from the base to `log.lastIndex`.",
      ],
    },
    {
      file,
      symbol: "mergeEntries",
      task: [
        "The entry before the message's matches. Takes over `message.entries` where this log does not have them. What lies at or before `log.base.index` is there already and skipped; of the entry right at the base, assert that the terms are equal. An entry that this log has, by index and term, is skipped. At the first one that this log has with another term, the log is cut from there on with `truncateFrom(state, index)`, and the entry and all behind it are appended: `log.append(entry)`.",
        "Nothing else is ever cut: a message that ends earlier than the log says nothing about the rest. Returns the index up to which the logs are now known to be equal.",
      ],
    },
  ],
  hints: [
    "Two messages may overtake each other: (entries 5, 6, 7) may arrive before (entries 5). What must be in the log after both?",
    "Go through the entries one by one and ask of each: before the base? there with the same term? there with another term? not there? Only the third cuts, and only the third and the fourth append.",
    "What is returned speaks of the message and not of the log: `prevLogIndex` plus the number of entries. Behind it the log may have the entries of another leader.",
  ],
  tests: [{ file: "test/paper/5.3-log-replication.test.ts" }, { file: "test/paper/7-log-compaction.test.ts" }],
  scenes: ["figure-7", "figure-8"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "R1", test: "late message" },
    { mutant: "R4", test: "not its own longer log" },
    { mutant: "R5", test: "unless it has the one before them" },
    { mutant: "R9", breaks: ["assertion", "durable-before-visible", "exception"] },
    {
      mutant: "R17",
      breaks: ["durable-before-visible", "commit-durability", "state-machine-safety", "log-matching", "assertion"],
    },
    {
      title: "everything behind the previous entry is cut and appended anew",
      file,
      find: "      if (log.termAt(entry.index) === entry.term) continue;\n",
      replace: "",
      breaks: ["commit-durability", "assertion", "durable-before-visible"],
    },
  ],
};
