/** What each invariant promises, in one sentence for somebody who has read the Raft paper once. */

const promises: Readonly<Record<string, string>> = {
  "election-safety":
    "In one term a server votes for one candidate at most, so that at most one wins and leads it (§5.2).",
  "leader-append-only": "A leader never changes or deletes entries of its own log; it only appends (§5.3).",
  "log-matching": "If two logs have an entry with the same index and term, they are the same up to there (§5.3).",
  "leader-completeness":
    "What was committed in one term is in the log of the leader of every later term: nobody can win without it (§5.4).",
  "state-machine-safety":
    "Once a server has applied an entry at an index, no server ever applies another one there (§5.4.3).",
  "commit-durability":
    "An entry counts as committed only when the disks of a quorum hold it, so that it survives the crash of a minority.",
  "durable-before-visible":
    "A server promises nothing, be it a vote or an acknowledgement, before what it promises is on its own disk.",
  "durable-state": "The term and the vote on a server's disk never go back, whatever crashes (§5.1, §5.2).",
  monotonic: "Terms, commit indexes and applied indexes only ever rise while a server runs.",
  "leader-progress":
    "What a leader counts as stored by a follower is on that follower's disk, and its count never goes down (Figure 2).",
  membership:
    "A server uses the newest configuration in its log, one change is under way at most, and old and new quorums share a server (§6).",
  "wiped-servers": "A server that lost its disk takes no part under its old id: it has forgotten what it promised.",
  "settled-proposals": "A server stops proposing a command once it has seen it applied.",
  recovery:
    "After a crash a server comes back with the state that its disk had, and stops only if that disk is damaged.",
  "replica-equality": "Servers that have applied the same entries hold the same tree of znodes and the same sessions.",
  "checkpoint-equality":
    "A checkpoint, loaded, is the state that replaying the log up to its index gives, sessions included (§7).",
  "sequential-names": "Under one parent the numbers of sequential znodes are unique and rise with each create.",
  "session-expiry":
    "A session expires through the log alone, and never while its client's signs of life arrive in time.",
  watches:
    "A watch fires once at most, in the order of zxids, before any answer that shows the change, and is never forgotten.",
  linearizability:
    "Writes, linearizable reads and sync look as if each took effect at one instant between its call and its answer.",
  "sequential-reads":
    "What a session reads never goes back in time, and a session always reads what it has written itself.",
  "exactly-once": "A request takes effect once, however often it was sent, and every try gets the same answer (§6.3).",
  "client-protocol": "A server sends a client only what the protocol allows at that point.",
  liveness:
    "Once faults stop, a quorum elects a leader, commits everything, brings all its members up to date and serves.",
  exception: "The code copes with every fault in the plan: it never throws an error that nobody expects.",
};

/** The promise behind an invariant; `undefined` for one that nobody has put into words here. */
export function promiseOf(invariant: string): string | undefined {
  return Object.hasOwn(promises, invariant) ? promises[invariant] : undefined;
}

/** Two sentences: what was promised, what happened. */
export function causeOf({ invariant, message }: { readonly invariant: string; readonly message: string }): string[] {
  const promise = promiseOf(invariant) ?? `The invariant ${invariant} holds (docs/invariants.md).`;
  return [`promised:  ${promise}`, `happened:  ${message}${/[.!?]$/.test(message) ? "" : "."}`];
}
