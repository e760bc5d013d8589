/** What could be done at once waits. */
import type { Mutant } from "./mutant.ts";

export const promptness: readonly Mutant[] = [
  {
    id: "PR1",
    title: "a chunk that is acknowledged counts as being on its way",
    source: "ours (made by a rule, and lived)",
    file: "src/node/snapshots/snapshot-sender.ts",
    find: "delivery.inFlight = delivery.inFlight.filter((sent) => sent > position);",
    replace: "delivery.inFlight = delivery.inFlight.filter((sent) => sent >= position);",
    expects: ["prompt-snapshots"],
    kind: "liveness",
    lesson:
      "A window of four in which three are used loses a quarter of the speed where the way is long, and nothing else. What may be on its way has to be, or nobody will ever know why it is slow.",
  },
  {
    id: "PR2",
    title: "the timer does not ring for a chunk that the pace holds back",
    source: "ours (made by a rule, and lived)",
    file: "src/node/snapshots/snapshot-sender.ts",
    find: "Math.min(deadline, this.#retryAt(delivery), pacedUntil(delivery));",
    replace: "Math.min(deadline, this.#retryAt(delivery));",
    expects: ["prompt-snapshots"],
    kind: "liveness",
    lesson:
      "A busy server is woken all the time, and does whatever is due: that its own timer is never set shows where nobody is left who does anything.",
  },
  {
    id: "PR3",
    title: "the timer does not ring for entries that are held back",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/replication.ts",
    find: "    if (until > state.now) deadline = Math.min(deadline, until);\n",
    replace: "",
    expects: ["prompt-appends"],
    kind: "liveness",
    lesson:
      "Whoever holds something back for a moment needs somebody to say when it is over. The next input comes soon, mostly; a lone client waits for the next heartbeat.",
  },
  {
    id: "PR4",
    title: "a turn ends with the first client's visit",
    source: "ours (made by a rule, and lived)",
    file: "src/node/clients/read-turns.ts",
    find: "      left -= units - this.#left;",
    replace: "      left = 0;",
    expects: ["fair-reads"],
    kind: "liveness",
    lesson:
      "A bound on the work of a turn is one-sided: that no turn does too much is easily checked, and holds for one that does nothing.",
  },
  {
    id: "PR5",
    title: "a leader has a window for what it proposes to itself",
    source: "ours (made by a rule, and lived)",
    file: "src/node/log-feed.ts",
    find: "this.#proposals.take(this.#id, this.#raft.currentTerm, nowMs, true);",
    replace: "this.#proposals.take(this.#id, this.#raft.currentTerm, nowMs);",
    expects: ["prompt-proposals"],
    kind: "liveness",
    lesson:
      "What limits how much is on its way over a network has no business where there is no way. It costs a turn for each window full.",
  },
  {
    id: "PR6",
    title: "what other servers forward is appended in every other turn",
    source: "ours (the checker of what a leader takes)",
    file: "src/node/log-feed.ts",
    find: "    this.#appendForwarded();\n    if (!this.#ownFirst)",
    replace: "    if (this.#ownFirst) this.#appendForwarded();\n    if (!this.#ownFirst)",
    expects: ["prompt-proposals"],
    kind: "liveness",
    lesson:
      "To take turns over who comes first is fair while both have one each time. Clients of followers would wait longer than those of the leader, for no reason that they could see.",
  },
  {
    id: "R32",
    title: "with each acknowledgement the leader finds out anew where the logs agree",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/leader.ts",
    find: 'if (progress.state === "snapshot" && progress.matchIndex >= state.log.base.index)',
    replace: "if (progress.matchIndex >= state.log.base.index)",
    expects: ["prompt-appends"],
    kind: "liveness",
    lesson:
      "One message at a time is enough for everything to arrive. A pipeline that has silently become a queue shows in no result, only in the time that results take.",
  },
];
