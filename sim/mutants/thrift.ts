/** What is sent, or waited for, in vain. */
import type { Mutant } from "./mutant.ts";

export const thrift: readonly Mutant[] = [
  {
    id: "R22",
    title: "a leader that is awake sends heartbeats",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/leader.ts",
    find: "  if (state.now < leader.nextHeartbeat) return;\n",
    replace: "",
    expects: ["needless-appends"],
    kind: "liveness",
    lesson:
      "A heartbeat says that the leader lives, once an interval. One for each time that its timer rings for something else, and an answer to each, is what an idle cluster would be busy with.",
  },
  {
    id: "R23",
    title: "followers are told again and again what is committed",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/replication.ts",
    find: "  progress.sentCommit = state.commitIndex;\n",
    replace: "",
    expects: ["needless-appends"],
    kind: "liveness",
    lesson:
      "That more is committed is news once. It needs no answer, so that only the leader's own record of what it has said keeps it from saying it with every turn.",
  },
  {
    id: "R24",
    title: "after a refusal the entry on which the logs agree goes out again",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/leader.ts",
    find: "progress.matchIndex + 1 : agreement + 1",
    replace: "progress.matchIndex + 1 : agreement",
    expects: ["needless-appends"],
    kind: "liveness",
    lesson:
      "A refusal names a place. Where the leader has the same term there, the logs are the same up to it (§5.3), and nothing before it need be sent or asked about once more.",
  },
  {
    id: "R26",
    title: "the leader does not heed how short a follower's log is",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/log-matching.ts",
    find: "Math.min(hint.index, rejectedIndex - 1)",
    replace: "rejectedIndex - 1",
    expects: ["needless-appends"],
    kind: "liveness",
    lesson:
      "The end of §5.3: a refusal that names a place saves the rounds up to it. Who goes back entry by entry instead takes as many rounds as the follower lacks entries.",
  },
  {
    id: "R33",
    title: "a new leader sends each follower its last entry, which most have",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/progress.ts",
    find: "    nextIndex: lastIndex + 1,",
    replace: "    nextIndex: lastIndex,",
    expects: ["needless-appends"],
    kind: "liveness",
    lesson:
      "Figure 2 has a leader begin behind its last entry and go back where it must. Whoever begins earlier never fails, and sends after each election what is there already.",
  },
  {
    id: "N15",
    title: "the timer rings for a chunk of a snapshot although none waits",
    source: "ours (made by a rule, and lived)",
    file: "src/node/snapshots/snapshot-sender.ts",
    find: "  const waits = waiting.length > 0 && inFlight.length",
    replace: "  const waits = inFlight.length",
    expects: ["vain-timers"],
    kind: "liveness",
    lesson:
      "Nothing goes wrong when a timer rings too early: the server looks, finds nothing to do and sets it again, to a time that is past. It is only busy, for as long as the snapshot takes.",
  },
  {
    id: "N16",
    title: "the end of a snapshot is sent with each answer",
    source: "ours (made by a rule, and lived)",
    file: "src/node/snapshots/snapshot-sender.ts",
    find: "    delivery.doneSent = true;\n",
    replace: "",
    expects: ["sparing-snapshots"],
    kind: "liveness",
    lesson: "A receiver that copes with whatever comes twice hides a sender that says everything twice.",
  },
  {
    id: "N17",
    title: "a follower that was sent nothing owes an answer",
    source: "ours (found in this code)",
    file: "src/node/snapshots/snapshot-sender.ts",
    find: "      if (inFlight.length === 0) delivery.owesSinceMs = now;\n",
    replace: "",
    expects: ["sparing-snapshots"],
    kind: "liveness",
    lesson:
      "Between two chunks that are paced there may be more than the patience for an answer. Reckoned from the last answer, and not from what was sent behind it, each chunk is overdue when it leaves, and is sent twice.",
  },
  {
    id: "N18",
    title: "what a late answer acknowledges is sent again, since the leader had gone back",
    source: "ours (found in this code)",
    file: "src/node/snapshots/snapshot-sender.ts",
    find: "    if (position > delivery.sent) {",
    replace: "    if (position < 0) {",
    expects: ["sparing-snapshots"],
    kind: "liveness",
    lesson:
      "Where patience ends and the answer comes all the same, all that was begun for want of it can be spared. A follower with a slow disk gets everything twice otherwise, and is slower for it.",
  },
];
