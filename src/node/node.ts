/**
 * One server: drives Raft, the state machine and the log on disk, and answers its clients.
 *
 * Inputs only note what arrived. {@link Node.flush} ends the turn: proposals go into the log or to the leader, Raft says
 * what to write, send and apply, and everything leaves in one disk write, one batch per peer, one frame per client.
 */
import { present } from "../base/assert.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { SessionId, WatchSpec } from "../base/operations.ts";
import type { ClientMessage } from "../protocol/client-messages.ts";
import { decodeCommand, encodeCommand } from "../protocol/command-codec.ts";
import type { Hello, HelloReply, PeerMessage, TouchSessions, WallClock } from "../protocol/peer-messages.ts";
import { otherMembers } from "../raft/configuration.ts";
import { entrySize } from "../raft/log.ts";
import { type MembershipChange, Raft, type Refusal } from "../raft/raft.ts";
import type { Configuration, Entry, Index, Member, ServerId, Term } from "../raft/types.ts";
import { diskError } from "../storage/disk-hints.ts";
import { admissionKey } from "../storage/layout.ts";
import { LogWriter } from "../storage/log-writer.ts";
import type { Recovered } from "../storage/open.ts";
import { encodeAdmission } from "../storage/records.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import type { Watched } from "../znode/watches.ts";
import { defaultReadWork } from "./clients/read-turns.ts";
import { ClientRouter } from "./clients/router.ts";
import type { ServerFacts } from "./clients/server-facts.ts";
import { type SessionPage, sessionPage } from "./clients/session-page.ts";
import { LogFeed } from "./log-feed.ts";
import { defaultCheckpointOptions, type NodeOptions } from "./options.ts";
import { Admission } from "./peers/admission.ts";
import { ClusterClock, type Now } from "./peers/cluster-clock.ts";
import { DiskRoom } from "./peers/disk-room.ts";
import { PeerOutbox } from "./peers/peer-outbox.ts";
import { QuorumWatch } from "./peers/quorum-watch.ts";
import { SessionTouches } from "./peers/session-touches.ts";
import { SessionTracker } from "./peers/session-tracker.ts";
import { SessionVouchers } from "./peers/session-vouchers.ts";
import type { ConnectionId, Ports } from "./ports.ts";
import { Proposals } from "./proposals.ts";
import { Checkpoints } from "./snapshots/checkpoints.ts";
import { SnapshotReceiver } from "./snapshots/snapshot-receiver.ts";
import { SnapshotSender } from "./snapshots/snapshot-sender.ts";
import type { NodeStatus } from "./status.ts";
import { nodeStatus } from "./status-report.ts";

/** See the file's comment. All methods are synchronous; every input ends in a request to flush. */
export class Node {
  readonly options: NodeOptions;
  /** For status and checkers: not to be driven from outside. */
  readonly raft: Raft;
  /** Shared with the parts. */
  readonly #replica: { machine: ZnodeMachine };
  readonly #ports: Ports;
  readonly #admission: Admission;
  readonly #writer: LogWriter;
  readonly #proposals: Proposals;
  readonly #clients: ClientRouter;
  readonly #tracker: SessionTracker;
  readonly #touches: SessionTouches;
  readonly #vouchers = new SessionVouchers();
  readonly #outbox = new PeerOutbox();
  readonly #feed: LogFeed;
  readonly #quorum: QuorumWatch;
  readonly #checkpoints: Checkpoints;
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  /** As the clients were told. */
  #toldMembers: Configuration["members"];
  readonly #clusterClock: ClusterClock;
  readonly #room: DiskRoom;
  #lastStampMs = 0;
  /** The leader that was told what this server's clock shows when this server began to follow it. */
  #greeted: { readonly leader: ServerId | undefined; readonly term: Term } = { leader: undefined, term: 0 };
  #nextSessionTickMs: number;

