/** How much disk a checkpoint takes. */
import type { Mutant } from "./mutant.ts";

export const diskSpace: readonly Mutant[] = [
  {
    id: "K13",
    title: "what lives in a segment is estimated by rows, not by bytes",
    source: "ours (checkpoints)",
    file: "src/storage/segment-table.ts",
    find: "    this.#liveBytes -= row.rowBytes;",
    replace: "    this.#liveBytes -= Math.min(row.rowBytes, 100);",
    expects: ["disk-bound"],
    kind: "safety",
    lesson: "A dead row of 200 KB beside ten small ones that live is waste, not a tenth of it.",
  },
  {
    id: "K14",
    title: "a sweep takes as little as it likes, however much is written",
    source: "ours (checkpoints)",
    file: "src/storage/checkpointer.ts",
    find: "this.#table.oldest(Math.max(this.#options.cleanBytes, 2 * this.#newBytes))",
    replace: "this.#table.oldest(1)",
    expects: ["disk-bound"],
    kind: "safety",
    lesson: "Cleaning keeps up with writing only if its pace follows it.",
    survives:
      "A simulated checkpoint is a few segments, and between two of them one is enough. Checkpoints of many find it, in test/property/checkpoint-bound.test.ts.",
  },
  {
    id: "K15",
    title: "after a restart every row counts as live",
    source: "ours (checkpoints)",
    file: "src/storage/checkpoint-loader.ts",
    find: "  if (replaced !== undefined) table.release(replaced);",
    replace: "  if (replaced !== undefined) replaced.segment = table.generation - table.generation;",
    expects: ["disk-bound"],
    kind: "safety",
    lesson:
      "What was replaced by a later segment is waste, whoever finds out: else each restart forgets what there is to clean.",
  },
  {
    id: "K16",
    title: "sessions are not swept",
    source: "ours (checkpoints)",
    file: "src/storage/checkpointer.ts",
    find: "        session: (id) => this.#machine.touchSession(id, number),",
    replace: "        session: () => {},",
    expects: ["disk-bound"],
    kind: "safety",
    lesson: "One row that nobody writes anew keeps its whole segment, and behind it every removal.",
  },
];
