/**
 * From the rows of a server's database to its state. Every batch was written atomically and synced before anything
 * was built on it, so whatever does not fit together here is damage, never the trace of a crash: a batch torn by a
 * crash is dropped below the Disk port (by LevelDB, when it reads its write-ahead log again).
 */
import { present } from "../base/assert.ts";
import { hex } from "../base/bytes.ts";
import type { Configuration, Entry, HardState, Index, LogBase, RecoveredLog, Term } from "../raft/types.ts";
import { ZnodeMachine } from "../znode/machine.ts";
import { CheckpointLoader, type LoadedCheckpoint } from "./checkpoint-loader.ts";
import {
  admissionKey,
  hardStateKey,
  headKey,
  identityKey,
  logBaseKey,
  logBlockIndex,
  type SegmentName,
  segmentName,
} from "./layout.ts";
import { decodeLogBlock, type LogBlock } from "./log-block.ts";
import type { StoredBlock, StoredLog } from "./log-writer.ts";
import {
  type AdmissionRecord,
  type CheckpointHead,
  decodeAdmission,
  decodeHardState,
  decodeHead,
  decodeIdentity,
  decodeLogBase,
  type Identity,
} from "./records.ts";
import { corrupt } from "./sealed.ts";
import { SegmentTable } from "./segment-table.ts";

/** What a server finds on its disk when it starts. */
export interface Recovered {
  readonly log: RecoveredLog;
  /** For the `LogWriter`. */
  readonly stored: StoredLog;
  /** Whose data these are. */
  readonly identity: Identity;
  /** How far it has come in being admitted; undefined while nothing of that is on its disk. */
  readonly admission: AdmissionRecord | undefined;
  /** The state of the checkpoint. */
  readonly machine: ZnodeMachine;
  /** For the `Checkpointer`. */
  readonly table: SegmentTable;
}

/** The rows of a database, sorted out. */
export class Rows {
  #identity: Uint8Array | undefined;
  #hardState: Uint8Array | undefined;
  #admission: Uint8Array | undefined;
  readonly #blocks: { readonly firstIndex: Index; readonly value: Uint8Array }[] = [];
  #base: Uint8Array | undefined;
  #head: CheckpointHead | undefined;
  #loader: CheckpointLoader | undefined;
  readonly #left: SegmentName[] = [];
  #strangeKey: Uint8Array | undefined;
  #count = 0;
  #damage: unknown;

  /** Takes the next row, in key order. */
  add(key: Uint8Array, value: Uint8Array): void {
    this.#count++;
    try {
      this.#sort(key, value);
    } catch (error) {
      this.#damage ??= error;
    }
  }

