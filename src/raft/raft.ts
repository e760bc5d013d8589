/**
 * The Raft consensus algorithm as a synchronous state machine: inputs change the state, effects leave as data.
 *
 * Where each rule of Figure 2 lives:
 *
 * | Rule                                                    | File                                        |
 * | ------------------------------------------------------- | ------------------------------------------- |
 * | State                                                   | `state.ts`, `log.ts`, `progress.ts`         |
 * | RequestVote RPC: sender                                 | `candidate.ts`                              |
 * | RequestVote RPC: receiver                               | `vote.ts`                                   |
 * | AppendEntries RPC: receiver 1, 2, 5                     | `follower.ts`                               |
 * | AppendEntries RPC: receiver 2, 3, 4; fast back-up       | `log-matching.ts`                           |
 * | All servers: apply what is committed                    | `commit.ts`                                 |
 * | Which handler takes a message                           | `dispatch.ts`                               |
 * | All servers: a higher term makes a follower             | `term.ts` `takeTerm`, before each handler   |
 * | A message of a past term is refused                     | `vote.ts`, `follower.ts`, `snapshot.ts`     |
 * | Followers: election timeout                             | `election-timer.ts`: when; `tick` here;     |
 * |                                                         | `candidate.ts` `campaign`: what             |
 * | Candidates                                              | `candidate.ts`                              |
 * | Who hears a leader stays out of elections (thesis §4.2.3) | `loyalty.ts`                              |
 * | Candidates: another leader appears                      | `follower.ts` `follow`                      |
 * | Leaders: the first heartbeat, appending, replies        | `leader.ts`                                 |
 * | Leaders: sending, heartbeats                            | `replication.ts`                            |
 * | Leaders: answering once an entry is applied             | `src/node/clients/router.ts` `afterApply`  |
 * | Leaders: commitment                                     | `commit.ts`, `quorum.ts`                    |
 * | Persistent before an RPC is answered                    | `durability.ts`, `outbox.ts`                |
 * | What leaves at the end of a turn                        | `turn.ts`                                   |
 * | InstallSnapshot RPC (Figure 13), compaction (§7)        | `snapshot.ts`                               |
 *
 * And from elsewhere: configurations (§6) `configuration.ts` and their changes `membership.ts`, `membership-change.ts`,
 * `catch-up.ts`; leadership transfer (thesis §3.10) `leadership-transfer.ts`; reads (thesis §6.4) `read-index.ts`; a leader
 * without a quorum (thesis §6.2) `check-quorum.ts`; what must always hold `invariants.ts`.
 */
import { assert } from "../base/assert.ts";
import { campaign, countOwnVote } from "./candidate.ts";
import { checkQuorum } from "./check-quorum.ts";
import { advanceCommitIndex } from "./commit.ts";
import { diskHangs } from "./disk.ts";
import { handleMessage } from "./dispatch.ts";
import type { Effects } from "./effects.ts";
import { InvariantChecker } from "./invariants.ts";
import { appendCommands, followerDisconnected, heartbeatIfDue } from "./leader.ts";
import { transferLeadership } from "./leadership-transfer.ts";
import type { TermStretch } from "./log.ts";
import { acquaintances, changeMembership } from "./membership.ts";
import type { MembershipChange } from "./membership-change.ts";
import type { InstallSnapshot, RaftMessage } from "./messages.ts";
import { askAgain, cancelRead, nextReadDeadline } from "./read-index.ts";
import type { ChangeRefusal } from "./refusal.ts";
import { nextSendDeadline } from "./replication.ts";
import {
  handleInstallSnapshot,
  installSnapshot,
  type SnapshotPeer,
  sendSnapshot,
  sendSnapshotReply,
  snapshotPeers,
} from "./snapshot.ts";
import { knownLeader, newState, type RaftOptions, type RaftState } from "./state.ts";
import { type RaftStatus, type RoleName, raftStatus } from "./status.ts";
import { loseLeader, takeTerm } from "./term.ts";
import { endTurn } from "./turn.ts";
import type { Configuration, Index, LogBase, RecoveredLog, ServerId, Term } from "./types.ts";

export type { MembershipChange } from "./membership-change.ts";
export type { ChangeRefusal } from "./refusal.ts";
export type { SnapshotPeer } from "./snapshot.ts";
export type { RaftOptions } from "./state.ts";

/**
 * One server's part in the cluster. The caller feeds it inputs (`advanceTo` first, so that it knows the time), then
 * takes the effects, once a turn: what a turn brought is batched into one write and few messages.
 */
export class Raft {
  readonly #state: RaftState;
  readonly #invariants: InvariantChecker;

