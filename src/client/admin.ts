/** Changing the cluster: who is a member, who leads. Needs no session. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { isErrorCode, TerrariumError } from "../base/errors.ts";
import { checkEndpoints, checkTimeout } from "./endpoints.ts";
import { serverStatus } from "./server-status.ts";
import { requestAdmin } from "./transport.ts";

export type { AdminRequest, MemberAddress } from "../base/admin.ts";

export interface AdminOptions {
  /** How long the change may take, milliseconds; default 30,000. It goes on when the time is over. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Wait before all endpoints are asked again, ms. */
const pauseMs = 100;
/** A server that does not even tell its status within this is passed over, ms. */
const silentMs = 2_000;

/**
 * Carries out one change of the cluster and resolves when it is complete: asks `endpoints` (`host:port` of client ports)
 * in turn and follows whoever leads, also when that changes. Asking again for what is done already is no error.
 *
 * Rejects with CHANGE_IN_PROGRESS, ID_IN_USE, UNKNOWN_MEMBER, WOULD_LOSE_QUORUM, WRONG_SERVER, BAD_ARGUMENTS,
 * TRANSFER_FAILED, and with NO_SERVER, NO_QUORUM, TIMEOUT when nobody could do it in time; USAGE, ABORTED.
 *
 * ```ts
 * const member = { id: 4, peerAddress: "127.0.0.1:7204", clientAddress: "127.0.0.1:7104" };
 * await administer(["127.0.0.1:7101"], { type: "add", member, observer: false, force: false });
 * ```
 */
export async function administer(
  endpoints: readonly string[],
  request: AdminRequest,
  options: AdminOptions = {},
): Promise<void> {
  const addresses = checkEndpoints(endpoints);
  const { signal } = options;
  const deadline = Date.now() + checkTimeout("timeoutMs", options.timeoutMs ?? 30_000);
  let last = new TerrariumError("NO_SERVER");
  for (let next: string | undefined; ; ) {
    const round: readonly string[] = next === undefined ? addresses : [next];
    next = undefined;
    for (const address of round) {
      const answer = await ask(address, request, deadline, signal);
      if (answer === "done") return;
      last = answer.error;
      next = answer.leader;
      if (next !== undefined) break;
    }
    if (Date.now() + pauseMs >= deadline) throw last;
    await sleep(pauseMs);
  }
}

/** Refusals are thrown; what another server, or another moment, may do better comes back. */
async function ask(
  address: string,
  request: AdminRequest,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<"done" | { readonly error: TerrariumError; readonly leader: string | undefined }> {
  const reply = await reach(address, request, deadline, signal);
  if (reply instanceof TerrariumError) return { error: reply, leader: undefined };
  if (reply.type === "done") return "done";
  const error = new TerrariumError(isErrorCode(reply.code) ? reply.code : "PROTOCOL_ERROR", reply.message);
  if (error.code === "NOT_LEADER" || error.code === "NO_QUORUM") return { error, leader: reply.leader };
  throw error;
}

/** The server's answer; NO_SERVER comes back as a value, since another one may answer. */
async function reach(
  address: string,
  request: AdminRequest,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<AdminReply | TerrariumError> {
  try {
    // One that hangs would keep the request until its deadline, though nobody has begun.
    await serverStatus(address, { timeoutMs: Math.max(1, Math.min(silentMs, deadline - Date.now())), signal });
  } catch (error) {
    if (error instanceof TerrariumError && error.code === "NO_SERVER") return error;
    throw error;
  }
  try {
    return await requestAdmin(address, request, Math.max(1, deadline - Date.now()), signal);
  } catch (error) {
    if (!(error instanceof TerrariumError) || error.code !== "NO_SERVER") throw error;
    if (Date.now() < deadline) return error;
    throw new TerrariumError("TIMEOUT", "the change was not complete in time", "it goes on: see `kvctl member list`");
  }
}
