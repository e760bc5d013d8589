/** What clients say that do not keep to the protocol, as no client library of ours would, and what has to come of it. */
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

/** The script of a mistake; `victim` is a session that others may have. */
export function scriptOf(says: Mistake, victim: number): Script {
  switch (says) {
    case "early":
      return { frames: [[read(1, look)]], refusedWith: ["PROTOCOL_ERROR"], wrongFrom: 1 };
    case "twice":
      return { frames: [[connect({})], [connect({})]], refusedWith: ["PROTOCOL_ERROR"], wrongFrom: 1 };
    case "version":
      return { frames: [[connect({ protocol: protocolVersion + 1 })]], refusedWith: ["PROTOCOL_ERROR"], wrongFrom: 0 };
    case "password":
      return { frames: [[attach(victim, limits.passwordBytesMax + 1)]], refusedWith: ["AUTH_FAILED"], wrongFrom: 0 };
    case "theft":
      return { frames: [[attach(victim, 16)]], refusedWith: ["AUTH_FAILED", "SESSION_EXPIRED"], wrongFrom: 0 };
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
          read(5, { ...look, path: nowhere }),
          read(6, { ...look, kind: "getData", path: nowhere, local: false }),
          read(7, { ...look, kind: "getChildren", path: nowhere }),
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
  }
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

function attach(sessionId: number, passwordBytes: number): Connect {
  return connect({ sessionId, password: new Uint8Array(passwordBytes), takeover: true });
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
