/**
 * Doing what was decided. Here alone the tree changes, and with it whatever goes along: the ephemerals that a session
 * owns, and the changes of which watches tell. What depends on the tree alone (the parent's counter and pzxid, versions,
 * what the next checkpoint has to write) is the tree's own affair.
 */
import { openAcl } from "../base/acl.ts";
import { present } from "../base/assert.ts";
import type { Success, Zxid } from "../base/operations.ts";
import type { ChangeType } from "../base/watch-rules.ts";
import type { Change } from "./commands.ts";
import type {
  Edit,
  InsertEdit,
  MultiEdit,
  PartEdit,
  RemoveEdit,
  SetAclEdit,
  SetDataEdit,
} from "./operations/decision.ts";
import type { Session, SessionTable } from "./sessions.ts";
import { statOf, type Znode } from "./stat.ts";
import type { Tree } from "./tree.ts";

/** The replicated state that edits change, and the entry that they are part of. */
export interface Target {
  readonly tree: Tree;
  readonly sessions: SessionTable;
  readonly zxid: Zxid;
  /** Grows with each change made, in the order in which watches are to fire. */
  readonly changes: Change[];
}

const done: Success = {};

/**
 * No changes yet, with room for the two of a create or a delete: a list that grows from nothing takes room for seventeen,
 * with each write at each server.
 */
export function noChangesYet(): Change[] {
  const changes: Change[] = [made, made];
  changes.pop();
  changes.pop();
  return changes;
}

/** It takes a place in {@link noChangesYet} for a moment. */
const made: Change = { type: "created", path: "/", zxid: 0 };

/** Makes one edit, decided on the state as it is; returns what it answers. */
export function makeEdit(target: Target, edit: Edit): Success {
  return edit.type === "multi" ? makeEdits(target, edit) : makePart(target, edit);
}

/** Watches are told of each part, in order, as if it had come alone. */
function makeEdits(target: Target, { edits }: MultiEdit): Success {
  const results = edits.map((edit) => makePart(target, edit));
  keepOrder(target, edits);
  return { results };
}

/**
 * Ephemerals end with their session in the order of their zxids, and those of one entry in the order of their paths:
 * which any server can tell, also one that has them from a checkpoint.
 */
function keepOrder({ tree, sessions, zxid }: Target, edits: readonly PartEdit[]): void {
  const made = edits.flatMap((edit) => (edit.type === "insert" && edit.ephemeralOwner !== 0 ? [edit.path] : []));
  if (made.length < 2) return;
  for (const path of new Set(made.sort())) {
    const znode = tree.get(path);
    if (znode?.czxid !== zxid || znode.ephemeralOwner === 0) continue;
    const owner = ownerOf(sessions, znode);
    sessions.disown(owner, znode);
    sessions.own(owner, znode);
  }
}

function makePart(target: Target, edit: PartEdit): Success {
  switch (edit.type) {
    case "insert":
      return insert(target, edit);
    case "remove":
      return remove(target, edit);
    case "setData":
      return setData(target, edit);
    case "setAcl":
      return setAcl(target, edit);
    case "check":
      return done;
  }
}

function insert({ tree, sessions, zxid, changes }: Target, edit: InsertEdit): Success {
  const { path, data, ephemeralOwner, timeMs } = edit;
  const parent = znodeAt(tree, edit.parent);
  const znode = tree.insert(parent, path, data, ephemeralOwner, zxid, timeMs, edit, edit.acl);
  if (ephemeralOwner !== 0) sessions.own(ownerOf(sessions, znode), znode);
  changes.push(changeOf("created", znode, zxid), changeOf("childrenChanged", parent, zxid));
  return { path, stat: statOf(znode) };
}

function setData({ tree, zxid, changes }: Target, { path, data, timeMs }: SetDataEdit): Success {
  const znode = znodeAt(tree, path);
  tree.setData(znode, data, zxid, timeMs);
  changes.push(changeOf("dataChanged", znode, zxid));
  return { stat: statOf(znode) };
}

/** No watch is told: nothing changed that anybody may read. */
function setAcl({ tree }: Target, { path, acl }: SetAclEdit): Success {
  const znode = znodeAt(tree, path);
  tree.setAcl(znode, acl);
  return { stat: statOf(znode) };
}

/**
 * Removes the ephemerals of a session that ends, in the order in which they were created, then the session. There may be
 * very many: they go together, and a parent that loses several children has changed once.
 */
export function endSession({ tree, sessions, zxid, changes }: Target, session: Session): void {
  const parents = new Set<Znode>();
  tree.removeAll(sessions.disownAll(session), zxid, (znode, parent) => {
    changes.push(changeOf("deleted", znode, zxid));
    if (parents.has(parent)) return;
    parents.add(parent);
    changes.push(changeOf("childrenChanged", parent, zxid));
  });
  sessions.end(session);
}

function remove({ tree, sessions, zxid, changes }: Target, { path }: RemoveEdit): Success {
  const znode = znodeAt(tree, path);
  const parent = tree.remove(znode, zxid);
  if (znode.ephemeralOwner !== 0) sessions.disown(ownerOf(sessions, znode), znode);
  changes.push(changeOf("deleted", znode, zxid), changeOf("childrenChanged", parent, zxid));
  return done;
}

/** What watches are told of, and who of their clients may know. */
export function changeOf(type: ChangeType, { path, acl }: Znode, zxid: Zxid): Change {
  return acl === openAcl ? { type, path, zxid } : { type, path, zxid, acl };
}

/** What is decided to change, or listed by its owner, is there. */
function znodeAt(tree: Tree, path: string): Znode {
  return present(tree.get(path), "a znode that is to change");
}

function ownerOf(sessions: SessionTable, { ephemeralOwner }: Znode): Session {
  return present(sessions.get(ephemeralOwner), "the owner of an ephemeral");
}
