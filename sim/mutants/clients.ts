/** What clients are told: whether their session is certain to live, where servers are; and what they tell when they give up. */
import type { Mutant } from "./mutant.ts";

export const clients: readonly Mutant[] = [
  {
    id: "G1",
    title: "a client without a server goes on to believe in its session",
    source: "Curator, kazoo (LOST)",
    file: "src/client/session.ts",
    find: "    if (now < this.#standing.lostAt) return;\n",
    replace: "    if (now < this.#standing.lostAt || now >= 0) return;\n",
    expects: ["certain-sessions"],
    kind: "safety",
    lesson:
      "A client that is cut off hears of no expiry. Only its own clock can tell it that another may have its lock by now.",
  },
  {
    id: "G2",
    title: "a server's pong counts as the leader's word",
    source: "ours (issue 11)",
    file: "src/client/session-reconnect.ts",
    find: "    if (ping?.prompt === true) this.#pulse.answered(now - ping.at);\n",
    replace:
      "    if (ping?.prompt === true) this.#pulse.answered(now - ping.at);\n    if (ping !== undefined) this.#standing.proven(now);\n",
    expects: ["certain-sessions"],
    kind: "safety",
    lesson:
      "The server that answers may be cut off from the leader, who alone ends sessions, and not know it yet. What counts is what the leader has heard.",
  },
  {
    id: "G3",
    title: "a leader vouches for sessions without asking a majority whether it leads",
    source: "ours (session touches)",
    file: "src/node/peers/session-liveness.ts",
    find: "    if (this.#core.raft.isLeader) this.#vouchers.add(from, round);\n",
    replace: "    if (this.#core.raft.isLeader) this.#vouch(from, round);\n",
    expects: ["certain-sessions"],
    kind: "safety",
    lesson:
      "A deposed leader goes on for a while. Its successor counts from its own election and may have ended the session before the old one's word has gone bad.",
  },
  {
    id: "G4",
    title: "a client counts from when it heard of the leader's word",
    source: "ours (session standing)",
    file: "src/client/session-reconnect.ts",
    find: "    this.#standing.proven(sent.at);\n",
    replace: "    this.#standing.proven(link.lastReceived);\n",
    expects: ["certain-sessions"],
    kind: "safety",
    lesson:
      "The word was on its way for a while. The leader's patience began when it heard, so the client's has to begin when it spoke.",
  },
  {
    id: "G5",
    title: "nobody disarms what nobody waits for",
    source: "ZOOKEEPER-442",
    file: "src/client/session-watches.ts",
    find: "    if (this.#unwanted.size === 0) return [];\n",
    replace: "    if (this.#unwanted.size >= 0) return [];\n",
    expects: ["abandoned-watches"],
    kind: "liveness",
    lesson:
      "A watch that is given up stays armed at the server until it fires, which may be never. Enough of them and there is no room for those that are wanted.",
  },
  {
    id: "G6",
    title: "a watch is disarmed although another read of it is under way",
    source: "ours (disarm)",
    file: "src/client/session-watches.ts",
    find: "      if (later.has(key)) continue;\n",
    replace: "",
    expects: ["abandoned-watches", "watches"],
    kind: "safety",
    lesson:
      "The server may have armed it for that read already, and its answer be on its way. Whoever reads it then waits for an event that never comes.",
  },
  {
    id: "G7",
    title: "a read that was given up leaves its watch armed",
    source: "ours (disarm)",
    file: "src/client/session-watches.ts",
    find: "    if (request.settled) return this.#isUnwanted(spec);\n",
    replace: "    if (request.settled) return;\n",
    expects: ["abandoned-watches"],
    kind: "liveness",
    lesson: "The request was sent, so the server arms its watch, whether anybody still waits for the answer or not.",
  },
  {
    id: "G8",
    title: "clients are not told that the members have changed",
    source: "ours (issue 11)",
    file: "src/node/clients/told-members.ts",
    find: "return members.length !== before.length || !members.every(same);",
    replace: "return members.length < before.length && !members.every(same);",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "Servers are replaced one by one. A client that knows only those of the first day has nowhere to go once the last of them is gone.",
  },
  {
    id: "G9",
    title: "a follower tells the leader once whom it heard from",
    source: "ours (issue 11)",
    file: "src/node/peers/session-touches.ts",
    find: "    const due = this.#rounds.filter((round) => nowMs - round.sentMs >= this.#retryMs);\n",
    replace: "    const due = this.#rounds.filter((round) => round.sentMs < 0);\n",
    expects: ["session-expiry"],
    kind: "safety",
    survives:
      "Two touches of an idle client have to go lost in a row, and the network of the simulator counts as sound only while it loses nothing: no checker may speak up there. test/unit/node-session-touches.test.ts plays it.",
    lesson:
      "An idle client speaks every third of its timeout. Were each word said once, two lost messages could end its session.",
  },
  {
    id: "G10",
    title: "a leader vouches for no session of which it has heard",
    source: "ours (made by a rule, and lived)",
    file: "src/node/peers/session-liveness.ts",
    find: "    if (this.#core.raft.isLeader) this.#vouchers.add(from, round);\n",
    replace: "",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "Certainty can be had too little as well: a client that never hears that the leader heard it has to leave one healthy server after another.",
  },
  {
    id: "G11",
    title: "the answer to a close ends nothing",
    source: "ours (made by a rule, and lived)",
    file: "src/client/session.ts",
    find: '    if (request.body.type === "close") return this.#end.closed(zxid);\n',
    replace: "",
    expects: ["session-expiry"],
    kind: "safety",
    lesson:
      "Whoever closes a session is told that it is closed. If it went on as if nothing had happened, it would soon hear that it has expired: the word for a loss.",
  },
  {
    id: "G12",
    title: "a process that goes on with another's session numbers its writes anew",
    source: "ours (coverage)",
    file: "src/client/session.ts",
    find: '    if (this.state === "connecting") this.#requests.continueAfter(answer.lastRequestId);\n',
    replace: "",
    expects: ["client-protocol", "exactly-once", "liveness"],
    kind: "safety",
    lesson:
      "The cluster remembers the newest write of a session, whichever process sent it. One with its number again is answered with what came of that one.",
  },
  {
    id: "G13",
    title: "a client goes on with whatever session a server gives it",
    source: "ours (coverage)",
    file: "src/client/session-identity.ts",
    find: "    if (this.#sessionId !== 0 && answer.sessionId !== this.#sessionId)\n",
    replace: "    if (this.#sessionId !== 0 && answer.sessionId < this.#sessionId)\n",
    expects: ["exactly-once", "session-expiry", "linearizability", "certain-sessions", "liveness"],
    kind: "safety",
    lesson:
      "What a client holds, it holds by its session. One that turns into another behind its user's back has lost it.",
  },
];
