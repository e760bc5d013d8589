/**
 * One server: drives Raft, the state machine and the log on disk, and answers its clients.
 *
 * Inputs only note what arrived. {@link Node.flush} ends the turn: proposals go into the log or to the leader, Raft says
 * what to write, send and apply, and everything leaves in one disk write, one batch per peer, one frame per client.
 *
 * Where things are:
 *
 * | What                                                   | File                                                  |
 * | ------------------------------------------------------ | ----------------------------------------------------- |
 * | Whatever a client says or is told                      | `clients/router.ts`, with a table of its own          |
 * | A write: from its client …                             | `clients/writes.ts`                                   |
 * | … kept until it is applied, sent again                 | `proposals.ts`                                        |
 * | … into the leader's log, or forwarded to the leader    | `log-feed.ts`, `batches.ts`                           |
 * | … committed, applied, answered                         | `apply-line.ts`, `afterApply` in `clients/router.ts`  |
 * | A read: from its client, its index, its answer         | `clients/reads.ts`                                    |
 * | A session that is heard of, vouched for, expired       | `peers/session-liveness.ts`                           |
 * | Znodes that nobody uses are removed                    | `peers/unused-znodes.ts`                              |
 * | The time of commands; full disks                       | `peers/reports.ts`                                    |
 * | Whether this server takes part; Hello                  | `peers/handshake.ts`, `peers/admission.ts`            |
 * | Whether clients had better go elsewhere                | `peers/quorum-watch.ts`                               |
 * | A checkpoint; what goes of the log                     | `snapshots/checkpoints.ts`                            |
 * | A snapshot: sent, taken                                | `snapshots/snapshot-sender.ts`, `snapshot-receiver.ts`|
 * | A change of membership                                 | `membership-requests.ts`                              |
 * | What dashboards and kvctl see of sessions and watches  | `lookers.ts`                                          |
 * | What the node asks of the world, and the world of it   | `ports.ts`; the public methods here                   |
 * | How the parts are put together                         | `parts.ts`                                            |
 *
 * `clients/`, `peers/` and `snapshots/` know nothing of each other: what one of them has to tell another, it returns, and
 * the loop here passes it on.
 */
import { present } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type { WatchSpec } from "../base/reads.ts";
import type { AdmittedMessage } from "../protocol/client-messages.ts";
import type { PeerMessage } from "../protocol/peer-messages.ts";
import type { ChangeRefusal, MembershipChange, Raft } from "../raft/raft.ts";
import type { Index, ServerId } from "../raft/types.ts";
import type { Recovered } from "../storage/open.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import { Lookers } from "./lookers.ts";
import type { NodeOptions } from "./options.ts";
import { type NodeParts, nodeParts } from "./parts.ts";
import type { ConnectionId, Ports } from "./ports.ts";
import { type Retained, retainedBy } from "./retained.ts";
import type { NodeStatus } from "./status.ts";
import { nodeStatus } from "./status-report.ts";

/** One server. All methods are synchronous; every input ends in a request to flush. */
export class Node {
  readonly options: NodeOptions;
  /** For status and checkers: not to be driven from outside. */
  readonly raft: Raft;
  /** For those who look at the cluster. */
  readonly lookers: Lookers;
  readonly #ports: Ports;
  readonly #parts: NodeParts;
  #nextSessionTickMs: number;

