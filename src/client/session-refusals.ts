/** What a server's refusal means for the session and its requests, and the failures with which a session ends. */
import { type ErrorCode, errorClass, errorMessage } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";

/**
 * What the refusal of a stream says of the session. `gone`: it has ended. `taken`: another client has it. `astray`: the server
 * is of another cluster. `elsewhere`: nothing, so that another server is tried.
 */
export function meaningOf(code: ErrorCode, hasSession: boolean): "gone" | "taken" | "astray" | "elsewhere" {
  switch (code) {
    case "SESSION_EXPIRED":
    case "AUTH_FAILED":
      return hasSession ? "gone" : "elsewhere";
    case "SESSION_TAKEN":
      return "taken";
    case "WRONG_CLUSTER":
      return "astray";
    default:
      return "elsewhere";
  }
}

/**
 * Whether a request that was answered with this failure is to be sent again to another server, since the failure is about
 * the server rather than the request. A write has its number, so it has to be sent until it is done; a read may at least
 * find a quorum elsewhere.
 */
export function takenElsewhere(code: ErrorCode, { requestId }: { readonly requestId: number }): boolean {
  if (code === "SESSION_MOVED" || code === "NO_QUORUM") return true;
  return requestId > 0 && (code === "TOO_MANY_REQUESTS" || errorClass(code) === "unavailable");
}

/** The user has closed the session. */
export const closed: Failure = { code: "SESSION_CLOSED", message: errorMessage("SESSION_CLOSED") };

/** The session ended before the request was answered. */
export const expired: Failure = { code: "SESSION_EXPIRED", message: errorMessage("SESSION_EXPIRED") };

/** No server of the session's own cluster was found. */
export function clusterGone(what: string): Failure {
  return { code: "SESSION_EXPIRED", message: `the session's cluster is gone: ${what}` };
}

/** The cluster's log is not the one that the session has seen. */
export function anotherPast(what: string): Failure {
  const message = `the cluster has another past than this session, as if restored from a backup: ${what}`;
  return { code: "SESSION_EXPIRED", message };
}
