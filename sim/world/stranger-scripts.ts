/** What clients say that do not keep to the protocol, as no client library of ours would, and what has to come of it. */

import type { AclItem } from "../../src/base/acl.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Operation, OperationOf } from "../../src/base/operations.ts";
import type { Read } from "../../src/base/reads.ts";
import {
  type ClientMessage,
  type Connect,
  protocolVersion,
  type Request,
  type RequestBody,
} from "../../src/protocol/client-messages.ts";
import { superCredential } from "../access-rules.ts";
import type { Mistake } from "../plan/actions.ts";
import { otherInstance } from "./other-life.ts";

/** A conversation: each frame but the first goes out when all that was asked before has been answered. */
export interface Script {
  readonly frames: readonly (readonly ClientMessage[])[];
  /** What it is refused with, be it as a whole or request by request. None: there is nothing wrong, but for the haste. */
  readonly refusedWith: readonly ErrorCode[];
  /** Numbers of the requests, from this one on, that must not succeed; those before are in order. 0: it gets no session. */
  readonly wrongFrom: number;
}

/** No path of a znode. */
const nowhere = "//nowhere";
const noData = new Uint8Array(0);

/** A write that comes to nothing. */
const vain: OperationOf<"delete"> = { op: "delete", path: "/strange", version: -1 };
const make: OperationOf<"create"> = {
  op: "create",
  path: "/strange",
  data: noData,
  ephemeral: false,
  sequential: false,
};
const ping: ClientMessage = { type: "ping", number: 1 };
const look: Read = { kind: "exists", path: "/", watch: false, local: true };

const anyone: AclItem = { perms: 31, scheme: "world", id: "anyone" };
const somebody: AclItem = { perms: 31, scheme: "digest", id: "somebody:" };
/** As long as a path may be. */
const longPath = `/${"x".repeat(limits.pathBytesMax - 1)}`;

/** A session that somebody else may have. */
export interface Victim {
  readonly sessionId: number;
  readonly password: Uint8Array;
}

