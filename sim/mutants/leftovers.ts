/** Mutants that forget to let go: nothing that anybody is told is wrong, and the server grows until it ends. */
import type { Mutant } from "./mutant.ts";

export const leftovers: readonly Mutant[] = [
  {
    id: "Q1",
    title: "a session is remembered as attached after its connection has gone",
    source: "ours (made by a rule, and lived)",
    file: "src/node/clients/connections.ts",
    find: `      this.#bySession.delete(state.sessionId);
    this.#gone(connection);`,
    replace: `      void state.sessionId;
    this.#gone(connection);`,
    expects: ["leftovers"],
    kind: "safety",
    lesson:
      "Two tables hold a connection, and both must forget it. What is left in the second one is still spoken to, with all that hangs on it.",
  },
  {
    id: "Q2",
    title: "a question for a read index is kept after its answer",
    source: "ours (made by a rule)",
    file: "src/node/clients/read-indexes.ts",
    find: `    if (waiting === undefined) return;
    this.#asked.delete(id);`,
    replace: `    if (waiting === undefined) return;`,
    expects: ["leftovers"],
    kind: "safety",
    lesson: "Each turn with reads asks one question. Kept after its answer, it holds every read that was ever asked.",
  },
  {
    id: "Q3",
    title: "a leader remembers sessions that have ended",
    source: "ours (made by a rule)",
    file: "src/node/peers/session-tracker.ts",
    find: "    this.#heardAtMs.delete(session);",
    replace: "    void session;",
    expects: ["leftovers"],
    kind: "safety",
    lesson: "A leader may lead for months, and sessions come and go by the thousand.",
  },
  {
    id: "Q4",
    title: "a round of touches is kept after the leader has vouched for it",
    source: "ours (made by a rule)",
    file: "src/node/peers/session-vouchers.ts",
    find: "    this.#asked.delete(id);",
    replace: "    void id;",
    expects: ["leftovers"],
    kind: "safety",
    lesson: "One is asked each tick for as long as a server leads: what is not let go of grows by the clock.",
  },
  {
    id: "Q5",
    title: "a connection that has its session still waits for it",
    source: "ours (made by a rule)",
    file: "src/node/clients/attachments.ts",
    find: "    this.#attaching.delete(ownProposal);",
    replace: "    void ownProposal;",
    expects: ["leftovers", "client-protocol"],
    kind: "safety",
    lesson:
      "The table of those who wait is keyed by the proposal, and a connection leaves it when its session has come, not when it ends.",
  },
  {
    id: "Q6",
    title: "a client remembers each watch that it has given up",
    source: "ours (made by a rule, and lived)",
    file: "src/client/session-watches.ts",
    find: "      this.#unwanted.delete(key);\n",
    replace: "",
    expects: ["leftovers"],
    kind: "safety",
    lesson:
      "What is to be done once is forgotten when it is done. Else the client asks for it again with each message, and its list grows with every watch that it ever gave up.",
  },
  {
    id: "Q7",
    title: "a client does not give back the room of what was answered",
    source: "ours",
    file: "src/client/session-requests.ts",
    find: "    this.#bytes -= request.bytes;\n    if (this.#window",
    replace: "    if (this.#window",
    expects: ["leftovers"],
    kind: "safety",
    lesson:
      "A bound on what waits is a sum that has to come back to zero. If it does not, the client refuses requests after some megabytes, for ever.",
  },
  {
    id: "Q20",
    title: "an endpoint that a server tells of again is there twice",
    source: "ours (made by a rule, and lived)",
    file: "src/client/session-endpoints.ts",
    find: "filter(({ name }) => names.delete(name));",
    replace: "filter(({ name }) => names.has(name));",
    expects: ["leftovers"],
    kind: "safety",
    lesson:
      "Servers tell of the members whenever they change. A client that lives for years would have each a hundred times.",
  },
];
