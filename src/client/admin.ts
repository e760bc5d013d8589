/** Changing the cluster: who is a member, who leads. Needs no session. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { errorMessage, isErrorCode, TerrariumError } from "../base/errors.ts";
import { checkAdminRequest } from "./admin-checks.ts";
import { requestAdmin } from "./calls.ts";
import { checkOptions, checkSignal } from "./checks.ts";
import { checkEndpoints, checkTimeout } from "./endpoints.ts";
import { checkOneCluster, unservedError } from "./server-state.ts";
import { type ServerStatus, serverStatus } from "./server-status.ts";

export type { AdminRequest, JoiningMember, MemberAddress } from "../base/admin.ts";

export interface AdminOptions {
  /** How long the change may take, milliseconds; default 30,000. Once begun it goes on when the time is over. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Wait before all endpoints are asked again, ms. */
const pauseMs = 100;
/** A server that does not even tell its status within this is passed over, ms. */
const silentMs = 2_000;
/** A server that had this long to tell its status, and did not, is silent indeed, ms. */
const tellingMs = 500;

/**
 * Carries out one change of the cluster and resolves when it is complete: asks `endpoints` (`host:port` of client ports)
 * in turn and follows whoever leads, also when that changes. Asking again for what is done already is no error.
 *
 * Rejects with CHANGE_IN_PROGRESS, ID_IN_USE, UNKNOWN_MEMBER, WOULD_LOSE_QUORUM, WRONG_SERVER, BAD_ARGUMENTS,
 * TRANSFER_FAILED, and with NO_SERVER, NO_QUORUM when nobody could do it in time, TIMEOUT when a leader may have begun;
 * PROTOCOL_ERROR (no endpoint is a Terrarium client port, or a server does not take the request), USAGE (also: endpoints
 * of different clusters), ABORTED.
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
  const wanted = checkAdminRequest(request);
  const { timeoutMs = 30_000, signal } = checkOptions(options, ["timeoutMs", "signal"]);
  const deadline = performance.now() + checkTimeout("timeoutMs", timeoutMs);
  const inquiry = new Inquiry(wanted, deadline, checkSignal(signal));
  for (let leader: string | undefined; ; ) {
    const round: readonly string[] = leader === undefined ? addresses : [leader];
    leader = undefined;
    for (const address of round) {
      const answer = await inquiry.ask(address);
      if (answer === "done") return;
      leader = answer.leader;
      if (leader !== undefined) break;
    }
    if (inquiry.hopeless || performance.now() + pauseMs >= deadline) throw inquiry.failure();
    await sleep(pauseMs, undefined, { signal }).catch(() => {
      throw new TerrariumError("ABORTED");
    });
  }
}

/** Nobody is there that tells its status, or a stranger. */
function isSilence(error: unknown): error is TerrariumError {
  return error instanceof TerrariumError && (error.code === "NO_SERVER" || error.code === "PROTOCOL_ERROR");
}

/** One request on its way from server to server, and what each of them had to say. */
class Inquiry {
  readonly #request: AdminRequest;
  readonly #deadline: number;
  readonly #signal: AbortSignal | undefined;
  /** The newest word of each server that was asked. */
  readonly #heard = new Map<string, ServerStatus | TerrariumError>();
  /** A leader was asked and never answered: whoever leads after it may go on with the change. */
  #begun = false;

  constructor(request: AdminRequest, deadline: number, signal: AbortSignal | undefined) {
    this.#request = request;
    this.#deadline = deadline;
    this.#signal = signal;
  }

