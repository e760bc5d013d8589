/** Promises of servers to each other that cost time or traffic when they break: nothing needless, and in time what is due. */
import type { PromiseInWords } from "./promise.ts";

export const thrift = [
  {
    invariant: "told-terms",
    sentence: "A server enters a term that a message bore, or the next one, in which it campaigns, and no other.",
    from: "§5.1, §5.2",
    file: "sim/checkers/told-terms.ts",
  },
  {
    invariant: "due-in-time",
    sentence:
      "A leader sends every member a heartbeat within an interval of the last one, and whoever hears no leader campaigns when its timeout is over, as soon as it is awake.",
    from: "§5.2",
    file: "sim/checkers/due-in-time.ts",
  },
  {
    invariant: "needless-appends",
    sentence:
      "A leader sends a follower AppendEntries for a reason alone: entries that it is not known to have, a heartbeat that is due, a round of reads or a commit that it was not sent.",
    from: "Figure 2, §5.3",
    file: "sim/checkers/needless-appends.ts",
  },
  {
    invariant: "follower-answers",
    sentence:
      "A follower refuses nothing that it knows to be committed, answers the newest round that a turn's heartbeats told it of, and acknowledges all that it wrote once that is on its disk.",
    from: "§5.3, §5.4; thesis 6.4",
    file: "sim/checkers/follower-answers.ts",
  },
  {
    invariant: "sparing-reports",
    sentence:
      "A server says Hello to another once an interval at most, and tells its leader of its clock and its disk when it begins to follow it and once a tick.",
    from: "",
    file: "sim/checkers/sparing-reports.ts",
  },
] as const satisfies readonly PromiseInWords[];
