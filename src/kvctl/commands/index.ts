/** All commands that work on the cluster, in the order of the help page. */
import type { OperationName } from "../../base/operations.ts";
import { registerAcl } from "./acl.ts";
import type { Register } from "./command.ts";
import { registerCount } from "./count.ts";
import { registerCreate } from "./create.ts";
import { registerDelete } from "./delete.ts";
import { registerDump, registerLoad } from "./dump.ts";
import { registerEphemerals } from "./ephemerals.ts";
import { registerGet } from "./get.ts";
import { registerHealth } from "./health.ts";
import { registerExport, registerImport } from "./import.ts";
import { registerLs } from "./ls.ts";
import { registerMember } from "./member.ts";
import { registerQuota } from "./quota.ts";
import { registerSessions } from "./sessions.ts";
import { registerSet } from "./set.ts";
import { registerSnapshot } from "./snapshot.ts";
import { registerStat } from "./stat.ts";
import { registerStatus } from "./status.ts";
import { registerSync } from "./sync.ts";
import { registerTransfer } from "./transfer.ts";
import { registerTxn } from "./txn.ts";
import { registerWatch } from "./watch.ts";

/** By operation that changes the tree: its command. */
const writing: { readonly [N in OperationName]: Register } = {
  create: registerCreate,
  createContainer: registerCreate,
  createTtl: registerCreate,
  createWithAcl: registerCreate,
  setData: registerSet,
  delete: registerDelete,
  setAcl: registerAcl,
  multi: registerTxn,
};

export const commands: readonly Register[] = [
  ...new Set(Object.values(writing)),
  registerGet,
  registerLs,
  registerStat,
  registerCount,
  registerQuota,
  registerWatch,
  registerSync,
  registerDump,
  registerLoad,
  registerImport,
  registerExport,
  registerStatus,
  registerSessions,
  registerEphemerals,
  registerHealth,
  registerMember,
  registerTransfer,
  registerSnapshot,
];
