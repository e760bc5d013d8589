/** The tree of the reference model: every version of every znode, so that it can be seen as it was at any zxid. */
import type { AclItem, ClientIdentity } from "../../src/base/acl.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { SessionId, Zxid } from "../../src/base/operations.ts";
import { hashString } from "../../src/base/random.ts";
import { firstList } from "../access-rules.ts";
import { countedBy, countsOf, goesBeyond, hardLimitsOf } from "./model-quotas.ts";

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
  readonly acl: readonly AclItem[];
  /** Of the list. */
  readonly aversion: number;
  readonly owner: SessionId;
  readonly container: boolean;
  /** Milliseconds; 0: none. */
  readonly ttlMs: number;
  readonly childrenMade: number;
  readonly children: number;
  /** Of the children's names, whatever their order. */
  readonly childrenHash: number;
}

/** What happened to a znode, and its list behind that, or the last that it had. */
export interface ModelChange {
  readonly type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  readonly path: string;
  readonly zxid: Zxid;
  readonly acl: readonly AclItem[];
}

/** The entry under way: when it is, and who asks. */
export interface ModelEntry {
  readonly zxid: Zxid;
  readonly timeMs: number;
  readonly sessionId: SessionId;
  /** Who the one who asks has shown to be. */
  readonly identities: readonly ClientIdentity[];
}

/** A znode that is to be made. */
export interface MadeZnode {
  readonly path: string;
  readonly data: Uint8Array;
  /** Left out or 0: it is no ephemeral. */
  readonly owner?: SessionId;
  readonly container?: boolean;
  readonly ttlMs?: number;
  /** Left out: the one with which such a znode begins. */
  readonly acl?: readonly AclItem[];
}

const noBytes = new Uint8Array(0);

/** Order-free hash of a list of names. */
export function namesHash(names: readonly string[]): number {
  let hash = 0;
  for (const name of names) hash ^= hashString(name);
  return hash;
}