  #sort(key: Uint8Array, value: Uint8Array): void {
    const firstIndex = logBlockIndex(key);
    if (firstIndex !== undefined) this.#blocks.push({ firstIndex, value });
    else if (key.length === 1 && key[0] === identityKey[0]) this.#identity = value;
    else if (key.length === 1 && key[0] === hardStateKey[0]) this.#hardState = value;
    else if (key.length === 1 && key[0] === admissionKey[0]) this.#admission = value;
    else if (key.length === 1 && key[0] === logBaseKey[0]) this.#base = value;
    else if (key.length === 1 && key[0] === headKey[0]) {
      this.#head = decodeHead(value);
      this.#loader = new CheckpointLoader(this.#head.generation);
    } else this.#addSegment(key, value);
  }

  /** The head comes before the segments, so they are decoded as they come, and only those that count. */
  #addSegment(key: Uint8Array, value: Uint8Array): void {
    const name = segmentName(key);
    if (name === undefined) this.#strangeKey ??= key;
    else if (name.generation === this.#head?.generation) this.#loader?.add(name.number, value);
    else this.#left.push(name);
  }

  /** Segments of snapshots that were not received to the end, and of states that were replaced: to be deleted. */
  get leftovers(): readonly SegmentName[] {
    return this.#left;
  }

  /** Whether this is a fresh disk. */
  get empty(): boolean {
    return this.#count === 0;
  }

  /** Whose data these are. */
  readIdentity(): Identity {
    if (this.#identity === undefined) throw corrupt("the record that says whose data these are is missing");
    return decodeIdentity(this.#identity);
  }

  /** The state in these rows. CORRUPT if they do not fit together. */
  recover(): Recovered {
    if (this.#damage !== undefined) throw this.#damage;
    if (this.#strangeKey !== undefined) throw corrupt(`it holds the unknown key ${hex(this.#strangeKey)}`);
    if (this.#hardState === undefined) throw corrupt("the hard state (term and vote) is missing");
    const hardState = decodeHardState(this.#hardState);
    const identity = this.readIdentity();
    const admission = this.#admission === undefined ? undefined : decodeAdmission(this.#admission);
    const base = this.#base === undefined ? undefined : decodeLogBase(this.#base);
    const log = new LogReader(hardState, base);
    for (const { firstIndex, value } of this.#blocks)
      log.add(firstIndex, decodeLogBlock(firstIndex, value), value.length);
    const recovered = log.recovered(identity.joining === true);
    if (this.#head === undefined || this.#loader === undefined) {
      if (base !== undefined) throw corrupt(`the log begins behind entry ${base.index}, but there is no checkpoint`);
      return { ...withCheckpoint(recovered, undefined), identity, admission };
    }
    checkAgainstLog(this.#head, recovered.log);
    return { ...withCheckpoint(recovered, this.#loader.finish(this.#head)), identity, admission };
  }
}

/** Joins log blocks and sees that each continues the one before. */
class LogReader {
  readonly #hardState: HardState;
  readonly #base: LogBase | undefined;
  readonly #entries: Entry[] = [];
  readonly #blocks: StoredBlock[] = [];
  #lastTerm: Term;

  constructor(hardState: HardState, base: LogBase | undefined) {
    this.#hardState = hardState;
    this.#base = base;
    this.#lastTerm = base?.term ?? 0;
    if (this.#lastTerm > hardState.currentTerm) {
      throw corrupt(`the log begins in term ${this.#lastTerm}, but the hard state says term ${hardState.currentTerm}`);
    }
  }

  add(firstIndex: Index, block: LogBlock, bytes: number): void {
    const expected = (this.#base?.index ?? 0) + this.#entries.length + 1;
    if (firstIndex > expected) throw corrupt(`the log entries ${expected} to ${firstIndex - 1} are missing`);
    if (firstIndex < expected) throw corrupt(`the log block at entry ${firstIndex} overlaps the one before it`);
    if (block.prevTerm !== this.#lastTerm) {
      throw corrupt(
        `the log block at entry ${firstIndex} was written behind an entry of term ${block.prevTerm}, ` +
          `but entry ${firstIndex - 1} has term ${this.#lastTerm}: a block in between was lost`,
      );
    }
    if (block.currentTerm > this.#hardState.currentTerm) {
      throw corrupt(
        `the log block at entry ${firstIndex} was written in term ${block.currentTerm}, ` +
          `but the hard state says term ${this.#hardState.currentTerm}`,
      );
    }
    for (const entry of block.entries) this.#entries.push(entry);
    this.#blocks.push({ firstIndex, entries: block.entries, bytes });
    this.#lastTerm = present(block.entries.at(-1), "an entry of a log block").term;
  }

  recovered(joining: boolean): RecoveredFiles {
    const hardState = this.#hardState;
    const entries = this.#entries;
    const blocks = this.#blocks;
    const base = this.#base ?? wholeLog(entries, joining);
    return { log: { hardState, entries, base }, stored: { hardState, base, blocks } };
  }
}

/** What a server that joins knows of the cluster before it has heard of it: nobody votes. */
export const noConfiguration: Configuration = { members: [], voters: [], oldVoters: [], learners: [] };

type RecoveredFiles = Pick<Recovered, "log" | "stored">;

/** The base of a log that reaches back to its beginning, which is the empty state. */
function wholeLog(entries: readonly Entry[], joining: boolean): LogBase {
  const [first] = entries;
  if (first === undefined && joining) return { index: 0, term: 0, configuration: noConfiguration };
  if (first === undefined) throw corrupt("the log is missing");
  if (first.kind !== "configuration") throw corrupt("the log does not begin with a configuration");
  return { index: 0, term: 0, configuration: first.configuration };
}

/** A checkpoint was written only once its entries were durable, and the log cut only behind it. */
function checkAgainstLog({ index, term }: CheckpointHead, { base, entries }: RecoveredLog): void {
  const last = base.index + entries.length;
  if (index < base.index || index > last) {
    throw corrupt(`the checkpoint is of entry ${index}, but the log reaches from ${base.index + 1} to ${last}`);
  }
  const found = index === base.index ? base.term : entries[index - base.index - 1]?.term;
  if (found !== term) throw corrupt(`the checkpoint is of entry ${index} in term ${term}, in the log it has ${found}`);
}

/** Puts together what a start needs. Without a checkpoint, the state is the empty one. */
export function withCheckpoint(
  { log, stored }: RecoveredFiles,
  checkpoint: LoadedCheckpoint | undefined,
): Omit<Recovered, "identity" | "admission"> {
  const { machine, table } = checkpoint ?? { machine: new ZnodeMachine(), table: new SegmentTable(1) };
  return { log: { ...log, appliedIndex: machine.appliedIndex }, stored, machine, table };
}
