/**
 * Whoever watches a run: checkers, marks, traces, diagrams. They see, they never touch. An observer implements the hooks
 * that it needs; a hook that nobody implements costs next to nothing.
 */

import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import type { Action, ServerTarget } from "../plan/actions.ts";
import type { Plan } from "../plan/plan.ts";
import type { Invariant } from "../promises.ts";
import type { SimEvent } from "./events.ts";
import type { HistoryOperation, SessionEvent } from "./history.ts";
import type { ServerView } from "./view.ts";

/** A promise that the system did not keep. Thrown by checkers; ends the run. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
  /** Which one: the checker's name, as "election-safety". */
  readonly invariant: Invariant;

  constructor(invariant: Invariant, message: string) {
    super(message);
    this.invariant = invariant;
  }
}

/** What observers may look at. */
export interface World {
  readonly plan: Plan;
  /** Virtual time, microseconds. */
  readonly now: number;
  /** Sequence number of the event being handled. */
  readonly current: number;
  /** That event; undefined before the first. */
  readonly event: SimEvent | undefined;
  /** By id; index 0 is not used. */
  readonly servers: readonly (ServerView | undefined)[];
  /** All servers, sorted by id. */
  readonly allServers: readonly ServerView[];
  /** Whether the faults are over and the cluster has to recover. */
  readonly calm: boolean;
}

/** One fault as it struck, with its symbolic targets replaced. */
export interface StruckFault {
  /** Position in the plan. */
  readonly fault: number;
  readonly atUs: number;
  readonly action: Action;
  /** What each symbolic target stood for. */
  readonly resolved: readonly { readonly target: ServerTarget; readonly server: ServerId }[];
  /** The server whose doing triggered it. */
  readonly subject?: ServerId;
  /** The client that was drawn for it. */
  readonly client?: number;
}

export interface Observer {
  /** Shown in reports. */
  readonly name: string;
  /** Before the first event. */
  begin?(world: World): void;
  /** Each event, before it is handled. */
  event?(event: SimEvent, sequence: number, timeUs: number): void;
  /** A server will learn that its stream with a peer broke: at once, or when it wakes. */
  streamBroken?(server: ServerId, peer: ServerId): void;
  /** The same for a client's stream: its server, or the client. */
  connectionBroken?(connection: number, toWhom: "server" | "client"): void;
  /** After a server took an input or flushed. Its state may or may not have changed. */
  step?(server: ServerView): void;
  /** What a server's Raft core wants written, sent and applied at the end of a turn, before any of it happens. */
  effects?(server: ServerView, effects: Effects): void;
  /** A server has applied the command at `index`, one by one in their order; its events are not told yet. */
  appliedCommand?(server: ServerView, index: Index): void;
  /** A server handed a message to the network; it may be lost yet. */
  sent?(from: ServerView, to: ServerId, message: PeerMessage): void;
  /** The network lost a message. */
  lost?(from: ServerId, to: ServerId, message: PeerMessage, why: string): void;
  /** Just before a running server handles a message. */
  delivered?(from: ServerId, to: ServerView, message: PeerMessage): void;
  /** A batch was handed to the disk. */
  writing?(server: ServerView, batch: readonly DiskOperation[]): void;
  /** A batch is on stable storage, in the order in which that happened; before the server learns of it. */
  durable?(server: ServerView, batch: readonly DiskOperation[]): void;
  /** A server died; what its disk has now is what it will find. */
  crashed?(server: ServerView, why: string): void;
  /** A server's process began: it reads its disk. */
  starting?(server: ServerView): void;
  /** A server has recovered and runs. */
  started?(server: ServerView): void;
  /** A server stopped by itself with an error that it could name. */
  stopped?(server: ServerView, error: Error): void;
  /** Frames between a client and the server that it is attached to, as sent. */
  clientFrame?(client: number, server: ServerId, connection: number, messages: readonly ClientMessage[]): void;
  serverFrame?(server: ServerView, client: number, connection: number, messages: readonly ServerMessage[]): void;
  /** Just before a running server handles a frame of a client: of a stream that breaks, the last frames never are. */
  spokenTo?(server: ServerView, connection: number, messages: readonly ClientMessage[]): void;
  /** Just before a client's session takes what a server said, or what it is told in its place. */
  clientHears?(client: number, connection: number, messages: readonly ServerMessage[]): void;
  /** A client closes its stream, or gives up the attempt to open one. */
  clientLeaves?(client: number, connection: number): void;
  /** A client has taken what kept its reads waiting. */
  drained?(server: ServerView, connection: number): void;
  /** A pause of a server's process is over. */
  woke?(server: ServerView): void;
  /** A client's operation began, was answered, or will have no answer. */
  invoked?(operation: HistoryOperation): void;
  answered?(operation: HistoryOperation): void;
  /** A client's session began, ended, lost or found its server, or a watch fired. */
  sessionEvent?(event: SessionEvent): void;
  /** A fault struck. */
  fault?(struck: StruckFault): void;
  /** Faults are over; the core must recover. */
  calmed?(core: readonly ServerId[]): void;
  /** The run is over and nothing broke. */
  end?(): void;
}