/** The script of a mistake. */
export function scriptOf(says: Mistake, { sessionId: victim, password }: Victim): Script {
  switch (says) {
    case "early":
      return { frames: [[read(1, look)]], refusedWith: ["PROTOCOL_ERROR"], wrongFrom: 1 };
    case "twice":
      return { frames: [[connect({})], [connect({})]], refusedWith: ["PROTOCOL_ERROR"], wrongFrom: 1 };
    case "version":
      return { frames: [[connect({ protocol: protocolVersion + 1 })]], refusedWith: ["PROTOCOL_ERROR"], wrongFrom: 0 };
    case "password":
      return {
        frames: [[attach(victim, new Uint8Array(limits.passwordBytesMax + 1))]],
        refusedWith: ["AUTH_FAILED"],
        wrongFrom: 0,
      };
    case "thief":
      return { frames: [[attach(victim, password)]], refusedWith: ["AUTH_FAILED"], wrongFrom: 1 };
    case "twin":
      return {
        frames: [[{ ...attach(victim, password), takeover: false }]],
        refusedWith: ["AUTH_FAILED"],
        wrongFrom: 0,
      };
    case "theft":
      return {
        frames: [[attach(victim, new Uint8Array(16))]],
        refusedWith: ["AUTH_FAILED", "SESSION_EXPIRED"],
        wrongFrom: 0,
      };
    case "otherLife":
      return { frames: [[connect({ instance: otherInstance })]], refusedWith: ["WRONG_CLUSTER"], wrongFrom: 1 };
    case "xid":
      return attached([read(1, look), read(3, look)], ["PROTOCOL_ERROR"], 3);
    case "requestId":
      return attached([write(1, 7, vain)], ["PROTOCOL_ERROR"]);
    case "path":
      return attached(
        [
          write(1, 1, { ...make, path: nowhere }),
          write(2, 2, { ...vain, path: nowhere }),
          write(3, 3, { op: "setData", path: nowhere, data: noData, version: -1 }),
          write(4, 4, { ...vain, path: "/" }),
          write(5, 5, { op: "createContainer", path: nowhere, data: noData }),
          write(6, 6, { op: "setAcl", path: nowhere, acl: [anyone], version: -1 }),
          write(7, 7, { ...make, path: "nowhere" }),
          write(8, 8, { ...vain, path: "nowhere" }),
          read(9, { ...look, path: nowhere }),
          read(10, { ...look, kind: "getData", path: nowhere, local: false }),
          read(11, { ...look, kind: "getChildren", path: nowhere }),
          read(12, { ...look, kind: "addWatch", path: nowhere }),
          write(13, 8, { op: "createTtl", path: "/strange", data: noData, sequential: false, ttlMs: 2 ** 41 }),
        ],
        ["BAD_ARGUMENTS", "NO_NODE"],
      );
    case "data": {
      const data = new Uint8Array(limits.dataBytesMax + 1);
      const parts = [{ op: "setData", path: "/", data, version: -1 }] as const;
      return attached(
        [
          write(1, 1, { ...make, data }),
          write(2, 2, { op: "setData", path: "/", data, version: -1 }),
          write(3, 3, { op: "multi", parts }),
        ],
        ["DATA_TOO_LARGE", "MULTI_TOO_LARGE"],
      );
    }
    case "flood": {
      const requests = Array.from({ length: limits.outstandingRequestsMax + 1 }, (_, i) =>
        read(i + 1, { ...look, local: false }),
      );
      return attached(requests, ["TOO_MANY_REQUESTS"], limits.outstandingRequestsMax + 1);
    }
    case "unread": {
      const parts = Array.from({ length: 501 }, () => ({ op: "check", path: "/", version: -1 }) as const);
      const frames = [[connect({})], [write(1, 1, { op: "multi", parts })], [write(2, 2, { op: "multi", parts })]];
      return { frames, refusedWith: ["TOO_MANY_REQUESTS"], wrongFrom: 2 };
    }
    case "again": {
      const frames = [[connect({})], [write(1, 1, vain)], [write(2, 2, vain, 1)], [write(3, 1, vain, 1)]];
      return { frames, refusedWith: ["NO_NODE", "PROTOCOL_ERROR"], wrongFrom: 1 };
    }
    case "closeAgain": {
      const close = request(3, 1, 1, { type: "close" });
      const frames = [[connect({})], [write(1, 1, vain)], [write(2, 2, vain, 1)], [close]];
      return { frames, refusedWith: ["NO_NODE", "PROTOCOL_ERROR"], wrongFrom: 1 };
    }
    case "watch":
      return attached(
        [{ type: "setWatches", relativeZxid: 0, watches: [{ kind: "data", path: nowhere }] }, ping],
        ["BAD_ARGUMENTS"],
      );
    case "watches": {
      const watches = new Array(limits.setWatchesMax + 1).fill({ kind: "data", path: "/" });
      return attached([{ type: "setWatches", relativeZxid: 0, watches }, ping], ["OVERLOADED"]);
    }
    case "haste": {
      const watches = Array.from({ length: 20 }, (_, i) => ({ kind: "exist", path: `/strange/${i}` }) as const);
      const messages: ClientMessage[] = [
        { type: "setWatches", relativeZxid: 0, watches: [...watches, ...watches] },
        ping,
        { type: "disarm", watches },
        { type: "ping", number: 2 },
      ];
      return { frames: [[connect({})], messages], refusedWith: [], wrongFrom: 1 };
    }
    case "lists": {
      const long = new Array<AclItem>(limits.aclItemsMax + 1).fill(anyone);
      const large = Array.from({ length: 100 }, (_, i) => ({ ...somebody, id: `${i}:`.padStart(1_000, "x") }));
      const set = { op: "setAcl", path: "/", version: -1 } as const;
      return attached(
        [[], long, large].map((acl, i) => write(i + 1, i + 1, { ...set, acl })),
        ["INVALID_ACL"],
      );
    }
    case "parts": {
      const many = new Array(limits.multiPartsMax + 1);
      const data = new Uint8Array(limits.dataBytesMax);
      const set = { op: "setData", path: "/", data, version: -1 } as const;
      const check = { op: "check", path: "/", version: -1 } as const;
      const parts = many.fill({ kind: "getData", path: "/" });
      return attached(
        [
          write(1, 1, { op: "multi", parts: many.slice().fill(check) }),
          write(2, 2, { op: "multi", parts: [set, set, set] }),
          write(3, 3, { op: "multi", parts: [check, { op: "unsupported" }] }),
          read(4, { ...look, kind: "multiRead", parts }),
        ],
        ["MULTI_TOO_LARGE", "UNIMPLEMENTED"],
      );
    }
    case "pile": {
      const parts = new Array(limits.multiPartsMax).fill({ kind: "getData", path: longPath });
      const count = Math.ceil(limits.outstandingBytesMax / (limits.multiPartsMax * longPath.length)) + 1;
      const asked: Read = { ...look, kind: "multiRead", local: false, parts };
      return attached(
        Array.from({ length: count }, (_, i) => read(i + 1, asked)),
        ["TOO_MANY_REQUESTS"],
        count,
      );
    }
    case "pings": {
      const watches = [{ kind: "exist", path: "/strange" }] as const;
      const pings = Array.from({ length: limits.outstandingRequestsMax + 1 }, () => ping);
      return attached([{ type: "setWatches", relativeZxid: 0, watches }, ...pings], ["TOO_MANY_REQUESTS"]);
    }
    case "characters": {
      const count = Math.ceil((2 * limits.watchCharactersPerConnectionMax) / longPath.length) + 1;
      const watches = new Array(count).fill({ kind: "exist", path: longPath });
      return attached([{ type: "setWatches", relativeZxid: 0, watches }, ping], ["OVERLOADED"]);
    }
    case "credential":
      return attached(
        [request(1, 0, 0, { type: "auth", credential: { scheme: "stranger", auth: noData } })],
        ["BAD_ARGUMENTS"],
      );
    case "members": {
      const path = "/zookeeper/config";
      return attached(
        [
          show(1, superCredential),
          write(2, 1, { op: "setData", path, data: noData, version: -1 }),
          write(3, 2, { ...make, path: `${path}/one` }),
          write(4, 3, { ...vain, path }),
        ],
        ["BAD_ARGUMENTS"],
        2,
      );
    }
    case "unwatch": {
      const watches = [{ kind: "data", path: "/" }] as const;
      const given = { path: "", watch: false, local: true, watches };
      return attached(
        [
          read(1, { ...look, kind: "getData", watch: true }),
          read(2, { ...given, kind: "checkWatches" }),
          read(3, { ...given, kind: "removeWatches" }),
          read(4, { ...given, kind: "checkWatches" }),
          read(5, { ...given, kind: "removeWatches" }),
        ],
        ["NO_WATCHER"],
        4,
      );
    }
  }
}

