/**
 * From the rows of a server's database to its state. Every batch was written atomically and synced before anything
 * was built on it, so whatever does not fit together here is damage, never the trace of a crash: a batch torn by a
 * crash is dropped below the Disk port (by LevelDB, when it reads its write-ahead log again).
 */
import { hex } from "../base/bytes.ts";
import type { Configuration, Entry, HardState, Index, RecoveredLog, ServerId, Term } from "../raft/types.ts";
import { admissionKey, hardStateKey, identityKey, logBlockIndex } from "./layout.ts";
import { decodeLogBlock, type LogBlock } from "./log-block.ts";
import type { StoredBlock, StoredLog } from "./log-writer.ts";
import { decodeAdmission, decodeHardState, decodeIdentity, type Identity } from "./records.ts";
import { corrupt } from "./sealed.ts";

/** What a server finds on its disk when it starts. */
export interface Recovered {
  readonly log: RecoveredLog;
  /** For the `LogWriter`. */
  readonly stored: StoredLog;
  /** Whose data these are. */
  readonly identity: Identity;
  /** The servers met before this one was admitted, and their incarnations; undefined while it is not. */
  readonly acquaintances: ReadonlyMap<ServerId, number> | undefined;
}

/** The rows of a database, sorted out. */
export class Rows {
  private identity: Uint8Array | undefined;
  private hardState: Uint8Array | undefined;
  private admission: Uint8Array | undefined;
  private readonly blocks: { readonly firstIndex: Index; readonly value: Uint8Array }[] = [];
  private strangeKey: Uint8Array | undefined;
  private count = 0;

  /** Takes the next row, in key order. */
  add(key: Uint8Array, value: Uint8Array): void {
    this.count++;
    const firstIndex = logBlockIndex(key);
    if (firstIndex !== undefined) this.blocks.push({ firstIndex, value });
    else if (key.length === 1 && key[0] === identityKey[0]) this.identity = value;
    else if (key.length === 1 && key[0] === hardStateKey[0]) this.hardState = value;
    else if (key.length === 1 && key[0] === admissionKey[0]) this.admission = value;
    else this.strangeKey ??= key;
  }

  /** Whether this is a fresh disk. */
  get empty(): boolean {
    return this.count === 0;
  }

  /** Whose data these are. */
  readIdentity(): Identity {
    if (this.identity === undefined) throw corrupt("the record that says whose data these are is missing");
    return decodeIdentity(this.identity);
  }

  /** The state in these rows. CORRUPT if they do not fit together. */
  recover(): Recovered {
    if (this.strangeKey !== undefined) throw corrupt(`it holds the unknown key ${hex(this.strangeKey)}`);
    if (this.hardState === undefined) throw corrupt("the hard state (term and vote) is missing");
    const hardState = decodeHardState(this.hardState);
    const identity = this.readIdentity();
    const acquaintances = this.admission === undefined ? undefined : decodeAdmission(this.admission);
    const log = new LogReader(hardState);
    for (const { firstIndex, value } of this.blocks) log.add(firstIndex, decodeLogBlock(firstIndex, value));
    return { ...log.recovered(identity.joining === true), identity, acquaintances };
  }
}

/** Joins log blocks and sees that each continues the one before. */
class LogReader {
  private readonly hardState: HardState;
  private readonly entries: Entry[] = [];
  private readonly blocks: StoredBlock[] = [];
  private lastTerm: Term = 0;

  constructor(hardState: HardState) {
    this.hardState = hardState;
  }

  add(firstIndex: Index, block: LogBlock): void {
    const expected = this.entries.length + 1;
    if (firstIndex > expected) throw corrupt(`the log entries ${expected} to ${firstIndex - 1} are missing`);
    if (firstIndex < expected) throw corrupt(`the log block at entry ${firstIndex} overlaps the one before it`);
    if (block.prevTerm !== this.lastTerm) {
      throw corrupt(
        `the log block at entry ${firstIndex} was written behind an entry of term ${block.prevTerm}, ` +
          `but entry ${firstIndex - 1} has term ${this.lastTerm}: a block in between was lost`,
      );
    }
    if (block.currentTerm > this.hardState.currentTerm) {
      throw corrupt(
        `the log block at entry ${firstIndex} was written in term ${block.currentTerm}, ` +
          `but the hard state says term ${this.hardState.currentTerm}`,
      );
    }
    for (const entry of block.entries) this.entries.push(entry);
    this.blocks.push({ firstIndex, entries: block.entries });
    this.lastTerm = this.entries.at(-1)?.term ?? 0;
  }

  recovered(joining: boolean): RecoveredData {
    const first = this.entries[0];
    if (first === undefined && joining) return recoveredLog(this.hardState, [], [], noConfiguration);
    if (first === undefined) throw corrupt("the log is missing");
    if (first.kind !== "configuration") throw corrupt("the log does not begin with a configuration");
    return recoveredLog(this.hardState, this.entries, this.blocks, first.configuration);
  }
}

/** What a server that joins knows of the cluster before it has heard of it: nobody votes. */
export const noConfiguration: Configuration = { members: [], voters: [], oldVoters: [], learners: [] };

type RecoveredData = Pick<Recovered, "log" | "stored">;

/** Puts together what a start needs. The log reaches back to its beginning, which is the empty state. */
export function recoveredLog(
  hardState: HardState,
  entries: readonly Entry[],
  blocks: readonly StoredBlock[],
  configuration: Configuration,
): RecoveredData {
  return {
    log: { hardState, entries, base: { index: 0, term: 0, configuration } },
    stored: { hardState, blocks },
  };
}
