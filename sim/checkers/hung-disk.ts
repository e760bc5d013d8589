/**
 * A disk that hangs does not hang the cluster: a leader steps down whose disk has stood still for so long while the
 * others answer it, whoever has such a disk asks nobody for votes, and what waits for the disk in memory has a bound.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import { entrySize } from "../../src/raft/log.ts";
import type { Configuration, Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftHistory } from "./raft-history.ts";

/** A leader may wait for its disk for two election timeouts, and notices within a half. */
const leadsMax = 2.5;
/** A server campaigns no more after one, and one that has just begun to notices with its next message. */
const campaignsMax = 1.5;
/** No-ops and configurations, of which a few get in at any time, bytes. */
const unaskedBytes = 8_192;

/** What the checker knows of one server's process. */
interface Watched {
  /** Entries handed to the disk that it does not have, oldest first. */
  waiting: { readonly index: Index; readonly bytes: number }[];
  waitingBytes: number;
  /** What may wait, bytes. */
  bytesMax: number;
  /** Since when the disk has owed something and done nothing, ms of the server's clock. */
  owesSince: number | undefined;
  /** The term that it leads, or 0. */
  leads: Term;
  /** When each peer's answer in the term reached it. */
  readonly heard: Map<ServerId, { readonly term: Term; readonly atMs: number }>;
}

export class HungDisk implements Observer {
  readonly name = "hung-disk";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  readonly #watched: Watched[] = [];
  readonly #marks: Marks | undefined;
  #timeoutMs = 0;
  #backlogBytes = 0;
  #bytesMax = 0;
  #largestEntry = 0;

  /** With `marks`, it notes what it sees. */
  constructor(history: RaftHistory, durable: DurableState, marks?: Marks) {
    this.#history = history;
    this.#durable = durable;
    this.#marks = marks;
  }

  begin({ plan, servers }: World): void {
    this.#timeoutMs = plan.config.electionTimeoutMs;
    this.#backlogBytes = plan.config.undurableBytesMax;
    this.#bytesMax = plan.config.undurableBytesMax + unaskedBytes;
    for (let id = 0; id < servers.length; id++) this.#watched[id] = newWatched();
  }

  started({ id }: ServerView): void {
    this.#watched[id] = newWatched();
  }

  effects(server: ServerView, { write }: Effects): void {
    if (write === undefined) return;
    const watched = this.#of(server.id);
    watched.owesSince ??= server.clock.now();
    if (write.snapshot !== undefined) this.#cut(watched, 0);
    if (write.truncateFrom !== undefined) this.#cut(watched, write.truncateFrom);
    const waited = watched.waitingBytes;
    for (const entry of write.entries) this.#wait(watched, entry);
    // What comes when nothing waits is taken, however large.
    if (waited === 0) watched.bytesMax = Math.max(this.#bytesMax, watched.waitingBytes + unaskedBytes);
    if (watched.waitingBytes + this.#largestEntry > this.#backlogBytes) this.#marks?.hit("disk-backlog");
    if (watched.waitingBytes > watched.bytesMax)
      this.#break(`n${server.id} holds ${watched.waitingBytes} bytes of entries that are not on its disk`);
  }

  durable(server: ServerView): void {
    const watched = this.#of(server.id);
    const [log, disk] = [this.#history.log(server.id), this.#durable.of(server.id).log];
    let done = 0;
    for (const { index, bytes } of watched.waiting) {
      if (disk.hashAt(index) !== log.hashAt(index)) break;
      watched.waitingBytes -= bytes;
      done++;
    }
    watched.waiting.splice(0, done);
    watched.owesSince = undefined;
    if (watched.waiting.length > 0) watched.owesSince = server.clock.now();
  }

  /** While a process sleeps it gives its disk nothing to do. */
  woke(server: ServerView): void {
    const watched = this.#of(server.id);
    if (watched.owesSince !== undefined) watched.owesSince = server.clock.now();
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type === "AppendEntriesReply")
      this.#of(to.id).heard.set(from, { term: message.term, atMs: to.clock.now() });
  }

  sent(from: ServerView, _to: ServerId, message: PeerMessage): void {
    if (message.type !== "RequestVote") return;
    const stalledMs = this.#stalledMs(from);
    if (stalledMs > campaignsMax * this.#timeoutMs)
      this.#break(`n${from.id} asks for votes, though its disk has stood still for ${Math.round(stalledMs)} ms`);
  }

  step(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined || !server.awake) return;
    const watched = this.#of(server.id);
    const led = watched.leads;
    watched.leads = raft.isLeader ? raft.currentTerm : 0;
    const stalledMs = this.#stalledMs(server);
    if (led === raft.currentTerm && !raft.isLeader && stalledMs >= 2 * this.#timeoutMs)
      this.#marks?.hit("leader-with-hung-disk");
    // What it has heard just now it considers at the end of its turn.
    if (!raft.isLeader || server.hasUnflushedInput) return;
    if (stalledMs <= leadsMax * this.#timeoutMs) return;
    if (this.#othersDecide(server, raft.currentTerm, raft.configuration))
      this.#break(`n${server.id} leads on, though its disk has stood still for ${Math.round(stalledMs)} ms`);
  }

  #stalledMs(server: ServerView): number {
    return server.clock.now() - (this.#of(server.id).owesSince ?? Number.POSITIVE_INFINITY);
  }

  #othersDecide(server: ServerView, term: Term, { voters, oldVoters }: Configuration): boolean {
    const { heard } = this.#of(server.id);
    const now = server.clock.now();
    const answers = (id: ServerId): boolean => {
      const last = heard.get(id);
      return id !== server.id && last?.term === term && now - last.atMs < this.#timeoutMs / 2;
    };
    return [voters, oldVoters].every((group) => 2 * group.filter(answers).length > group.length || group.length === 0);
  }

  #wait(watched: Watched, entry: Entry): void {
    const bytes = entrySize(entry);
    this.#largestEntry = Math.max(this.#largestEntry, bytes);
    watched.waiting.push({ index: entry.index, bytes });
    watched.waitingBytes += bytes;
  }

  #cut(watched: Watched, from: Index): void {
    for (let last = watched.waiting.at(-1); last !== undefined && last.index >= from; last = watched.waiting.at(-1)) {
      watched.waiting.pop();
      watched.waitingBytes -= last.bytes;
    }
  }

  #of(id: ServerId): Watched {
    const watched = this.#watched[id];
    if (watched === undefined) throw new RangeError(`no server ${id}`);
    return watched;
  }

  #break(what: string): never {
    throw new InvariantBroken(this.name, what);
  }
}

function newWatched(): Watched {
  return {
    waiting: [],
    waitingBytes: 0,
    bytesMax: Number.POSITIVE_INFINITY,
    owesSince: undefined,
    leads: 0,
    heard: new Map(),
  };
}
