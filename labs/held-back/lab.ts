import type { Lab } from "../lab.ts";

const outbox = "src/raft/outbox.ts";
const durability = "src/raft/durability.ts";

export const heldBack: Lab = {
  name: "held-back",
  title: "Durable before visible",
  chapter: 6,
  promise:
    "No message leaves a server before what it says is on that server's disk. So whatever a server has promised it remembers after a crash.",
  blanks: [
    {
      file: outbox,
      symbol: "Outbox.take",
      task: [
        "Returns the messages that may leave now and keeps the others in `this.#held`, each with the token of the write that it waits for. Those held from earlier turns come first, in their order; then those of this turn, `this.#turn`, which is empty afterwards.",
        "Whatever is of an older term than `currentTerm` is dropped, held or new. A held message leaves once `durability.isPersisted(token)`. A new one rests on two writes, and waits for the later one: the write of the hard state, `durability.hardStateToken`, and the one that brings the log on disk up to `durableTo`, `durability.tokenOf(durableTo)`. No more than `limits.heldMessagesMax` are held; further ones are dropped, as any message may get lost.",
      ],
    },
    {
      file: durability,
      symbol: "Durability.truncated",
      task: [
        "The log in memory has just been cut and now ends before `index`. Three things are to be set right. If the disk has, or is about to get, entries from `index` on (`index <= this.#writtenIndex`), the next write has to cut them there: `this.#truncateFrom`, the lowest index if it is cut twice; and what is written reaches to `index - 1` only. What is durable, `this.#durableIndex`, reaches no further than that either. And a write that is under way (`this.#underway`) makes nothing durable from `index` on, although it will complete: what it brings to disk there is about to be replaced, and entries appended later under the same indexes are others.",
      ],
    },
    {
      file: durability,
      symbol: "Durability.persisted",
      task: [
        "All writes up to `token` are durable. Notes the highest such token in `this.#persistedToken`; assert that it was handed out (`this.#lastToken`). The disk owes nothing any more (`this.#owesSince` is Infinity) if that was the last write, else it owes the next one since `now`. Every write under way up to `token` leaves `this.#underway`, oldest first, and the log is durable up to its `lastIndex`, unless it was durable further already.",
      ],
    },
  ],
  hints: [
    "Think of a vote. handleRequestVote sends it at once, and nothing there waits for a disk. Where does it wait?",
    'Tokens are numbers that rise with each write. "Durable up to index 7" and "the vote is on disk" each become a token, and a message waits for the higher one.',
    "The trap of `truncated` has a name, ABA: entry 7 is being written; it is cut, and another entry 7 appended; now the first write completes. It must not make the second entry 7 durable, so the `lastIndex` of each write under way is lowered to `index - 1`.",
  ],
  tests: [
    { file: "test/unit/raft-durability.test.ts" },
    { file: "test/paper/figure-2-durable-before-visible.test.ts" },
    { file: "test/paper/5.2-leader-election.test.ts" },
  ],
  scenes: ["short-log"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "P2", breaks: ["durable-before-visible", "election-safety"] },
    { mutant: "R11", test: "the old write makes nothing" },
    { mutant: "R14", test: "older term" },
    {
      title: "a message of this turn leaves at once",
      file: outbox,
      find: "      if (durability.isPersisted(token)) leaving.push(envelope);\n      else",
      replace: "      if (durability.isPersisted(token) || token > 0) leaving.push(envelope);\n      else",
      breaks: ["durable-before-visible"],
    },
    {
      title: "the disk is not told to cut",
      file: durability,
      find: "      this.#truncateFrom = Math.min(this.#truncateFrom ?? index, index);\n",
      replace: "",
      test: "truncation",
    },
  ],
};
