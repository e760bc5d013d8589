/** What is said and what is understood: codecs and their checks of meaning, in the runs whose messages travel as bytes. */
import type { Mutant } from "./mutant.ts";

export const messages: readonly Mutant[] = [
  {
    id: "Y1",
    title: "a second entry of one term is refused as malformed",
    source: "ours (checks of meaning)",
    file: "src/protocol/peer-codec.ts",
    find: "if (entry.term < term) throw",
    replace: "if (entry.term <= term) throw",
    expects: ["exception"],
    kind: "safety",
    lesson:
      "A check of meaning refuses what no correct server says, and nothing else. What the reader refuses breaks the stream, and the sender says it again, for ever.",
  },
  {
    id: "Y2",
    title: "a snapshot that ends in the leader's own term is refused as malformed",
    source: "ours (checks of meaning)",
    file: "src/protocol/peer-codec.ts",
    find: "if (lastIncludedTerm > term) throw",
    replace: "if (lastIncludedTerm >= term) throw",
    expects: ["exception"],
    kind: "safety",
    lesson: "Equality is the usual case: a leader compacts what it has itself committed.",
  },
  {
    id: "Y3",
    title: "the tag of a field above 15 is written as one byte",
    source: "ours (the wire)",
    file: "src/protocol/wire-writer.ts",
    find: "field < 16 && at >= 0",
    replace: "field < 32 && at >= 0",
    expects: ["exception"],
    kind: "safety",
    lesson:
      "One byte of tag has room for fields 1 to 15. Messages with higher numbers are the rare ones, so that such a bug waits for the first hand-over or the first server that was wiped.",
  },
  {
    id: "Y4",
    title: "a server reports to its leader with every turn",
    source: "ours (made by a rule, and lived)",
    file: "src/node/peers/reports.ts",
    find: "    if (this.#greeted.leader === leader && this.#greeted.term === currentTerm) return;\n",
    replace: "",
    expects: ["sparing-reports"],
    kind: "liveness",
    lesson:
      "A leader needs to know a clock when it begins to lead, and now and then whether it still goes right. A report with every turn doubles what servers say to each other, and changes nothing.",
  },
];
