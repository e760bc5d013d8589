/**
 * What a server proposes to its leader may be lost on its way. It offers it again when its patience is over, which doubles from
 * try to try until it hears of the leader by seeing something of its own applied; in the order in which it was asked; and for
 * nobody who is not there any more (§8).
 *
 * Told from what is sent, applied and answered. While the server does not know whom to ask, stands still, hears that more is
 * committed or has not done all of that, it owes nothing; and where it may have begun anew it is judged from what it sends
 * next.
 */
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { proposalOf } from "../../src/protocol/command-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { nodeOptions } from "../world/node-options.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { commandOf } from "./commands.ts";
import type { ModelFeed } from "./model-feed.ts";

/** Beyond so many tries the patience grows no more. */
const doublingsMax = 4;

interface Sent {
  readonly proposal: number;
  /** When it has to go again, ms of the server's clock. */
  dueMs: number;
}

/** What one server's process has sent and not seen applied. Times are ms of its clock. */
interface Pending {
  leader: ServerId;
  term: Term;
  readonly sent: Map<number, Sent>;
  /** How often each was sent since something was heard of this leader. */
  readonly tries: Map<number, number>;
  /** All that it ever sent, and of these what it saw applied. */
  readonly known: Set<number>;
  readonly applied: Set<number>;
  /** No `dueMs` is earlier. */
  earliestMs: number;
  /** When something was last seen to be in the way of offering anything. */
  hinderedMs: number;
  /** Up to where the log was known to be committed when it was last looked at, and when that is again, virtual µs. */
  commit: Index;
  lookAtUs: number;
}

interface Attached {
  readonly server: ServerId;
  readonly session: number;
  readonly attachment: Index;
}

export class LostProposals implements Observer {
  readonly name = "lost-proposals";
  readonly #feed: ModelFeed;
  readonly #marks: Marks | undefined;
  readonly #pending: (Pending | undefined)[] = [];
  /** By connection: who is attached there. */
  readonly #attached = new Map<number, Attached>();
  /** Those that broke while their server stood still, which has not heard of it. */
  #broken: { readonly connection: number; readonly server: ServerId }[] = [];
  #world: World | undefined;
  #retryMs = 0;
  /** A turn may end a little late, and so may be seen what was in the way. */
  #slackMs = 0;
  #lookUs = 0;

  /** With `marks`, it notes what it sees. */
  constructor(feed: ModelFeed, marks?: Marks) {
    this.#feed = feed;
    this.#marks = marks;
  }

  begin(world: World): void {
    const { config } = world.plan;
    this.#world = world;
    this.#retryMs = nodeOptions(1, config).proposalRetryMs;
    this.#lookUs = (1000 * this.#retryMs) / 8;
    this.#slackMs = this.#retryMs / 2 + config.lateFlushUs / 1000;
  }

