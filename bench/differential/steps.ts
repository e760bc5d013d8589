/** What both servers are asked: steps of a few clients, one after the other. */
import type { Acl } from "../../src/base/acl.ts";

export const clients = 3;

/** What a client may ask for by itself. */
export const simpleAsks = [
  "create",
  "create2",
  "createContainer",
  "createTtl",
  "delete",
  "exists",
  "getData",
  "setData",
  "getAcl",
  "setAcl",
  "getChildren",
  "getChildren2",
  "sync",
  "whoAmI",
  "getEphemerals",
  "getAllChildrenNumber",
  "addWatch",
  "removeWatches",
  "checkWatches",
] as const;

/** All that is asked for. A check alone, if it goes well, has ZooKeeper hang up instead of an answer: it is within multis only. */
export const asks = [...simpleAsks, "check", "multi", "multiRead", "reconfig"] as const;

/** One request. Fields that its operation does not have are ignored. */
export interface Ask {
  readonly op: (typeof asks)[number];
  readonly path: string;
  readonly data: string;
  readonly version: number;
  /** Of a create. */
  readonly flags: number;
  /** Of an addWatch; of removeWatches and checkWatches the type. */
  readonly mode: number;
  /** Of a createTtl. */
  readonly ttlMs: number;
  /** Of a create and a setAcl. */
  readonly acl: Acl;
  readonly watch: boolean;
  /** Of a multi or multiRead: what it consists of. */
  readonly parts?: readonly Ask[];
}

/** What is wrong with a request: its end is cut off or too long by `by` bytes, or a length in it is `by`. */
export interface Spoiling {
  readonly how: "cut" | "more" | "path" | "second";
  readonly by: number;
}

/** A client is cut off; another one does something; the first comes back to its session and arms its watches again. */
export interface Rejoin {
  readonly type: "rejoin";
  readonly client: number;
  readonly other: number;
  readonly meanwhile: Ask | undefined;
  /** What it arms: all, if nothing is said; as clients do that know of no watches that stay; nothing. */
  readonly arm?: "all" | "old" | "none";
  /** It is not cut off: its new connection ends the one before. */
  readonly steal?: boolean;
}

/** Steps are taken one after the other; after each one all that it caused is waited for. */
export type Step =
  /** A client sends requests, one behind the other, without waiting. */
  | { readonly type: "ask"; readonly client: number; readonly asks: readonly Ask[] }
  | Rejoin
  /** A client closes its session, perhaps right behind some requests, and opens a new one. */
  | { readonly type: "close"; readonly client: number; readonly behind?: readonly Ask[] }
  /** A client shows who it is; a scheme that there is none of ends the connection. */
  | { readonly type: "auth"; readonly client: number; readonly scheme: string; readonly credential: string }
  /** A request whose body ends too early, or means nothing, for an operation with this number. */
  | { readonly type: "garbled"; readonly client: number; readonly opcode: number; readonly body: readonly number[] }
  /** A request that is as it should be, but for something. */
  | ({ readonly type: "spoilt"; readonly client: number; readonly ask: Ask } & Spoiling)
  /** Somebody comes with a session that there is not, or with a zxid that no server has, or with these bytes. */
  | {
      readonly type: "knock";
      readonly client: number;
      readonly with: "session" | "zxid" | "bytes";
      readonly bytes: readonly number[];
    };

/** In a path: the znode below which the sequence has its znodes, and the one in which that one is. */
export const ownPlace = "%";
export const ownFolder = "^";

/** A sequence of steps. */
export interface Sequence {
  readonly steps: readonly Step[];
  /** It looks at what there is one of in each server, and changes it: no other sequence may run beside it. */
  readonly alone: boolean;
}