  /** A server that starts at `now` (monotonic milliseconds) with what it found on its disk. It begins as a follower. */
  constructor(options: RaftOptions, recovered: RecoveredLog, now: number) {
    this.#state = newState(options, recovered, now);
    this.#invariants = new InvariantChecker(this.#state);
  }

  get role(): RoleName {
    return this.#state.role.name;
  }

  get isLeader(): boolean {
    return this.#state.role.name === "leader";
  }

  /** The leader that this server follows (itself, if it leads), if it knows one. */
  get leader(): ServerId | undefined {
    return knownLeader(this.#state);
  }

  get currentTerm(): Term {
    return this.#state.currentTerm;
  }

  /** The configuration in effect: the newest in the log, committed or not (§6). */
  get configuration(): Configuration {
    return this.#state.log.configuration;
  }

  /** Index of the entry with {@link configuration}. */
  get configurationIndex(): Index {
    return this.#state.log.configurationIndex;
  }

  /** Of the log's last entry; 0 while there is none. */
  get lastIndex(): Index {
    return this.#state.log.lastIndex;
  }

  get commitIndex(): Index {
    return this.#state.commitIndex;
  }

  /** Up to where the log is known to be committed, whether this server has it or not. At least {@link commitIndex}. */
  get knownCommit(): Index {
    const { commitIndex, toldCommit } = this.#state;
    return Math.max(commitIndex, toldCommit);
  }

  /**
   * Everybody with whom messages may be due: the members, and while the newest configuration is not committed also those
   * of the one before.
   */
  get acquaintances(): Configuration["members"] {
    return acquaintances(this.#state);
  }

  /** Whether this server leads and is handing leadership over (thesis §3.10): it takes no proposals then. */
  get isTransferring(): boolean {
    const { role } = this.#state;
    return role.name === "leader" && role.transfer !== undefined;
  }

  /** When this server campaigns unless it hears from a leader, and the timeout that it drew, ms; a leader does not. */
  get electionTimer(): { readonly deadline: number; readonly timeout: number } | undefined {
    const { role, electionTimer } = this.#state;
    return role.name === "leader" ? undefined : electionTimer;
  }

  /** Whose votes, or pre-votes, a candidate has; nobody's at a server that asks for none. */
  get votes(): readonly ServerId[] {
    const { role } = this.#state;
    if (role.name !== "candidate" && role.name !== "preCandidate") return [];
    return [...role.votes].filter(([, granted]) => granted).map(([id]) => id);
  }

  /** Whether this server's disk has owed something for an election timeout and written nothing: see `disk.ts`. */
  get diskHangs(): boolean {
    return diskHangs(this.#state);
  }

  /** Sets the time, monotonic milliseconds. Nothing happens yet: see {@link tick}. */
  advanceTo(now: number): void {
    if (now > this.#state.now) this.#state.now = now;
  }

  /** Does what is due at the present time. */
  tick(): void {
    const state = this.#begin();
    const { role } = state;
    if (role.name === "leader") heartbeatIfDue(state, role);
    else if (state.now >= state.electionTimer.deadline) campaign(state);
    else if (role.name === "follower") askAgain(state, role);
  }

  /** When {@link tick} next has something to do, monotonic milliseconds. */
  nextDeadline(): number {
    const { role, electionTimer } = this.#state;
    if (role.name === "leader") {
      const { nextHeartbeat, quorumDeadline, transfer } = role;
      const nextSend = nextSendDeadline(this.#state, role);
      return Math.min(nextHeartbeat, quorumDeadline, nextSend, transfer?.deadline ?? Number.POSITIVE_INFINITY);
    }
    if (role.name !== "follower") return electionTimer.deadline;
    return Math.min(electionTimer.deadline, nextReadDeadline(this.#state, role));
  }

  /** Takes a message from a peer: lost, doubled, late and reordered ones are all expected. */
  receive(from: ServerId, message: RaftMessage): void {
    handleMessage(this.#begin(), from, message);
  }

  /** Every input begins here: a leader that cannot lead any more finds out before it acts. */
  #begin(): RaftState {
    checkQuorum(this.#state);
    return this.#state;
  }

  /**
   * Takes a chunk of a snapshot (§7). True if it is to be staged: {@link snapshotStaged} tells the leader how far that
   * is done, {@link installSnapshot} ends it.
   */
  receiveSnapshot(from: ServerId, message: InstallSnapshot): boolean {
    const state = this.#begin();
    takeTerm(state, from, message);
    return handleInstallSnapshot(state, from, message);
  }

  /** The chunks of a snapshot are durable up to `position`: tells the leader, if there is one. */
  snapshotStaged(snapshotId: number, position: number): void {
    sendSnapshotReply(this.#state, { snapshotId, position });
  }

  /**
   * All of a snapshot is staged: it takes the place of the log. The next write says so on disk; once that is durable,
   * {@link Effects.installed} tells. False if the log has what the snapshot holds, so that it is not needed.
   */
  installSnapshot(base: LogBase): boolean {
    return installSnapshot(this.#begin(), base);
  }

  /** Leader: the peers that are there and lack what is no more in the log, sorted; empty on a server that does not lead. */
  snapshotPeers(): readonly SnapshotPeer[] {
    return snapshotPeers(this.#state);
  }

  /** Leader: sends a chunk of a snapshot. */
  sendSnapshot(to: ServerId, chunk: Omit<InstallSnapshot, "type" | "term">): void {
    sendSnapshot(this.#state, to, chunk);
  }

  /** Index and term of the last entry that is no more in the log. */
  get logBase(): { readonly index: Index; readonly term: Term } {
    return this.#state.log.base;
  }

  /** The term of an entry, from {@link logBase} to the end of the log. */
  termAt(index: Index): Term {
    return this.#state.log.termAt(index);
  }

  /** The last entries of the log by their terms, for those who look: see {@link Log.lastTerms}. */
  lastTerms(max: number): TermStretch[] {
    return this.#state.log.lastTerms(max);
  }

  /** The newest configuration up to an entry, from {@link logBase} to the end of the log. */
  configurationAt(index: Index): Configuration {
    return this.#state.log.configurationAt(index);
  }

  /** Forgets the log up to `index`, which a durable checkpoint of the state machine covers (§7). */
  compact(index: Index): void {
    assert(index <= this.#state.lastApplied, "only what is applied is compacted");
    this.#state.log.compact(index);
  }

  /** The stream on which a peer's messages come broke: the peer has died, or the network between. */
  peerDisconnected(peer: ServerId): void {
    const state = this.#begin();
    const { role } = state;
    if (role.name === "leader") followerDisconnected(role, peer);
    else if (role.name === "follower" && role.leader === peer) loseLeader(state);
  }

  /**
   * Appends commands to the log, if this server leads, all or none. Whether they will be committed is not known until
   * they come out in {@link Effects.committed}. "full": too many bytes are uncommitted, or leadership is being
   * transferred, or too many are not on this server's disk; try again later.
   */
  propose(commands: readonly Uint8Array[]): "accepted" | "notLeader" | "full" {
    const state = this.#begin();
    if (state.role.name !== "leader") return "notLeader";
    if (state.role.transfer !== undefined) return "full";
    return appendCommands(state, commands) ? "accepted" : "full";
  }

  /**
   * Begins a change of membership (§6), if this server leads. What becomes of it shows in {@link configuration}: it is
   * complete when that is committed and neither joint nor waits for learners; a new leader goes on with it.
   */
  changeMembership(change: MembershipChange): "accepted" | ChangeRefusal {
    return changeMembership(this.#begin(), change);
  }

  /**
   * Begins to hand leadership over (thesis §3.10), by default to the voter that has most of the log. It has failed if
   * this server still leads after an election timeout.
   */
  transferLeadership(to?: ServerId): "accepted" | ChangeRefusal {
    return transferLeadership(this.#begin(), to);
  }

  /**
   * Asks when a read may be answered linearizably (thesis §6.4), on any server: `id` comes out in
   * {@link Effects.reads} with the index that must be applied first. It waits, over changes of leader, until it does,
   * or until {@link cancelRead}. Ids are the caller's; each is used once.
   */
  requestRead(id: number): void {
    this.#begin().readsWaiting.push(id);
  }

  /** Forgets a read that nobody waits for any more. */
  cancelRead(id: number): void {
    cancelRead(this.#state, id);
  }

  /** All writes up to `token` are durable. Writes complete in order; several may be told at once. */
  persisted(token: number): void {
    // First, since the leader will ask itself whether its disk hangs.
    this.#state.durability.persisted(token, this.#state.now);
    const state = this.#begin();
    if (state.role.name === "candidate") countOwnVote(state, state.role);
    else if (state.role.name === "leader") advanceCommitIndex(state, state.role);
  }

  /**
   * Entries up to `index` are applied, of those that {@link takeEffects} handed out. Where that takes its time, this server
   * takes no more of them than `unappliedBytesMax`: so it has to be said.
   */
  applied(index: Index): void {
    const state = this.#state;
    assert(index <= state.lastApplied, "only what was handed out is applied");
    state.toldApplied = Math.max(state.toldApplied, index);
  }

  /** Ends a turn: what is to be written, sent, applied and answered. */
  takeEffects(): Effects {
    const state = this.#begin();
    const effects = endTurn(state);
    this.#invariants.check(state);
    return effects;
  }

  /** A snapshot of what this server knows. */
  status(): RaftStatus {
    return raftStatus(this.#state);
  }
}
