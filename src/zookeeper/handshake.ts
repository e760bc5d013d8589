/** How a connection begins, and how it ends. */
import type { Connect } from "../protocol/client-messages.ts";
import { bool, type JuteReader, type JuteWriter } from "./jute.ts";
import { connectRequest, connectResponse } from "./records.ts";

/** The version of the node's session protocol that the messages are of. */
const protocol = 1;
/** All clients of this door are one holder of a session: in ZooKeeper the newest connection has it. */
const holder = 1;

/** Why a connection was ended by this server, or is to be. */
export type Ending =
  | "malformed"
  | "clientIsAhead"
  | "noSession"
  | "noQuorum"
  | "overloaded"
  | "moved"
  | "unknownOperation"
  | "authFailed"
  | "refused";

/** What a client's first frame says. */
export interface ClientGreeting {
  /** As it is put to the node. */
  readonly connect: Connect;
  /** Whether the client sent the `readOnly` byte, and wants it in the answer. */
  readonly sendsReadOnly: boolean;
}

/** @throws JuteError */
export function readHandshake(reader: JuteReader): ClientGreeting {
  const { lastZxidSeen, timeOut, sessionId, passwd } = connectRequest.read(reader);
  return {
    connect: {
      type: "connect",
      protocol,
      // None has a negative id, or one beyond 2^53: it is answered like any other session that is not there.
      sessionId: BigInt.asUintN(53, sessionId) === sessionId ? Number(sessionId) : Number.MAX_SAFE_INTEGER,
      password: passwd,
      timeoutMs: timeOut,
      lastZxid: Math.max(0, lastZxidSeen),
      holder,
      takeover: true,
      instance: 0,
    },
    sendsReadOnly: reader.left > 0,
  };
}

/** The session that a client has; none, of which clients learn that theirs is lost. */
export interface Given {
  readonly sessionId: number;
  readonly timeoutMs: number;
  readonly password: Uint8Array;
}

/** What a client is given that has no session. */
export const noSession: Given = { sessionId: 0, timeoutMs: 0, password: new Uint8Array(16) };

/** Writes the answer to a handshake, without its length. */
export function writeResponse(writer: JuteWriter, given: Given, sendsReadOnly: boolean): void {
  const { sessionId, timeoutMs: timeOut, password: passwd } = given;
  connectResponse.write(writer, { protocolVersion: 0, timeOut, sessionId: BigInt(sessionId), passwd });
  if (sendsReadOnly) bool.write(writer, false);
}

/** Why a connection ends that the node refuses. */
export function endingOf(code: string): Ending {
  switch (code) {
    case "SESSION_EXPIRED":
    case "AUTH_FAILED":
    case "WRONG_CLUSTER":
    case "SESSION_TAKEN":
      return "noSession";
    case "SESSION_MOVED":
      return "moved";
    case "NO_QUORUM":
      return "noQuorum";
    case "OVERLOADED":
    case "TOO_MANY_REQUESTS":
      return "overloaded";
    default:
      return "refused";
  }
}
