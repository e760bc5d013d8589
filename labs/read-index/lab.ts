import type { Lab } from "../lab.ts";

const file = "src/raft/read-index.ts";

export const readIndex: Lab = {
  name: "read-index",
  title: "A read that does not lie",
  chapter: 8,
  promise:
    "A linearizable read shows everything that was acknowledged before it was asked. So whoever has been told that a write is done finds it, on whichever server it looks.",
  blanks: [
    {
      file,
      symbol: "startRound",
      task: [
        "Leader, at the end of a turn: makes one round of all reads that wait. `state.readsWaiting` are this server's own, by their ids; `leader.readRequests` are those that followers have asked for. Nothing to do if there are neither.",
        "Nothing either before an entry of the leader's own term is committed, `leader.termStart` being the index of its first: they go on waiting.",
        "Else the next round begins: `leader.readRound` counts it, and the messages of this turn will carry that number to the followers. A round `{ round, index, ids, requests }` goes to the end of `leader.readRounds`, with the commitIndex of this moment, and both lists are empty again. A leader that is the only voter is its own quorum: call `confirmReads` at the end.",
      ],
    },
    {
      file,
      symbol: "confirmReads",
      task: [
        "Leader: which rounds has a quorum answered? `quorumValue(state.log.configuration, …)` over `ackedRound` says up to which number. Those rounds leave `leader.readRounds`, oldest first, and are answered: its own reads with `ready(state, ids, index)`, each request of a follower with a ReadIndexReply to `from`, with the term, its readId and the index.",
      ],
    },
    {
      file,
      symbol: "ackedRound",
      task: [
        "The newest round that voter `id` has confirmed: for the leader itself its newest round, for a peer its `ackedRound`, for somebody unknown 0.",
      ],
    },
  ],
  hints: [
    "`npm run sim -- --scene stale-read` shows the leader that this lab is about: it still believes that it leads.",
    "The order matters: the index is taken *before* the question goes out, and the answers have to be to messages sent *after* the read came. A number that travels with the messages makes both sure.",
    "A new leader has everything that was committed in its log, but does not know yet that it is committed. Therefore `commitIndex < termStart` waits.",
  ],
  tests: [{ file: "test/paper/thesis-6.4-read-index.test.ts" }, { file: "test/paper/8-client-interaction.test.ts" }],
  scenes: ["stale-read"],
  regressions: ["stale-read-after-reelection"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "L2", test: "once a quorum has confirmed" },
    {
      title: "a new leader reads before it has committed anything",
      file,
      find: "  if (state.commitIndex < leader.termStart) return;\n",
      replace: "",
      test: "no read is answered before",
    },
    {
      title: "the leader's word alone is enough",
      file,
      find: "  if (id === state.id) return leader.readRound;\n  return progressOf(leader, id).ackedRound;",
      replace: "  return id === state.id || id >= 0 ? leader.readRound : progressOf(leader, id).ackedRound;",
      test: "once a quorum has confirmed",
    },
    {
      title: "the round keeps its old number",
      file,
      find: "  leader.readRound++;\n",
      replace: "",
      test: "an answer to an earlier message confirms nothing",
    },
    {
      title: "followers that ask get no answer",
      file,
      find: '      state.outbox.send(from, { type: "ReadIndexReply", term: state.currentTerm, readId, index: first.index });',
      replace: "      if (readId < 0) ready(state, [readId], from);",
      test: "asks the leader once",
    },
  ],
};