/** All observers as one: each hook calls those who want it, in their order. */
export type Observers = Required<Omit<Observer, "name">>;

/**
 * A function that calls all of these. They are bound beforehand: to look a method up on objects of many classes takes as long
 * as most of the methods themselves.
 */
export function toAll<A extends readonly unknown[]>(
  calls: readonly (((...told: A) => void) | undefined)[],
): (...told: A) => void {
  const wanted = calls.filter((call) => call !== undefined);
  return (...told) => {
    for (const call of wanted) call(...told);
  };
}

/** Makes one of many. */
export function joinObservers(observers: readonly Observer[]): Observers {
  return {
    begin: toAll(observers.map((o) => o.begin?.bind(o))),
    event: toAll(observers.map((o) => o.event?.bind(o))),
    streamBroken: toAll(observers.map((o) => o.streamBroken?.bind(o))),
    connectionBroken: toAll(observers.map((o) => o.connectionBroken?.bind(o))),
    step: toAll(observers.map((o) => o.step?.bind(o))),
    effects: toAll(observers.map((o) => o.effects?.bind(o))),
    appliedCommand: toAll(observers.map((o) => o.appliedCommand?.bind(o))),
    sent: toAll(observers.map((o) => o.sent?.bind(o))),
    lost: toAll(observers.map((o) => o.lost?.bind(o))),
    delivered: toAll(observers.map((o) => o.delivered?.bind(o))),
    writing: toAll(observers.map((o) => o.writing?.bind(o))),
    durable: toAll(observers.map((o) => o.durable?.bind(o))),
    crashed: toAll(observers.map((o) => o.crashed?.bind(o))),
    starting: toAll(observers.map((o) => o.starting?.bind(o))),
    started: toAll(observers.map((o) => o.started?.bind(o))),
    stopped: toAll(observers.map((o) => o.stopped?.bind(o))),
    clientFrame: toAll(observers.map((o) => o.clientFrame?.bind(o))),
    serverFrame: toAll(observers.map((o) => o.serverFrame?.bind(o))),
    spokenTo: toAll(observers.map((o) => o.spokenTo?.bind(o))),
    clientHears: toAll(observers.map((o) => o.clientHears?.bind(o))),
    clientLeaves: toAll(observers.map((o) => o.clientLeaves?.bind(o))),
    drained: toAll(observers.map((o) => o.drained?.bind(o))),
    woke: toAll(observers.map((o) => o.woke?.bind(o))),
    invoked: toAll(observers.map((o) => o.invoked?.bind(o))),
    answered: toAll(observers.map((o) => o.answered?.bind(o))),
    sessionEvent: toAll(observers.map((o) => o.sessionEvent?.bind(o))),
    fault: toAll(observers.map((o) => o.fault?.bind(o))),
    calmed: toAll(observers.map((o) => o.calmed?.bind(o))),
    end: toAll(observers.map((o) => o.end?.bind(o))),
  };
}
