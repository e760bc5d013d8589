/**
 * A second, simpler state machine, written from the rules of ZooKeeper and docs/divergences.md rather than from
 * `src/znode`. It is fed the committed log and remembers every version of every znode, so that an answer can be judged
 * by its zxid.
 */
import { bytesEqual, hex } from "../../src/base/bytes.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Operation, SessionId, Stat, Zxid } from "../../src/base/operations.ts";
import { hashString } from "../../src/base/random.ts";
import type { Command, CreateSession, Write } from "../../src/znode/commands.ts";

/** One version of a znode, from a zxid on. */
export interface ZnodeVersion {
  readonly since: Zxid;
  /** False from a delete on. */
  readonly exists: boolean;
  readonly data: Uint8Array;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly owner: SessionId;
  readonly childrenMade: number;
  readonly children: number;
  /** Of the children's names, whatever their order. */
  readonly childrenHash: number;
}

/** What a write did when its entry was applied. */
export interface Effect {
  readonly zxid: Zxid;
  readonly sessionId: SessionId;
  readonly requestId: number;
  readonly operation: Operation;
  readonly code: ErrorCode | "ok";
  /** Of a successful create. */
  readonly path: string;
  readonly stat: Stat | undefined;
}

interface ModelSession {
  readonly id: SessionId;
  readonly password: Uint8Array;
  attachment: Zxid;
  attachedBy: string;
  holder: number;
  lastRequestId: number;
  readonly ephemerals: Set<string>;
}

const noBytes = new Uint8Array(0);

/** Order-free hash of a list of names. */
export function namesHash(names: readonly string[]): number {
  let hash = 0;
  for (const name of names) hash ^= hashString(name);
  return hash;
}

