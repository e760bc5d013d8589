/** The promises that the simulator checks, in words: for the explanations and for docs/invariants.md. */

/** One promise, or several that one checker sees to. */
export interface CheckedPromise {
  /** The checker's name, as failures give it. */
  readonly invariant: string;
  /** Its numbers in the list of the simulator's invariants. */
  readonly numbers: readonly number[];
  /** In one sentence. */
  readonly sentence: string;
  /** Where it comes from; empty if from nowhere but here. */
  readonly paper: string;
  /** The checker's file. */
  readonly file: string;
}

export const promises: readonly CheckedPromise[] = [
  {
    invariant: "election-safety",
    numbers: [1],
    sentence:
      "At most one server leads in a term, and no server votes for two candidates in one, not even across a crash.",
    paper: "Raft §5.2, Figure 3",
    file: "sim/checkers/election-safety.ts",
  },
  {
    invariant: "leader-append-only",
    numbers: [2],
    sentence: "A leader only appends to its log: it never overwrites or removes an entry.",
    paper: "Raft §5.3, Figure 3",
    file: "sim/checkers/leader-append-only.ts",
  },
  {
    invariant: "log-matching",
    numbers: [3],
    sentence: "If two logs have an entry with the same index and term, they are equal up to that entry.",
    paper: "Raft §5.3, Figure 3",
    file: "sim/checkers/log-matching.ts",
  },
  {
    invariant: "leader-completeness",
    numbers: [4],
    sentence: "What was committed in a term is in the log of every leader of a later one.",
    paper: "Raft §5.4, Figure 3",
    file: "sim/checkers/leader-completeness.ts",
  },
  {
    invariant: "state-machine-safety",
    numbers: [5],
    sentence: "No two servers ever apply different entries at the same index, and each applies them in order.",
    paper: "Raft §5.4.3, Figure 3",
    file: "sim/checkers/state-machine-safety.ts",
  },
  {
    invariant: "monotonic",
    numbers: [6],
    sentence: "While a server runs, its term and what it has applied never go back.",
    paper: "Raft §5.1, Figure 2",
    file: "sim/checkers/monotonic.ts",
  },
  {
    invariant: "durable-state",
    numbers: [1, 6],
    sentence: "The term on a disk never goes back, and the vote on it never changes within a term.",
    paper: "Raft Figure 2",
    file: "sim/checkers/durable-state.ts",
  },
  {
    invariant: "leader-progress",
    numbers: [6],
    sentence:
      "What a leader believes a follower to have, the follower has on its disk, and the leader never believes less than before.",
    paper: "Raft Figure 2 (matchIndex, nextIndex)",
    file: "sim/checkers/leader-progress.ts",
  },
  {
    invariant: "commit-durability",
    numbers: [8],
    sentence:
      "An entry that anybody takes as committed is on the disks of a majority, those of crashed servers counted.",
    paper: "Raft §5.3; thesis §10.2.1",
    file: "sim/checkers/commit-durability.ts",
  },
  {
    invariant: "durable-before-visible",
    numbers: [9],
    sentence: "No vote and no acknowledgement leaves a server before what it promises is on its disk.",
    paper: "Raft Figure 2; DESIGN §1.4",
    file: "sim/checkers/durable-before-visible.ts",
  },
  {
    invariant: "recovery",
    numbers: [12],
    sentence:
      "A server that starts again finds what was on its disk, the same term, vote and log, and damage never goes unnoticed.",
    paper: "Raft §5.1; Protocol-Aware Recovery, FAST '18",
    file: "sim/checkers/recovery.ts",
  },
  {
    invariant: "replica-equality",
    numbers: [11, 12],
    sentence: "Servers that have applied the same entries hold the same state, to the last counter.",
    paper: "Raft §2",
    file: "sim/checkers/replica-equality.ts",
  },
  {
    invariant: "linearizability",
    numbers: [13],
    sentence:
      "Writes, linearizable reads and sync happen as if one at a time, each somewhere between its question and its answer.",
    paper: "Herlihy and Wing 1990; Raft §8",
    file: "sim/checkers/linearizability.ts",
  },
  {
    invariant: "sequential-reads",
    numbers: [14],
    sentence: "A session reads its own writes, and what it sees never goes back, whichever server it asks.",
    paper: "ZooKeeper, ATC '10, §2.3",
    file: "sim/checkers/sequential-reads.ts",
  },
  {
    invariant: "exactly-once",
    numbers: [15],
    sentence: "Each request of a session has one effect, and every retry gets the answer of the first.",
    paper: "Raft §8; thesis §6.3",
    file: "sim/checkers/exactly-once.ts",
  },
  {
    invariant: "liveness",
    numbers: [21],
    sentence:
      "Once the faults are over for a majority, it elects a leader, commits, brings everybody up to date and serves, within a bounded time.",
    paper: "Raft §5.6; thesis §9",
    file: "sim/calm.ts",
  },
  {
    invariant: "client-protocol",
    numbers: [],
    sentence: "No server says to a client what the session protocol forbids.",
    paper: "",
    file: "sim/client.ts",
  },
  {
    invariant: "assertion",
    numbers: [],
    sentence: "The code's own assertions hold; a server that finds one broken stops.",
    paper: "",
    file: "src/base/assert.ts",
  },
  {
    invariant: "exception",
    numbers: [],
    sentence: "Nothing throws that is not an error with a name.",
    paper: "",
    file: "sim/runner.ts",
  },
  {
    invariant: "runaway",
    numbers: [],
    sentence: "A run comes to its end.",
    paper: "",
    file: "sim/mutants-worker.ts",
  },
];

/** The promise behind a failure. */
export function promiseOf(invariant: string): CheckedPromise {
  return (
    promises.find((promise) => promise.invariant === invariant) ?? {
      invariant,
      numbers: [],
      sentence: `The invariant ${invariant} holds.`,
      paper: "",
      file: "",
    }
  );
}
