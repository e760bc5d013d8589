/**
 * The tree as a beginner would write it: a list of records, found by searching, with a counter for every kind of event.
 * The state machine must agree with it.
 */
import type { ErrorCode } from "../../src/base/errors.ts";
import type { MultiPart, Operation, SessionId, Stat, Zxid } from "../../src/base/operations.ts";

interface Record {
  path: string;
  data: Uint8Array;
  owner: SessionId;
  czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  ctime: number;
  mtime: number;
  sets: number;
  childrenCreated: number;
  childrenDeleted: number;
  container: boolean;
  ttlMs: number | undefined;
}

interface Wanted {
  path: string;
  data: Uint8Array;
  sequential: boolean;
  container?: boolean;
  ttlMs?: number;
}

export interface ModelResult {
  code?: ErrorCode;
  path?: string;
  /** multi: the part that was refused; or the path that each answers. */
  failedPart?: number;
  paths?: (string | undefined)[];
}

/** Independent of everything in src/znode. */
export class TreeModel {
  records: Record[] = [];

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])
      this.records.push(blank(path, new Uint8Array(0), 0, 0, 0));
    // The built-in children were never created, but count as present.
    this.at("/").childrenDeleted = -1;
    this.at("/zookeeper").childrenDeleted = -2;
  }

  find(path: string): Record | undefined {
    return this.records.find((record) => record.path === path);
  }

  at(path: string): Record {
    const record = this.find(path);
    if (record === undefined) throw new Error(`the model has no ${path}`);
    return record;
  }

  childrenOf(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return this.records
      .map((record) => record.path)
      .filter((child) => child !== "/" && child.startsWith(prefix) && !child.slice(prefix.length).includes("/"))
      .map((child) => child.slice(prefix.length))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  stat(path: string): Stat | undefined {
    const record = this.find(path);
    if (record === undefined) return undefined;
    return {
      czxid: record.czxid,
      mzxid: record.mzxid,
      pzxid: record.pzxid,
      ctime: record.ctime,
      mtime: record.mtime,
      version: record.sets,
      cversion: record.childrenCreated + record.childrenDeleted,
      aversion: 0,
      ephemeralOwner: record.owner,
      dataLength: record.data.length,
      numChildren: this.childrenOf(path).length,
      ...(record.container ? { container: true } : {}),
      ...(record.ttlMs === undefined ? {} : { ttlMs: record.ttlMs }),
    };
  }

  write(session: SessionId, operation: Operation, zxid: Zxid, timeMs: number): ModelResult {
    switch (operation.op) {
      case "create":
        return this.#create(operation.ephemeral ? session : 0, operation, zxid, timeMs);
      case "createContainer":
        return this.#create(0, { ...operation, sequential: false, container: true }, zxid, timeMs);
      case "createTtl":
        if (operation.ttlMs < 1 || operation.ttlMs > 1_099_511_627_775) return { code: "BAD_ARGUMENTS" };
        return this.#create(0, operation, zxid, timeMs);
      case "delete":
        return this.#delete(operation, zxid);
      case "setData":
        return this.#setData(operation, zxid, timeMs);
      case "setAcl":
      case "createWithAcl":
        throw new Error("lists have tests of their own");
      case "multi":
        return this.#multi(session, operation.parts, zxid, timeMs);
    }
  }

  /** Works on a copy of everything, which is dropped where a part is refused. */
  #multi(session: SessionId, parts: readonly MultiPart[], zxid: Zxid, timeMs: number): ModelResult {
    const before = this.records.map((record) => ({ ...record }));
    const paths: (string | undefined)[] = [];
    for (const [i, part] of parts.entries()) {
      const { code, path } = this.#part(session, part, zxid, timeMs);
      if (code !== undefined) {
        this.records = before;
        return { code, failedPart: i };
      }
      paths.push(path);
    }
    return { paths };
  }

  #part(session: SessionId, part: MultiPart, zxid: Zxid, timeMs: number): ModelResult {
    if (part.op === "unsupported") return { code: "UNIMPLEMENTED" };
    if (part.op !== "check") return this.write(session, part, zxid, timeMs);
    if (!isValid(part.path)) return { code: "BAD_ARGUMENTS" };
    const record = this.find(part.path);
    if (record === undefined) return { code: "NO_NODE" };
    return part.version === -1 || part.version === record.sets ? {} : { code: "BAD_VERSION" };
  }

  /** What nobody uses goes: a container that has lost all its children, and what was not set for its time to live. */
  removeUnused(paths: readonly string[], zxid: Zxid, timeMs: number): void {
    for (const path of paths) {
      const record = this.find(path);
      if (record === undefined || this.childrenOf(path).length > 0) continue;
      const isOver = record.ttlMs !== undefined && timeMs > record.mtime + record.ttlMs;
      if ((record.container && record.childrenCreated > 0) || isOver)
        this.#delete({ op: "delete", path, version: -1 }, zxid);
    }
  }

  #create(owner: SessionId, operation: Wanted, zxid: Zxid, timeMs: number): ModelResult {
    if (!operation.path.includes("/")) return { code: "BAD_ARGUMENTS" };
    const parent = this.find(parentOf(operation.path));
    if (parent === undefined) return { code: "NO_NODE" };
    const number = operation.sequential ? String(parent.childrenCreated).padStart(10, "0") : "";
    const path = operation.path + number;
    if (!isValid(path)) return { code: "BAD_ARGUMENTS" };
    if (this.find(path) !== undefined) return { code: "NODE_EXISTS" };
    if (parent.owner !== 0) return { code: "NO_CHILDREN_FOR_EPHEMERALS" };
    const { data, container = false, ttlMs } = operation;
    this.records.push({ ...blank(path, data, owner, zxid, timeMs), container, ttlMs });
    parent.childrenCreated++;
    parent.pzxid = zxid;
    return { path };
  }

  #delete(operation: Operation & { op: "delete" }, zxid: Zxid): ModelResult {
    if (/^\/(zookeeper(\/(quota|config))?)?$/.test(operation.path)) return { code: "BAD_ARGUMENTS" };
    if (!operation.path.includes("/")) return { code: "BAD_ARGUMENTS" };
    const record = this.find(operation.path);
    if (record === undefined) return { code: "NO_NODE" };
    if (operation.version !== -1 && operation.version !== record.sets) return { code: "BAD_VERSION" };
    if (this.childrenOf(record.path).length > 0) return { code: "NOT_EMPTY" };
    this.remove(record.path, zxid);
    return {};
  }

  #setData(operation: Operation & { op: "setData" }, zxid: Zxid, timeMs: number): ModelResult {
    if (!isValid(operation.path)) return { code: "BAD_ARGUMENTS" };
    const record = this.find(operation.path);
    if (record === undefined) return { code: "NO_NODE" };
    if (operation.version !== -1 && operation.version !== record.sets) return { code: "BAD_VERSION" };
    record.data = operation.data;
    record.sets++;
    record.mzxid = zxid;
    record.mtime = timeMs;
    return {};
  }

  remove(path: string, zxid: Zxid): void {
    this.records = this.records.filter((record) => record.path !== path);
    const parent = this.at(parentOf(path));
    parent.childrenDeleted++;
    parent.pzxid = zxid;
  }

  endSession(session: SessionId, zxid: Zxid): string[] {
    const owned = this.records.filter(({ owner }) => owner === session);
    const paths = owned.sort((a, b) => a.czxid - b.czxid || (a.path < b.path ? -1 : 1)).map(({ path }) => path);
    for (const path of paths) this.remove(path, zxid);
    return paths;
  }
}

function parentOf(path: string): string {
  return path.replace(/\/[^/]*$/, "") || "/";
}

function isValid(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a path may not have.
  if (/[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/.test(path)) return false;
  if (path === "/") return true;
  const [first, ...segments] = path.split("/");
  return first === "" && segments.length > 0 && segments.every((segment) => !["", ".", ".."].includes(segment));
}

function blank(path: string, data: Uint8Array, owner: SessionId, zxid: Zxid, timeMs: number): Record {
  return {
    path,
    data,
    owner,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: timeMs,
    mtime: timeMs,
    sets: 0,
    childrenCreated: 0,
    childrenDeleted: 0,
    container: false,
    ttlMs: undefined,
  };
}
