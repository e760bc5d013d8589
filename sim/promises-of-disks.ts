/** The promises of what servers write to their disks, and of how much: part of `promises.ts`. */
import type { PromiseInWords } from "./promise.ts";

export const promisesOfDisks = [
  {
    invariant: "disk-bound",
    sentence:
      "What a checkpoint takes on disk stays within three times of what lives in it and a bounded slack, whatever was written; a segment ends when it is full.",
    from: "Rosenblum and Ousterhout 1992",
    file: "sim/checkers/disk-bound.ts",
  },
  {
    invariant: "disk-thrift",
    sentence:
      "What a server writes is not on its disk already: no checkpoint writes a row again as it is, but for what the cleaning moves, or removes one that is not there; nor is term, vote or a block of the log written twice.",
    from: "docs/decisions/0006",
    file: "sim/checkers/disk-thrift.ts",
  },
  {
    invariant: "log-bound",
    sentence:
      "A checkpoint begins once as much of the log was applied as makes one due; and what it covers of the log goes, but for a bounded tail.",
    from: "§7",
    file: "sim/checkers/log-bound.ts",
  },
  {
    invariant: "disk-room",
    sentence:
      "While its disk is almost full a server takes no creates and setDatas, a leader makes the others refuse them too, and nobody refuses them without need.",
    from: "",
    file: "sim/checkers/disk-room.ts",
  },
] as const satisfies readonly PromiseInWords[];
