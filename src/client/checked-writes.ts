/** Operations, made of what callers passed once it has been checked. */
import { TerrariumError } from "../base/errors.ts";
import type { MultiPart, OperationName, OperationOf, PlainCreate } from "../base/operations.ts";
import { checkAcl, checkData, checkFlag, checkOptions, checkPath, checkTtl, checkVersion } from "./checks.ts";
import type { AclVersionOptions, CreateOptions, VersionOptions } from "./options.ts";
import { everyRequest } from "./requests.ts";

const createOptions = [...everyRequest, "ephemeral", "sequential", "container", "ttlMs", "acl"] as const;
const versionOptions = [...everyRequest, "version"] as const;

/** By operation: makes one of what the caller of its method passed. */
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
