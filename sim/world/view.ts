/**
 * What observers, faults' triggers and pages may see of a simulated server. Types only: whoever holds a view cannot change
 * what it shows, so that a run that is watched is the run that is not.
 */

import type { WatchSpec } from "../../src/base/reads.ts";
import type { SessionRetained } from "../../src/client/session-options.ts";
import type { Lookers } from "../../src/node/lookers.ts";
import type { Node } from "../../src/node/node.ts";
import type { Raft } from "../../src/raft/raft.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";
import type { DiskOperation, Row } from "../../src/storage/disk.ts";
import type { Recovered } from "../../src/storage/open.ts";
import type { ZnodeMachine } from "../../src/znode/machine.ts";

/** The Raft core of a server. */
export type RaftView = Readonly<
  Pick<
    Raft,
    | "role"
    | "isLeader"
    | "leader"
    | "currentTerm"
    | "configuration"
    | "configurationIndex"
    | "commitIndex"
    | "knownCommit"
    | "acquaintances"
    | "isTransferring"
    | "electionTimer"
    | "votes"
    | "logBase"
    | "termAt"
    | "configurationAt"
    | "status"
    | "lastTerms"
  >
>;

/** The tree and the sessions of a server. `read` arms no watch: those belong to connections. */
export type MachineView = Readonly<
  Pick<
    ZnodeMachine,
    | "appliedIndex"
    | "lastTimeMs"
    | "read"
    | "stat"
    | "session"
    | "sessions"
    | "answerTo"
    | "counts"
    | "digest"
    | "assertSound"
    | "mayWrite"
    | "quotas"
    | "znodes"
    | "retained"
  >
>;

/** The production node of a server that runs. */
export interface NodeView
  extends Readonly<
    Pick<
      Node,
      | "options"
      | "admitted"
      | "instance"
      | "hasProposals"
      | "unsentProposals"
      | "hasReadsLeft"
      | "forwarded"
      | "hasEntriesLeft"
      | "hasEventsLeft"
      | "hasWatchesLeft"
      | "encodingIndex"
      | "retained"
      | "status"
      | "knownIncarnation"
      | "nextDeadline"
    >
  > {
  readonly raft: RaftView;
  readonly machine: MachineView;
  readonly lookers: Readonly<Pick<Lookers, "sessionsBehind" | "silentMs" | "watchers" | "watched">>;
}

/** What a server's process found on its disk when it started. */
export interface RecoveredView extends Readonly<Pick<Recovered, "identity" | "log">> {
  readonly machine: MachineView;
}

/** The stable storage of a server. */
export interface StorageView {
  /** Some row has a turned bit or was lost: the server must notice when it starts. */
  readonly damaged: boolean;
  /** Damage was met in what was read, though it may be gone by now. */
  readonly damageRead: boolean;
  /** How a row was lost, if one was. */
  readonly lost: "no" | "missing" | "older";
  /** Every write takes up to this much longer, µs. */
  readonly extraUs: number;
  /** No write completes before this virtual time, µs. */
  readonly stalledUntilUs: number;
  /** Every write fails. */
  readonly full: boolean;
  /** Something is being read. */
  readonly reading: boolean;
  /** The batches that are under way, oldest first. */
  underway(): readonly (readonly DiskOperation[])[];
  /** What is on stable storage now, in key order. */
  sortedRows(): readonly Row[];
}

/** One direction of the network between two servers: what faults do to it now. Rates are probabilities. */
export interface LinkView {
  readonly blocked: boolean;
  readonly loss: number;
  readonly duplicate: number;
  readonly delayRate: number;
  readonly replay: number;
  /** Nothing arrives before this virtual time, µs. */
  readonly cloggedUntilUs: number;
  /** Whether any of these is in force. */
  readonly disturbed: boolean;
}

/** A client with the production session in it. */
export interface ClientView {
  /** From 1. */
  readonly id: number;
  /** 0 until it has one. */
  readonly sessionId: number;
  readonly connection:
    | { readonly server: ServerId; readonly state: "opening" | "open" | "closing" | "broken" }
    | undefined;
  /** `pending`: operations without an answer. */
  readonly record: { readonly pending: number };
  /** What its user waits for, without doubles. */
  readonly watches: readonly WatchSpec[];
  /** Where it may go, as it knows by now. */
  readonly endpoints: readonly string[];
  /** What its session keeps beyond what its user waits for. */
  excess(): SessionRetained | undefined;
}

/** The clocks of a server's machine, milliseconds. */
export interface ClockView {
  now(): number;
  wallClock(): number;
}

/** One simulated server. */
export interface ServerView {
  readonly id: ServerId;
  readonly clock: ClockView;
  readonly disk: StorageView;
  /** `starting`: reads its disk. */
  readonly state: "down" | "starting" | "running";
  /** Which start of its process this is, from 1; not to be confused with the incarnation of its data. */
  readonly life: number;
  /** While it runs. */
  readonly node: NodeView | undefined;
  /** What the running process found on its disk when it started. */
  readonly recovered: RecoveredView | undefined;
  /** Why it will never start again; empty while it may. */
  readonly goneForGood: "" | "wiped" | "corrupt" | "broken";
  /** It has taken part in the cluster. */
  readonly admitted: boolean;
  /** It had taken part when it lost its disk. */
  readonly wiped: boolean;
  /** Its directory was emptied, or given other data, before it took part. */
  readonly emptied: boolean;
  /** The newest configuration that it was seen to use. */
  readonly configuration: Configuration | undefined;
  /** Incarnations of data that it had of a backup, while it was no member yet: others have nothing to do with those. */
  readonly strange: ReadonlySet<number>;
  /** Its disk is almost full. */
  readonly diskLow: boolean;
  /** Virtual time, µs; 0 = it is not paused. */
  readonly pausedUntilUs: number;
  /** Whether it runs and is not paused. */
  readonly awake: boolean;
  /** Whether a turn has begun and not ended. */
  readonly hasUnflushedInput: boolean;
}
