/** Whether a client numbers its requests as the protocol wants it (docs/decisions/0003). */
import { limits } from "../../base/limits.ts";
import { requestsIn } from "../../base/operation-traits.ts";
import type { Failure } from "../../base/operations.ts";
import type { AdmittedRequest } from "../../protocol/client-messages.ts";

/** As how many requests one counts while it has no answer: see {@link requestsIn}. */
export function countOf({ body }: Pick<AdmittedRequest, "body">): number {
  return body.type === "write" ? requestsIn(body.operation) : 1;
}

/** The numbers due next on one connection. */
export class RequestOrder {
  #nextXid: number | undefined;
  /** A client may begin with any write that it has no answer for; from there on it may leave none out. */
  #requestIdMax: number;

  /** `lastRequestId` is the session's newest applied write at the attachment. */
  constructor(lastRequestId: number) {
    this.#requestIdMax = lastRequestId + 1;
  }

  /**
   * Takes the numbers of a request; a failure means that the connection must end. `outstanding`: as how many those count
   * that have no answer.
   */
  take(request: AdmittedRequest, outstanding: number): Failure | undefined {
    if (outstanding + countOf(request) > limits.outstandingRequestsMax)
      return {
        code: "TOO_MANY_REQUESTS",
        message: `more than ${limits.outstandingRequestsMax} requests, or parts of multis, are outstanding on the connection`,
      };
    if (this.#nextXid !== undefined && request.xid !== this.#nextXid)
      return { code: "PROTOCOL_ERROR", message: `request ${request.xid} came where ${this.#nextXid} was due` };
    this.#nextXid = request.xid + 1;
    if (request.body.type !== "write" && request.body.type !== "close") return undefined;
    if (request.requestId < 1 || request.requestId > this.#requestIdMax)
      return { code: "PROTOCOL_ERROR", message: `write ${request.requestId} came where ${this.#requestIdMax} was due` };
    this.#requestIdMax = request.requestId + 1;
    return undefined;
  }
}
