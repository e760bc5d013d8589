/**
 * A leader lets no entry wait for nothing (§5.3; `docs/decisions/0030-what-waits-goes-together.md`): at the end of each turn a
 * follower whose log it knows to agree has been sent all there is, unless as much is on its way as the window holds, or what is
 * on its way holds the rest back; and then the leader's timer is set for the time when it holds it back no longer. A learner is
 * sent what is committed.
 *
 * Counted from what leaves and what arrives: that a follower's log agrees is known once it has acknowledged a message with
 * entries, until it refuses one, its stream breaks, it needs a snapshot or the leader is paused.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import { isLearner } from "../../src/raft/configuration.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { AppendEntries, AppendEntriesReply } from "../../src/raft/messages.ts";
import type { Configuration, Index, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { NodeView, RaftView, ServerView } from "../world/view.ts";
import type { RaftHistory } from "./raft-history.ts";

/** What is lost in the sums of a clock whose rate has changed, ms. */
const roundingMs = 0.001;

/** What one follower was sent and has said since the leader last had to find out where its log agrees. */
interface Pipeline {
  /** The place behind which the first entries were sent since. */
  readonly probed: Index;
  /** Up to where it has acknowledged the log since. */
  known: Index;
  /** It has acknowledged the place behind which they were sent. */
  agrees: boolean;
  /** Up to where entries were sent, or are there. */
  sent: Index;
  /** Last index of each message with entries that it has not acknowledged, rising. */
  underWay: Index[];
  /** When entries were last sent, ms of the leader's clock. */
  sentMs: number;
}

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  readonly pipelines: Map<ServerId, Pipeline>;
  /** The newest one: whoever is no member in it is sent nothing. */
  configuration: Configuration;
}

export class PromptAppends implements Observer {
  readonly name = "prompt-appends";
  readonly #history: RaftHistory;
  readonly #reigns: (Reign | undefined)[] = [];
  #windowMax = 0;
  #holdMs = 0;

  constructor(history: RaftHistory) {
    this.#history = history;
  }

  begin({ plan }: World): void {
    this.#windowMax = plan.config.appendsInFlightMax;
    this.#holdMs = plan.config.appendHoldMs;
  }

  streamBroken(server: ServerId, peer: ServerId): void {
    this.#reigns[server]?.pipelines.delete(peer);
  }

  woke({ id }: ServerView): void {
    this.#reigns[id] = undefined;
  }

  effects({ id, node, clock }: ServerView, { messages }: Effects): void {
    if (node === undefined) return;
    const reign = this.#reign(id, node.raft);
    if (reign === undefined) return;
    for (const { to, message } of messages) {
      if (message.type === "InstallSnapshot") reign.pipelines.delete(to);
      else if (message.type === "AppendEntries" && message.entries.length > 0 && isMember(node.raft, to))
        sends(reign, to, message, clock.now());
    }
    this.#judge(id, node, reign, clock.now());
  }

  delivered(from: ServerId, { id }: ServerView, message: PeerMessage): void {
    if (message.type !== "AppendEntriesReply") return;
    const reign = this.#reigns[id];
    if (reign?.term !== message.term) return;
    if (!message.success) reign.pipelines.delete(from);
    else acknowledged(reign.pipelines.get(from), message);
  }

  #reign(id: ServerId, raft: RaftView): Reign | undefined {
    const reign = this.#reigns[id];
    if (!raft.isLeader) {
      this.#reigns[id] = undefined;
      return undefined;
    }
    if (reign?.term === raft.currentTerm) return reign;
    const { currentTerm, configuration } = raft;
    const next = { term: currentTerm, pipelines: new Map<ServerId, Pipeline>(), configuration };
    this.#reigns[id] = next;
    return next;
  }

  #judge(id: ServerId, node: NodeView, reign: Reign, nowMs: number): void {
    const { raft } = node;
    const { pipelines } = reign;
    const { lastIndex } = this.#history.log(id);
    for (const { id: to } of raft.configuration.members) {
      const pipeline = pipelines.get(to);
      // What it lacks may be no more in the log.
      if (pipeline !== undefined && pipeline.known < raft.logBase.index) pipelines.delete(to);
      else if (pipeline?.agrees === true && pipeline.sent < lastIndex) this.#promptly(id, to, node, pipeline, nowMs);
    }
    if (reign.configuration === raft.configuration) return;
    reign.configuration = raft.configuration;
    for (const to of pipelines.keys()) if (!isMember(raft, to)) pipelines.delete(to);
  }

  #promptly(id: ServerId, to: ServerId, node: NodeView, pipeline: Pipeline, nowMs: number): void {
    const { raft } = node;
    const { sent, underWay, sentMs } = pipeline;
    if (isLearner(raft.configuration, to) && sent >= raft.commitIndex) return;
    if (underWay.length >= this.#windowMax) return;
    const dueMs = underWay.length === 0 ? nowMs : sentMs + this.#holdMs;
    if (nowMs < dueMs) {
      const lateMs = node.nextDeadline() - dueMs;
      if (lateMs <= roundingMs) return;
      throw new InvariantBroken(
        this.name,
        `n${id} holds entries for n${to} back, and means to send them ${lateMs.toFixed(3)} ms too late`,
      );
    }
    const has = `n${id} has entries up to ${this.#history.log(id).lastIndex} in term ${raft.currentTerm}`;
    const was = `n${to} was sent those up to ${sent}, and ${underWay.length} messages are on their way to it`;
    throw new InvariantBroken(this.name, `${has}, ${was}`);
  }
}

/** Whether a server is in the newest configuration: one that has left is told so, and then nothing any more. */
function isMember({ configuration }: RaftView, id: ServerId): boolean {
  return configuration.members.some((member) => member.id === id);
}

function sends({ pipelines }: Reign, to: ServerId, { prevLogIndex, entries }: AppendEntries, sentMs: number): void {
  const last = prevLogIndex + entries.length;
  const pipeline = pipelines.get(to);
  if (pipeline === undefined)
    pipelines.set(to, {
      probed: prevLogIndex,
      known: prevLogIndex,
      agrees: false,
      sent: last,
      underWay: [last],
      sentMs,
    });
  else {
    pipeline.sent = Math.max(pipeline.sent, last);
    pipeline.underWay.push(last);
    pipeline.sentMs = sentMs;
  }
}

function acknowledged(pipeline: Pipeline | undefined, { matchIndex }: AppendEntriesReply): void {
  if (pipeline === undefined) return;
  if (pipeline.underWay.length > 0) pipeline.underWay = pipeline.underWay.filter((last) => last > matchIndex);
  pipeline.known = Math.max(pipeline.known, matchIndex);
  pipeline.sent = Math.max(pipeline.sent, matchIndex);
  if (matchIndex >= pipeline.probed) pipeline.agrees = true;
}
