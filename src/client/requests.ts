/** Requests, made of what callers passed once it has been checked. */
import type { Operation, Read, ReadKind, WatchKind } from "../base/operations.ts";
import type { RequestBody } from "../protocol/client-messages.ts";
import {
  checkCallback,
  checkData,
  checkFlag,
  checkLimit,
  checkName,
  checkOptions,
  checkPath,
  checkSignal,
  checkVersion,
  checkWatchKind,
} from "./checks.ts";
import { checkTimeout } from "./endpoints.ts";
import type {
  ChildPagesOptions,
  CreateOptions,
  ReadOptions,
  RequestOptions,
  VersionOptions,
  WatchOptions,
} from "./options.ts";

export function createRequest(path: unknown, data: unknown, options: CreateOptions): RequestBody {
  const given = checkOptions(options);
  const ephemeral = checkFlag("ephemeral", given.ephemeral);
  const sequential = checkFlag("sequential", given.sequential);
  return write({ op: "create", path: checkPath(path, sequential), data: checkData(data), ephemeral, sequential });
}

export function setRequest(path: unknown, data: unknown, options: VersionOptions): RequestBody {
  const version = checkVersion(checkOptions(options).version);
  return write({ op: "setData", path: checkPath(path), data: checkData(data), version });
}

export function deleteRequest(path: unknown, options: VersionOptions): RequestBody {
  return write({ op: "delete", path: checkPath(path), version: checkVersion(checkOptions(options).version) });
}

export function readRequest(kind: ReadKind, path: unknown, options: ReadOptions): RequestBody {
  return { type: "read", read: checkedRead(kind, path, options) };
}

function checkedRead(kind: ReadKind, path: unknown, options: ReadOptions): Read {
  const given = checkOptions(options);
  const watch = checkCallback("watch", given.watch) !== undefined;
  return { kind, path: checkPath(path), watch, local: checkFlag("local", given.local) };
}

/** A page of children behind `after`; without a limit, as many as the server gives. */
export function pageRequest(path: unknown, options: ChildPagesOptions, after: unknown): RequestBody {
  const read = checkedRead("getChildren", path, options);
  return { type: "read", read: { ...read, limit: checkLimit(checkOptions(options).limit), after: checkName(after) } };
}

/** What every request may have, checked. */
export function requestOptions(options: RequestOptions, timeoutDefaultMs: number) {
  const { timeoutMs = timeoutDefaultMs, signal } = checkOptions(options);
  return { timeoutMs: checkTimeout("timeoutMs", timeoutMs), signal: checkSignal(signal) };
}

/** What `watch` takes, checked. */
export function watchArguments(path: unknown, kind: unknown, options: WatchOptions) {
  const given = checkOptions(options);
  const checked: { path: string; kind: WatchKind } = { path: checkPath(path), kind: checkWatchKind(kind) };
  return { ...checked, signal: checkSignal(given.signal) };
}

function write(operation: Operation): RequestBody {
  return { type: "write", operation };
}
