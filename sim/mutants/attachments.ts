/** Attachments: a session speaks through one connection at a time, and the log says which. */
import type { Mutant } from "./mutant.ts";

export const attachments: readonly Mutant[] = [
  {
    id: "A1",
    title: "requests of an older attachment take effect",
    source: "ours (attach fencing)",
    file: "src/znode/writes.ts",
    find: "if (session.attachment !== write.attachment) return dropped(index, write, sessionMoved(session));",
    replace: "",
    expects: ["linearizability", "replica-equality", "exactly-once", "sequential-reads"],
    kind: "safety",
    lesson:
      "A client that has moved may have given up what it sent before. A request of the old connection that surfaces later must find the door shut.",
  },
  {
    id: "A2",
    title: "the second copy of an attachment fences off the first",
    source: "ours (attach fencing)",
    file: "src/znode/session-commands.ts",
    find: "if (!repeated) sessions.attach(",
    replace: "if (!repeated || origin > 0) sessions.attach(",
    expects: ["linearizability", "replica-equality", "exactly-once", "sequential-reads", "watches"],
    kind: "safety",
    lesson:
      "The attachment is a proposal like any other and may be in the log twice. Its copy must not lock out the connection that the first one let in.",
  },
  {
    id: "A3",
    title: "an old createSession passes for the present attachment",
    source: "ours (ABA)",
    file: "src/znode/session-commands.ts",
    find: "return attached(known, known.id);",
    replace: "return attached(known, known.attachment);",
    expects: ["client-protocol", "exactly-once", "linearizability", "session-expiry"],
    kind: "safety",
    lesson:
      "The second copy of a createSession may be applied long after the session moved on. The connection that waits for it must not get the key of the present one.",
    harmless:
      "Not reachable: the connection that waits for the second copy was answered by the first, on the same server and in the same log, or has gone; then nobody holds the answer. The line guards the reading of the log, not a path of today's code.",
  },
  {
    id: "A4",
    title: "the refusal of an old attachment's request answers the present one",
    source: "ours (ABA)",
    file: "src/node/clients/writes.ts",
    find: "if (ownProposal === undefined || !this.#waitsFor(sessionId, requestId, ownProposal)) return undefined;",
    replace: "",
    expects: ["linearizability", "liveness", "client-protocol"],
    kind: "safety",
    lesson:
      "Requests keep their numbers when a session moves. That an old copy was turned away says nothing about the copy under way now.",
    harmless:
      "It costs a reconnection and no more: the client takes SESSION_MOVED as a reason to attach again, and sends the request under the number that it has.",
  },
  {
    id: "A5",
    title: "whoever lost a session to another client attaches again",
    source: "ours (takeover)",
    file: "src/znode/session-commands.ts",
    find: "if (!repeated && !takeover && holder !== session.holder)",
    replace: "if (!repeated && !takeover && holder < 0)",
    expects: ["exactly-once", "linearizability", "replica-equality"],
    kind: "safety",
    survives:
      "The simulator's clients never take a session over from one that lives. test/unit/znode-sessions.test.ts and test/e2e/ephemerals.test.ts play it.",
    lesson:
      "Answers are kept by the session's numbers. Two clients that count on from the same number would get each other's.",
  },
  {
    id: "F1",
    title: "the client does not send again what the lost connection carried",
    source: "ours (client session)",
    file: "src/client/session-requests.ts",
    find: "  rewind(): void {\n    this.#outstanding = 0;",
    replace: "  rewind(): void {\n    this.#outstanding = Math.min(this.#outstanding, this.#sent.length);",
    expects: ["liveness", "client-protocol"],
    kind: "liveness",
    lesson: "Nobody but the client knows that a request was under way when the connection broke.",
  },
  {
    id: "F2",
    title: "a request that is sent again gets a new number",
    source: "ours (client session)",
    file: "src/client/session-requests.ts",
    find: "  rewind(): void {\n",
    replace:
      "  rewind(): void {\n    for (let i = 0; i < this.#sent.length; i++) {\n      const request = this.#sent.at(i);\n      if (request !== undefined && request.requestId > 0) request.requestId = ++this.#lastRequestId;\n    }\n",
    expects: ["exactly-once", "client-protocol", "liveness"],
    kind: "safety",
    lesson:
      "The number is what makes a retry a retry. With a new one the servers must take it for another request, and do it again.",
  },
  {
    id: "F3",
    title: "the client acknowledges answers that it does not have",
    source: "ours (client session)",
    file: "src/client/session-requests.ts",
    find: "ackedRequestId: this.#ackedRequestId,",
    replace: "ackedRequestId: this.#lastRequestId,",
    expects: ["linearizability", "exactly-once", "client-protocol"],
    kind: "safety",
    lesson: "An acknowledged answer is forgotten. Acknowledged too early, it is gone when the retry asks for it.",
  },
  {
    id: "F4",
    title: "a write that was applied for an older attachment is only proposed again",
    source: "ours (bug 1)",
    file: "src/node/clients/writes.ts",
    find: "    if (known !== undefined) {\n      connection.requests.addAppliedWrite(",
    replace: "    if (known !== undefined && request.xid < 0) {\n      connection.requests.addAppliedWrite(",
    expects: ["liveness"],
    kind: "liveness",
    lesson:
      "If that proposal is lost, the session's next writes are applied first, and nobody waits for their answers: they are not the next. The answer is in the replicated table already.",
    harmless:
      "Since bug 2 a proposal that a client awaits is not given up: what is lost is proposed again, and answered as the repetition that it is.",
  },
];
