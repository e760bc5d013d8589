/** Operations, made of what callers passed once it has been checked. */
import type { MultiPart, OperationName, OperationOf } from "../base/operations.ts";
import { checkData, checkFlag, checkOptions, checkPath, checkVersion } from "./checks.ts";
import type { CreateOptions, VersionOptions } from "./options.ts";
import { everyRequest } from "./requests.ts";

/** By operation: makes one of what the caller of its method passed. */
export const checkedWrites = {
  create: (path: unknown, data: unknown, options: CreateOptions) => {
    const given = checkOptions(options, [...everyRequest, "ephemeral", "sequential"]);
    const ephemeral = checkFlag("ephemeral", given.ephemeral);
    const sequential = checkFlag("sequential", given.sequential);
    return { op: "create", path: checkPath(path, sequential), data: checkData(data), ephemeral, sequential };
  },
  delete: (path: unknown, options: VersionOptions) => {
    return { op: "delete", path: checkPath(path), version: versionIn(options) };
  },
  setData: (path: unknown, data: unknown, options: VersionOptions) => {
    const version = versionIn(options);
    return { op: "setData", path: checkPath(path), data: checkData(data), version };
  },
  /** Each part was checked when it was added: `transaction.ts`. */
  multi: (parts: readonly MultiPart[]) => ({ op: "multi", parts }),
} satisfies { readonly [N in OperationName]: (...given: never) => OperationOf<N> };

function versionIn(options: VersionOptions): number {
  return checkVersion(checkOptions(options, [...everyRequest, "version"]).version);
}
