/**
 * Terrarium's client: a session with a cluster behind promises.
 *
 * ```ts
 * import { TerrariumClient } from "terrarium";
 *
 * const client = await TerrariumClient.connect({ endpoints: ["127.0.0.1:7101", "127.0.0.1:7102"] });
 * await client.create("/greeting", "hello");
 * for await (const event of client.watch("/greeting", "data")) console.log(event.type);
 * ```
 */

export type { Acl, AclItem } from "../base/acl.ts";
export { aclText, allPermissions, openAcl, permission } from "../base/acl.ts";
export { type ErrorClass, type ErrorCode, errorClass, TerrariumError } from "../base/errors.ts";
export type { SessionId, Stat, Zxid } from "../base/operations.ts";
export type { QuotaLimits } from "../base/quotas.ts";
export type { OneShotKind, WatchEvent, WatchEventType, WatchKind } from "../base/reads.ts";
export { fileReason } from "../files/reasons.ts";
export { digestId, parseAcl } from "./acl.ts";
export { type AdminOptions, type AdminRequest, administer, type JoiningMember, type MemberAddress } from "./admin.ts";
export { type BackupFile, type BackupSummary, inspectBackup, saveBackup } from "./backup.ts";
export { TerrariumClient } from "./client.ts";
export type { ClientAccess } from "./client-access.ts";
export type { MultiReadOptions, PartAnswer, PartAnswers, ReadPart } from "./multi-read.ts";
export type {
  AclVersionOptions,
  AddWatchOptions,
  Auth,
  ChildPage,
  ChildPagesOptions,
  ClientOptions,
  CountOptions,
  Created,
  CreateOptions,
  EphemeralsOptions,
  NodeAcl,
  NodeChildren,
  NodeCount,
  NodeData,
  OwnEphemerals,
  ReadOptions,
  RequestOptions,
  SessionInfo,
  VersionOptions,
  WatchOptions,
} from "./options.ts";
export { getQuota, listQuotas, type Quota, type QuotaClient, removeQuota, setQuota } from "./quotas.ts";
export { type ServerSession, type ServerSessions, serverSessions } from "./server-sessions.ts";
export {
  type AskedServer,
  checkOneCluster,
  type ServerCondition,
  serverCondition,
  unservedError,
} from "./server-state.ts";
export { type ServerMember, type ServerStatus, serverStatus } from "./server-status.ts";
export type { SessionCredentials, SessionState } from "./session.ts";
export {
  type StepCreateOptions,
  type StepVersionOptions,
  Transaction,
  TransactionError,
  type TransactionResult,
} from "./transaction.ts";
export type { TreeReader } from "./tree-reader.ts";
export type { TreeWriter } from "./tree-writer.ts";
