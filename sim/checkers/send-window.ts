/**
 * What a leader has sent and a follower has not acknowledged stays within a window: messages with entries, and chunks of a
 * snapshot. A follower that is slow, or whose replies are late, is not to be buried under what it has not asked for.
 *
 * Counted from what is sent and what arrives. Whatever may have made the leader begin anew makes this begin anew too: so it
 * counts too few at times, and never too many.
 */
import { limits } from "../../src/base/limits.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import { bytesOf } from "../../src/raft/log.ts";
import type { AppendEntries, InstallSnapshot } from "../../src/raft/messages.ts";
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** What one follower was sent and has not acknowledged. */
interface Window {
  /** Last index of each AppendEntries with entries, rising. */
  appends: Index[];
  /** What it has acknowledged, perhaps while what the leader is about to send was written. */
  matchIndex: Index;
  /** When the newest of these left, virtual µs. */
  sentUs: number;
  /** Of this snapshot … */
  snapshotId: number;
  /** … the positions of its chunks. */
  chunks: number[];
  /** Last position of a chunk that was sent, acknowledged or not. */
  chunk: number;
  /** The position up to which all chunks are acknowledged. */
  staged: number;
  /** The turn of the leader, counted in its reign, in which it heard that the snapshot has to be sent again. */
  againTurn: number;
}

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  readonly windows: Map<ServerId, Window>;
  /** When it appended each of its entries, virtual µs. */
  readonly appendedUs: Map<Index, number>;
  /** Its turns whose messages are known. */
  turns: number;
}

export class SendWindow implements Observer {
  readonly name = "send-window";
  readonly #marks: Marks | undefined;
  /** By leader. */
  readonly #reigns: (Reign | undefined)[] = [];
  #world: World | undefined;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin(world: World): void {
    this.#world = world;
  }

  effects({ id, node }: ServerView, { write }: Effects): void {
    if (node?.raft.isLeader !== true) return;
    const reign = this.#reign(id, node.raft.currentTerm);
    reign.turns++;
    if (this.#marks === undefined) return;
    for (const { index } of write?.entries ?? []) reign.appendedUs.set(index, this.#world?.now ?? 0);
  }

  sent({ id }: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type === "AppendEntries") {
      if (message.entries.length > 0) this.#appends(id, to, message);
    } else if (message.type === "InstallSnapshot" && !message.done) this.#installs(id, to, message);
  }

  delivered(from: ServerId, { id }: ServerView, message: PeerMessage): void {
    if (message.type !== "AppendEntriesReply" && message.type !== "InstallSnapshotReply") return;
    const reign = this.#reigns[id];
    const window = reign?.term === message.term ? reign.windows.get(from) : undefined;
    if (reign === undefined || window === undefined) return;
    if (message.type === "AppendEntriesReply") {
      if (!message.success) return;
      window.matchIndex = Math.max(window.matchIndex, message.matchIndex);
      if (window.appends.length > 0) window.appends = window.appends.filter((index) => index > message.matchIndex);
    } else if (message.snapshotId === window.snapshotId) {
      const { position } = message;
      // At 0 it knows nothing of the snapshot, and all of it has to be sent again.
      window.staged = position === 0 ? 0 : Math.max(window.staged, position);
      window.chunks = position === 0 ? [] : window.chunks.filter((chunk) => chunk > position);
      if (position === 0) window.againTurn = reign.turns + 1;
    }
  }

  #appends(id: ServerId, to: ServerId, message: AppendEntries): void {
    const reign = this.#reign(id, message.term);
    const window = windowOf(reign, to);
    const { appendsInFlightMax, appendBytesMax } = this.#world?.plan.config ?? limits;
    const bytes = bytesOf(message.entries);
    // One entry may have more, alone.
    if (message.entries.length > 1 && bytes > appendBytesMax)
      throw new InvariantBroken(
        this.name,
        `n${id} sends n${to} ${message.entries.length} entries of ${bytes} bytes at once: more than ${appendBytesMax}`,
      );
    const newest = window.appends.at(-1);
    if (newest !== undefined && newest !== message.prevLogIndex) window.appends = [];
    else if (this.#marks !== undefined) this.#note(this.#marks, reign, window, message);
    const lastIndex = message.prevLogIndex + message.entries.length;
    if (lastIndex > window.matchIndex) window.appends.push(lastIndex);
    window.sentUs = this.#world?.now ?? 0;
    if (window.appends.length === appendsInFlightMax) this.#marks?.hit("append-window-full");
    if (window.appends.length > appendsInFlightMax)
      this.#break(id, to, `${window.appends.length} messages with entries`, appendsInFlightMax);
  }

  #installs(id: ServerId, to: ServerId, { term, snapshotId, previous, position }: InstallSnapshot): void {
    const reign = this.#reign(id, term);
    const window = windowOf(reign, to);
    if (window.snapshotId !== snapshotId) window.staged = 0;
    if (window.snapshotId !== snapshotId || window.chunk !== previous) window.chunks = [];
    window.snapshotId = snapshotId;
    window.chunk = position;
    // What leaves in a turn was decided between its replies, and which of them came before is not known here.
    if (window.againTurn >= reign.turns) return;
    if (position > window.staged) window.chunks.push(position);
    const max = limits.snapshotChunksInFlightMax;
    if (window.chunks.length === max) this.#marks?.hit("chunk-window-full");
    if (window.chunks.length > max) this.#break(id, to, `${window.chunks.length} chunks of a snapshot`, max);
  }

  /** What was held back behind something unacknowledged leaves, and why (docs/decisions/0030). */
  #note(marks: Marks, { appendedUs }: Reign, window: Window, { prevLogIndex }: AppendEntries): void {
    const now = this.#world?.now ?? 0;
    const { appendHoldMs, appendsInFlightMax } = this.#world?.plan.config ?? limits;
    // What is under way left before the entry came, so that it found something unacknowledged.
    const cameUs = appendedUs.get(prevLogIndex + 1) ?? now;
    if (appendHoldMs === 0 || cameUs >= now || window.sentUs === 0 || window.sentUs > cameUs) return;
    if (window.appends.length === 0) marks.hit("held-append-let-go");
    else if (window.appends.length < appendsInFlightMax && now - window.sentUs >= 1000 * appendHoldMs)
      marks.hit("held-append-in-time");
  }

  #reign(id: ServerId, term: Term): Reign {
    let reign = this.#reigns[id];
    if (reign?.term !== term) {
      reign = { term, windows: new Map(), appendedUs: new Map(), turns: 0 };
      this.#reigns[id] = reign;
    }
    return reign;
  }

  #break(id: ServerId, to: ServerId, what: string, max: number): never {
    throw new InvariantBroken(this.name, `n${id} has sent ${what} that n${to} has not acknowledged: more than ${max}`);
  }
}

function windowOf({ windows }: Reign, to: ServerId): Window {
  let window = windows.get(to);
  if (window === undefined) {
    window = { appends: [], matchIndex: 0, sentUs: 0, snapshotId: 0, chunks: [], chunk: 0, staged: 0, againTurn: -1 };
    windows.set(to, window);
  }
  return window;
}
