/**
 * How a connection comes to speak for a session, and how it ceases to: the attachment goes through the log, so that all
 * servers agree which one is the newest, and requests of an older one are refused (`src/znode/sessions.ts`).
 */
import type { ErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { SessionId } from "../../base/operations.ts";
import { type AdmittedConnect, protocolVersion } from "../../protocol/client-messages.ts";
import { encodeCommand } from "../../protocol/command-codec.ts";
import type { CommandBody, Outcome } from "../../znode/commands.ts";
import type { Replica } from "../core.ts";
import type { Ports } from "../ports.ts";
import type { Proposals } from "../proposals.ts";
import type { Spoken } from "../spoken.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { RequestOrder } from "./request-order.ts";
import type { ServerFacts } from "./server-facts.ts";

/** What attachments are made with. */
export interface AttachmentsParts {
  readonly connections: Connections;
  readonly proposals: Proposals;
  readonly server: ServerFacts;
  readonly replica: Replica;
  readonly ports: Pick<Ports, "clock" | "secret">;
  /** A client spoke for its session. */
  readonly touch: (session: SessionId, spoken: Spoken) => void;
}

/** Attaches connections to sessions. */
export class Attachments {
  readonly #parts: AttachmentsParts;
  /** Connections that wait for their session, by proposal. */
  readonly #attaching = new Map<number, Connection>();

  constructor(parts: AttachmentsParts) {
    this.#parts = parts;
  }

  /** How many connections wait for their session. */
  get waiting(): number {
    return this.#attaching.size;
  }

  /** A client wants a new session, or one that it has. */
  begin(connection: Connection, connect: AdmittedConnect): void {
    const { connections, proposals, server, ports } = this.#parts;
    if (connect.protocol !== protocolVersion)
      return connections.refuse(
        connection,
        "PROTOCOL_ERROR",
        `the client speaks version ${connect.protocol} of the session protocol, this server version ${protocolVersion}`,
      );
    if (connect.password.length > limits.passwordBytesMax) return connections.refuse(connection, "AUTH_FAILED");
    const instance = server.instance();
    // Its session, and all that it has seen, are of another history, whatever their numbers say.
    if (instance !== 0 && connect.instance !== 0 && connect.instance !== instance)
      return connections.refuse(
        connection,
        "WRONG_CLUSTER",
        `the session was opened in another cluster, or in another life of this one (${server.clusterId}): it was begun anew, or restored from a backup`,
      );
    if (!server.hasQuorum()) return connections.refuse(connection, "NO_QUORUM");
    const timeoutMs = Math.round(
      Math.min(Math.max(connect.timeoutMs, limits.sessionTimeoutMinMs), limits.sessionTimeoutMaxMs),
    );
    const { sessionId, password, holder, takeover } = connect;
    const body: CommandBody =
      sessionId === 0
        ? { type: "createSession", password: ports.secret(16), timeoutMs, holder }
        : { type: "attachSession", sessionId, password, timeoutMs, holder, takeover };
    const proposal = proposals.add((id) => encodeCommand(body, server.id, id));
    connection.identities = connect.identities ?? [];
    connection.state = { type: "attaching", proposal, sinceMs: ports.clock.now() };
    this.#attaching.set(proposal, connection);
  }

  /** A session has a newer attachment; `ownProposal`: which one of this server's made it, if one did. */
  attached(outcome: Outcome & { type: "attached" }, ownProposal: number | undefined): void {
    const { connections, server } = this.#parts;
    const { sessionId, attachment, lastRequestId, password, timeoutMs } = outcome;
    const older = connections.of(sessionId);
    const isNewer = older?.state.type === "attached" && older.state.attachment < attachment;
    if (older !== undefined && isNewer) connections.refuse(older, "SESSION_MOVED");
    const connection = ownProposal === undefined ? undefined : this.#attaching.get(ownProposal);
    if (ownProposal === undefined || connection === undefined) return;
    this.#attaching.delete(ownProposal);
    connection.state = { type: "attached", sessionId, attachment, order: new RequestOrder(lastRequestId) };
    connections.attach(sessionId, connection);
    const session = { sessionId, password, timeoutMs, lastRequestId, zxid: attachment };
    const { id: serverId, clusterId } = server;
    connection.send({ type: "connected", ...session, serverId, clusterId, instance: server.instance() });
    connections.say(connection, { type: "members", members: server.members() });
    this.spoke(connection);
  }

  /** A session was not given to the connection that waits for it. */
  refused({ failure }: Outcome & { type: "refused" }, ownProposal: number | undefined): void {
    const connection = ownProposal === undefined ? undefined : this.#attaching.get(ownProposal);
    if (connection !== undefined) this.#parts.connections.refuse(connection, failure.code, failure.message);
  }

  /** The client has closed its session. */
  closed({ sessionId, requestId }: Outcome & { type: "closed" }): void {
    const { connections, replica } = this.#parts;
    const connection = connections.of(sessionId);
    if (connection === undefined) return;
    connections.detach(sessionId);
    connection.closing = true;
    // Reads that were sent before may still wait for their read index; the stream ends with the last answer.
    connection.requests.answerClose(requestId, replica.machine.appliedIndex);
    connections.speaks(connection);
    connections.endIfClosed(connection);
  }

  /** Sessions have ended. */
  ended(sessions: readonly SessionId[]): void {
    for (const session of sessions) {
      const connection = this.#parts.connections.of(session);
      if (connection !== undefined) this.#parts.connections.refuse(connection, "SESSION_EXPIRED");
    }
  }

  /** The client has said something: if it is attached, its session lives. */
  spoke({ id, ping, state }: Connection): void {
    if (state.type === "attached") this.#parts.touch(state.sessionId, { connection: id, ping });
  }

  /** Refuses clients that have waited for their session since before `beforeMs`. */
  refuseWaiting(beforeMs: number, code: ErrorCode): void {
    for (const connection of [...this.#attaching.values()])
      if (connection.state.type === "attaching" && connection.state.sinceMs < beforeMs)
        this.#parts.connections.refuse(connection, code);
  }

  /** The connection is no more. */
  forget({ state }: Connection): void {
    if (state.type !== "attaching") return;
    this.#attaching.delete(state.proposal);
    this.#parts.proposals.settle(state.proposal);
  }
}