export class ReferenceModel {
  /** Index of the newest entry taken in. */
  applied: Zxid = 0;
  readonly sessions = new Map<SessionId, ModelSession>();
  /** By zxid, of all writes that took their place in a session's order. */
  readonly effects = new Map<Zxid, Effect>();
  readonly #byPassword = new Map<string, ModelSession>();
  /** By path: the names of all children that it ever had. */
  readonly #childNames = new Map<string, Set<string>>();
  /** By path, oldest version first. */
  readonly #versions = new Map<string, ZnodeVersion[]>();
  #timeMs = 0;

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      const names = path === "/" ? ["zookeeper"] : path === "/zookeeper" ? ["quota", "config"] : [];
      const bare = { ...fresh(0, 0, noBytes, 0), children: names.length, childrenHash: namesHash(names) };
      this.#begin(path, bare);
    }
  }

  /** Takes in the entry at `applied + 1`; without a command, a no-op or a configuration. */
  apply(index: Zxid, command: Command | undefined): void {
    this.applied = index;
    if (command === undefined) return;
    this.#timeMs = Math.max(this.#timeMs, command.timeMs);
    const { body } = command;
    switch (body.type) {
      case "write":
        return this.#write(index, body);
      case "createSession":
        return this.#open(index, body);
      case "attachSession": {
        const session = this.sessions.get(body.sessionId);
        const by = `${command.origin}.${command.proposal}`;
        if (session === undefined || !bytesEqual(session.password, body.password) || session.attachedBy === by) return;
        const { holder, takeover = false } = body;
        if (holder !== session.holder && !takeover) return;
        session.holder = holder;
        session.attachment = index;
        session.attachedBy = by;
        return;
      }
      case "closeSession": {
        const session = this.sessions.get(body.sessionId);
        if (session === undefined || session.attachment !== body.attachment) return;
        if (body.requestId === session.lastRequestId + 1) this.#end(index, session);
        return;
      }
      case "expireSessions":
        for (const { sessionId, attachment } of body.sessions) {
          const session = this.sessions.get(sessionId);
          if (session?.attachment === attachment) this.#end(index, session);
        }
        return;
    }
  }

  /** The version of a znode that was in force at `zxid`; `undefined` if it did not exist then. */
  at(path: string, zxid: Zxid): ZnodeVersion | undefined {
    const versions = this.#versions.get(path);
    if (versions === undefined) return undefined;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i];
      if (version !== undefined && version.since <= zxid) return version.exists ? version : undefined;
    }
    return undefined;
  }

  /** The names of the children that a znode had at `zxid`, sorted by code unit. */
  childrenAt(path: string, zxid: Zxid): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const ever = [...(this.#childNames.get(path) ?? [])];
    return ever.filter((name) => this.at(prefix + name, zxid) !== undefined).sort();
  }

  /** All versions of a znode, oldest first. */
  versionsOf(path: string): readonly ZnodeVersion[] {
    return this.#versions.get(path) ?? [];
  }

  /** Paths of all znodes that exist now. */
  paths(): string[] {
    return [...this.#versions.keys()].filter((path) => this.#now(path) !== undefined);
  }

  #now(path: string): ZnodeVersion | undefined {
    const version = this.#versions.get(path)?.at(-1);
    return version?.exists === true ? version : undefined;
  }

  #set(path: string, version: ZnodeVersion): void {
    const versions = this.#versions.get(path);
    if (versions === undefined) this.#begin(path, version);
    else versions.push(version);
  }

  #begin(path: string, version: ZnodeVersion): void {
    this.#versions.set(path, [version]);
    if (path === "/") return;
    const names = this.#childNames.get(parentOf(path));
    if (names === undefined) this.#childNames.set(parentOf(path), new Set([nameOf(path)]));
    else names.add(nameOf(path));
  }

  #open(index: Zxid, body: CreateSession): void {
    const key = hex(body.password);
    if (this.#byPassword.has(key)) return;
    const session: ModelSession = {
      id: index,
      password: body.password,
      attachment: index,
      attachedBy: "",
      holder: body.holder ?? 0,
      lastRequestId: 0,
      ephemerals: new Set(),
    };
    this.sessions.set(index, session);
    this.#byPassword.set(key, session);
  }

  #end(index: Zxid, session: ModelSession): void {
    for (const path of session.ephemerals) this.#remove(index, path);
    this.sessions.delete(session.id);
    this.#byPassword.delete(hex(session.password));
  }

  #write(index: Zxid, write: Write): void {
    const session = this.sessions.get(write.sessionId);
    if (session === undefined || session.attachment !== write.attachment) return;
    if (write.requestId !== session.lastRequestId + 1) return;
    session.lastRequestId = write.requestId;
    const { sessionId, requestId, operation, diskFull = "" } = write;
    const full = { code: "DISK_FULL", path: "", stat: undefined } as const;
    const done = diskFull === "" ? this.#perform(index, session, operation) : full;
    this.effects.set(index, { zxid: index, sessionId, requestId, operation, ...done });
  }

  #perform(index: Zxid, session: ModelSession, operation: Operation): Pick<Effect, "code" | "path" | "stat"> {
    const refused = (code: ErrorCode) => ({ code, path: "", stat: undefined });
    if (operation.op === "create") return this.#create(index, session, operation);
    const { path, version } = operation;
    const znode = this.#now(path);
    if (operation.op === "delete" && (path === "/" || path.startsWith("/zookeeper"))) return refused("BAD_ARGUMENTS");
    if (znode === undefined) return refused("NO_NODE");
    if (version !== -1 && version !== znode.version) return refused("BAD_VERSION");
    if (operation.op === "delete") {
      if (znode.children > 0) return refused("NOT_EMPTY");
      this.#remove(index, path);
      return { code: "ok", path: "", stat: undefined };
    }
    const { data } = operation;
    const next = { ...znode, since: index, data, mzxid: index, mtime: this.#timeMs, version: znode.version + 1 };
    this.#set(path, next);
    return { code: "ok", path: "", stat: statOf(next) };
  }

  #create(
    index: Zxid,
    session: ModelSession,
    operation: Extract<Operation, { readonly op: "create" }>,
  ): Pick<Effect, "code" | "path" | "stat"> {
    const refused = (code: ErrorCode) => ({ code, path: "", stat: undefined });
    const parentPath = parentOf(operation.path);
    const parent = this.#now(parentPath);
    if (parent === undefined) return refused("NO_NODE");
    const suffix = operation.sequential ? String(parent.childrenMade).padStart(10, "0") : "";
    const path = operation.path + suffix;
    if (this.#now(path) !== undefined) return refused("NODE_EXISTS");
    if (parent.owner !== 0) return refused("NO_CHILDREN_FOR_EPHEMERALS");
    const made = fresh(index, this.#timeMs, operation.data, operation.ephemeral ? session.id : 0);
    this.#set(path, made);
    this.#set(parentPath, {
      ...parent,
      since: index,
      pzxid: index,
      childrenMade: parent.childrenMade + 1,
      children: parent.children + 1,
      childrenHash: parent.childrenHash ^ hashString(nameOf(path)),
    });
    if (operation.ephemeral) session.ephemerals.add(path);
    return { code: "ok", path, stat: statOf(made) };
  }

  #remove(index: Zxid, path: string): void {
    const znode = this.#now(path);
    const parentPath = parentOf(path);
    const parent = this.#now(parentPath);
    if (znode === undefined || parent === undefined) return;
    this.#set(path, { ...znode, since: index, exists: false });
    this.#set(parentPath, {
      ...parent,
      since: index,
      pzxid: index,
      children: parent.children - 1,
      childrenHash: parent.childrenHash ^ hashString(nameOf(path)),
    });
    if (znode.owner !== 0) this.sessions.get(znode.owner)?.ephemerals.delete(path);
  }
}

