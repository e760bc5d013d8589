/**
 * Takes up the requests of a connection in the order sent. What there is no room for waits in front of the connection's
 * queue: behind watches that are to be armed first, and behind more reads than are taken up ahead of their answers.
 */
import type { ClientIdentity } from "../../base/acl.ts";
import { limits } from "../../base/limits.ts";
import { bytesIn, bytesInRead, requestOverheadBytes } from "../../base/operation-traits.ts";
import type { AdmittedRequest } from "../../protocol/client-messages.ts";
import type { Ports } from "../ports.ts";
import type { AttachedState, Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { ClientReads } from "./reads.ts";
import { countOf } from "./request-order.ts";
import type { ClientWrites } from "./writes.ts";

/** Where requests go. */
export interface IntakeParts {
  readonly connections: Connections;
  readonly reads: ClientReads;
  readonly writes: ClientWrites;
  readonly ports: Pick<Ports, "requestFlush">;
  /** Work of reads that are taken up and not answered, beyond which requests wait. */
  readonly ahead: number;
}

/** Takes up requests. */
export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** A request has come. */
  take(connection: Connection, request: AdmittedRequest, state: AttachedState): void {
    const { connections } = this.#parts;
    const failure = state.order.take(request, connection.outstanding);
    if (failure !== undefined) return connections.refuse(connection, failure.code, failure.message);
    // Taken down now: what the client shows later says nothing of what it asked before.
    const { body } = request;
    if (body.type === "shown") connection.identities = body.identities;
    const { identities } = connection;
    if (connection.waiting.length === 0 && this.#hasRoom(connection))
      this.#begin(connection, request, identities, state);
    else {
      connection.waiting.push({ request, identities });
      connection.waitingCount += countOf(request);
      connection.waitingBytes += bytesOf(request);
    }
    if (connection.outstandingBytes <= limits.outstandingBytesMax) return;
    const message = `requests of more than ${limits.outstandingBytesMax} bytes are outstanding`;
    connections.refuse(connection, "TOO_MANY_REQUESTS", message);
  }

  /** There may be room for requests that wait. */
  takeWaiting(connection: Connection): void {
    const { state, waiting } = connection;
    if (waiting.length === 0 || state.type !== "attached") return;
    const { connections, ports } = this.#parts;
    while (connections.isOpen(connection) && !connection.closing && this.#hasRoom(connection)) {
      const next = waiting.shift();
      if (next === undefined) break;
      connection.waitingCount -= countOf(next.request);
      connection.waitingBytes -= bytesOf(next.request);
      this.#begin(connection, next.request, next.identities, state);
    }
    // What it has to ask of the leader goes out with the end of a turn.
    ports.requestFlush();
  }

  #begin(
    connection: Connection,
    request: AdmittedRequest,
    identities: readonly ClientIdentity[],
    state: AttachedState,
  ): void {
    const { connections, reads, writes } = this.#parts;
    const { xid, body } = request;
    switch (body.type) {
      case "read":
        return reads.add(connection, xid, body.read, identities);
      case "shown":
        return reads.addKnown(connection, xid, {});
      case "notShown":
        return reads.addKnown(connection, xid, { failure: body.failure });
      case "auth":
        return connections.refuse(connection, "PROTOCOL_ERROR", "a credential that no door has looked at");
      default:
        return writes.add(connection, request, identities, state);
    }
  }

  /** Whether all watches are armed, and not too many reads without answers. */
  #hasRoom(connection: Connection): boolean {
    return connection.arming.idle && connection.requests.readWork < this.#parts.ahead;
  }
}

/** What a request counts for while it waits. */
function bytesOf({ body }: AdmittedRequest): number {
  if (body.type === "write") return bytesIn(body.operation);
  return body.type === "read" ? bytesInRead(body.read) : requestOverheadBytes;
}
