/** What one server says of itself, without a session. */
import { TerrariumError } from "../base/errors.ts";
import { fetchStatus } from "./calls.ts";
import { checkOptions, checkSignal } from "./checks.ts";
import { checkEndpoint, checkTimeout } from "./endpoints.ts";

/** A server's view of itself and of the cluster, as its `/status` page has it. */
export interface ServerStatus {
  readonly clusterId: string;
  /** Which life of the cluster it belongs to: one that was begun anew, or from a backup, has another number; 0: none yet. */
  readonly instance?: number;
  readonly id: number;
  /** The number that its data directory drew when it was made. */
  readonly incarnation?: number;
  /** It waits to be added to a running cluster. */
  readonly joining?: boolean;
  /** It takes part; one without data does not until the others have told whether they know it. */
  readonly admitted?: boolean;
  readonly role: "follower" | "preCandidate" | "candidate" | "leader";
  readonly term: number;
  /** Id of the leader that it follows (itself, if it leads); null when it knows none. */
  readonly leader: number | null;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
  /** Newest entry on its disk. */
  readonly durableIndex: number;
  /** Its disk is almost full: less is free than it wants, or its quota is used up. */
  readonly diskLow?: boolean;
  /** Why creates and sets of its clients are refused (DISK_FULL); left out while they are not. */
  readonly writesRefused?: string;
  /** First entry that its log still has: what was before is in its checkpoint. */
  readonly firstIndex: number;
  /** Newest entry in the checkpoint on its disk; 0 before the first one. */
  readonly checkpointIndex: number;
  readonly members: readonly ServerMember[];
  readonly sessions: number;
  readonly znodes: number;
  /** Watches of the clients attached to it. */
  readonly watches: number;
  /** Clients attached to it. */
  readonly connections: number;
  /** It can serve: it leads, or reaches the leader, with a majority behind it. */
  readonly ready: boolean;
  /** Why not, when not ready. */
  readonly reason?: string;
  /** Where its dashboard is, and all that it serves over HTTP (host:port); left out: nowhere. */
  readonly httpAddress?: string;
  /** Where it speaks ZooKeeper's protocol (host:port); left out: nowhere. */
  readonly zookeeperAddress?: string;
}

/** A member of the cluster, as a server sees it; the last three are known to the leader only. */
export interface ServerMember {
  readonly id: number;
  readonly peerAddress: string;
  readonly clientAddress: string;
  /** Where it speaks ZooKeeper's protocol, as the membership has it; left out: nowhere, or that is not known. */
  readonly zookeeperAddress?: string;
  readonly voter: boolean;
  /** `joining`: votes only in the new half of a membership that changes; `leaving`: not in the one that is wanted. */
  readonly state?: "voter" | "observer" | "catchingUp" | "joining" | "leaving";
  /** The entry up to which the member's log equals the leader's. */
  readonly matchIndex?: number;
  /** How many entries it is behind. */
  readonly lag?: number;
  /** Whether it answered within the last election timeout. */
  readonly active?: boolean;
}

/**
 * Asks the server at `endpoint` (`host:port`, its client port) for its status. Answers without a quorum too.
 *
 * Rejects with USAGE, BAD_ARGUMENTS, NO_SERVER (nothing answers within `timeoutMs`, default 2,000), PROTOCOL_ERROR (what
 * answers is no Terrarium client port), ABORTED.
 *
 * ```ts
 * const { role, term } = await serverStatus("127.0.0.1:7101", { timeoutMs: 500 });
 * ```
 */
export async function serverStatus(
  endpoint: string,
  options: { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<ServerStatus> {
  const address = checkEndpoint(endpoint);
  const { timeoutMs = 2_000, signal } = checkOptions(options, ["timeoutMs", "signal"]);
  const json = await fetchStatus(address, checkTimeout("timeoutMs", timeoutMs), checkSignal(signal));
  const status = parse(json);
  if (!isServerStatus(status)) throw new TerrariumError("PROTOCOL_ERROR", `${address} answered with no server status`);
  return status;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Checks what tells a status from anything else; a newer server may say more. */
function isServerStatus(value: unknown): value is ServerStatus {
  if (typeof value !== "object" || value === null) return false;
  return (
    "clusterId" in value &&
    typeof value.clusterId === "string" &&
    "id" in value &&
    typeof value.id === "number" &&
    "role" in value &&
    typeof value.role === "string" &&
    "term" in value &&
    typeof value.term === "number" &&
    "members" in value &&
    Array.isArray(value.members)
  );
}
