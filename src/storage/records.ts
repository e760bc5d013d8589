/** The small records of a server's database: identity, hard state, where the log begins, what the checkpoint is. */
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { checkConfiguration } from "../protocol/configuration-codec.ts";
import {
  type CheckpointHead,
  readAdmission,
  readCheckpointHead,
  readHardState,
  readIdentity,
  readLogBase,
  writeAdmission,
  writeCheckpointHead,
  writeHardState,
  writeIdentity,
  writeLogBase,
} from "../protocol/generated/disk.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import type { WireReader } from "../protocol/wire-reader.ts";
import type { Configuration, HardState, Index, LogBase, ServerId, Term } from "../raft/types.ts";
import { corrupt, seal, unseal } from "./sealed.ts";

export type { CheckpointHead } from "../protocol/generated/disk.ts";

/** Version of everything in a data directory. */
const format = 1;

/** Which server of which cluster a data directory belongs to. */
export interface Identity {
  readonly clusterId: string;
  readonly serverId: ServerId;
  /** The number that the directory drew when it was made, from 1 on. Absent: 0, a directory that needs no admission. */
  readonly incarnation?: number;
  /** Made for a server that joins a running cluster. */
  readonly joining?: boolean;
  /** What the data began with. Absent: 0, with nothing; else a number made of the backup that they were restored from. */
  readonly origin?: number;
}

/** The value of the identity's key. */
export function encodeIdentity(identity: Identity): Uint8Array {
  return seal(encodeMessage(writeIdentity, { format, ...identity }));
}

/** Reads an identity. DATA_DIR_UNUSABLE when another version of Terrarium wrote the directory. */
export function decodeIdentity(value: Uint8Array): Identity {
  const { format: found, ...identity } = decode(value, "the identity", readIdentity);
  if (found === format) return identity;
  throw new TerrariumError(
    "DATA_DIR_UNUSABLE",
    `the data directory has format ${found}, and this version of Terrarium knows format ${format} only`,
    "start the version of Terrarium that wrote it",
  );
}

/** How far a server has come in being admitted to its cluster (`src/node/peers/admission.ts`). */
export interface AdmissionRecord {
  /** The servers met before, and their incarnations. */
  readonly acquaintances: ReadonlyMap<ServerId, number>;
  /** Which life of the cluster it belongs to; 0 for data that know none. */
  readonly instance: number;
  /** The others have not all confirmed the instance: it takes no part yet. */
  readonly pending: boolean;
}

/** The value of the admission's key. */
export function encodeAdmission({ acquaintances, ...rest }: AdmissionRecord): Uint8Array {
  const sorted = [...acquaintances].sort(([a], [b]) => a - b);
  const message = { acquaintances: sorted.map(([id, incarnation]) => ({ id, incarnation })), ...rest };
  return seal(encodeMessage(writeAdmission, message));
}

/** Reads an admission. */
export function decodeAdmission(value: Uint8Array): AdmissionRecord {
  const { acquaintances, ...rest } = decode(value, "the admission", readAdmission);
  return { acquaintances: new Map(acquaintances.map(({ id, incarnation }) => [id, incarnation])), ...rest };
}

/** The value of the hard state's key. */
export function encodeHardState(hardState: HardState): Uint8Array {
  return seal(encodeMessage(writeHardState, hardState));
}

/** Reads a hard state. */
export function decodeHardState(value: Uint8Array): HardState {
  const hardState = decode(value, "the hard state", readHardState);
  const { currentTerm, votedFor } = hardState;
  if (currentTerm < 1 || votedFor > limits.serverIdMax)
    throw corrupt(`the hard state says term ${currentTerm}, vote ${votedFor}`);
  return hardState;
}

/** The value of the log base's key. */
export function encodeLogBase(base: LogBase): Uint8Array {
  return seal(encodeMessage(writeLogBase, base));
}

/** Reads where the log begins. */
export function decodeLogBase(value: Uint8Array): LogBase {
  const what = "the record of where the log begins";
  const base = decode(value, what, readLogBase);
  if (!isPosition(base.index, base.term)) throw corrupt(`${what} says entry ${base.index} of term ${base.term}`);
  checkConfigurationOf(what, base.configuration);
  return base;
}

/** The value of the checkpoint head's key. */
export function encodeHead(head: CheckpointHead): Uint8Array {
  return seal(encodeMessage(writeCheckpointHead, head));
}

/** Reads the head of a checkpoint. */
export function decodeHead(value: Uint8Array): CheckpointHead {
  const what = "the head of the checkpoint";
  const head = decode(value, what, readCheckpointHead);
  const { index, term } = head;
  if (!isPosition(index, term) || head.generation < 1) throw corrupt(`${what} says entry ${index} of term ${term}`);
  checkConfigurationOf(what, head.configuration);
  return head;
}

function isPosition(index: Index, term: Term): boolean {
  return index >= 1 && term >= 1;
}

function checkConfigurationOf(where: string, configuration: Configuration): void {
  try {
    checkConfiguration(configuration);
  } catch (error) {
    throw corrupt(`${where} holds ${error instanceof Error ? error.message : "no configuration"}`);
  }
}

function decode<T>(value: Uint8Array, what: string, read: (reader: WireReader) => T): T {
  const bytes = unseal(value, what);
  try {
    return decodeMessage(read, bytes);
  } catch (error) {
    throw corrupt(`${what} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
