/**
 * Writes of this server's clients: proposed for the log, and answered with what applying them came to. What is under way
 * is kept by the connection, by request id; what is lost on its way goes again (`../proposals.ts`).
 */

import type { ClientIdentity } from "../../base/acl.ts";
import { withoutData } from "../../base/operation-traits.ts";
import type { Result, SessionId } from "../../base/operations.ts";
import type { AdmittedRequest } from "../../protocol/client-messages.ts";
import { encodeCommand } from "../../protocol/command-codec.ts";
import type { Command, CommandBody, Outcome, Write } from "../../znode/commands.ts";
import type { Replica } from "../core.ts";
import type { Ports } from "../ports.ts";
import type { Proposals } from "../proposals.ts";
import type { AttachedState, Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { countOf } from "./request-order.ts";
import type { ServerFacts } from "./server-facts.ts";

/** What writes are made with. */
export interface WritesParts {
  readonly connections: Connections;
  readonly proposals: Proposals;
  readonly server: ServerFacts;
  readonly replica: Replica;
  readonly ports: Pick<Ports, "requestFlush">;
  /** Bytes of proposals beyond which clients are refused. */
  readonly proposedBytesMax: number;
}

/** Writes of the clients, and the ends of their sessions, which count as writes. */
export class ClientWrites {
  readonly #parts: WritesParts;

  constructor(parts: WritesParts) {
    this.#parts = parts;
  }

  /** Takes up a write or a close of a client that was who it was, by `identities`, when it came. */
  add(
    connection: Connection,
    request: AdmittedRequest,
    identities: readonly ClientIdentity[],
    { sessionId, attachment }: AttachedState,
  ): void {
    const { connections, proposals, server, replica } = this.#parts;
    const { body, requestId, ackedRequestId } = request;
    if (body.type !== "write" && body.type !== "close") return;
    const known = replica.machine.answerTo(sessionId, requestId);
    if (known !== undefined) {
      connection.requests.addAppliedWrite(request.xid, requestId, known.zxid, known.result, countOf(request));
      return connections.speaks(connection);
    }
    connection.requests.addWrite(request.xid, requestId, countOf(request));
    const command: CommandBody =
      body.type === "close"
        ? { type: "closeSession", sessionId, attachment, requestId }
        : this.#unlessRefused({
            type: "write",
            sessionId,
            attachment,
            requestId,
            ackedRequestId,
            operation: body.operation,
            identities,
          });
    const proposal = proposals.add((id) => encodeCommand(command, server.id, id));
    connection.proposals.set(requestId, proposal);
    connection.proposalBytes += proposals.bytesOf(proposal);
    this.#checkBytes(connection);
  }

  /** All clients together: a cluster that takes no writes must not fill the memory of the servers that collect them. */
  #checkBytes(connection: Connection): void {
    const { connections, proposals, proposedBytesMax } = this.#parts;
    if (proposals.bytes > proposedBytesMax)
      connections.refuse(
        connection,
        "OVERLOADED",
        `writes of more than ${proposedBytesMax} bytes wait at this server until the cluster takes them`,
      );
  }

  /** The state machine is about to apply a write: reads that were sent before it see the state without it. */
  beforeApply(sessionId: SessionId, requestId: number): void {
    this.#parts.connections.of(sessionId)?.requests.beforeWrite(requestId);
  }

  /** A write has its result. Returns the connection that was waiting for it here and now. */
  answered(sessionId: SessionId, requestId: number, zxid: number, result: Result): Connection | undefined {
    const { connections, proposals } = this.#parts;
    const connection = connections.of(sessionId);
    if (connection === undefined) return undefined;
    if (!connection.requests.answerWrite(requestId, zxid, result)) return undefined;
    const proposal = connection.proposals.get(requestId);
    connection.proposals.delete(requestId);
    if (proposal !== undefined) connection.proposalBytes -= proposals.settle(proposal);
    return connection;
  }

  /** A write had no effect and will have none. Returns the connection that was waiting for it here and now. */
  dropped(outcome: Outcome & { type: "dropped" }, ownProposal: number | undefined): Connection | undefined {
    const { sessionId, requestId, failure } = outcome;
    // Refused for another attachment's sake, it is no answer to the session's present connection.
    if (ownProposal === undefined || !this.#waitsFor(sessionId, requestId, ownProposal)) return undefined;
    return this.answered(sessionId, requestId, this.#parts.replica.machine.appliedIndex, { failure });
  }

  /**
   * A write came before its time: the missing one was lost on its way, and perhaps others between. They go again, in
   * order. Where the missing one was refused, none can follow.
   */
  cameTooEarly({ sessionId, requestId, expected }: Outcome & { type: "gap" }): void {
    const { connections, proposals, ports } = this.#parts;
    const connection = connections.of(sessionId);
    if (connection === undefined) return;
    if (!connection.proposals.has(expected))
      return connections.refuse(
        connection,
        "PROTOCOL_ERROR",
        `write ${requestId} cannot follow: write ${expected} was refused`,
      );
    for (let request = expected; request <= requestId; request++) {
      const proposal = connection.proposals.get(request);
      if (proposal !== undefined) proposals.again(proposal);
    }
    ports.requestFlush();
  }

  /** Whether a client still waits for this very proposal: then it goes out again. */
  isAwaited({ body, proposal }: Command): boolean {
    if (body.type !== "write" && body.type !== "closeSession") return false;
    return this.#waitsFor(body.sessionId, body.requestId, proposal);
  }

  /** The connection is no more. What was sent may still take effect; it is not sent again on its behalf. */
  forget(connection: Connection): void {
    for (const proposal of connection.proposals.values()) this.#parts.proposals.settle(proposal);
  }

  #waitsFor(sessionId: SessionId, requestId: number, proposal: number): boolean {
    return this.#parts.connections.of(sessionId)?.proposals.get(requestId) === proposal;
  }

  /** What there is no room for goes through the log without its data, as a refusal. */
  #unlessRefused(write: Write): Write {
    const diskFull = this.#parts.server.writesRefused();
    const operation = diskFull === undefined ? undefined : withoutData(write.operation);
    return diskFull === undefined || operation === undefined ? write : { ...write, operation, diskFull };
  }
}
