/** The tree of ZooKeeper servers, as znodes are moved from it and to it. */
import { type Acl, type Credential, openAcl } from "../../base/acl.ts";
import { emptyBytes } from "../../base/bytes.ts";
import type { Stat } from "../../base/operations.ts";
import { kindOf, type ZnodeKind } from "../../base/znode-kinds.ts";
import { zkError } from "../../zookeeper/errors.ts";
import { frameBytesMax } from "../../zookeeper/frames.ts";
import { type Codec, int, record } from "../../zookeeper/jute.ts";
import { opcode } from "../../zookeeper/opcodes.ts";
import { multiHeader, replies, requests } from "../../zookeeper/records.ts";
import { ZooKeeperClient } from "../../zookeeper-client/client.ts";
import { ConnectionError, ZooKeeperError } from "../../zookeeper-client/failures.ts";
import { childPath } from "../arguments.ts";
import {
  counting,
  everHadOf,
  type MovedZnode,
  movedAcl,
  type SeenZnode,
  type SourceTree,
  type TargetTree,
  type ThereZnode,
  ZnodeRefusal,
} from "./trees.ts";
import { explained, isCode, refusalOf } from "./zookeeper-failures.ts";

const sessionTimeoutMs = 10_000;
/** How long to look for a server after the one that was there has gone, milliseconds: an election has to fit in. */
const patienceMs = 30_000;
/** Times that a request is sent again after its connection broke. */
const triesMax = 5;
/** How long an old server may take to say nothing to what it does not know, milliseconds. */
const countPatienceMs = 3_000;
/** Children that are made and removed without waiting for answers. */
const countsAtOnce = 200;

const flags = { persistent: 0, container: 4, ttl: 5 } as const;

/** What a request to make a znode takes beside its path, data and access control list: lengths, flags, a time. Bytes. */
const createBytes = 64;

/** What ZooKeeper does not tell of its znodes: whether they are containers, or have a time to live. */
export type KindOfPath = (path: string) => { readonly kind: ZnodeKind; readonly ttlMs: number } | undefined;

export interface ZooKeeperTreeOptions {
  readonly hosts: readonly string[];
  readonly credentials: readonly Credential[];
  /** For the first session, milliseconds. */
  readonly timeoutMs: number;
  readonly kindOfPath?: KindOfPath;
}

export class ZooKeeperTree implements SourceTree, TargetTree {
  readonly #client: ZooKeeperClient;
  readonly #options: ZooKeeperTreeOptions;

