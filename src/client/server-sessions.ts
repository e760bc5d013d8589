/** The live sessions of a cluster, without one of one's own. */
import { TerrariumError } from "../base/errors.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import { fetchSessions } from "./calls.ts";
import { badArgument, checkOptions, checkSignal } from "./checks.ts";
import { checkEndpoint, checkTimeout } from "./endpoints.ts";

/** A session, as the servers that answer know it. */
export interface ServerSession {
  readonly id: SessionId;
  /** Negotiated at the last attachment, milliseconds. */
  readonly timeoutMs: number;
  /** When it was opened, by the cluster's clock: Unix ms; 0: not known. */
  readonly openedMs: number;
  readonly ephemeralCount: number;
  /** Paths of the first ones. */
  readonly ephemerals: readonly string[];
  /** The server that its client is connected to; null: none, as far as is known. */
  readonly attachedTo: number | null;
  /** What its client watches there; null: not known. */
  readonly watches: number | null;
  /** For how long the leader has not heard of it, milliseconds; null: no leader tells. */
  readonly silentMs: number | null;
}

/** Some sessions, oldest first. */
export interface ServerSessions {
  /** Of the state that is shown. */
  readonly zxid: Zxid;
  readonly sessions: readonly ServerSession[];
  /** There are more behind the last one. */
  readonly more: boolean;
  /** In all. */
  readonly total: number;
}

/**
 * Asks the server at `endpoint` (`host:port`, its client port) for live sessions behind session `after` (default 0: from
 * the oldest on), a hundred at a time.
 *
 * Rejects with USAGE, BAD_ARGUMENTS, NO_SERVER (nothing answers within `timeoutMs`, default 5,000), PROTOCOL_ERROR,
 * OVERLOADED (it is asked too much: try again), ABORTED.
 *
 * ```ts
 * const { sessions, total } = await serverSessions("127.0.0.1:7101");
 * ```
 */
export async function serverSessions(
  endpoint: string,
  options: {
    readonly after?: SessionId | undefined;
    readonly timeoutMs?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<ServerSessions> {
  const address = checkEndpoint(endpoint);
  const { after = 0, timeoutMs = 5_000, signal } = checkOptions(options, ["after", "timeoutMs", "signal"]);
  if (typeof after !== "number" || !Number.isSafeInteger(after) || after < 0)
    throw badArgument("after", after, "the id of a session");
  const json = await fetchSessions(address, after, checkTimeout("timeoutMs", timeoutMs), checkSignal(signal));
  const answer: unknown = JSON.parse(json);
  if (!isSessions(answer)) throw new TerrariumError("PROTOCOL_ERROR", `${address} answered with no list of sessions`);
  return answer;
}

/** Checks what tells such a list from anything else; a newer server may say more. */
function isSessions(value: unknown): value is ServerSessions {
  return (
    typeof value === "object" &&
    value !== null &&
    "more" in value &&
    typeof value.more === "boolean" &&
    "sessions" in value &&
    Array.isArray(value.sessions) &&
    value.sessions.every((one: unknown) => typeof one === "object" && one !== null && "id" in one)
  );
}