  /** `recovered` is what {@link openStorage} found on this server's disk. */
  constructor(options: NodeOptions, ports: Ports, recovered: Recovered) {
    const now = ports.clock.now();
    this.options = options;
    this.#ports = ports;
    const { id, electionTimeoutMs, heartbeatMs, campaignDelayMaxMs, raftLimits } = options;
    const timing = { electionTimeoutMs, heartbeatMs, campaignDelayMaxMs };
    this.raft = new Raft({ id, ...timing, ...raftLimits, random: ports.random }, recovered.log, now);
    this.#toldMembers = this.raft.configuration.members;
    this.#admission = new Admission({
      id: options.id,
      incarnation: recovered.identity.incarnation ?? 0,
      origin: recovered.identity.origin ?? 0,
      joining: recovered.identity.joining ?? false,
      record: recovered.admission,
      firstMembers: otherMembers(this.raft.configuration, options.id),
      retryMs: options.heartbeatMs,
    });
    this.#admit();
    this.#writer = new LogWriter(ports.disk, recovered.stored, {
      durable: (token) => this.#durable(token),
      failed: (error) => ports.fatal(error),
    });
    this.#replica = { machine: recovered.machine };
    const { disk, requestFlush, fatal } = ports;
    const { raft } = this;
    this.#sender = new SnapshotSender({
      disk,
      raft,
      retryMs: options.electionTimeoutMs,
      now: () => ports.clock.now(),
      newId: () => Math.floor(ports.random() * 2 ** 48) + 1,
      requestFlush,
      fatal,
    });
    this.#receiver = new SnapshotReceiver({ disk, raft, requestFlush, fatal }, recovered.table.generation);
    this.#checkpoints = new Checkpoints(
      {
        disk,
        raft,
        writer: this.#writer,
        options: options.checkpoints ?? defaultCheckpointOptions,
        requestFlush,
        fatal,
        heldIndex: () => this.#sender.heldIndex(),
      },
      recovered.machine,
      recovered.table,
    );
    const firstId = firstIdOfLife(ports.secret(4));
    this.#proposals = new Proposals(firstId, options.proposalRetryMs);
    this.#touches = new SessionTouches(firstId, options.proposalRetryMs, limits.sessionTimeoutMinMs);
    this.#tracker = new SessionTracker(options.sessionTickMs, now);
    this.#nextSessionTickMs = now + options.sessionTickMs;
    this.#clusterClock = new ClusterClock(options.id, clockReportsKept * options.sessionTickMs);
    this.#room = new DiskRoom(options.id, clockReportsKept * options.sessionTickMs);
    this.#feed = new LogFeed(this.raft, this.#proposals, {
      next: () => this.#stampMs(),
      used: (stampMs) => {
        this.#lastStampMs = stampMs;
      },
    });
    this.#quorum = new QuorumWatch(options.electionTimeoutMs);
    this.#clients = new ClientRouter({
      server: this.#facts(),
      replica: this.#replica,
      proposals: this.#proposals,
      raft,
      ports,
      proposedBytesMax: options.proposedBytesMax ?? limits.proposedBytesMax,
      readWork: options.readWork ?? defaultReadWork,
      touch: (session, spoken) => this.#touches.touch(session, spoken),
    });
  }

  #facts(): ServerFacts {
    const { id, clusterId } = this.options;
    return {
      id,
      clusterId,
      instance: () => this.#admission.instance,
      hasQuorum: () => this.#quorum.quorum,
      members: () => this.raft.configuration.members.map(({ id, clientAddress }) => ({ id, clientAddress })),
      writesRefused: () => this.#writesRefused(),
    };
  }

  /** For status and checkers: not to be driven from outside. Another one after a snapshot was installed. */
  get machine(): ZnodeMachine {
    return this.#replica.machine;
  }

  /**
   * Messages of another server; any of them may be lost, doubled, late or out of order. `instance`: the life of the
   * cluster that the sender belongs to, 0 while it does not take part. What one of another life says is not heard:
   * its log has the same names and numbers, and another history.
   */
  receivePeer(from: ServerId, messages: readonly PeerMessage[], instance: number): void {
    this.raft.advanceTo(this.#ports.clock.now());
    for (const message of messages) {
      if (message.type === "Hello") this.#answerHello(from, message);
      else if (message.type === "HelloReply") this.#helloAnswered(from, message);
      else if (!this.#admission.admitted) this.#introduceTo(from);
      else if (!this.#admission.hears(instance)) continue;
      else if (message.type === "Forward") {
        this.#feed.takeForwarded(message.commands);
      } else if (message.type === "TouchSessions") this.#touched(from, message);
      else if (message.type === "SessionsHeard") this.#clients.vouch(this.#touches.answered(message.round));
      else if (message.type === "WallClock") this.#reported(from, message);
      else if (message.type === "DiskFull") this.#room.told(from, this.#ports.clock.now());
      else if (message.type === "InstallSnapshot") {
        if (this.raft.receiveSnapshot(from, message)) this.#receiver.take(from, message);
      } else {
        this.raft.receive(from, message);
        if (message.type === "InstallSnapshotReply") this.#sender.replied(from, message);
      }
    }
    this.#ports.requestFlush();
  }

  /** The stream to another server is open, perhaps again: what was on its way on an earlier one may be lost. */
  peerConnected(to: ServerId): void {
    this.#proposals.linkOpened(to);
    if (this.#greeted.leader === to) this.#greeted = { leader: undefined, term: 0 };
    this.#ports.requestFlush();
  }

  /** The stream from another server broke: that server may be dead. */
  peerDisconnected(from: ServerId): void {
    this.raft.advanceTo(this.#ports.clock.now());
    if (this.#admission.admitted) this.raft.peerDisconnected(from);
    this.#ports.requestFlush();
  }

  /** Messages of a client; the first ones open the connection. */
  clientMessages(connection: ConnectionId, messages: readonly ClientMessage[]): void {
    this.#clients.receive(connection, messages);
    this.#ports.requestFlush();
  }

  /** A client that {@link Clients.isCongested} told of has read enough to be answered more. */
  clientReady(connection: ConnectionId): void {
    this.#clients.ready(connection);
    this.#ports.requestFlush();
  }

  /** A client's stream broke or was ended by the client. */
  clientDisconnected(connection: ConnectionId): void {
    this.#clients.disconnected(connection);
    this.#ports.requestFlush();
  }

  /** Monotonic ms at which {@link tick} next has something to do. */
  nextDeadline(): number {
    const next = this.#admission.admitted ? this.raft.nextDeadline() : this.#admission.nextDeadline();
    // Without a leader there is nobody to propose to again; when one appears, everything goes to it at once.
    const proposals = this.raft.leader === undefined ? Number.POSITIVE_INFINITY : this.#proposals.nextDeadline();
    return Math.min(next, this.#nextSessionTickMs, proposals, this.#sender.nextDeadline());
  }

  /** Does what is due. */
  tick(): void {
    const now = this.#ports.clock.now();
    this.raft.advanceTo(now);
    if (this.#admission.admitted) this.raft.tick();
    else for (const id of this.#admission.due(now)) this.#sayHello(id);
    if (now >= this.#nextSessionTickMs) this.#sessionTick(now);
    this.#ports.requestFlush();
  }

  /** Ends the turn. */
  flush(): void {
    const now = this.#ports.clock.now();
    this.raft.advanceTo(now);
    this.#tracker.advance(now);
    // Reads ask before the writes of the same turn are proposed, so that they need not wait for them.
    this.#clients.askReads();
    this.#vouchers.ask(this.#leadingTerm(), (id) => this.raft.requestRead(id));
    this.#propose(now);
    const effects = this.raft.takeEffects();
    this.#ports.effectsTaken?.(effects);
    if (effects.write !== undefined) this.#writer.append(effects.write, this.#receiver.switchOperations());
    for (const { to, message } of effects.messages) this.#outbox.add(to, message);
    if (effects.installed !== undefined) this.#installed();
    for (const entry of effects.committed) this.#apply(entry);
    // There may be more to apply, as after a restart; peers and clients get their turn in between.
    if (effects.committed.length >= limits.appliedPerTurnMax) this.#ports.requestFlush();
    for (const { id, index } of effects.reads) {
      if (id < 0) this.#quorum.answered(id, index);
      else if (this.#vouchers.owns(id)) this.#vouch(id);
      else this.#clients.readIndexed(id, index);
    }
    this.#clients.advance();
    this.#observeQuorum(now);
    this.#tellMembers();
    this.#receiver.applied(this.machine.appliedIndex);
    this.#writer.flush();
    // Behind the log's write, which must not queue behind the checkpoint's.
    this.#checkpoint();
    this.#sender.turn(this.raft.snapshotPeers());
    this.#greetLeader();
    this.#outbox.flush(this.#ports.network);
    // Behind all that other servers wait for.
    this.#clients.answerReads();
    this.#clients.flush();
  }

  #checkpoint(): void {
    const { clock, checkpointTook } = this.#ports;
    const beganMs = clock.now();
    if (this.#checkpoints.turn()) checkpointTook?.(clock.now() - beganMs);
  }

  /** Begins a change of membership, if this server leads: see {@link Raft.changeMembership}. */
  changeMembership(change: MembershipChange): "accepted" | Refusal {
    this.raft.advanceTo(this.#ports.clock.now());
    this.#ports.requestFlush();
    return this.raft.changeMembership(change);
  }

  /** Begins to hand leadership over, if this server leads: see {@link Raft.transferLeadership}. */
  transferLeadership(to?: ServerId): "accepted" | Refusal {
    this.raft.advanceTo(this.#ports.clock.now());
    this.#ports.requestFlush();
    return this.raft.transferLeadership(to);
  }

  /**
   * This server's disk is almost full, since `low`; undefined: it has room. To be repeated while it is: what the log and
   * old checkpoints need not keep is given back then, so that deletes make room.
   */
  setDiskLow(low: string | undefined): void {
    this.#room.set(low);
    if (low !== undefined && this.#admission.admitted) this.#checkpoints.request(() => {});
  }

  /** Whether this server takes part in the cluster: see {@link Admission}. */
  get admitted(): boolean {
    return this.#admission.admitted;
  }

  /** Which life of the cluster this server belongs to; 0 while it does not take part. */
  get instance(): number {
    return this.#admission.instance;
  }

  /** The incarnation under which another server is known here; 0 = it is not known. */
  knownIncarnation(id: ServerId): number {
    return this.#admission.known(id, this.#configuredIncarnation(id));
  }

  #configuredIncarnation(id: ServerId): number {
    return this.raft.configuration.members.find((member) => member.id === id)?.incarnation ?? 0;
  }

  /** For checkers: the watches that are armed for a client's connection. */
  watchesOf(connection: ConnectionId): readonly WatchSpec[] {
    return this.#clients.watchesOf(connection);
  }

  /** Whether watches of clients that were elsewhere wait for the next turn to be armed. */
  get hasWatchesLeft(): boolean {
    return this.#clients.hasWatchesLeft;
  }

  /** Whether reads of clients, or watches, wait for the next turn, since this one had enough. */
  get hasReadsLeft(): boolean {
    return this.#clients.hasReadsLeft;
  }

  /** Whether requests of this server's clients are on their way through the log. */
  get hasProposals(): boolean {
    return this.#proposals.size > 0;
  }

  /** The last entry of the checkpoint that is being encoded, if one is: what is applied behind it must not show in it. */
  get encodingIndex(): Index | undefined {
    return this.#checkpoints.encodingIndex;
  }

  /** Calls `done` once all that is applied now is in the checkpoint on disk: for a backup. */
  checkpoint(done: () => void): void {
    this.#checkpoints.request(done);
  }

  /** What this server knows of itself and the cluster. */
  status(): NodeStatus {
    return nodeStatus({
      clusterId: this.options.clusterId,
      raft: this.raft,
      machine: this.machine,
      admission: this.#admission,
      checkpointIndex: this.#checkpoints.durableIndex,
      quorum: this.#quorum.quorum,
      diskLow: this.#room.isLow,
      writesRefused: this.#writesRefused(),
      skewsMs: this.raft.isLeader ? this.#clusterClock.skewsMs(this.raft.configuration, this.#clocks()) : new Map(),
      watches: this.#clients.watches,
      connections: this.#clients.connections,
    });
  }

  /** For those who look at the cluster: at most `max` live sessions behind session `after`, oldest first. */
  sessionsBehind(after: SessionId, max: number): SessionPage {
    return sessionPage(this.machine.sessions(), after, max, (id) => ({
      attachedHere: this.#clients.isAttached(id),
      silentMs: this.#tracker.silentMs(id),
    }));
  }

  /** For those who look at the cluster: at most `max` of the watched paths of this server's clients. */
  watched(max: number): readonly Watched[] {
    return this.#clients.watched(max);
  }

  #sayHello(to: ServerId): void {
    this.#outbox.add(to, { type: "Hello", incarnation: this.#admission.incarnation });
  }

  #introduceTo(member: ServerId): void {
    if (this.#admission.spokenTo(member, this.#ports.clock.now())) this.#sayHello(member);
  }

  #answerHello(from: ServerId, hello: Hello): void {
    this.#outbox.add(from, this.#admission.answer(from, hello, this.#configuredIncarnation(from)));
  }

  #helloAnswered(from: ServerId, reply: HelloReply): void {
    const news = this.#admission.answered(from, reply);
    if (news === "write") this.#admit();
    else if (news === "wiped") {
      const what = `server ${from} knows server ${this.options.id} with other data: these were lost, or are not its own`;
      this.#ports.fatal(new TerrariumError("WIPED", what));
    }
  }

  /** Writes the next step of the admission, if it is due; this server takes part once the last is on disk. */
  #admit(): void {
    const record = this.#admission.beginWrite();
    if (record === undefined) return;
    this.#ports.disk.write([{ type: "put", key: admissionKey, value: encodeAdmission(record) }], (error) => {
      if (error !== undefined) {
        this.#ports.fatal(diskError(error, "the admission could not be written"));
        return;
      }
      this.#admission.written(record);
      this.#ports.requestFlush();
    });
  }

  /** A received snapshot is durable: it is the state now. */
  #installed(): void {
    const installed = present(this.#receiver.takeInstalled(), "the snapshot that was installed");
    this.#replica.machine = installed.machine;
    this.#checkpoints.replaced(installed.machine, installed.table);
    this.#clients.stateReplaced();
  }

  #durable(token: number): void {
    this.raft.advanceTo(this.#ports.clock.now());
    this.raft.persisted(token);
    this.#ports.requestFlush();
  }

  #propose(now: number): void {
    // While leadership is handed over, everything waits for the new leader.
    if (this.raft.isTransferring) return;
    if (this.raft.isLeader) return this.#feed.appendAll(this.options.id, now);
    this.#feed.clear();
    const leader = this.raft.leader;
    if (leader === undefined) return;
    const proposals = this.#proposals.take(leader, this.raft.currentTerm, now);
    if (proposals.length === 0) return;
    this.#outbox.addForward(
      leader,
      proposals.map(({ bytes }) => bytes),
    );
    this.#proposals.sent(proposals, now, false);
  }

  /** The time of a command: the cluster's, but never before that of an earlier command; undefined while it is not known. */
  #stampMs(): number | undefined {
    const timeMs = this.#clusterClock.timeMs(this.raft.configuration, this.#clocks());
    if (timeMs === undefined) return undefined;
    return Math.max(this.#lastStampMs, this.machine.lastTimeMs, timeMs);
  }

  #clocks(): Now {
    const { clock } = this.#ports;
    return { monotonicMs: clock.now(), wallMs: clock.wallClock() };
  }

  /** Tells a leader that this server has just begun to follow what its clock shows. */
  #greetLeader(): void {
    const { leader, currentTerm } = this.raft;
    const known = this.#greeted.leader === leader && this.#greeted.term === currentTerm;
    if (known) return;
    this.#greeted = { leader, term: currentTerm };
    if (leader !== undefined && leader !== this.options.id) this.#reportClock(leader);
  }

  #reportClock(leader: ServerId): void {
    const wallClockMs = this.#ports.clock.wallClock();
    this.#outbox.add(leader, { type: "WallClock", wallClockMs, diskLow: this.#room.isLow });
  }

  #reported(from: ServerId, { wallClockMs, diskLow }: WallClock): void {
    const now = this.#ports.clock.now();
    this.#clusterClock.reported(from, wallClockMs, now);
    this.#room.reported(from, diskLow, now);
    if (this.raft.isLeader && this.#room.isClusterLow(this.raft.configuration, now))
      this.#outbox.add(from, { type: "DiskFull" });
  }

  #writesRefused(): string | undefined {
    return this.#room.refusal(this.raft.leader, this.raft.configuration, this.#ports.clock.now());
  }

  #apply(entry: Entry): void {
    this.#checkpoints.applied(entrySize(entry));
    if (entry.kind === "command") {
      const command = decodeCommand(entry.data);
      this.#clients.beforeApply(command.body);
      const applied = this.machine.apply(entry.index, command);
      this.#clients.afterApply(command, applied);
      this.#ports.applied?.(command, applied);
      if (command.origin === this.options.id) this.#quorum.proven(this.#ports.clock.now());
      if (applied.outcome.type === "attached") this.#tracker.heard(applied.outcome.sessionId);
      for (const session of applied.ended) this.#tracker.forget(session);
    } else this.machine.skip(entry.index);
    if (entry.term === this.raft.currentTerm && this.raft.isLeader) this.#tracker.startLeading();
  }

  #observeQuorum(now: number): void {
    if (!this.raft.isLeader) this.#tracker.stopLeading();
    const { leader, diskHangs } = this.raft;
    if (this.#quorum.observe(now, { knowsLeader: leader !== undefined, diskHangs }, this.machine.appliedIndex))
      this.#clients.quorumChanged();
  }

  #tellMembers(): void {
    const { members } = this.raft.configuration;
    if (members === this.#toldMembers) return;
    const before = this.#toldMembers;
    this.#toldMembers = members;
    const same = (member: Member, i: number) =>
      member.id === before[i]?.id && member.clientAddress === before[i]?.clientAddress;
    if (members.length !== before.length || !members.every(same)) this.#clients.membersChanged();
  }

  #heard(sessions: readonly SessionId[]): void {
    this.#tracker.advance(this.#ports.clock.now());
    // One that has ended meanwhile would be remembered for ever.
    for (const session of sessions) if (this.machine.session(session) !== undefined) this.#tracker.heard(session);
  }

  #touched(from: ServerId, { round, sessionIds }: TouchSessions): void {
    this.#heard(sessionIds);
    if (this.raft.isLeader) this.#vouchers.add(from, round);
  }

  /** A majority has confirmed that this server led after it had heard of some sessions: says so to those who told. */
  #vouch(id: number): void {
    for (const { from, round } of this.#vouchers.answered(id, this.#leadingTerm())) {
      if (from === this.options.id) this.#clients.vouch(this.#touches.answered(round));
      else this.#outbox.add(from, { type: "SessionsHeard", round });
    }
  }

  #leadingTerm(): Term | undefined {
    return this.raft.isLeader ? this.raft.currentTerm : undefined;
  }

  #sessionTick(now: number): void {
    this.#nextSessionTickMs = now + this.options.sessionTickMs;
    this.#tracker.advance(now);
    const leader = this.raft.leader;
    for (const touches of this.#touches.due(now)) {
      if (this.raft.isLeader) this.#touched(this.options.id, touches);
      else if (leader !== undefined) this.#outbox.add(leader, touches);
    }
    if (this.raft.isLeader) {
      this.#expire();
      this.#clusterClock.keep(this.raft.configuration);
      this.#room.keep(this.raft.configuration);
    } else if (leader !== undefined) this.#reportClock(leader);
    const probe = this.#clients.connections > 0 ? this.#quorum.nextProbe(now) : undefined;
    if (probe !== undefined) this.raft.requestRead(probe);
    if (!this.#quorum.quorum) this.#clients.refuseAttaching(now - this.options.electionTimeoutMs, "NO_QUORUM");
  }

  #expire(): void {
    const sessions = this.#tracker.expired(this.machine.sessions());
    if (sessions.length === 0) return;
    // Only a leader proposes an expiry, straight into its own log: a deposed one has no way to let it land late.
    const command = encodeCommand({ type: "expireSessions", sessions }, this.options.id, 0);
    if (this.#feed.append([command]) === 1) this.#heard(sessions.map((session) => session.sessionId));
  }
}

/** Ticks for which a report of a server's clock counts: some may be lost. */
const clockReportsKept = 10;

/** A start in the 2^52 numbers that makes it very unlikely that two lives of a server use the same ones. */
function firstIdOfLife(secret: Uint8Array): number {
  let id = 0;
  for (const byte of secret) id = id * 256 + byte;
  return id * 2 ** 20 + 1;
}
