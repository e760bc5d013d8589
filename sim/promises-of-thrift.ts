/** What is promised of words that are said in time, for a reason, and truly, whether or not anybody is harmed otherwise. */

import type { PromiseInWords } from "./promise-in-words.ts";

export const promisesOfThrift = [
  {
    invariant: "refusals",
    sentence:
      "What an operator is refused is in the way, an id or an address that is taken, a server that is no member, a change that is not complete; and what is said to be done is.",
    from: "",
    file: "sim/checkers/refusals.ts",
  },
  {
    invariant: "lost-proposals",
    sentence:
      "What a server proposed and may have lost it offers again when its patience is over, in the order in which it was asked, and not for a client that has gone.",
    from: "§8",
    file: "sim/checkers/lost-proposals.ts",
  },
  {
    invariant: "fair-reads",
    sentence:
      "A turn of a server answers no more reads than it may, and no client waits with a read while another one has more than those of one visit answered.",
    from: "",
    file: "sim/checkers/fair-reads.ts",
  },
  {
    invariant: "client-times",
    sentence:
      "A client pings when a third of its timeout has passed, or nothing has come for half a second while it waits, and leaves a server that is silent, or without a quorum, when its patience is over.",
    from: "ZooKeeper; RFC 6298",
    file: "sim/checkers/client-times.ts",
  },
  {
    invariant: "client-thrift",
    sentence:
      "A client pings no sooner than it has to, says nothing that is empty, and has no more requests under way than answers have made room for.",
    from: "ZooKeeper; RFC 5681",
    file: "sim/checkers/client-times.ts",
  },
] as const satisfies readonly PromiseInWords[];