  started({ id }: ServerView): void {
    this.#pending[id] = {
      leader: 0,
      term: 0,
      sent: new Map(),
      tries: new Map(),
      known: new Set(),
      applied: new Set(),
      earliestMs: Number.POSITIVE_INFINITY,
      hinderedMs: Number.NEGATIVE_INFINITY,
      commit: 0,
      lookAtUs: 0,
    };
  }

  /** With a stream to the leader, what was sent on it goes again at once … */
  streamBroken(): void {
    for (const one of this.#pending) forget(one);
  }

  /** … and with a client's, what was sent for it is given up. */
  connectionBroken(connection: number, toWhom: "server" | "client"): void {
    if (toWhom === "client") return;
    const server = this.#attached.get(connection)?.server;
    if (server === undefined || this.#world?.servers[server]?.awake !== false) this.#attached.delete(connection);
    else this.#broken.push({ connection, server });
    // Of one that waited to be attached it is not known where.
    for (const [id, one] of this.#pending.entries()) if (server === undefined || server === id) forget(one);
  }

  woke({ id }: ServerView): void {
    forget(this.#pending[id]);
  }

  serverFrame({ id }: ServerView, _client: number, connection: number, messages: readonly ServerMessage[]): void {
    for (const message of messages)
      if (message.type === "connected")
        this.#attached.set(connection, { server: id, session: message.sessionId, attachment: message.zxid });
      else if (message.type === "refused") {
        this.#attached.delete(connection);
        forget(this.#pending[id]);
      }
  }

  /** With a snapshot all clients have to come again. */
  effects({ id }: ServerView, { installed }: Effects): void {
    if (installed !== undefined) forget(this.#pending[id]);
  }

  appliedCommand({ id, clock }: ServerView, index: Index): void {
    const pending = this.#pending[id];
    const command = this.#feed.commandAt(index);
    if (pending === undefined || command === undefined) return;
    // Sessions that end or move take along what was sent for them; what came too early goes again, and more with it.
    if (command.body.type !== "write" || (command.origin === id && !this.#feed.model.effects.has(index)))
      forget(pending);
    if (command.origin !== id) return;
    pending.sent.delete(command.proposal);
    pending.applied.add(command.proposal);
    // The leader takes them.
    pending.tries.clear();
    const byMs = clock.now() + this.#retryMs;
    for (const one of pending.sent.values()) one.dueMs = Math.min(one.dueMs, byMs);
    pending.earliestMs = Math.min(pending.earliestMs, byMs);
  }

  sent({ id, node, clock }: ServerView, to: ServerId, message: PeerMessage): void {
    const pending = this.#pending[id];
    if (message.type !== "Forward" || node === undefined || pending === undefined) return;
    const { currentTerm } = node.raft;
    // Whoever leads now has heard of nothing yet.
    if (pending.leader !== to || pending.term !== currentTerm) {
      forget(pending);
      pending.tries.clear();
    }
    pending.leader = to;
    pending.term = currentTerm;
    const nowMs = clock.now();
    let before = 0;
    for (const command of message.commands) {
      const { origin, proposal } = proposalOf(command);
      if (origin !== id || proposal === 0) continue;
      if (proposal < before) this.#break(id, proposal, `behind ${before}, though it was asked for before that`);
      before = proposal;
      this.#sends(id, pending, command, proposal, nowMs);
    }
  }

  step(server: ServerView): void {
    if (this.#broken.length > 0) this.#hears(server.id);
    const pending = this.#pending[server.id];
    if (pending === undefined || pending.sent.size === 0) return;
    const nowUs = this.#world?.now ?? 0;
    if (nowUs < pending.lookAtUs) return;
    pending.lookAtUs = nowUs + this.#lookUs;
    const { node } = server;
    if (node === undefined) return;
    const nowMs = server.clock.now();
    const { leader, currentTerm, knownCommit } = node.raft;
    if (leader !== pending.leader || currentTerm !== pending.term) return forget(pending);
    const hindered = node.hasEntriesLeft || node.machine.appliedIndex < knownCommit || knownCommit !== pending.commit;
    pending.commit = knownCommit;
    if (hindered) pending.hinderedMs = nowMs;
    const late = nowMs - this.#slackMs;
    if (late < pending.earliestMs || late < pending.hinderedMs + this.#retryMs || server.hasUnflushedInput) return;
    pending.earliestMs = Number.POSITIVE_INFINITY;
    for (const { proposal, dueMs } of pending.sent.values()) {
      if (dueMs <= late)
        this.#break(server.id, proposal, `not again in time: it was due ${Math.round(nowMs - dueMs)} ms ago`);
      pending.earliestMs = Math.min(pending.earliestMs, dueMs);
    }
  }

  #sends(id: ServerId, pending: Pending, command: Uint8Array, proposal: number, nowMs: number): void {
    const tries = (pending.tries.get(proposal) ?? 0) + 1;
    pending.tries.set(proposal, tries);
    if (pending.known.has(proposal)) this.#isAwaited(id, command, proposal);
    else pending.known.add(proposal);
    if (pending.sent.has(proposal)) this.#marks?.hit("proposal-offered-again");
    // In the turn in which it left it may have been applied.
    if (pending.applied.has(proposal)) return;
    const dueMs = nowMs + this.#retryMs * 2 ** Math.min(tries - 1, doublingsMax);
    pending.sent.set(proposal, { proposal, dueMs });
    pending.earliestMs = Math.min(pending.earliestMs, dueMs);
  }

  #hears(id: ServerId): void {
    for (const { connection, server } of this.#broken) if (server === id) this.#attached.delete(connection);
    this.#broken = this.#broken.filter(({ server }) => server !== id);
  }

  /** Whoever asked for it is still there, in the attachment in which it asked. */
  #isAwaited(id: ServerId, command: Uint8Array, proposal: number): void {
    const { body } = commandOf(command);
    if (body.type !== "write" && body.type !== "closeSession") return;
    for (const { server, session, attachment } of this.#attached.values())
      if (server === id && session === body.sessionId && attachment === body.attachment) return;
    this.#break(id, proposal, `again, though session ${body.sessionId} is not attached there any more`);
  }

  #break(id: ServerId, proposal: number, how: string): never {
    throw new InvariantBroken(this.name, `n${id} proposes its proposal ${proposal} ${how}`);
  }
}

/** It may have begun anew, or may not owe what it did. */
function forget(pending: Pending | undefined): void {
  if (pending === undefined) return;
  pending.sent.clear();
  pending.earliestMs = Number.POSITIVE_INFINITY;
}
