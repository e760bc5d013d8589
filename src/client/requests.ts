/** Requests, made of what callers passed once it has been checked. */
import type { OneShotKind, Read, ReadKind } from "../base/reads.ts";
import type { RequestBody } from "../protocol/client-messages.ts";
import {
  badArgument,
  checkAuth,
  checkCallback,
  checkFlag,
  checkLimit,
  checkName,
  checkOptions,
  checkPath,
  checkSignal,
  checkWatchKind,
  isObject,
} from "./checks.ts";
import { checkTimeout } from "./endpoints.ts";
import type {
  AddWatchOptions,
  ChildPagesOptions,
  CountOptions,
  EphemeralsOptions,
  ReadOptions,
  RequestOptions,
  WatchOptions,
} from "./options.ts";

/** What every request may have; what else it has is checked with its body. */
export const everyRequest = ["timeoutMs", "signal"] as const;
const readOptions = [...everyRequest, "local", "watch"] as const;
const addWatchOptions = [...everyRequest, "recursive"] as const;
const pageOptions = [...readOptions, "limit", "after"] as const;

export function readRequest(kind: ReadKind, path: unknown, options: ReadOptions): RequestBody {
  return { type: "read", read: checkedRead(kind, path, checkOptions(options, readOptions)) };
}

function checkedRead(kind: ReadKind, path: unknown, given: Partial<ReadOptions>): Read {
  const watch = checkCallback("watch", given.watch) !== undefined;
  return { kind, path: checkPath(path), watch, local: checkFlag("local", given.local) };
}

/** A watch that stays armed. */
export function addWatchRequest(path: unknown, listener: unknown, options: AddWatchOptions): RequestBody {
  const { recursive } = checkOptions(options, addWatchOptions);
  if (checkCallback("listener", listener) === undefined) throw badArgument("listener", listener, "a function");
  const kind = checkFlag("recursive", recursive) ? "addRecursiveWatch" : "addWatch";
  return { type: "read", read: { kind, path: checkPath(path), watch: true, local: false } };
}

/** A page of children behind `after`; without a limit, as many as the server gives. */
export function pageRequest(path: unknown, options: ChildPagesOptions, after: unknown): RequestBody {
  const given = checkOptions(options, pageOptions);
  const read = checkedRead("getChildren", path, given);
  return { type: "read", read: { ...read, limit: checkLimit(given.limit), after: checkName(after) } };
}

export function countRequest(path: unknown, options: CountOptions): RequestBody {
  const given = checkOptions(options, [...everyRequest, "local"]);
  return { type: "read", read: checkedRead("getAllChildrenNumber", path, given) };
}

export function ephemeralsRequest(options: EphemeralsOptions): RequestBody {
  const { prefix = "/", local } = checkOptions(options, [...everyRequest, "local", "prefix"]);
  if (typeof prefix !== "string") throw badArgument("prefix", prefix, "the beginning of paths");
  const read: Read = { kind: "getEphemerals", path: prefix, watch: false, local: checkFlag("local", local) };
  return { type: "read", read };
}

export function syncRequest(options: RequestOptions): RequestBody {
  checkOptions(options, everyRequest);
  return { type: "read", read: { kind: "sync", path: "/", watch: false, local: false } };
}

export function aclRequest(path: unknown, options: CountOptions): RequestBody {
  const given = checkOptions(options, [...everyRequest, "local"]);
  return { type: "read", read: checkedRead("getAcl", path, given) };
}

export function authRequest(scheme: unknown, auth: unknown, options: RequestOptions): RequestBody {
  checkOptions(options, everyRequest);
  return { type: "auth", credential: checkAuth(scheme, auth) };
}

/** What every request may have, checked. */
export function requestOptions(options: RequestOptions | undefined, timeoutDefaultMs: number) {
  const known: unknown = options;
  if (known !== undefined && !isObject(known)) throw badArgument("options", known, "an object");
  const { timeoutMs = timeoutDefaultMs, signal } = options ?? {};
  return { timeoutMs: checkTimeout("timeoutMs", timeoutMs), signal: checkSignal(signal) };
}

/** What `watch` takes, checked. */
export function watchArguments(path: unknown, kind: unknown, options: WatchOptions) {
  const given = checkOptions(options, ["signal"]);
  const checked: { path: string; kind: OneShotKind } = { path: checkPath(path), kind: checkWatchKind(kind) };
  return { ...checked, signal: checkSignal(given.signal) };
}
