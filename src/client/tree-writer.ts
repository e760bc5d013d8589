/**
 * What a client can change in the tree, each for itself: by operation, the check of what a caller passes, and the method
 * that asks for it. Several together: `transaction.ts`.
 */

import type { AclItem } from "../base/acl.ts";
import { emptyBytes } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import type {
  MultiPart,
  Operation,
  OperationName,
  OperationOf,
  PlainCreate,
  Stat,
  Success,
  Zxid,
} from "../base/operations.ts";
import { checkAcl, checkData, checkFlag, checkOptions, checkPath, checkTtl, checkVersion } from "./checks.ts";
import { ClientAccess } from "./client-access.ts";
import type { AclVersionOptions, Created, CreateOptions, RequestOptions, VersionOptions } from "./options.ts";
import { field, type RequestSender } from "./request-sender.ts";
import { everyRequest } from "./requests.ts";

const createOptions = [...everyRequest, "ephemeral", "sequential", "container", "ttlMs", "acl"] as const;
const versionOptions = [...everyRequest, "version"] as const;

/** By operation: makes one of what the caller of its method, or of a transaction's step, passed. */
export const checkedWrites = {
  create: (path: unknown, data: unknown, options: CreateOptions) => {
    const { ephemeral, sequential } = kindIn(options);
    return { op: "create", path: checkPath(path, sequential), data: checkData(data), ephemeral, sequential };
  },
  createContainer: (path: unknown, data: unknown) => {
    return { op: "createContainer", path: checkPath(path), data: checkData(data) };
  },
  createTtl: (path: unknown, data: unknown, options: CreateOptions) => {
    const { sequential, ttlMs } = kindIn(options);
    return { op: "createTtl", path: checkPath(path, sequential), data: checkData(data), sequential, ttlMs };
  },
  delete: (path: unknown, options: VersionOptions) => {
    return { op: "delete", path: checkPath(path), version: versionIn(options) };
  },
  setData: (path: unknown, data: unknown, options: VersionOptions) => {
    const version = versionIn(options);
    return { op: "setData", path: checkPath(path), data: checkData(data), version };
  },
  setAcl: (path: unknown, acl: unknown, options: AclVersionOptions) => {
    return { op: "setAcl", path: checkPath(path), acl: checkAcl(acl), version: versionIn(options) };
  },
  createWithAcl: (path: unknown, data: unknown, options: CreateOptions) => {
    return { op: "createWithAcl", acl: checkAcl(options.acl), create: plainCreate(path, data, options) };
  },
  /** Each part was checked when it was added: `transaction.ts`. */
  multi: (parts: readonly MultiPart[]) => ({ op: "multi", parts }),
} satisfies { readonly [N in OperationName]: (...given: never) => OperationOf<N> };

/** The create that options ask for: each kind of znode has its own. */
export function checkedCreate(
  path: unknown,
  data: unknown,
  options: CreateOptions,
): OperationOf<"create" | "createContainer" | "createTtl" | "createWithAcl"> {
  const plain = plainCreate(path, data, options);
  return options?.acl === undefined ? plain : checkedWrites.createWithAcl(path, data, options);
}

function plainCreate(path: unknown, data: unknown, options: CreateOptions): PlainCreate {
  const { container, ttlMs } = kindIn(options);
  if (container) return checkedWrites.createContainer(path, data);
  return ttlMs > 0 ? checkedWrites.createTtl(path, data, options) : checkedWrites.create(path, data, options);
}

function kindIn(options: CreateOptions) {
  const given = checkOptions(options, createOptions);
  const ephemeral = checkFlag("ephemeral", given.ephemeral);
  const sequential = checkFlag("sequential", given.sequential);
  const container = checkFlag("container", given.container);
  const ttlMs = given.ttlMs === undefined ? 0 : checkTtl(given.ttlMs);
  if (container && (ephemeral || sequential || ttlMs > 0))
    throw contradiction("a container is neither ephemeral nor sequential, and has no time to live", "container");
  if (ttlMs > 0 && ephemeral)
    throw contradiction("an ephemeral goes with its session and has no time to live", "ttlMs");
  return { ephemeral, sequential, container, ttlMs };
}

function contradiction(problem: string, option: keyof CreateOptions): TerrariumError {
  return new TerrariumError("BAD_ARGUMENTS", problem, `leave out ${option}, or the others`);
}

function versionIn(options: VersionOptions): number {
  return checkVersion(checkOptions(options, versionOptions).version);
}

/** The part of a client that changes the tree, and reads it. */
export class TreeWriter extends ClientAccess {
  readonly #sender: RequestSender;

  /** `sender`: of the client's session. */
  constructor(sender: RequestSender) {
    super(sender);
    this.#sender = sender;
  }

  /**
   * Creates a znode.
   *
   * Rejects with NODE_EXISTS, NO_NODE (its parent is missing), NO_AUTH (the parent's list gives the client no CREATE),
   * INVALID_ACL, NO_CHILDREN_FOR_EPHEMERALS, BAD_ARGUMENTS, DATA_TOO_LARGE.
   *
   * ```ts
   * const { path } = await client.create("/queue/item-", "payload", { sequential: true }); // /queue/item-0000000007
   * ```
   */
  create(path: string, data: Uint8Array | string = emptyBytes, options: CreateOptions = {}): Promise<Created> {
    return this.#write(() => checkedCreate(path, data, options), options, created);
  }

  /**
   * Replaces a znode's data. Rejects with NO_NODE, NO_AUTH (WRITE), BAD_VERSION, DATA_TOO_LARGE.
   *
   * ```ts
   * const { data, stat } = await client.get("/counter");
   * await client.set("/counter", String(Number(new TextDecoder().decode(data)) + 1), { version: stat.version });
   * ```
   */
  set(path: string, data: Uint8Array | string, options: VersionOptions = {}): Promise<Stat> {
    return this.#write(() => checkedWrites.setData(path, data, options), options, newStat);
  }

  /**
   * Deletes a znode. Rejects with NO_NODE, NO_AUTH (DELETE, of the parent), NOT_EMPTY, BAD_VERSION.
   *
   * ```ts
   * await client.delete("/greeting");
   * ```
   */
  delete(path: string, options: VersionOptions = {}): Promise<void> {
    return this.#write(
      () => checkedWrites.delete(path, options),
      options,
      () => undefined,
    );
  }

  /**
   * Replaces the list of who may do what with a znode: `stat.aversion` rises, and nothing else. Rejects with INVALID_ACL,
   * NO_NODE, NO_AUTH (ADMIN), BAD_VERSION.
   *
   * ```ts
   * await client.setAcl("/config", parseAcl("world:anyone:r,digest:alice:Yx0pyaDq2cqk6XKlXNfTVgL9rJU=:cdrwa"));
   * ```
   */
  setAcl(path: string, acl: readonly AclItem[], options: AclVersionOptions = {}): Promise<Stat> {
    return this.#write(() => checkedWrites.setAcl(path, acl, options), options, newStat);
  }

  #write<T>(
    operation: () => Operation,
    options: RequestOptions,
    convert: (success: Success, zxid: Zxid) => T,
  ): Promise<T> {
    return this.#sender.send(() => ({ type: "write", operation: operation() }), options, convert);
  }
}

function created({ path, stat }: Success, zxid: Zxid): Created {
  return { path: field(path, "path"), stat: field(stat, "stat"), zxid };
}

function newStat({ stat }: Success): Stat {
  return field(stat, "stat");
}