export class ModelTree {
  /** By path: the names of all children that it ever had. */
  readonly #childNames = new Map<string, Set<string>>();
  /** By path, oldest version first. */
  readonly #versions = new Map<string, ZnodeVersion[]>();
  /** By session: the paths of the ephemerals that it has now. */
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  /** Whatever happened to znodes, in order. */
  readonly #changes: ModelChange[] = [];
  /** Paths of znodes that ever kept the counts of a quota. */
  readonly #stats = new Set<string>();
  /** The limits that are in force for the entry under way. */
  #limits: ReturnType<typeof hardLimitsOf> = [];
  /** Within {@link atomically}: what takes back each change since it began, the newest last. */
  #undo: (() => void)[] | undefined;

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      const names = path === "/" ? ["zookeeper"] : path === "/zookeeper" ? ["quota", "config"] : [];
      const bare = {
        ...fresh({ zxid: 0, timeMs: 0 }, { path, data: noBytes }),
        children: names.length,
        childrenHash: namesHash(names),
      };
      this.#begin(path, bare);
    }
  }

  /** Does something, and takes all its changes back unless it went well. */
  atomically<T>(does: () => T, wentWell: (outcome: T) => boolean): T {
    this.#undo = [];
    const outcome = does();
    if (!wentWell(outcome)) for (const undo of this.#undo.reverse()) undo();
    this.#undo = undefined;
    return outcome;
  }

  /** The version of a znode that was in force at `zxid`; `undefined` if it did not exist then. */
  at(path: string, zxid: Zxid): ZnodeVersion | undefined {
    const version = this.#versions.get(path)?.findLast(({ since }) => since <= zxid);
    return version?.exists === true ? version : undefined;
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

  /** Paths of all znodes that existed at `zxid`. */
  pathsAt(zxid: Zxid): string[] {
    return [...this.#versions.keys()].filter((path) => this.at(path, zxid) !== undefined);
  }

  /** Whatever happened to znodes after `zxid`, in order. */
  changesAfter(zxid: Zxid): readonly ModelChange[] {
    let from = this.#changes.length;
    while ((this.#changes[from - 1]?.zxid ?? 0) > zxid) from--;
    return this.#changes.slice(from);
  }

  /** Paths of all znodes that exist now. */
  paths(): string[] {
    return [...this.#versions.keys()].filter((path) => this.now(path) !== undefined);
  }

  /** The newest version of a znode, if it exists. */
  now(path: string): ZnodeVersion | undefined {
    const version = this.#versions.get(path)?.at(-1);
    return version?.exists === true ? version : undefined;
  }

  /** An entry begins: the limits that are in force are those of now, whatever it does to them. */
  begin(): void {
    this.#limits = this.#stats.size === 0 ? [] : hardLimitsOf(this, this.#stats);
  }

  /** Whether a quota leaves no room for a znode more at `path`, or for its data to grow. */
  exceeds(path: string, more: { readonly count: number; readonly bytes: number }): boolean {
    return goesBeyond(this, this.#limits, path, more);
  }

  /** Adds a znode below one that exists. */
  add(entry: ModelEntry, wanted: MadeZnode): ZnodeVersion {
    const { path, owner = 0 } = wanted;
    const made = fresh(entry, wanted);
    if (countedBy(path) !== undefined) this.#stats.add(path);
    this.#set(path, made);
    this.#childChanged(entry.zxid, path, 1);
    this.#recount(entry.zxid);
    if (owner !== 0) {
      const owned = this.#ephemerals.get(owner) ?? new Set();
      this.#ephemerals.set(owner, owned.add(path));
      this.#undo?.push(() => owned.delete(path));
    }
    return this.now(path) ?? made;
  }

  /** Changes the data of a znode that exists. */
  change({ zxid, timeMs }: ModelEntry, path: string, znode: ZnodeVersion, data: Uint8Array): ZnodeVersion {
    const next = { ...znode, since: zxid, data, mzxid: zxid, mtime: timeMs, version: znode.version + 1 };
    this.#set(path, next);
    this.#recount(zxid);
    return this.now(path) ?? next;
  }

  /** The servers themselves say who they are: there are no versions of that. */
  showMembers(zxid: Zxid, timeMs: number, data: Uint8Array): void {
    const znode = this.now("/zookeeper/config");
    if (znode === undefined) return;
    this.#set("/zookeeper/config", { ...znode, since: zxid, data, mzxid: zxid, mtime: timeMs, version: -1 });
  }

  /** Replaces the list of a znode that exists, of which no watch tells. */
  changeAcl(path: string, zxid: Zxid, znode: ZnodeVersion, acl: readonly AclItem[]): ZnodeVersion {
    const next = { ...znode, since: zxid, acl, aversion: znode.aversion + 1 };
    this.#set(path, next);
    return next;
  }

  /** Removes a znode. */
  remove(zxid: Zxid, path: string): void {
    const znode = this.now(path);
    if (znode === undefined) return;
    this.#set(path, { ...znode, since: zxid, exists: false });
    this.#childChanged(zxid, path, 0);
    this.#recount(zxid);
    const owned = this.#ephemerals.get(znode.owner);
    if (owned?.delete(path) === true) this.#undo?.push(() => owned.add(path));
  }

  /** Whether a session has ephemerals. */
  ownsAny(owner: SessionId): boolean {
    return (this.#ephemerals.get(owner)?.size ?? 0) > 0;
  }

  /** Removes what a session owns. */
  removeEphemerals(zxid: Zxid, owner: SessionId): void {
    for (const path of this.#ephemerals.get(owner) ?? []) this.remove(zxid, path);
    this.#ephemerals.delete(owner);
  }

  /** Whatever is counted for quotas says what is there. Nobody is told. */
  #recount(zxid: Zxid): void {
    for (const path of this.#stats) {
      const znode = this.now(path);
      const text = countsOf(this, countedBy(path) ?? "");
      if (znode === undefined || new TextDecoder().decode(znode.data) === text) continue;
      const versions = this.#versions.get(path);
      versions?.push({ ...znode, since: zxid, data: utf8(text) });
      this.#undo?.push(() => versions?.pop());
    }
  }

  #childChanged(zxid: Zxid, path: string, made: 0 | 1): void {
    const parent = this.now(parentOf(path));
    if (parent === undefined) return;
    this.#set(parentOf(path), {
      ...parent,
      since: zxid,
      pzxid: zxid,
      childrenMade: parent.childrenMade + made,
      children: parent.children + (made === 1 ? 1 : -1),
      childrenHash: parent.childrenHash ^ hashString(nameOf(path)),
    });
  }

  #set(path: string, version: ZnodeVersion): void {
    const versions = this.#versions.get(path);
    const type = changeBetween(versions?.at(-1), version);
    if (type !== undefined) {
      this.#changes.push({ type, path, zxid: version.since, acl: version.acl });
      this.#undo?.push(() => this.#changes.pop());
    }
    if (versions === undefined) {
      this.#begin(path, version);
      this.#undo?.push(() => this.#versions.delete(path));
    } else {
      versions.push(version);
      this.#undo?.push(() => versions.pop());
    }
  }

  #begin(path: string, version: ZnodeVersion): void {
    this.#versions.set(path, [version]);
    if (path === "/") return;
    const names = this.#childNames.get(parentOf(path));
    if (names === undefined) this.#childNames.set(parentOf(path), new Set([nameOf(path)]));
    else names.add(nameOf(path));
  }
}

function fresh({ zxid, timeMs }: Pick<ModelEntry, "zxid" | "timeMs">, made: MadeZnode): ZnodeVersion {
  const { path, data, owner = 0, container = false, ttlMs = 0, acl = firstList(path) } = made;
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
    acl,
    aversion: 0,
    owner,
    container,
    ttlMs,
    childrenMade: 0,
    children: 0,
    childrenHash: 0,
  };
}

/** What happened between two versions of a znode that follow each other; undefined: nothing that anybody is told of. */
export function changeBetween(before: ZnodeVersion | undefined, after: ZnodeVersion): ModelChange["type"] | undefined {
  if (!after.exists) return "deleted";
  if (before === undefined || !before.exists) return "created";
  // What servers write has no versions. Of a multi, the children may change after the data, at the same zxid.
  if (after.version !== before.version || after.mzxid !== before.mzxid) return "dataChanged";
  const same = after.childrenMade === before.childrenMade && after.children === before.children;
  return same ? undefined : "childrenChanged";
}

/** The path above. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
