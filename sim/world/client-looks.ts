/** What a program asks of its session beside operations: how things stand. And what it may get wrong, so that nothing is sent. */

import type { AclItem } from "../../src/base/acl.ts";
import { type ErrorCode, TerrariumError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import type { Read, ReadPart } from "../../src/base/reads.ts";
import type { ClientSession } from "../../src/client/session.ts";
import { sessionLimits } from "../../src/client/session-limits.ts";
import type { RequestBody } from "../../src/protocol/client-messages.ts";
import type { Awaited } from "./awaited.ts";
import type { SimConnection } from "./connections.ts";
import { InvariantBroken } from "./observer.ts";

/** Why a session has no server, or is no more. */
const troubles: readonly ErrorCode[] = [
  "NO_SERVER",
  "NO_QUORUM",
  "OVERLOADED",
  "TIMEOUT",
  "SESSION_EXPIRED",
  "SESSION_CLOSED",
  "SESSION_TAKEN",
];

/** At the end of a turn, `now` being the time of its inputs: what a session says of itself goes together. */
export function checkLooks<C>(session: ClientSession<C>, now: number): void {
  const { state, trouble } = session;
  const believed = state === "connected" || state === "suspended";
  if (session.stateAt(now) !== state) broken(`is ${state}, and by the clock ${session.stateAt(now)}`);
  if (session.certainMs(now) > 0 !== believed) broken(`is ${state}, and certain for ${session.certainMs(now)} ms`);
  if (state === "connected" && session.endpoint === undefined) broken("is connected to nobody");
  if (session.hopeless) broken("takes no endpoint for a server of this cluster, and all are");
  if (!troubles.includes(trouble.code)) broken(`is in trouble for ${trouble.code}`);
}

/** Its timer has rung at `now`, and it has done what was due: nothing is due any more, and no request waits too long. */
export function checkTimer<C>({ nextDeadline }: ClientSession<C>, awaited: Awaited, now: number): void {
  const overdueMs = awaited.overdueMs(now);
  if (overdueMs >= 0) {
    const late = `its user was to be told ${overdueMs.toFixed(3)} ms ago that there is no answer`;
    throw new InvariantBroken("client-times", `a client's timer has rung, and ${late}`);
  }
  if (nextDeadline > now) return;
  const was = `has done what was due, and was to do something ${(now - nextDeadline).toFixed(3)} ms ago all the same`;
  throw new InvariantBroken("vain-timers", `a client ${was}: its timer rings again and again`);
}

/** A client is about to open a stream, and has none: what it does not leave a server would keep for it. */
export function checkLeft(client: number, connection: SimConnection | undefined): void {
  if (connection === undefined) return;
  throw new InvariantBroken("client-thrift", `client ${client} connects anew, and has not left n${connection.server}`);
}

/** Whether the leader has heard of what a session said after `sinceUs`, virtual µs: by how long it is certain, at `now` ms. */
export function heardSince<C>(session: ClientSession<C>, now: number, sinceUs: number): boolean {
  const afterProofMs = session.identity.timeoutMs * (1 - sessionLimits.lostMargin);
  return 1000 * (now + session.certainMs(now) - afterProofMs) > sinceUs;
}

const path = "/p0";
const tooLong = `/${"x".repeat(limits.pathBytesMax)}`;
const much = new Uint8Array(limits.dataBytesMax);
const tooMuch = new Uint8Array(limits.dataBytesMax + 1);
const anyone: AclItem = { perms: 31, scheme: "world", id: "anyone" };
const many = limits.multiPartsMax + 1;
const read: Read = { kind: "getChildren", path, watch: false, local: true };

/** What the library refuses to send, with the code. */
const blunders: readonly (readonly [ErrorCode, RequestBody])[] = [
  ["BAD_ARGUMENTS", reading({ ...read, path: tooLong })],
  ["BAD_ARGUMENTS", reading({ ...read, limit: 1, after: tooLong })],
  [
    "MULTI_TOO_LARGE",
    reading({ ...read, kind: "multiRead", parts: new Array<ReadPart>(many).fill({ kind: "getData", path }) }),
  ],
  ["BAD_ARGUMENTS", writing({ op: "delete", path, version: 2 ** 31 })],
  ["DATA_TOO_LARGE", writing({ op: "setData", path, data: tooMuch, version: -1 })],
  [
    "INVALID_ACL",
    writing({ op: "setAcl", path, acl: new Array<AclItem>(limits.aclItemsMax + 1).fill(anyone), version: -1 }),
  ],
  [
    "INVALID_ACL",
    writing({ op: "setAcl", path, acl: [{ ...anyone, id: "x".repeat(limits.aclBytesMax) }], version: -1 }),
  ],
  [
    "MULTI_TOO_LARGE",
    writing({ op: "multi", parts: new Array<MultiPart>(many).fill({ op: "check", path, version: -1 }) }),
  ],
  [
    "MULTI_TOO_LARGE",
    writing({ op: "multi", parts: new Array<MultiPart>(3).fill({ op: "setData", path, data: much, version: -1 }) }),
  ],
  ["BAD_ARGUMENTS", { type: "auth", credential: { scheme: "digest", auth: much } }],
];

/** Asks a session for each by `submit`; it must take none. */
export function checkBlunders(submit: (body: RequestBody) => unknown): void {
  for (const [code, body] of blunders) {
    const told = refusal(() => submit(body));
    // A session that is closing, or no more, takes nothing at all.
    const over = told === "SESSION_CLOSED" || told === "SESSION_EXPIRED" || told === "SESSION_TAKEN";
    if (told !== code && !over) broken(`says ${told ?? "nothing"} where it should say ${code}`);
  }
}

/** A session did not take what it was asked, with this code; `asked`: what its user waits for. */
export function checkRefusal(code: ErrorCode, asked: readonly RequestBody[]): void {
  if (code === "SESSION_CLOSED" && !asked.some(({ type }) => type === "close"))
    broken("says that it is closing, and nobody has closed it");
  // No program here asks for so much at a time.
  if (code === "OVERLOADED") broken(`takes no more, though ${asked.length} requests wait for their answers`);
}

function refusal(submit: () => unknown): ErrorCode | undefined {
  try {
    submit();
    return undefined;
  } catch (error) {
    if (error instanceof TerrariumError) return error.code;
    throw error;
  }
}

function reading(asked: Read): RequestBody {
  return { type: "read", read: asked };
}

function writing(operation: Operation): RequestBody {
  return { type: "write", operation };
}

function broken(what: string): never {
  throw new InvariantBroken("client-protocol", `a session ${what}`);
}
