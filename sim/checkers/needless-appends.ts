/**
 * A leader sends AppendEntries for a reason (Figure 2, §5.3): entries that the follower is not known to have, a heartbeat
 * whose time has come, a round of reads or an index of the commit that the follower was not sent.
 *
 * A follower has what it has acknowledged, and what it names when it refuses, if the leader has an entry of that index and
 * term as well (the Log Matching Property). Nor is it asked again about what lies behind the place that it has named. And a
 * leader begins behind its own last entry (`nextIndex`, Figure 2): those of earlier terms it sends to who may lack them.
 *
 * Counted from what leaves and what arrives, on the clock of the leader's machine. Where a turn ends late it is not known
 * when it began; then a heartbeat counts as due as early as it may have been.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { AppendEntries, AppendEntriesReply } from "../../src/raft/messages.ts";
import type { Configuration, Index, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { RaftView, ServerView } from "../world/view.ts";

/** No clock runs faster than at this rate. */
const rateMax = 2;

/** From a turn that leaves work to the next one, in which what came meanwhile leaves, µs. */
const turnUs = 50;

/** What is lost in the sums of a clock whose rate has changed, ms. */
const roundingMs = 0.001;

/** What one follower was sent, and has said, in one reign. */
interface Correspondence {
  /** The newest round of reads, and the newest commit, that it was sent. */
  round: number;
  commit: Index;
  /** The earliest time at which its last heartbeat may have been due, ms of the leader's clock. */
  beatMs: number;
  /** Up to where it has acknowledged the log in this term. */
  acknowledged: Index;
  /** Up to where it has the leader's log, by its newest refusal; 0 if that says nothing. */
  named: Index;
  /** Behind where it cannot have the leader's log, by its newest refusal; Infinity if that says nothing. */
  limit: Index;
  /** The place behind which the newest message began; -1 once anything was refused or lost since. */
  previous: Index;
  /** It may lack entries of earlier terms: it has refused something, was sent a snapshot, or something was lost on its way. */
  behind: boolean;
}

function newCorrespondence(): Correspondence {
  return {
    round: 0,
    commit: 0,
    beatMs: Number.NEGATIVE_INFINITY,
    acknowledged: 0,
    named: 0,
    limit: Number.POSITIVE_INFINITY,
    previous: -1,
    behind: false,
  };
}

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  readonly peers: (Correspondence | undefined)[];
  configuration: Configuration;
}

export class NeedlessAppends implements Observer {
  readonly name = "needless-appends";
  /** By leader. */
  readonly #reigns: (Reign | undefined)[] = [];
  /** By server, whether a turn that began before a pause may have ended behind it. */
  readonly #paused: boolean[] = [];
  /** By server, whether it takes up what has arrived while it was paused: streams that broke may be among that. */
  readonly #waking: boolean[] = [];
  #world: World | undefined;
  #heartbeatMs = 0;
  #lateMs = 0;

  begin(world: World): void {
    const { config } = world.plan;
    this.#world = world;
    this.#heartbeatMs = config.heartbeatMs;
    this.#lateMs = (rateMax * Math.max(config.lateFlush > 0 ? config.lateFlushUs : 0, turnUs)) / 1000;
  }