function fresh(zxid: Zxid, timeMs: number, data: Uint8Array, owner: SessionId): ZnodeVersion {
  return {
    since: zxid,
    exists: true,
    data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: timeMs,
    mtime: timeMs,
    version: 0,
    owner,
    childrenMade: 0,
    children: 0,
    childrenHash: 0,
  };
}

/** What a client sees of a version. */
export function statOf(version: ZnodeVersion): Stat {
  return {
    czxid: version.czxid,
    mzxid: version.mzxid,
    pzxid: version.pzxid,
    ctime: version.ctime,
    mtime: version.mtime,
    version: version.version,
    cversion: 2 * version.childrenMade - version.children,
    aversion: 0,
    ephemeralOwner: version.owner,
    dataLength: version.data.length,
    numChildren: version.children,
  };
}

/** How two Stats differ: the first field that does, or `undefined`. */
export function statDifference(a: Stat, b: Stat): string | undefined {
  if (a.czxid !== b.czxid) return `czxid ${a.czxid}, not ${b.czxid}`;
  if (a.mzxid !== b.mzxid) return `mzxid ${a.mzxid}, not ${b.mzxid}`;
  if (a.pzxid !== b.pzxid) return `pzxid ${a.pzxid}, not ${b.pzxid}`;
  if (a.ctime !== b.ctime) return `ctime ${a.ctime}, not ${b.ctime}`;
  if (a.mtime !== b.mtime) return `mtime ${a.mtime}, not ${b.mtime}`;
  if (a.version !== b.version) return `version ${a.version}, not ${b.version}`;
  if (a.cversion !== b.cversion) return `cversion ${a.cversion}, not ${b.cversion}`;
  if (a.aversion !== b.aversion) return `aversion ${a.aversion}, not ${b.aversion}`;
  if (a.ephemeralOwner !== b.ephemeralOwner) return `ephemeralOwner ${a.ephemeralOwner}, not ${b.ephemeralOwner}`;
  if (a.dataLength !== b.dataLength) return `dataLength ${a.dataLength}, not ${b.dataLength}`;
  if (a.numChildren !== b.numChildren) return `numChildren ${a.numChildren}, not ${b.numChildren}`;
  return undefined;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
