/** Log blocks, group commit and recovery: what is special about this server's disk. */
import type { Mutant } from "./mutant.ts";

export const storage: readonly Mutant[] = [
  {
    id: "B1",
    title: "a batch that is done vouches for what queued up behind it",
    source: "ours (group commit)",
    file: "src/storage/log-writer.ts",
    find: "else this.callbacks.durable(token);",
    replace: "else this.callbacks.durable(this.appendedToken ?? token);",
    expects: ["durable-before-visible", "commit-durability", "assertion"],
    kind: "safety",
    lesson: "Group commit writes one batch while the next one gathers. The end of a batch is news of that batch alone.",
  },
  {
    id: "B2",
    title: "a truncation within a block leaves the block as it is",
    source: "ours (block truncation)",
    file: "src/storage/log-writer.ts",
    find: "    this.putBlock(batch, last.entries.slice(0, this.kept - last.firstIndex + 1));",
    replace:
      "    this.blocks.push({ firstIndex: last.firstIndex, entries: last.entries.slice(0, this.kept - last.firstIndex + 1), bytes: 0 });",
    expects: ["durable-before-visible", "commit-durability", "recovery"],
    kind: "safety",
    lesson:
      "A block holds many entries under one key. When the log is cut in its middle, the block must be written again without its end, or the cut entries come back.",
  },
  {
    id: "B3",
    title: "a truncation within a block takes one entry too many",
    source: "ours (block truncation)",
    file: "src/storage/log-writer.ts",
    find: "last.entries.slice(0, this.kept - last.firstIndex + 1)",
    replace: "last.entries.slice(0, Math.max(1, this.kept - last.firstIndex))",
    expects: ["durable-before-visible", "commit-durability", "recovery", "durable-state"],
    kind: "safety",
    lesson: "What is kept of a block may be committed. An entry less leaves a hole that shows at the next start.",
  },
  {
    id: "B4",
    title: "deletions come behind the new blocks",
    source: "ours (block truncation)",
    file: "src/storage/log-writer.ts",
    find: "    this.cutBlocks(batch);\n    this.appendBlocks(batch);",
    replace:
      "    const cuts: DiskOperation[] = [];\n    this.cutBlocks(cuts);\n    this.appendBlocks(batch);\n    batch.push(...cuts);",
    expects: ["durable-before-visible", "commit-durability", "recovery"],
    kind: "safety",
    lesson:
      "A new block often takes the key of the one that it replaces. Within a batch the later operation wins, so deletions go first.",
  },
  {
    id: "B5",
    title: "a truncation forgets entries that are only queued",
    source: "ours (group commit)",
    file: "src/storage/log-writer.ts",
    find: "    this.kept = from - 1;\n    this.queued = [];",
    replace: "    this.kept = from - 1;",
    expects: ["assertion", "durable-before-visible", "recovery"],
    kind: "safety",
    lesson:
      "What was cut while it waited for the disk must not be written after all, at an index that is no longer its own.",
  },
  {
    id: "B6",
    title: "merging two writes loses the term of the first",
    source: "ours (group commit)",
    file: "src/storage/log-writer.ts",
    find: "    if (write.truncateFrom !== undefined) this.truncate(write.truncateFrom);",
    replace:
      "    else this.hardStateQueued = false;\n    if (write.truncateFrom !== undefined) this.truncate(write.truncateFrom);",
    expects: ["durable-before-visible", "recovery", "election-safety", "commit-durability"],
    kind: "safety",
    lesson: "A batch is the sum of its writes: the newest hard state of any of them must be in it.",
  },
  {
    id: "B7",
    title: "a block is stamped with an old term",
    source: "ours",
    file: "src/storage/log-writer.ts",
    find: "currentTerm: this.hardState.currentTerm, prevTerm: this.lastTerm(), entries",
    replace: "currentTerm: this.hardState.currentTerm - 1, prevTerm: this.lastTerm(), entries",
    expects: ["recovery", "durable-before-visible", "exception", "commit-durability"],
    kind: "safety",
    lesson:
      "Each block says in which term it was written, so that recovery can tell damage from a crash. The stamp must be true.",
  },
  {
    id: "S3",
    title: "damage in the middle of the log is cut off as if it were a torn tail",
    source: "PAR, FAST'18",
    file: "src/storage/recovery.ts",
    find: "for (const { firstIndex, value } of this.blocks)\n      log.add(firstIndex, decodeLogBlock(firstIndex, value), value.length);\n    const recovered = log.recovered(identity.joining === true);",
    replace:
      "try {\n      for (const { firstIndex, value } of this.blocks)\n        log.add(firstIndex, decodeLogBlock(firstIndex, value), value.length);\n    } catch {\n      // As if the log ended here.\n    }\n    const recovered = log.recovered(identity.joining === true);",
    expects: ["recovery"],
    kind: "safety",
    lesson:
      "A crash tears only what was never synced. Damage further in may have hit committed entries: the server must stop and say so, not forget them.",
  },
  {
    id: "S9",
    title: "checksums are not compared",
    source: "ours",
    file: "src/storage/sealed.ts",
    find: "if (readU32be(value, 0) !== crc32c(bytes)) throw",
    replace: "if (readU32be(value, 0) < 0) throw",
    expects: ["recovery"],
    kind: "safety",
    lesson: "Disks turn bits. A value that still decodes is not yet the value that was written.",
  },
  {
    id: "S10",
    title: "a log block may be missing",
    source: "ours",
    file: "src/storage/recovery.ts",
    find: "if (firstIndex > expected) throw",
    replace: "if (firstIndex < 0) throw",
    expects: ["recovery", "assertion"],
    kind: "safety",
    lesson: "The log is contiguous. A gap that recovery does not notice shifts every entry behind it.",
    harmless:
      "No fault of the simulator removes a row that was synced (LevelDB's own checksums and manifest answer for that), and nothing else makes a gap: the check is a second line of defence, tested in test/unit/storage-open.test.ts.",
  },
];
