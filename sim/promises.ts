/**
 * Every promise that the simulator watches over, in words: the reports quote them, docs/invariants.md is made of them,
 * and each invariant that anything can break has its line here, or does not compile.
 */
import { present } from "../src/base/assert.ts";
import type { PromiseInWords } from "./promise.ts";
import { promisesOfDisks } from "./promises-of-disks.ts";
import { promisesOfThrift } from "./promises-of-thrift.ts";

const list = [
  {
    invariant: "election-safety",
    sentence:
      "In one term a server votes for one candidate at most, across crashes too, so that at most one wins and leads it.",
    from: "§5.2, Figure 3",
    file: "sim/checkers/election-safety.ts",
  },
  {
    invariant: "leader-append-only",
    sentence: "A leader never changes or deletes entries of its own log; it only appends.",
    from: "§5.3, Figure 3",
    file: "sim/checkers/leader-append-only.ts",
  },
  {
    invariant: "log-matching",
    sentence: "If two logs have an entry with the same index and term, they are the same up to there.",
    from: "§5.3, Figure 3",
    file: "sim/checkers/log-matching.ts",
  },
  {
    invariant: "leader-completeness",
    sentence:
      "What was committed in one term is in the log of the leader of every later term: nobody can win without it.",
    from: "§5.4, Figure 3",
    file: "sim/checkers/leader-completeness.ts",
  },
  {
    invariant: "state-machine-safety",
    sentence: "Once a server has applied an entry at an index, no server ever applies another one there.",
    from: "§5.4.3, Figure 3",
    file: "sim/checkers/state-machine-safety.ts",
  },
  {
    invariant: "monotonic",
    sentence: "The term and the applied index of a server only ever rise while it runs.",
    from: "§5.1, Figure 2",
    file: "sim/checkers/monotonic.ts",
  },
  {
    invariant: "durable-state",
    sentence: "The term on a server's disk never goes back, nor does its vote change within one, whatever crashes.",
    from: "§5.1, §5.2, Figure 2",
    file: "sim/checkers/durable-state.ts",
  },
  {
    invariant: "leader-progress",
    sentence: "What a leader counts as stored by a follower is on that follower's disk, and its count never goes down.",
    from: "Figure 2 (nextIndex, matchIndex)",
    file: "sim/checkers/leader-progress.ts",
  },
  {
    invariant: "deposed-leaders",
    sentence: "A server whose own leader asks it for its vote, in a later term, follows that leader no more.",
    from: "thesis 4.2.3, 9.6",
    file: "sim/checkers/deposed-leaders.ts",
  },
  {
    invariant: "pre-vote",
    sentence:
      "A server raises its term of its own accord only when a quorum would vote for it in that very term, or its leader has asked it to lead.",
    from: "thesis 9.6, 3.10",
    file: "sim/checkers/pre-vote.ts",
  },
  {
    invariant: "loyal-followers",
    sentence:
      "Whoever hears its leader says to nobody else that it would vote for it, unless that leader has asked for the election.",
    from: "thesis 4.2.3, 9.6",
    file: "sim/checkers/loyal-followers.ts",
  },
  {
    invariant: "heard-leaders",
    sentence: "A leader that hears of no majority leads on for an election timeout at most.",
    from: "thesis 6.2",
    file: "sim/checkers/heard-leaders.ts",
  },
  {
    invariant: "hung-disk",
    sentence:
      "Whoever has a disk that hangs neither campaigns nor leads on while the others could, and holds a bounded backlog.",
    from: "",
    file: "sim/checkers/hung-disk.ts",
  },
  {
    invariant: "waiting-bytes",
    sentence:
      "Commands that are forwarded to a leader without room, chunks of a snapshot on their way to the disk, and committed entries that are not applied wait within a bound.",
    from: "",
    file: "sim/checkers/waiting-bytes.ts",
  },
  {
    invariant: "send-window",
    sentence:
      "What a leader has sent and a follower has not acknowledged, messages with entries and chunks of a snapshot, stays within a window; several entries in one message have no more bytes than one message may have.",
    from: "",
    file: "sim/checkers/send-window.ts",
  },
  {
    invariant: "proposal-window",
    sentence: "What a server has on its way to its leader, and has not seen applied, stays within a window.",
    from: "",
    file: "sim/checkers/proposal-window.ts",
  },
  {
    invariant: "committed-proposals",
    sentence:
      "A server does not propose again what its leader has told it to be committed, before it has lost patience: it waits until its own log has come that far.",
    from: "§8",
    file: "sim/checkers/committed-proposals.ts",
  },
  {
    invariant: "shown",
    sentence:
      "What people are shown of a server's sessions, ephemerals and watches, page by page, is what it holds, each once; and so are its log, its elections, its members and its quotas.",
    from: "",
    file: "sim/checkers/shown.ts",
  },
  {
    invariant: "stamps",
    sentence:
      "A time stamp is ahead of the clocks of a majority by a bound at most, however far ahead the leader's own clock is, and otherwise not behind that clock.",
    from: "",
    file: "sim/checkers/stamps.ts",
  },
  {
    invariant: "snapshot",
    sentence:
      "A snapshot that is installed was committed, comes to no leader and to nobody whose log has its last entry, and never takes a server back.",
    from: "§7",
    file: "sim/checkers/raft-history.ts",
  },
  {
    invariant: "commit-durability",
    sentence:
      "An entry counts as committed only when the disks of a quorum of each active configuration hold it, so that it survives the crash of a minority.",
    from: "§5.3, §6; thesis 10.2.1",
    file: "sim/checkers/commit-durability.ts",
  },
  {
    invariant: "durable-before-visible",
    sentence:
      "A server promises nothing, be it a vote or an acknowledgement, before what it promises is on its own disk.",
    from: "Figure 2",
    file: "sim/checkers/durable-before-visible.ts",
  },
  {
    invariant: "membership",
    sentence:
      "Only voters lead, a server uses the newest configuration in its log, one change is under way at most, old and new quorums share a server, a learner gets only what is committed, and whoever comes is a learner before it votes.",
    from: "§6; thesis 4",
    file: "sim/checkers/membership.ts",
  },
  {
    invariant: "wiped-servers",
    sentence: "A server that lost its disk takes no part under its old id: it has forgotten what it promised.",
    from: "thesis 4.2.1, 11.7.3",
    file: "sim/checkers/wiped-servers.ts",
  },
  {
    invariant: "other-life",
    sentence:
      "Servers that take part agree on the cluster's instance, and hear nothing that a server of another life of the cluster says.",
    from: "docs/decisions/0005",
    file: "sim/checkers/other-life.ts",
  },
  {
    invariant: "settled-proposals",
    sentence:
      "A server stops proposing a command once it has seen it applied, and a leader appends no copy of another's that it has on its way.",
    from: "§8",
    file: "sim/checkers/settled-proposals.ts",
  },
  {
    invariant: "checkpoint-equality",
    sentence: "A checkpoint, loaded, is the state that replaying the log up to its index gives, sessions included.",
    from: "§7",
    file: "sim/checkers/checkpoint-equality.ts",
  },
  ...promisesOfDisks,
  {
    invariant: "recovery",
    sentence:
      "After a crash a server comes back with the state that its disk had, and stops only if that disk is damaged, which it always notices and says.",
    from: "§5.1; Protocol-Aware Recovery, FAST '18",
    file: "sim/checkers/recovery.ts",
  },
  {
    invariant: "replica-equality",
    sentence:
      "Servers that have applied the same entries hold the tree and the sessions that an independent model computes from them: an ephemeral exists if and only if its owner lives.",
    from: "§2",
    file: "sim/checkers/replica-equality.ts",
  },
  {
    invariant: "access-control",
    sentence:
      "What an access control list keeps from a client it neither sees nor changes; nobody is refused without one; and each request counts as of whom its client had shown to be when it asked.",
    from: "ZooKeeper",
    file: "sim/checkers/access-control.ts",
  },
  {
    invariant: "linearizability",
    sentence:
      "Writes, linearizable reads and sync look as if each took effect at one instant between its call and its answer.",
    from: "§8; Herlihy and Wing 1990",
    file: "sim/checkers/linearizability.ts",
  },
  {
    invariant: "sequential-reads",
    sentence:
      "What a session reads never goes back in time, and a session always reads what it has written itself, whichever server it asks.",
    from: "ZooKeeper, ATC '10, §2.3",
    file: "sim/checkers/sequential-reads.ts",
  },
  {
    invariant: "exactly-once",
    sentence: "A request takes effect once, however often it was sent, and every try gets the same answer.",
    from: "§8; thesis 6.3",
    file: "sim/checkers/exactly-once.ts",
  },
  {
    invariant: "session-expiry",
    sentence: "A session expires through the log alone, and never while its client's signs of life arrive in time.",
    from: "ZooKeeper",
    file: "sim/checkers/session-expiry.ts",
  },
  {
    invariant: "sequential-names",
    sentence: "Under one parent the numbers of sequential znodes are unique and rise with each create.",
    from: "ZooKeeper",
    file: "sim/checkers/sequential-names.ts",
  },
  {
    invariant: "watches",
    sentence:
      "A watch fires once at most, in the order of zxids, before any answer that shows the change, and is never forgotten.",
    from: "ZooKeeper",
    file: "sim/checkers/watches.ts",
  },
  {
    invariant: "certain-sessions",
    sentence:
      "Before a session ends for its silence, its client is told that it may be gone and stops what it holds by it.",
    from: "ZooKeeper, Curator",
    file: "sim/checkers/certain-sessions.ts",
  },
  ...promisesOfThrift,
  {
    invariant: "abandoned-watches",
    sentence: "What nobody waits for any more is disarmed, and what somebody waits for is armed, once all is quiet.",
    from: "ZooKeeper",
    file: "sim/world/calm.ts",
  },
  {
    invariant: "leftovers",
    sentence:
      "Once all is quiet, no server keeps anything for clients, requests or sessions that are no more, no tree for znodes that are gone, and no client for requests and watches that nobody waits for: their tables are as small as before.",
    from: "",
    file: "sim/world/leftovers.ts",
  },
  {
    invariant: "client-protocol",
    sentence:
      "A server sends a client only what the protocol allows at that point; and what a session tells its program of itself goes together.",
    from: "",
    file: "sim/world/client.ts",
  },
  {
    invariant: "liveness",
    sentence:
      "Once faults stop on some quorum, it elects a leader, commits everything, brings all its members up to date, removes the znodes that nobody uses and serves, within a bounded time.",
    from: "§5.6; thesis 9",
    file: "sim/world/calm.ts",
  },
  {
    invariant: "assertion",
    sentence: "What the code itself asserts holds at every step; a server that finds it broken stops.",
    from: "",
    file: "src/base/assert.ts",
  },
  {
    invariant: "exception",
    sentence: "The code copes with every fault in the plan: it never throws an error that nobody expects.",
    from: "",
    file: "sim/outcome.ts",
  },
  {
    invariant: "runaway",
    sentence: "A run comes to its end.",
    from: "",
    file: "sim/mutants-worker.ts",
  },
] as const satisfies readonly PromiseInWords[];

/** The name of an invariant. */
export type Invariant = (typeof list)[number]["invariant"];

/** An invariant, or several that one file checks, in words. */
export type CheckedPromise = PromiseInWords & { readonly invariant: Invariant };

export const promises: readonly CheckedPromise[] = list;

const byInvariant: ReadonlyMap<string, CheckedPromise> = new Map(list.map((promise) => [promise.invariant, promise]));

/** The promise behind an invariant. */
export function promiseOf(invariant: Invariant): CheckedPromise {
  return present(byInvariant.get(invariant), `promise of ${invariant}`);
}

/** Two sentences: what was promised, what happened. */
export function causeOf({ invariant, message }: { readonly invariant: Invariant; readonly message: string }): string[] {
  const { sentence, from } = promiseOf(invariant);
  const source = from === "" ? "" : ` (${from})`;
  return [`promised:  ${sentence.slice(0, -1)}${source}.`, `happened:  ${message}${/[.!?]$/.test(message) ? "" : "."}`];
}
