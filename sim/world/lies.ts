/**
 * What a client is told that no server of its cluster would say: by a server with a bug, or by one of another cluster that is
 * behind the same address. The client has to leave such a server and find another; where its session cannot be the one that
 * the cluster has, it has to end it instead of going on with what is not its own.
 */
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Connected, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { Lie } from "../plan/actions.ts";
import { otherInstance } from "./other-life.ts";

/** No request and no ping has this number. */
const neverSent = 2 ** 40;

/** Those told in the first answer of a server. */
const ofGreeting: readonly Lie[] = ["early", "otherSession", "noSession", "otherCluster", "otherPast", "moreWrites"];

/** Those that end the session, or may if enough servers tell them. */
const endings: readonly Lie[] = ["taken", "otherCluster", "otherPast", "moreWrites", "stray"];

/** Whether it is told with the first answer of a server. */
export function isOfGreeting(lie: Lie): boolean {
  return ofGreeting.includes(lie);
}

/** What one client is told, and what its session may do for it. */
export class Lies {
  /** The one to be told with the first frame that it goes with. */
  next: Lie | undefined;
  /** Whether the session was told any, so that it may leave servers for it; and whether one that may end it. */
  told = false;
  mayEnd = false;

  /** What the client hears when a server sends `messages`. */
  heard(messages: readonly ServerMessage[], sessionId: number): readonly ServerMessage[] {
    if (this.next === undefined) return messages;
    const told = twisted(this.next, messages, sessionId);
    if (told === undefined) return messages;
    this.told = true;
    if (endings.includes(this.next)) this.mayEnd = true;
    this.next = undefined;
    return told;
  }

  /** Why a session ended that says it is `state`, in trouble for `code`. */
  endReason(state: "expired" | "closed", code: ErrorCode): "expired" | "closed" | "misled" | "taken" {
    if (state === "closed") return state;
    if (this.mayEnd) return "misled";
    return code === "SESSION_TAKEN" ? "taken" : state;
  }

  /** Another session begins. */
  forget(): void {
    this.told = false;
    this.mayEnd = false;
  }
}

/** A frame with the lie in it; undefined: it does not go with this one. `sessionId`: the client's, 0 if it has none. */
function twisted(
  lie: Lie,
  messages: readonly ServerMessage[],
  sessionId: number,
): readonly ServerMessage[] | undefined {
  const greeting = messages.find((message) => message.type === "connected");
  if (isOfGreeting(lie)) {
    // Who has no session yet has nothing to compare with.
    if (greeting === undefined || (sessionId === 0 && lie !== "early")) return undefined;
    return messages.flatMap((message) => (message === greeting ? greetings(lie, greeting) : [message]));
  }
  if (greeting !== undefined) return undefined;
  return lie === "unable" ? inPlaceOfAnswer("NO_QUORUM", messages) : [...lies(lie), ...messages];
}

/** The first answer of a frame is a refusal, for the sake of the server; undefined: there is none. */
function inPlaceOfAnswer(code: ErrorCode, messages: readonly ServerMessage[]): readonly ServerMessage[] | undefined {
  const answer = messages.find(({ type }) => type === "reply");
  if (answer?.type !== "reply") return undefined;
  const result = { failure: { code, message: "not by this server" } };
  return messages.map((message) => (message === answer ? { ...answer, result } : message));
}

function greetings(lie: Lie, greeting: Connected): readonly ServerMessage[] {
  switch (lie) {
    case "otherSession":
      return [{ ...greeting, sessionId: greeting.sessionId + 1 }];
    case "noSession":
      return [{ ...greeting, timeoutMs: 0 }];
    case "otherCluster":
      return [{ ...greeting, instance: otherInstance }];
    case "otherPast":
      return [{ ...greeting, zxid: 0 }];
    case "moreWrites":
      return [{ ...greeting, lastRequestId: neverSent }];
    default:
      return [{ type: "pong", number: 0, quorum: true }, greeting];
  }
}

function lies(lie: Lie): readonly ServerMessage[] {
  switch (lie) {
    case "reply":
      return [{ type: "reply", xid: neverSent, zxid: 1, result: {} }];
    case "pong":
      return [{ type: "pong", number: neverSent, quorum: true }];
    case "heard":
      return [{ type: "heard", ping: neverSent }];
    case "stray":
      return [{ type: "refused", failure: { code: "WRONG_CLUSTER", message: "the session is of another cluster" } }];
    case "taken":
      return [{ type: "refused", failure: { code: "SESSION_TAKEN", message: "another client has the session" } }];
    default:
      return [{ type: "connected", ...nobody }];
  }
}

const nobody = {
  sessionId: neverSent,
  password: new Uint8Array(16),
  timeoutMs: 10_000,
  serverId: 1,
  lastRequestId: 0,
  zxid: 1,
  clusterId: "elsewhere",
  instance: 0,
};
