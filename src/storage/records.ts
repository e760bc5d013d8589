/** The small records of a server's database: identity and hard state. */
import { TerrariumError } from "../base/errors.ts";
import { terrarium } from "../protocol/generated/messages.js";
import type { HardState, ServerId } from "../raft/types.ts";
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

/** The value of the admission's key: the incarnation of each server that was met. */
export function encodeAdmission(acquaintances: ReadonlyMap<ServerId, number>): Uint8Array {
  const sorted = [...acquaintances].sort(([a], [b]) => a - b);
  const message = { acquaintances: sorted.map(([id, incarnation]) => ({ id, incarnation })) };
  return seal(terrarium.Admission.encode(message).finish());
}

/** Reads an admission. */
export function decodeAdmission(value: Uint8Array): ReadonlyMap<ServerId, number> {
  const { acquaintances } = decode(value, "the admission", (bytes) => terrarium.Admission.decode(bytes));
  return new Map(acquaintances.map(({ id, incarnation }) => [id ?? 0, incarnation ?? 0]));
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

function decode<T>(value: Uint8Array, what: string, read: (bytes: Uint8Array) => T): T {
  const bytes = unseal(value, what);
  try {
    return read(bytes);
  } catch {
    throw corrupt(`${what} cannot be read`);
  }
}