/** Shows a credential. */
function show(xid: number, credential: string): Request {
  return request(xid, 0, 0, { type: "auth", credential: { scheme: "digest", auth: utf8(credential) } });
}

/** One frame behind the attachment; `wrongFrom`: the first request that is wrong. */
function attached(frame: readonly ClientMessage[], refusedWith: readonly ErrorCode[], wrongFrom = 1): Script {
  return { frames: [[connect({})], frame], refusedWith, wrongFrom };
}

function connect(other: Partial<Connect>): Connect {
  return {
    type: "connect",
    protocol: protocolVersion,
    sessionId: 0,
    password: noData,
    // As in the plan: whoever speaks sees to it.
    timeoutMs: 0,
    lastZxid: 0,
    holder: 1,
    takeover: false,
    instance: 0,
    ...other,
  };
}

function attach(sessionId: number, password: Uint8Array): Connect {
  return connect({ sessionId, password, takeover: true });
}

function request(xid: number, requestId: number, ackedRequestId: number, body: RequestBody): Request {
  return { type: "request", xid, requestId, ackedRequestId, body };
}

function read(xid: number, asked: Read): Request {
  return request(xid, 0, 0, { type: "read", read: asked });
}

function write(xid: number, requestId: number, operation: Operation, ackedRequestId = 0): Request {
  return request(xid, requestId, ackedRequestId, { type: "write", operation });
}
