/** Reads (thesis §6.4): linearizable ones by ReadIndex, local ones in the order of the session. */
import type { Mutant } from "./mutant.ts";

export const reads: readonly Mutant[] = [
  {
    id: "L1",
    title: "a read index before the first commit of the term",
    source: "etcd#12680, tikv#6340, redisraft#22",
    file: "src/raft/read-index.ts",
    find: "if (state.commitIndex < leader.termStart) return;",
    replace: "",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    lesson:
      "A new leader has every committed entry and does not know which they are. Until an entry of its own term is committed its commitIndex may be in the past (§8).",
  },
  {
    id: "L2",
    title: "a deposed leader serves reads",
    source: "thesis §6.4",
    file: "src/raft/read-index.ts",
    find: "first !== undefined && first.round <= confirmed;",
    replace: "first !== undefined && confirmed >= 0;",
    expects: ["linearizability"],
    kind: "safety",
    lesson:
      "A leader that is cut off does not know that it has been replaced. Only a majority that answers after the read began proves that it still leads.",
  },
  {
    id: "L3",
    title: "a linearizable read does not wait for its index to be applied",
    source: "thesis §6.4",
    file: "src/node/read-indexes.ts",
    find: "slot.readIndex = index;",
    replace: "slot.readIndex = Math.min(index, 0);",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    lesson: "The read index says how new the state must be. A follower that lags has to get there first.",
  },
  {
    id: "L7",
    title: "a provisional answer is released though it is too old",
    source: "ours (provisional reads)",
    file: "src/node/request-queue.ts",
    find: "if (slot.readIndex > slot.answer.zxid) this.#evaluateHeldAgain();",
    replace: "",
    expects: ["linearizability"],
    kind: "safety",
    lesson:
      "A read is answered provisionally right before its session's next write. When its index turns out to be newer than that, the answer shows a past that another client has seen go by.",
    harmless:
      "Equivalent. The provisional state is the one right before the session's next write. That write was sent after the read, so every write that was answered before the read was asked for is older than it in the log, and the provisional answer shows it. The line is a second line of defence.",
  },
  {
    id: "L8",
    title: "reads are not evaluated before the write that follows them",
    source: "ours (provisional reads)",
    file: "src/node/request-queue.ts",
    find: "const end = this.#positionOfWrite(requestId);",
    replace: "const end = requestId < 0 ? this.#positionOfWrite(requestId) : 0;",
    expects: ["liveness", "settled-proposals"],
    kind: "liveness",
    lesson:
      "Answers leave in the order of the requests. A write applied before the reads in front of it are evaluated finds no place for its answer.",
  },
  {
    id: "L9",
    title: "a provisional answer shows what came after its own zxid",
    source: "ours (provisional reads)",
    file: "src/node/request-queue.ts",
    find: "      if (slot?.read === undefined) continue;\n      slot.answer = { zxid: this.#host.appliedIndex(), result: this.#host.evaluate(slot.read) };",
    replace:
      "      if (slot?.read === undefined || slot.answer === undefined) continue;\n      slot.answer = { zxid: slot.answer.zxid, result: this.#host.evaluate(slot.read) };",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    lesson: "An answer and its zxid belong together: the zxid is the client's word for what it has seen.",
  },
  {
    id: "L11",
    title: "read requests are numbered from zero after each start",
    source: "ours",
    file: "src/raft/state.ts",
    find: "  return start * 2 ** 20;",
    replace: "  return start * 0;",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    survives:
      "Not equivalent. It takes a follower that asks, dies, comes back in the same term, asks again under the same number at a moment when it lags, and an answer that is late by all of that; the drawn delays seldom last so long",
    lesson:
      "A packet may be minutes late. If numbers repeat, the answer to a question from before the restart passes for one to a question from after it.",
  },
  {
    id: "L14",
    title: "the refusal of an older term's message confirms a round of this term",
    source: "ours (bug 28)",
    file: "src/raft/follower.ts",
    find: "    readRound: message.term === state.currentTerm ? message.readRound : 0,",
    replace: "    readRound: message.readRound,",
    expects: ["linearizability"],
    kind: "safety",
    lesson:
      "A leader may lead again, and count its rounds from the beginning. What it asked in an earlier term comes late, and the refusal of that must not count for what it asks now.",
    survives:
      "It takes a leader that is deposed and elected again, an old message of it that comes in its new term, more rounds before than since, and then a reader who finds it cut off while the others go on. A hunt found it after 4,751 runs.",
  },
  {
    id: "L12",
    title: "reads are forgotten when the role changes",
    source: "ours",
    file: "src/raft/read-index.ts",
    find: "if (released.length > 0) state.readsWaiting = released.concat(state.readsWaiting);",
    replace: "",
    expects: ["liveness"],
    kind: "liveness",
    lesson: "A leader that steps down still owes answers. What it cannot confirm any more, its successor must.",
  },
  {
    id: "L13",
    title: "a read index that got lost is never asked for again",
    source: "ours",
    file: "src/raft/read-index.ts",
    find: "if (state.now < asked.askedAt + patience(state)) continue;",
    replace:
      "if (state.now >= asked.askedAt + patience(state)) asked.askedAt = state.now;\n    if (state.now >= 0) continue;",
    expects: ["liveness"],
    kind: "liveness",
    lesson: "Requests and replies get lost. Whoever waits for an answer has to ask again.",
  },
];
