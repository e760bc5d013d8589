import type { Lab } from "../lab.ts";

const file = "src/raft/snapshot.ts";

export const snapshotOrLog: Lab = {
  name: "snapshot-or-log",
  title: "A snapshot takes the place of a log",
  chapter: 7,
  promise:
    "A snapshot never takes a server back, never removes what it has acknowledged, and counts only once it is on disk. So whoever was away too long catches up without anything that was committed being lost on the way.",
  blanks: [
    {
      file,
      symbol: "covers",
      task: [
        "Whether this server has everything up to the entry with that index and term. It has if the index is committed here, `state.commitIndex`; and it has if its log reaches that far and has that term at that index (log matching, §5.3). Ask `state.log.termAt` only within the log; what is committed lies at or behind its base.",
      ],
    },
    {
      file,
      symbol: "handleInstallSnapshot",
      task: [
        "A chunk of a snapshot, from a leader. If it is of a past term it is refused, with an InstallSnapshotReply that has the own term, the message's snapshotId, and position 0, and it is not to be staged: false.",
        "Else this server follows the sender: `follow(state, from, term)`, which gives back its role. If it does not have what the snapshot holds (`covers`), the chunk is staged: true. If it has, there is nothing to stage: false; but what is in a snapshot is committed, so it may commit up to there (`commitUpTo`), and the leader is to learn how far this log matches: `role.appended = include(role.appended, lastIncludedIndex, 0)`.",
      ],
    },
    {
      file,
      symbol: "installSnapshot",
      task: [
        "A whole snapshot is staged on disk; it ends with the entry `base.index` of term `base.term`. If the log has come to hold that meanwhile (`covers`), it is not installed: commit up to there and return false.",
        "Else it takes the place of the whole log. Assert before that this server does not lead, that the snapshot is newer than what is committed here, and that its term is not above the own one. Then `state.log.reset(base)`; the disk has to follow: `state.durability.installed(base, state.lastApplied)`; everything in it is committed; and a follower has the leader told, as above. Returns true.",
      ],
    },
    {
      file,
      symbol: "takeInstalled",
      task: [
        "Once a snapshot that was installed is durable, returns its index, once, and else undefined. It is waiting to be taken while `state.lastApplied` is before the log's base; it is durable when `state.durability.durableIndex` has reached the base. What it returns counts as applied.",
      ],
    },
  ],
  hints: [
    "A snapshot may be late: the leader began to send it a minute ago, and since then entries have come by another way. What does an old snapshot do to a newer log?",
    "There are three situations, and `covers` tells them apart: committed here; not committed, but in the log with that very term; neither. Only in the third is anything installed.",
    "takeInstalled has two conditions to return undefined: `lastApplied >= base.index` (nothing is waiting), and `durableIndex < base.index` (it is not on disk).",
  ],
  tests: [{ file: "test/paper/7-log-compaction.test.ts" }, { file: "test/unit/raft-compacted-log.test.ts" }],
  scenes: ["snapshot"],
  regressions: ["snapshot-too-old-when-installed"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "N1", test: "rule 6" },
    { mutant: "N2", test: "one that is not newer than what is committed" },
    { mutant: "N5", test: "only once that is durable" },
    { mutant: "P6", test: "rule 1: refuses" },
    {
      title: "the log is compared by index only",
      file,
      find: "return index <= state.log.lastIndex && state.log.termAt(index) === term;",
      replace: "return index <= state.log.lastIndex && term >= 0;",
      test: "a write of the old log that completes late",
    },
    {
      title: "the leader is not told what is here already",
      file,
      find: "  role.appended = include(role.appended, lastIncludedIndex, 0);\n  return false;",
      replace: "  return role.lastHeard < 0;",
      test: "the leader learns what is here",
    },
  ],
};
