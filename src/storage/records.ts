/** The small records of a server's database: identity, hard state, where the log begins, what the checkpoint is. */
import { TerrariumError } from "../base/errors.ts";
import { decodeConfiguration, encodeConfiguration } from "../protocol/configuration-codec.ts";
import { terrarium } from "../protocol/generated/messages.js";
import type { Configuration, HardState, Index, LogBase, ServerId, Term } from "../raft/types.ts";
import { corrupt, seal, unseal } from "./sealed.ts";

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
}

/** The value of the identity's key. */
export function encodeIdentity(identity: Identity): Uint8Array {
  return seal(terrarium.Identity.encode({ format, ...identity }).finish());
}

/** Reads an identity. DATA_DIR_UNUSABLE when another version of Terrarium wrote the directory. */
export function decodeIdentity(value: Uint8Array): Identity {
  const identity = decode(value, "the identity", (bytes) => terrarium.Identity.decode(bytes));
  if (identity.format !== format) {
    throw new TerrariumError(
      "DATA_DIR_UNUSABLE",
      `the data directory has format ${identity.format}, and this version of Terrarium knows format ${format} only`,
      "start the version of Terrarium that wrote it",
    );
  }
  const { clusterId, serverId, incarnation, joining } = identity;
  return {
    clusterId,
    serverId,
    ...(incarnation === 0 ? {} : { incarnation }),
    ...(joining ? { joining } : {}),
  };
}

/** How far a server has come in being admitted to its cluster (`src/node/admission.ts`). */
export interface AdmissionRecord {
  /** The servers met before, and their incarnations. */
  readonly acquaintances: ReadonlyMap<ServerId, number>;
  /** Which life of the cluster it belongs to; 0 for data that know none. */
  readonly instance: number;
  /** The others have not all confirmed the instance: it takes no part yet. */
  readonly pending: boolean;
}

/** The value of the admission's key. */
export function encodeAdmission({ acquaintances, instance, pending }: AdmissionRecord): Uint8Array {
  const sorted = [...acquaintances].sort(([a], [b]) => a - b);
  const message = { acquaintances: sorted.map(([id, incarnation]) => ({ id, incarnation })), instance, pending };
  return seal(terrarium.Admission.encode(message).finish());
}

/** Reads an admission. */
export function decodeAdmission(value: Uint8Array): AdmissionRecord {
  const read = decode(value, "the admission", (bytes) => terrarium.Admission.decode(bytes));
  const { instance, pending } = read;
  const acquaintances = new Map(read.acquaintances.map(({ id, incarnation }) => [id ?? 0, incarnation ?? 0]));
  return { acquaintances, instance, pending };
}

/** The value of the hard state's key. */
export function encodeHardState(hardState: HardState): Uint8Array {
  const { currentTerm, votedFor } = hardState;
  return seal(terrarium.HardState.encode({ currentTerm, votedFor }).finish());
}

/** Reads a hard state. */
export function decodeHardState(value: Uint8Array): HardState {
  const { currentTerm, votedFor } = decode(value, "the hard state", (bytes) => terrarium.HardState.decode(bytes));
  if (!Number.isSafeInteger(currentTerm) || currentTerm < 1 || votedFor > 255) {
    throw corrupt(`the hard state says term ${currentTerm}, vote ${votedFor}`);
  }
  return { currentTerm, votedFor };
}

/** What a checkpoint is; its rows are in its segments. */
export interface CheckpointHead {
  readonly generation: number;
  /** The last entry whose effect is in it. */
  readonly index: Index;
  readonly term: Term;
  /** Newest stamp of a command up to there, Unix ms. */
  readonly timeMs: number;
  /** The newest configuration up to there. */
  readonly configuration: Configuration;
  /** How many there are. */
  readonly segments: number;
  /** What they make together. */
  readonly znodes: number;
  readonly sessions: number;
}

/** The value of the log base's key. */
export function encodeLogBase({ index, term, configuration }: LogBase): Uint8Array {
  return seal(terrarium.LogBase.encode({ index, term, configuration: encodeConfiguration(configuration) }).finish());
}

/** Reads where the log begins. */
export function decodeLogBase(value: Uint8Array): LogBase {
  const what = "the record of where the log begins";
  const { index, term, configuration } = decode(value, what, (bytes) => terrarium.LogBase.decode(bytes));
  if (!isPosition(index, term)) throw corrupt(`${what} says entry ${index} of term ${term}`);
  return { index, term, configuration: readConfiguration(configuration, what) };
}

/** The value of the checkpoint head's key. */
export function encodeHead(head: CheckpointHead): Uint8Array {
  const configuration = encodeConfiguration(head.configuration);
  return seal(terrarium.CheckpointHead.encode({ ...head, configuration }).finish());
}

/** Reads the head of a checkpoint. */
export function decodeHead(value: Uint8Array): CheckpointHead {
  const what = "the head of the checkpoint";
  const read = decode(value, what, (bytes) => terrarium.CheckpointHead.decode(bytes));
  const { generation, index, term, timeMs, segments, znodes, sessions } = read;
  if (!isPosition(index, term) || generation < 1) throw corrupt(`${what} says entry ${index} of term ${term}`);
  const configuration = readConfiguration(read.configuration, what);
  return { generation, index, term, timeMs, configuration, segments, znodes, sessions };
}

function isPosition(index: Index, term: Term): boolean {
  return Number.isSafeInteger(index) && index >= 1 && Number.isSafeInteger(term) && term >= 1;
}

function readConfiguration(bytes: Uint8Array, where: string): Configuration {
  try {
    return decodeConfiguration(bytes);
  } catch (error) {
    throw corrupt(`${where} holds ${error instanceof Error ? error.message : "no configuration"}`);
  }
}

function decode<T>(value: Uint8Array, what: string, read: (bytes: Uint8Array) => T): T {
  const bytes = unseal(value, what);
  try {
    return read(bytes);
  } catch {
    throw corrupt(`${what} cannot be read`);
  }
}