  /** `recovered` is what {@link openStorage} found on this server's disk. */
  constructor(options: NodeOptions, ports: Ports, recovered: Recovered) {
    const parts = nodeParts(options, ports, recovered, (token) => this.#durable(token));
    this.options = options;
    this.#ports = ports;
    this.raft = parts.raft;
    this.lookers = new Lookers(parts);
    this.#parts = parts;
    this.#nextSessionTickMs = ports.clock.now() + options.sessionTickMs;
  }

  /** For status and checkers: not to be driven from outside. Another one after a snapshot was installed. */
  get machine(): ZnodeMachine {
    return this.#parts.replica.machine;
  }

  /**
   * Messages of another server; any of them may be lost, doubled, late or out of order. `instance`: the life of the
   * cluster that the sender belongs to, 0 while it does not take part. What one of another life says is not heard:
   * its log has the same names and numbers, and another history.
   */
  receivePeer(from: ServerId, messages: readonly PeerMessage[], instance: number): void {
    this.raft.advanceTo(this.#ports.clock.now());
    for (const message of messages) {
      if (message.type === "Hello") this.#parts.handshake.asked(from, message);
      else if (message.type === "HelloReply") this.#parts.handshake.answered(from, message);
      else if (!this.admitted) this.#parts.handshake.spokenTo(from);
      else if (!this.#parts.handshake.admission.hears(instance)) continue;
      else if (message.type === "Forward") this.#parts.feed.takeForwarded(message.commands);
      else if (message.type === "TouchSessions") this.#parts.liveness.touched(from, message);
      else if (message.type === "SessionsHeard") this.#parts.clients.vouch(this.#parts.liveness.vouched(message.round));
      else if (message.type === "WallClock") this.#parts.reports.reported(from, message);
      else if (message.type === "DiskFull") this.#parts.reports.toldDiskFull(from);
      else if (message.type === "InstallSnapshot") {
        if (this.raft.receiveSnapshot(from, message)) this.#parts.receiver.take(from, message);
      } else {
        this.raft.receive(from, message);
        if (message.type === "InstallSnapshotReply") this.#parts.sender.replied(from, message);
      }
    }
    this.#ports.requestFlush();
  }

  /** The stream to another server is open, perhaps again: what was on its way on an earlier one may be lost. */
  peerConnected(to: ServerId): void {
    this.#parts.proposals.linkOpened(to);
    this.#parts.reports.linkOpened(to);
    this.#ports.requestFlush();
  }

  /** The stream from another server broke: that server may be dead. */
  peerDisconnected(from: ServerId): void {
    this.raft.advanceTo(this.#ports.clock.now());
    if (this.admitted) this.raft.peerDisconnected(from);
    this.#ports.requestFlush();
  }

  /** Messages of a client; the first ones open the connection. */
  clientMessages(connection: ConnectionId, messages: readonly AdmittedMessage[]): void {
    this.#parts.clients.receive(connection, messages);
    this.#ports.requestFlush();
  }

  /** A client that {@link Clients.isCongested} told of has read enough to be answered more. */
  clientReady(connection: ConnectionId): void {
    this.#parts.clients.ready(connection);
    this.#ports.requestFlush();
  }

  /** A client's stream broke or was ended by the client. */
  clientDisconnected(connection: ConnectionId): void {
    this.#parts.clients.disconnected(connection);
    this.#ports.requestFlush();
  }

  /** Monotonic ms at which {@link tick} next has something to do. */
  nextDeadline(): number {
    const next = this.admitted ? this.raft.nextDeadline() : this.#parts.handshake.nextDeadline();
    const { feed, sender } = this.#parts;
    return Math.min(next, this.#nextSessionTickMs, feed.nextDeadline(), sender.nextDeadline());
  }

  /** Does what is due. */
  tick(): void {
    const now = this.#ports.clock.now();
    this.raft.advanceTo(now);
    if (this.admitted) this.raft.tick();
    else this.#parts.handshake.tick(now);
    if (now >= this.#nextSessionTickMs) this.#sessionTick(now);
    this.#ports.requestFlush();
  }

  /** Ends the turn. */
  flush(): void {
    const { raft, applyLine, clients, feed, liveness, outbox, receiver, reports, sender, writer } = this.#parts;
    const now = this.#ports.clock.now();
    raft.advanceTo(now);
    // Reads ask before the writes of the same turn are proposed, so that they need not wait for them.
    clients.askReads();
    liveness.ask(now);
    feed.propose(now);
    const effects = raft.takeEffects();
    this.#ports.effectsTaken?.(effects);
    if (effects.write !== undefined) writer.append(effects.write, receiver.switchOperations());
    for (const { to, message } of effects.messages) outbox.add(to, message);
    if (effects.installed !== undefined) this.#installed();
    applyLine.add(effects.committed);
    // There may be more to apply, as after a restart; peers and clients get their turn in between.
    if (applyLine.run() || effects.committed.length >= limits.appliedPerTurnMax) this.#ports.requestFlush();
    raft.applied(this.machine.appliedIndex);
    for (const { id, index } of effects.reads) this.#readIndexed(id, index);
    for (const spoke of liveness.takeVouched()) clients.vouch(spoke);
    clients.advance();
    this.#observe(now);
    receiver.applied(this.machine.appliedIndex);
    writer.flush();
    // Behind the log's write, which must not queue behind the checkpoint's.
    if (!applyLine.overspent) this.#checkpoint();
    sender.turn(raft.snapshotPeers());
    reports.greetLeader();
    outbox.flush(this.#ports.network);
    // Behind all that other servers wait for.
    clients.answerReads();
    clients.flush();
    if (this.machine.tidy()) this.#ports.requestFlush();
  }

  /** Begins a change of membership, if this server leads: see {@link Raft.changeMembership}. */
  changeMembership(change: MembershipChange): "accepted" | ChangeRefusal {
    this.raft.advanceTo(this.#ports.clock.now());
    this.#ports.requestFlush();
    return this.raft.changeMembership(change);
  }

  /** Begins to hand leadership over, if this server leads: see {@link Raft.transferLeadership}. */
  transferLeadership(to?: ServerId): "accepted" | ChangeRefusal {
    this.raft.advanceTo(this.#ports.clock.now());
    this.#ports.requestFlush();
    return this.raft.transferLeadership(to);
  }

  /**
   * This server's disk is almost full, since `low`; undefined: it has room. To be repeated while it is: what the log and
   * old checkpoints need not keep is given back then, so that deletes make room.
   */
  setDiskLow(low: string | undefined): void {
    this.#parts.reports.setDiskLow(low);
    if (low !== undefined && this.admitted) this.#parts.checkpoints.request(() => {});
  }

  /** Whether this server takes part in the cluster: see `peers/admission.ts`. */
  get admitted(): boolean {
    return this.#parts.handshake.admission.admitted;
  }

  /** Which life of the cluster this server belongs to; 0 while it does not take part. */
  get instance(): number {
    return this.#parts.handshake.admission.instance;
  }

  /** The incarnation under which another server is known here; 0 = it is not known. */
  knownIncarnation(id: ServerId): number {
    return this.#parts.handshake.known(id);
  }

  /** For checkers: the watches that are armed for a client's connection. */
  watchesOf(connection: ConnectionId): readonly WatchSpec[] {
    return this.#parts.clients.watchesOf(connection);
  }

  /** For checkers: what it keeps for others and has to let go of. */
  retained(): Retained {
    return retainedBy(this.#parts);
  }

  /** Whether watches of clients that were elsewhere wait for the next turn to be armed. */
  get hasWatchesLeft(): boolean {
    return this.#parts.clients.hasWatchesLeft;
  }

  /** Whether reads of clients, or watches, wait for the next turn, since this one had enough. */
  get hasReadsLeft(): boolean {
    return this.#parts.clients.hasReadsLeft;
  }

  /** Whether entries that are committed wait for the next turn to be applied, or events to be told. */
  get hasEntriesLeft(): boolean {
    return this.#parts.applyLine.busy;
  }

  /** Whether some events of an entry are told, or may be, and others are not. */
  get hasEventsLeft(): boolean {
    return !this.#parts.replica.allTold;
  }

  /** Whether requests of this server's clients are on their way through the log. */
  get hasProposals(): boolean {
    return this.#parts.proposals.size > 0;
  }

  /** For checkers: proposals that wait for room in the leader's log, or for a leader. */
  get unsentProposals(): number {
    return this.#parts.proposals.unsent;
  }

  /** For checkers: the commands that other servers forwarded and that wait for room in this leader's log. */
  get forwarded(): readonly Uint8Array[] {
    return this.#parts.feed.forwarded;
  }

  /** For checkers: the snapshot that is coming in, by its last entry, and up to which position it is on this disk. */
  get stagedSnapshot(): { readonly index: Index; readonly position: number } | undefined {
    return this.#parts.receiver.staged;
  }

  /** The last entry of the checkpoint that is being encoded, if one is: what is applied behind it must not show in it. */
  get encodingIndex(): Index | undefined {
    return this.#parts.checkpoints.encodingIndex;
  }

  /** Calls `done` once all that is applied now is in the checkpoint on disk: for a backup. */
  checkpoint(done: () => void): void {
    this.#parts.checkpoints.request(done);
  }

  /** What this server knows of itself and the cluster. */
  status(): NodeStatus {
    return nodeStatus({
      clusterId: this.options.clusterId,
      raft: this.raft,
      machine: this.machine,
      admission: this.#parts.handshake.admission,
      checkpointIndex: this.#parts.checkpoints.durableIndex,
      quorum: this.#parts.quorum.quorum,
      diskLow: this.#parts.reports.isDiskLow,
      writesRefused: this.#parts.reports.writesRefused(),
      skewsMs: this.#parts.reports.skewsMs(),
      watches: this.#parts.clients.watches,
      connections: this.#parts.clients.connections,
    });
  }

  /** A write of the log is on disk. */
  #durable(token: number): void {
    this.raft.advanceTo(this.#ports.clock.now());
    this.raft.persisted(token);
    this.#ports.requestFlush();
  }

  /** A received snapshot is durable: it is the state now. */
  #installed(): void {
    const installed = present(this.#parts.receiver.takeInstalled(), "the snapshot that was installed");
    this.#parts.applyLine.clear();
    this.#parts.replica.machine = installed.machine;
    this.#parts.checkpoints.replaced(installed.machine, installed.table);
    this.#parts.clients.stateReplaced();
  }

  /** Raft has answered a question: whose it is shows in its number. */
  #readIndexed(id: number, index: Index): void {
    if (id < 0) this.#parts.quorum.answered(id, index);
    else if (this.#parts.liveness.owns(id)) this.#parts.liveness.confirmed(id);
    else this.#parts.clients.readIndexed(id, index);
  }

  /** What the turn has changed for those who rely on this server. */
  #observe(now: number): void {
    this.#parts.liveness.endTurn();
    const { leader, diskHangs } = this.raft;
    const state = { knowsLeader: leader !== undefined, diskHangs, applying: this.#parts.applyLine.busy };
    if (this.#parts.quorum.observe(now, state, this.machine.appliedIndex)) this.#parts.clients.quorumChanged();
    this.#parts.clients.tellMembers();
  }

  #checkpoint(): void {
    const { clock, checkpointTook } = this.#ports;
    const beganMs = clock.now();
    if (this.#parts.checkpoints.turn()) checkpointTook?.(clock.now() - beganMs);
  }

  #sessionTick(now: number): void {
    this.#nextSessionTickMs = now + this.options.sessionTickMs;
    this.#parts.liveness.tick(now);
    this.#parts.unused.tick();
    this.#parts.reports.tick();
    const probe = this.#parts.clients.connections > 0 ? this.#parts.quorum.nextProbe(now) : undefined;
    if (probe !== undefined) this.raft.requestRead(probe);
    if (!this.#parts.quorum.quorum)
      this.#parts.clients.refuseAttaching(now - this.options.electionTimeoutMs, "NO_QUORUM");
  }
}
