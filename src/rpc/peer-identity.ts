/** What the two ends of a peer stream say about themselves before any message: who, to whom, of which cluster. */
import type { ServerId } from "../raft/types.ts";

/** The gRPC method of the stream between servers (`proto/raft.proto`). */
export const peerMethodPath = "/terrarium.Peer/Messages";

/** Version of the messages between servers. */
export const peerProtocolVersion = 2;

export interface StreamIdentity {
  readonly clusterId: string;
  readonly from: ServerId;
  readonly to: ServerId;
  /** Of the dialler's data directory; 0 or left out: it names none. */
  readonly incarnation?: number | undefined;
  /** The dialler waits to be admitted to the cluster (`src/node/peers/admission.ts`). */
  readonly waiting?: boolean | undefined;
  /** Which life of the cluster the dialler belongs to (`src/node/peers/instance.ts`); 0 or left out: it takes no part yet. */
  readonly instance?: number | undefined;
  /** Where the dialler wants to be dialled back (host:port) by a server whose configuration does not name it. */
  readonly callback?: string | undefined;
}

/** Call metadata of a peer stream, as key and value. */
export function streamIdentity(identity: StreamIdentity): readonly (readonly [string, string])[] {
  return [
    ["terrarium-protocol", String(peerProtocolVersion)],
    ["terrarium-cluster", identity.clusterId],
    ["terrarium-from", String(identity.from)],
    ["terrarium-to", String(identity.to)],
    ...(identity.incarnation ? [["terrarium-incarnation", String(identity.incarnation)] as const] : []),
    ...(identity.instance ? [["terrarium-instance", String(identity.instance)] as const] : []),
    ...(identity.waiting === true ? [["terrarium-waiting", "1"] as const] : []),
    ...(identity.callback === undefined ? [] : [["terrarium-callback", identity.callback] as const]),
  ];
}

export type CheckedIdentity =
  | {
      readonly from: ServerId;
      readonly incarnation: number;
      readonly instance: number;
      readonly waiting: boolean;
      readonly callback: string | undefined;
    }
  | { readonly refusal: string };

/**
 * Checks who dials: the same protocol, the same cluster, meant for this server, from another one. Not whether it is a
 * member: this server's configuration may be too old to know, and votes and entries are taken from whoever follows the
 * rules (§6; thesis 4.1). Without that a server with an old configuration could never be brought up to date by a leader
 * that joined later.
 *
 * @param get reads a metadata value
 */
export function checkIdentity(
  get: (key: string) => string | undefined,
  self: { readonly clusterId: string; readonly id: ServerId; readonly instance: number },
): CheckedIdentity {
  const protocol = get("terrarium-protocol");
  if (protocol === undefined) return { refusal: "this is the port between Terrarium servers; clients use another" };
  if (protocol !== String(peerProtocolVersion)) {
    return {
      refusal: `peer protocol ${protocol} is not spoken here, only ${peerProtocolVersion}: update both servers`,
    };
  }
  const clusterId = get("terrarium-cluster") ?? "";
  if (clusterId !== self.clusterId) {
    return {
      refusal: `this server is of cluster ${self.clusterId}, not ${clusterId}: check the addresses in --members`,
    };
  }
  const to = get("terrarium-to") ?? "";
  if (to !== String(self.id)) {
    return { refusal: `this is server ${self.id}, not ${to}: check the addresses in --members` };
  }
  const from = Number(get("terrarium-from"));
  if (from === self.id) return { refusal: `another server ${self.id} runs here already: ids are unique in a cluster` };
  if (!Number.isSafeInteger(from) || from < 1) {
    return { refusal: `${JSON.stringify(get("terrarium-from") ?? "")} is no id of a server` };
  }
  const callback = get("terrarium-callback");
  if (callback !== undefined && !/^\S{1,300}:\d{1,5}$/.test(callback)) {
    return { refusal: "the address to call back is not host:port" };
  }
  const incarnation = Number(get("terrarium-incarnation") ?? 0);
  if (!Number.isSafeInteger(incarnation) || incarnation < 0) return { refusal: "the incarnation is no number" };
  const instance = Number(get("terrarium-instance") ?? 0);
  if (!Number.isSafeInteger(instance) || instance < 0) return { refusal: "the instance is no number" };
  if (instance !== 0 && self.instance !== 0 && instance !== self.instance) {
    return {
      refusal:
        `this server is of another life of cluster ${self.clusterId} (${self.instance}, not ${instance}): ` +
        "it was begun anew, or restored from a backup; stop the servers of the old one",
    };
  }
  return { from, incarnation, instance, waiting: get("terrarium-waiting") === "1", callback };
}
