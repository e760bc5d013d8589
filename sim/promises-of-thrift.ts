/** What is promised of words that are said in time, for a reason, and truly, whether or not anybody is harmed otherwise. */

import type { PromiseInWords } from "./promise.ts";

export const promisesOfThrift = [
  {
    invariant: "refusals",
    sentence:
      "What an operator is refused is in the way, an id or an address that is taken, a server that is no member, a change that is not complete; what is said to be done is, what is begun is what was asked for, and what is taken is begun.",
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
      "A turn of a server answers no more reads than it may, and as many while more can be answered; and no client waits with a read while another one has more than those of one visit answered.",
    from: "",
    file: "sim/checkers/fair-reads.ts",
  },
  {
    invariant: "apply-turns",
    sentence: "A turn of a server applies no more than it may, but for one entry that is more by itself.",
    from: "",
    file: "sim/checkers/apply-turns.ts",
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
      "A client pings no sooner than it has to, says nothing that is empty, has no more requests under way than answers have made room for, and one server at a time.",
    from: "ZooKeeper; RFC 5681",
    file: "sim/checkers/client-times.ts",
  },
  {
    invariant: "client-tries",
    sentence:
      "A client that has no server tries one endpoint after the other, each once and at once, rests for 50 to 500 ms and begins anew.",
    from: "",
    file: "sim/checkers/client-tries.ts",
  },
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
    invariant: "election-timeouts",
    sentence:
      "A server waits one to two election timeouts for a leader, from when it heard one, gave its vote or campaigned; where the stream of its leader broke it waits no longer than the campaign delay, and twice as long with each attempt.",
    from: "§5.2",
    file: "sim/checkers/election-timeouts.ts",
  },
  {
    invariant: "vain-timers",
    sentence: "What is due is done when the timer rings: none rings again and again for the same.",
    from: "",
    file: "sim/checkers/vain-timers.ts",
  },
  {
    invariant: "needless-appends",
    sentence:
      "A leader sends a follower AppendEntries for a reason alone: entries that it is not known to have, those of earlier terms only where it may lack them, a heartbeat that is due, a round of reads or a commit that it was not sent.",
    from: "Figure 2, §5.3",
    file: "sim/checkers/needless-appends.ts",
  },
  {
    invariant: "prompt-appends",
    sentence:
      "At the end of a leader's turn a follower whose log agrees was sent every entry that it may have, unless the window is full or what is on its way holds the rest back for a time, at the end of which the leader wakes.",
    from: "§5.3",
    file: "sim/checkers/prompt-appends.ts",
  },
  {
    invariant: "prompt-proposals",
    sentence: "A leader whose log has room takes at once all that its clients and other servers ask it to append.",
    from: "§5.3",
    file: "sim/checkers/prompt-proposals.ts",
  },
  {
    invariant: "prompt-snapshots",
    sentence:
      "At the end of a leader's turn a follower that needs a snapshot was sent its next chunk, unless enough is on its way, the chunk is being read or the pace holds it back.",
    from: "§7",
    file: "sim/checkers/prompt-snapshots.ts",
  },
  {
    invariant: "sparing-snapshots",
    sentence:
      "A leader sends a chunk of a snapshot again only when nothing more was acknowledged for an election timeout, or the follower has begun anew.",
    from: "§7",
    file: "sim/checkers/sparing-snapshots.ts",
  },
  {
    invariant: "kept-log",
    sentence:
      "Within its bound a leader keeps the log that a follower which answers has not acknowledged, and what comes behind a snapshot on its way to one.",
    from: "§5.3, §7",
    file: "sim/checkers/kept-log.ts",
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
      "A server says Hello to another once an interval at most, and tells its leader of its clock and its disk when it begins to follow it and once a tick; a leader that hands over asks its heir once an interval.",
    from: "",
    file: "sim/checkers/sparing-reports.ts",
  },
] as const satisfies readonly PromiseInWords[];