  /** What was under way is lost, and so may be what the follower had of it when it refused. */
  streamBroken(server: ServerId, to: ServerId): void {
    const raft = this.#world?.servers[server]?.node?.raft;
    if (raft?.isLeader === true) forget(this.#peer(server, to, raft.currentTerm, raft.configuration));
  }

  started({ id }: ServerView): void {
    this.#reigns[id] = undefined;
    this.#paused[id] = false;
  }

  woke({ id }: ServerView): void {
    this.#paused[id] = true;
    this.#waking[id] = true;
  }

  step({ id, hasUnflushedInput }: ServerView): void {
    if (this.#waking[id] !== true || hasUnflushedInput) return;
    this.#waking[id] = false;
    for (const peer of this.#reigns[id]?.peers ?? []) if (peer !== undefined) forget(peer);
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type !== "AppendEntriesReply") return;
    const peer = this.#heardFrom(from, to, message.term);
    if (peer === undefined) return;
    if (message.success) peer.acknowledged = Math.max(peer.acknowledged, message.matchIndex);
    else refused(peer, to, message);
  }

  effects({ id, node, clock }: ServerView, { messages }: Effects): void {
    if (node?.raft.isLeader !== true) return;
    const { raft } = node;
    let nowMs: number | undefined;
    let beat = false;
    for (const { to, message } of messages) {
      if (message.type === "InstallSnapshot") this.#peer(id, to, message.term, raft.configuration).behind = true;
      if (message.type !== "AppendEntries") continue;
      nowMs ??= clock.now();
      if (this.#judge(id, to, message, nowMs, raft)) beat = true;
    }
    if (beat) this.#paused[id] = false;
  }

  /** Judges a message; says whether it is a heartbeat. */
  #judge(id: ServerId, to: ServerId, message: AppendEntries, nowMs: number, raft: RaftView): boolean {
    const peer = this.#peer(id, to, message.term, raft.configuration);
    if (this.#waking[id] === true) forget(peer);
    const { prevLogIndex, entries, leaderCommit, readRound, noReply } = message;
    if (prevLogIndex > Math.max(peer.limit, peer.acknowledged))
      this.#break(id, to, `is asked about entry ${prevLogIndex}, though it has nothing of that behind ${peer.limit}`);
    // The leader may have given up since what it was told of.
    if (prevLogIndex < peer.named && peer.named >= raft.logBase.index)
      this.#break(
        id,
        to,
        `is asked about entry ${prevLogIndex}, though it has said that it has all up to ${peer.named}`,
      );
    peer.limit = Number.POSITIVE_INFINITY;
    peer.previous = prevLogIndex;
    let isBeat = false;
    if (entries.length > 0) this.#sendsEntries(id, to, peer, message);
    else if (noReply) {
      if (leaderCommit <= peer.commit)
        this.#break(id, to, `is told once more that entries up to ${leaderCommit} are committed`);
    } else if (readRound <= peer.round) {
      isBeat = true;
      const dueMs = peer.beatMs + this.#heartbeatMs;
      if (nowMs < dueMs - roundingMs)
        this.#break(id, to, `gets a heartbeat ${Math.ceil(dueMs - nowMs)} ms before one is due`);
      peer.beatMs = this.#paused[id] === true ? dueMs : Math.max(dueMs, nowMs - this.#lateMs);
    }
    peer.round = Math.max(peer.round, readRound);
    peer.commit = Math.max(peer.commit, leaderCommit);
    return isBeat;
  }

  #sendsEntries(id: ServerId, to: ServerId, peer: Correspondence, message: AppendEntries): void {
    const { prevLogIndex, term, entries } = message;
    if (!peer.behind && (entries[0]?.term ?? term) < term)
      this.#break(id, to, `is sent entry ${prevLogIndex + 1}, of an earlier term, and has not said that it lacks it`);
    if (prevLogIndex < peer.acknowledged)
      this.#break(
        id,
        to,
        `is sent entry ${prevLogIndex + 1}, though it has acknowledged all up to ${peer.acknowledged}`,
      );
  }

  /** What a leader, or one that led this term, knows of who answers it. It may lead since a moment ago, and have sent nothing yet. */
  #heardFrom(from: ServerId, { id, node }: ServerView, term: Term): Correspondence | undefined {
    if (node?.raft.isLeader === true && node.raft.currentTerm === term)
      return this.#peer(id, from, term, node.raft.configuration);
    const reign = this.#reigns[id];
    return reign?.term === term ? reign.peers[from] : undefined;
  }

  #peer(id: ServerId, to: ServerId, term: Term, configuration: Configuration): Correspondence {
    let reign = this.#reigns[id];
    if (reign?.term !== term) {
      reign = { term, peers: [], configuration };
      this.#reigns[id] = reign;
    } else if (reign.configuration !== configuration) {
      // With those that come, perhaps once more, the leader begins anew.
      const before = reign.configuration.members;
      for (const { id: member } of configuration.members)
        if (!before.some((other) => other.id === member)) reign.peers[member] = undefined;
      reign.configuration = configuration;
    }
    let peer = reign.peers[to];
    if (peer === undefined) {
      peer = newCorrespondence();
      reign.peers[to] = peer;
    }
    return peer;
  }

  #break(id: ServerId, to: ServerId, what: string): never {
    throw new InvariantBroken(this.name, `n${to} ${what} by n${id}`);
  }
}

/** The leader begins anew, further back. What answers an older message says nothing: it may go by what came since. */
function refused(peer: Correspondence, { node }: ServerView, reply: AppendEntriesReply): void {
  const { rejectedIndex, hintIndex, hintTerm } = reply;
  const isNews = rejectedIndex === peer.previous && rejectedIndex > peer.acknowledged;
  unsay(peer);
  // A message of an older term is refused whatever is in the log.
  if (node === undefined || !isNews || hintIndex >= rejectedIndex) return;
  const { raft } = node;
  // Deposed since: its log may be another one.
  if (!raft.isLeader || raft.currentTerm !== reply.term) return;
  peer.limit = hintIndex;
  if (hintIndex >= raft.logBase.index && raft.termAt(hintIndex) === hintTerm) peer.named = hintIndex;
}

/** The leader may begin anew: what was under way is lost. */
function forget(peer: Correspondence): void {
  unsay(peer);
}

/** The newest refusal says nothing about what is sent from now on. */
function unsay(peer: Correspondence): void {
  peer.named = 0;
  peer.limit = Number.POSITIVE_INFINITY;
  peer.previous = -1;
  peer.behind = true;
}