  /** Refusals are thrown. What another server, or another moment, may do better comes back, with the leader to ask. */
  async ask(address: string): Promise<"done" | { readonly leader: string | undefined }> {
    const reply = await this.#reach(address);
    if (reply === undefined) return { leader: undefined };
    if (reply.type === "done") return "done";
    const error = new TerrariumError(isErrorCode(reply.code) ? reply.code : "PROTOCOL_ERROR", reply.message);
    if (error.code === "NOT_LEADER" || error.code === "NO_QUORUM") return { leader: reply.leader };
    throw explained(error, this.#request);
  }

  /** The server's answer; undefined if it gives none, since another one may. */
  async #reach(address: string): Promise<AdminReply | undefined> {
    const status = await this.#status(address);
    if (status === undefined || this.#left() <= 0) return undefined;
    try {
      return await requestAdmin(address, this.#request, this.#left(), this.#signal);
    } catch (error) {
      if (!(error instanceof TerrariumError)) throw error;
      if (error.code === "PROTOCOL_ERROR") throw notUnderstood(status.id, error);
      if (error.code !== "NO_SERVER") throw error;
      // Only one that leads does more than to say who does. It may have begun before it fell silent, however early.
      if (status.role === "leader") this.#begun = true;
      return undefined;
    }
  }

  /** First whether it is there: one that hangs would keep the request until its deadline, though nobody has begun. */
  async #status(address: string): Promise<ServerStatus | undefined> {
    // Some time is left for the others.
    const timeoutMs = Math.max(1, Math.min(silentMs, this.#left() / 2));
    try {
      const status = await serverStatus(address, { timeoutMs, signal: this.#signal });
      this.#heard.set(address, status);
      checkOneCluster(this.#asked());
      return status;
    } catch (error) {
      if (!isSilence(error)) throw error;
      // Where hardly any time was left silence means nothing: an earlier word stands.
      if (timeoutMs >= tellingMs || !this.#heard.has(address)) this.#heard.set(address, error);
      return undefined;
    }
  }

  /** Whether all that answer are no Terrarium servers, so that waiting will not help. */
  get hopeless(): boolean {
    return [...this.#heard.values()].every((word) => word instanceof TerrariumError && word.code === "PROTOCOL_ERROR");
  }

  #left(): number {
    return this.#deadline - performance.now();
  }

  #asked(): { readonly endpoint: string; readonly status: ServerStatus | undefined }[] {
    return [...this.#heard].map(([endpoint, word]) => ({
      endpoint,
      status: word instanceof TerrariumError ? undefined : word,
    }));
  }

  /** Why the time is over and nothing is done: what a live server says counts for more than the silence of dead ones. */
  failure(): TerrariumError {
    if (this.#begun) {
      const see = this.#request.type === "transfer" ? "`kvctl status` tells who leads" : "`kvctl member list` shows it";
      return new TerrariumError("TIMEOUT", "the change was not complete in time", `it may still complete: ${see}`);
    }
    const errors = [...this.#heard.values()].filter((word) => word instanceof TerrariumError);
    if (errors.length < this.#heard.size) return unservedError(this.#asked());
    const code = this.hopeless ? "PROTOCOL_ERROR" : "NO_SERVER";
    return new TerrariumError(code, `${errorMessage(code)}: ${errors.map(({ message }) => message).join("; ")}`);
  }
}

/** A server that tells its status is no stranger: asked again it would say the same. */
function notUnderstood(id: number, { message }: TerrariumError): TerrariumError {
  const hint = "its log says why; if it is of another version than this client, use the client of its version";
  return new TerrariumError("PROTOCOL_ERROR", `server ${id} does not take the request: ${message}`, hint);
}

/** The leader could not reach the server to be added: it is not our own endpoints that are wrong. */
function explained(error: TerrariumError, request: AdminRequest): TerrariumError {
  if (error.code !== "NO_SERVER") return error;
  if (request.type === "update")
    return new TerrariumError(
      "NO_SERVER",
      `the leader finds no server ${request.id} at ${request.clientAddress}: nothing answers there, or no Terrarium server`,
      "start it at its new address first; --force (`force: true`) if it is to be started later",
    );
  if (request.type !== "add" && request.type !== "replace") return error;
  const { id, clientAddress } = request.member;
  return new TerrariumError(
    "NO_SERVER",
    `the leader finds no server ${id} at its client address ${clientAddress}: nothing answers there, or no Terrarium server`,
    `start it first: \`terrarium serve --id ${id} --join …\`, and give its addresses as HOST:PEERPORT/CLIENTPORT`,
  );
}
