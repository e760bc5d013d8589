/** What a server does with proposals that its leader may not have heard of. */
import type { Mutant } from "./mutant.ts";

export const proposals: readonly Mutant[] = [
  {
    id: "PO1",
    title: "what was proposed is offered again after twice the time",
    source: "ours (made by a rule, and lived)",
    file: "src/node/proposals.ts",
    find: "2 ** Math.max(0, this.#attempts(proposal) - 1)",
    replace: "2 ** Math.max(0, this.#attempts(proposal))",
    expects: ["lost-proposals"],
    kind: "liveness",
    lesson: "A write that is lost on its way costs its client the server's patience. The first try needs no doubling.",
  },
  {
    id: "PO2",
    title: "the proposal that is due last sets the time",
    source: "ours (made by a rule, and lived)",
    file: "src/node/proposals.ts",
    find: "else this.#retryAtMs = Math.min(this.#retryAtMs, dueMs);",
    replace: "else this.#retryAtMs = Math.max(this.#retryAtMs, dueMs);",
    expects: ["lost-proposals", "liveness"],
    kind: "liveness",
    lesson:
      "One timer serves all that are on their way, so it has to ring for the first of them. Other traffic hides it when it does not.",
  },
  {
    id: "PO3",
    title: "what is offered again goes in another order than it was asked for",
    source: "ours (made by a rule, and lived)",
    file: "src/node/proposals.ts",
    find: "else if (id < this.#lastUnsent) this.#mixedUp = true;",
    replace: "else if (id < this.#lastUnsent) this.#mixedUp = false;",
    expects: ["lost-proposals"],
    kind: "safety",
    lesson:
      "A session's writes take effect in their order, so that what comes before its time is in vain, and goes through the log once more.",
  },
  {
    id: "PO4",
    title: "what was proposed for a client that has gone is offered again",
    source: "ours (made by a rule, and lived)",
    file: "src/node/clients/router.ts",
    find: "    this.#writes.forget(connection);\n",
    replace: "",
    expects: ["lost-proposals"],
    kind: "safety",
    lesson:
      "Its client asks for it again where it is by now. Two servers that offer the same make the log longer, and nothing else.",
  },
  {
    id: "PO5",
    title: "with each proposal that is applied the next one is overdue, though none is on its way",
    source: "ours (found in this code)",
    file: "src/node/proposals.ts",
    find: "if (this.#underwayBytes > 0) this.#retryAtMs = Math.min(",
    replace: "this.#retryAtMs = Math.min(",
    expects: ["vain-timers"],
    kind: "liveness",
    lesson:
      "A leader sends itself nothing, so that its last sending was at minus infinity, and what is due behind that always was. Its timer rang each millisecond, and each time it ended a turn in which nothing had happened.",
  },
  {
    id: "PO6",
    title: "while leadership is handed over the timer rings for proposals that have to wait",
    source: "ours (found in this code)",
    file: "src/node/log-feed.ts",
    find: "return leader === undefined || isTransferring ?",
    replace: "return leader === undefined ?",
    expects: ["vain-timers"],
    kind: "liveness",
    lesson: "Whatever keeps a thing from being done when it is due has to keep the timer from ringing for it, too.",
  },
];
