/** What people are shown of a server: they act on it. */
import type { Mutant } from "./mutant.ts";

export const shown: readonly Mutant[] = [
  {
    id: "SH1",
    title: "a page of sessions begins with the last one of the page before",
    source: "ours",
    file: "src/node/clients/session-page.ts",
    find: "if (session.id <= after) continue;",
    replace: "if (session.id < after) continue;",
    expects: ["shown"],
    kind: "safety",
    lesson:
      "A page begins behind the last name of the one before. Whoever asks page by page counts one twice otherwise, or never ends.",
  },
  {
    id: "SH2",
    title: "the first page of sessions says that it is the last",
    source: "ours",
    file: "src/node/clients/session-page.ts",
    find: "return { sessions: rows, more: true };",
    replace: "return { sessions: rows, more: false };",
    expects: ["shown"],
    kind: "safety",
    lesson: "A list that is cut has to say so: somebody looks in it for what holds a lock.",
  },
  {
    id: "SH3",
    title: "each session is shown with the watches of all",
    source: "ours",
    file: "src/node/clients/watches.ts",
    find: "return connection === undefined ? 0 : this.#watches.countOf(connection.id);",
    replace: "return connection === undefined ? 0 : this.#watches.size;",
    expects: ["shown"],
    kind: "safety",
    lesson: "Figures of one and figures of all look alike in a test with one client.",
  },
];