  private constructor(client: ZooKeeperClient, options: ZooKeeperTreeOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Opens a session, and sees to it that reads are not older than that. */
  static async open(options: ZooKeeperTreeOptions, path: string): Promise<ZooKeeperTree> {
    const { hosts, credentials, timeoutMs: connectTimeoutMs } = options;
    try {
      const session = { hosts, credentials, sessionTimeoutMs, connectTimeoutMs, patienceMs };
      const tree = new ZooKeeperTree(await ZooKeeperClient.open(session, 0), options);
      await tree.#ask(opcode.sync, requests.path, { path }, replies.path);
      return tree;
    } catch (error) {
      throw explained(error);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** By a session of its own: servers before 3.6 do not answer, or hang up. */
  async count(path: string): Promise<number | undefined> {
    const { hosts, credentials } = this.#options;
    let client: ZooKeeperClient | undefined;
    const late = setTimeout(() => void client?.close(), countPatienceMs);
    try {
      const session = { hosts, credentials, sessionTimeoutMs, connectTimeoutMs: countPatienceMs, patienceMs: 0 };
      client = await ZooKeeperClient.open(session);
      return (await client.ask(opcode.getAllChildrenNumber, requests.path, { path }, number)).number;
    } catch {
      return undefined;
    } finally {
      clearTimeout(late);
      await client?.close();
    }
  }

  look(path: string): Promise<SeenZnode | undefined> {
    return this.#read(async () => {
      const [{ children, stat }, { acls }] = await Promise.all([
        this.#ask(opcode.getChildren2, requests.read, { path, watch: false }, replies.childrenAndStat),
        this.#ask(opcode.getAcl, requests.path, { path }, replies.acls),
      ]);
      const names = children.toSorted();
      return { ...this.#kind(path, stat), ...shape(stat, names), acl: movedAcl(acls) };
    });
  }

  /** A server tells all of them at once. */
  moreChildren(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  data(path: string): Promise<Uint8Array | undefined> {
    return this.#read(async () => (await this.#data(path)).data);
  }

  read(path: string): Promise<ThereZnode | undefined> {
    return this.#read(async () => {
      const [{ data, stat }, { acls }] = await Promise.all([
        this.#data(path),
        this.#ask(opcode.getAcl, requests.path, { path }, replies.acls),
      ]);
      const kind = this.#kind(path, stat);
      const { version, aversion } = stat;
      return { ...kind, data, version, aversion, everHad: everHadOf(stat), acl: movedAcl(acls) };
    });
  }

  async create(znode: MovedZnode): Promise<"created" | "exists" | "missing"> {
    const { path, data, ttlMs, acl: acls = openAcl } = znode;
    const kind = znode.kind === "container" || znode.kind === "ttl" ? znode.kind : "persistent";
    const bytes = 3 * path.length + data.length + JSON.stringify(acls).length + createBytes;
    if (bytes > frameBytesMax)
      throw new ZnodeRefusal(`${data.length} bytes are too large for a ZooKeeper server (its jute.maxbuffer)`);
    const plain = { path, data, acls, flags: flags[kind] };
    try {
      if (kind === "ttl")
        await this.#ask(opcode.createTtl, requests.createTtl, { ...plain, ttlMs }, replies.pathAndStat);
      else if (kind === "container")
        await this.#ask(opcode.createContainer, requests.create, plain, replies.pathAndStat);
      else await this.#ask(opcode.create, requests.create, plain, replies.path);
      return "created";
    } catch (error) {
      if (isCode(error, zkError.NODEEXISTS)) return "exists";
      if (isCode(error, zkError.NONODE)) return "missing";
      throw refusalOf(error, kind);
    }
  }

  async set(path: string, data: Uint8Array, version: number): Promise<boolean> {
    if (3 * path.length + data.length + createBytes > frameBytesMax)
      throw new ZnodeRefusal(`${data.length} bytes are too large for a ZooKeeper server (its jute.maxbuffer)`);
    return await ifVersion(this.#ask(opcode.setData, requests.setData, { path, data, version }, replies.stat));
  }

  setAcl(path: string, acls: Acl = openAcl, version = -1): Promise<boolean> {
    return ifVersion(this.#ask(opcode.setAcl, requests.setAcl, { path, acls, version }, replies.stat));
  }

  async countOn(path: string, by: number): Promise<void> {
    const name = childPath(path, counting);
    for (let left = by; left > 0; left -= countsAtOnce) {
      try {
        const err = await this.#client.ask(opcode.multi, comeAndGo, [name, Math.min(left, countsAtOnce)], firstError);
        if (err !== 0) throw new ZooKeeperError(err);
      } catch (error) {
        throw refusalOf(error);
      }
    }
  }

  #data(path: string) {
    return this.#ask(opcode.getData, requests.read, { path, watch: false }, replies.data);
  }

  #kind(path: string, stat: Stat): { readonly kind: ZnodeKind | undefined; readonly ttlMs: number } {
    if (kindOf(stat) === "ephemeral") return { kind: "ephemeral", ttlMs: 0 };
    return this.#options.kindOfPath?.(path) ?? { kind: undefined, ttlMs: 0 };
  }

  async #read<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (isCode(error, zkError.NONODE)) return undefined;
      throw refusalOf(error);
    }
  }

  /** Asks, and again if the connection breaks: nothing that is asked here does harm when it is done twice. */
  async #ask<T, R>(operation: number, codec: Codec<T>, request: T, answer: Codec<R>): Promise<R> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#client.ask(operation, codec, request, answer);
      } catch (error) {
        if (!(error instanceof ConnectionError) || error.trouble !== "lost" || tries === triesMax) throw error;
      }
    }
  }
}

/** Whether the version was that one. */
async function ifVersion(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (isCode(error, zkError.BADVERSION) || isCode(error, zkError.NONODE)) return false;
    throw refusalOf(error);
  }
}

/** A multi that makes a znode and removes it again, so many times. */
const comeAndGo: Codec<readonly [path: string, times: number]> = {
  least: 0,
  read: () => ["", 0],
  write: (to, [path, times]) => {
    for (let i = 0; i < times; i++) {
      multiHeader.write(to, { type: opcode.create, done: false, err: -1 });
      requests.create.write(to, { path, data: emptyBytes, acls: openAcl, flags: flags.persistent });
      multiHeader.write(to, { type: opcode.delete, done: false, err: -1 });
      requests.delete.write(to, { path, version: -1 });
    }
    multiHeader.write(to, { type: -1, done: true, err: -1 });
  },
};

/** Of the answers of a multi, what the first that failed says; 0: none did. */
const firstError: Codec<number> = {
  least: 0,
  read: (from) => {
    const { type, done } = multiHeader.read(from);
    if (type !== -1 || done) return 0;
    for (let err = from.int(); ; err = from.int()) {
      if (err !== 0) return err;
      if (multiHeader.read(from).done) return 0;
    }
  },
  write: () => {},
};

const number = record<{ readonly number: number }>({ number: int });

function shape(stat: Stat, children: readonly string[]) {
  const { dataLength: dataBytes, numChildren } = stat;
  return { dataBytes, numChildren, children, more: false, everHad: everHadOf(stat) };
}
