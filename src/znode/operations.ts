/**
 * What a create, a delete and a setData do to the tree. Each makes all its checks, in ZooKeeper's order, before it
 * changes anything: a refused operation leaves no trace.
 */
import { present } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type {
  CreateOperation,
  DeleteOperation,
  Operation,
  Result,
  SetDataOperation,
  Success,
  Zxid,
} from "../base/operations.ts";
import type { Change } from "./commands.ts";
import { type Refusal, refusal } from "./failures.ts";
import { isBuiltIn, parentPath, pathProblem, quotePath, sequenceSuffix } from "./paths.ts";
import type { Session, SessionTable } from "./sessions.ts";
import { statOf, type Znode } from "./stat.ts";
import type { Tree } from "./tree.ts";

/** The replicated state that operations work on, and the entry that they work for. */
export interface Transaction {
  readonly tree: Tree;
  readonly sessions: SessionTable;
  /** Who asks; owns the ephemerals that it creates. */
  readonly session: Session;
  readonly zxid: Zxid;
  /** The entry's stamp, Unix ms. */
  readonly timeMs: number;
  /** Grows with each change made. */
  readonly changes: Change[];
}

const done: Success = {};

/** Performs one operation, or says why not. */
export function perform(transaction: Transaction, operation: Operation): Result {
  switch (operation.op) {
    case "create":
      return create(transaction, operation);
    case "delete":
      return remove(transaction, operation);
    case "setData":
      return setData(transaction, operation);
  }
}

/** Check order: size → parent exists → (sequence number appended) → path → exists already → ephemeral parent. */
function create(transaction: Transaction, operation: CreateOperation): Result {
  const { tree, sessions, session, zxid, timeMs, changes } = transaction;
  if (operation.data.length > limits.dataBytesMax) return dataTooLarge(operation.data);
  const parentName = parentPath(operation.path);
  if (parentName === undefined) return badPath(operation.path, 'it does not start with "/"');
  const parent = tree.get(parentName);
  if (parent === undefined) return noNode(parentName);
  const path = operation.sequential ? operation.path + sequenceSuffix(parent.childCounter) : operation.path;
  const problem = pathProblem(path);
  if (problem !== undefined) return badPath(path, problem);
  if (tree.get(path) !== undefined) return refusal("NODE_EXISTS", `the znode ${path} exists already`);
  if (parent.ephemeralOwner !== 0)
    return refusal("NO_CHILDREN_FOR_EPHEMERALS", `the znode ${parentName} is ephemeral and can have no children`);

  const owner = operation.ephemeral ? session.id : 0;
  const znode = tree.insert(parent, path, operation.data, owner, zxid, timeMs);
  if (operation.ephemeral) sessions.own(session, path);
  changes.push({ type: "created", path, zxid }, { type: "childrenChanged", path: parent.path, zxid });
  return { path, stat: statOf(znode) };
}

/** Check order: built-in → parent exists → exists → version → no children. */
function remove(transaction: Transaction, operation: DeleteOperation): Result {
  const { path, version } = operation;
  if (isBuiltIn(path)) return badPath(path, "a built-in znode is never deleted");
  const znode = transaction.tree.get(path);
  if (znode === undefined) return missing(transaction.tree, path);
  if (version !== -1 && version !== znode.version) return badVersion(znode, version);
  if (znode.children !== undefined) return refusal("NOT_EMPTY", `the znode ${path} has children`);

  removeZnode(transaction, znode);
  return done;
}

/** Why a delete finds no znode: the path is none, or the znode or its parent does not exist. */
function missing(tree: Tree, path: string): Refusal {
  const parentName = parentPath(path);
  if (parentName === undefined) return badPath(path, 'it does not start with "/"');
  return noNode(tree.get(parentName) === undefined ? parentName : path);
}

/** Check order: size → path → exists → version. */
function setData(transaction: Transaction, operation: SetDataOperation): Result {
  const { tree, zxid, timeMs, changes } = transaction;
  const { path, data, version } = operation;
  if (data.length > limits.dataBytesMax) return dataTooLarge(data);
  const znode = tree.get(path);
  if (znode === undefined) return noNodeAt(path);
  if (version !== -1 && version !== znode.version) return badVersion(znode, version);

  tree.setData(znode, data, zxid, timeMs);
  changes.push({ type: "dataChanged", path, zxid });
  return { stat: statOf(znode) };
}

/**
 * Removes the ephemerals of a session that ends, in the order of their paths, then the session. There may be very many:
 * the session's list goes as a whole, and a parent that loses several children has changed once.
 */
export function endSession(tree: Tree, sessions: SessionTable, session: Session, zxid: Zxid, changes: Change[]): void {
  const parents = new Set<Znode>();
  for (const path of sessions.disownAll(session)) {
    const parent = tree.remove(present(tree.get(path), "an ephemeral of a live session"), zxid);
    changes.push({ type: "deleted", path, zxid });
    if (parents.has(parent)) continue;
    parents.add(parent);
    changes.push({ type: "childrenChanged", path: parent.path, zxid });
  }
  sessions.end(session);
}

function removeZnode({ tree, sessions, zxid, changes }: Transaction, znode: Znode): void {
  const parent = tree.remove(znode, zxid);
  if (znode.ephemeralOwner !== 0)
    sessions.disown(present(sessions.get(znode.ephemeralOwner), "the owner of an ephemeral"), znode.path);
  changes.push({ type: "deleted", path: znode.path, zxid }, { type: "childrenChanged", path: parent.path, zxid });
}

/** Why nothing is found at `path`: it is no path of a znode, or there is no such znode. */
export function noNodeAt(path: string): Refusal {
  const problem = pathProblem(path);
  return problem === undefined ? noNode(path) : badPath(path, problem);
}

function noNode(path: string): Refusal {
  // Not checked by now: a parent's path may be anything.
  return refusal("NO_NODE", `the znode ${pathProblem(path) === undefined ? path : quotePath(path)} does not exist`);
}

function badPath(path: string, problem: string): Refusal {
  return refusal("BAD_ARGUMENTS", `the path ${quotePath(path)} is refused: ${problem}`);
}

function badVersion(znode: Znode, expected: number): Refusal {
  return refusal("BAD_VERSION", `the znode ${znode.path} has version ${znode.version}, not ${expected}`);
}

function dataTooLarge(data: Uint8Array): Refusal {
  return refusal("DATA_TOO_LARGE", `the data has ${data.length} bytes; a znode holds at most ${limits.dataBytesMax}`);
}
