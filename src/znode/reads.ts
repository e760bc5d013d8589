/** Reads of the tree. They change nothing; which watch they arm is in `watches.ts`. */
import { type ClientIdentity, permission } from "../base/acl.ts";
import { unreachable } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type { PartResult, Result, SessionId, Success } from "../base/operations.ts";
import type { Read, ReadPart } from "../base/reads.ts";
import { forbidden, notAllowed, permits, withoutHashes } from "./access.ts";
import { dataOf } from "./data-store.ts";
import { refusal } from "./failures.ts";
import { badPath, noNodeAt } from "./operations/refusals.ts";
import { pathProblem } from "./paths.ts";
import type { SessionTable } from "./sessions.ts";
import { nameOverheadBytes } from "./sorted-names.ts";
import { statOf, type Znode } from "./stat.ts";
import { countsAt } from "./subtrees.ts";
import type { Tree } from "./tree.ts";

/** What there is to say where nothing is read. */
const done: Success = {};

/** What there is to be read, and who reads. */
export interface Readable {
  readonly tree: Tree;
  readonly sessions: Pick<SessionTable, "get">;
  readonly sessionId: SessionId;
  /** Who the reader has shown to be. */
  readonly identities: readonly ClientIdentity[];
}

/**
 * Answers a read from the present state: NO_NODE for a missing znode (`exists` too), BAD_ARGUMENTS for a malformed path,
 * NO_AUTH where the znode's list does not let the reader (`exists` asks nobody, as in ZooKeeper 3.8),
 * REPLY_TOO_LARGE for more names of children than a frame holds, if all of them were asked for at once.
 * The data are not to be written into.
 */
export function answer(readable: Readable, read: Read): Result {
  const { tree } = readable;
  if (read.kind === "sync") return done;
  if (read.kind === "multiRead") return answerParts(readable, read.parts ?? []);
  if (read.kind === "getEphemerals") return ephemeralsOf(readable, read.path);
  if (read.kind === "removeWatches" || read.kind === "checkWatches") return done;
  if (read.kind === "addWatch" || read.kind === "addRecursiveWatch") {
    const problem = pathProblem(read.path);
    return problem === undefined ? done : badPath(read.path, problem);
  }
  const znode = tree.get(read.path);
  if (znode === undefined) return noNodeAt(read.path);
  if (read.kind === "exists") return { stat: statOf(znode) };
  if (read.kind === "getAcl") return aclOf(readable, znode);
  const refused = forbidden(znode, "read", readable.identities);
  if (refused !== undefined) return refused;
  switch (read.kind) {
    case "getData":
      return { data: dataOf(znode), stat: statOf(znode) };
    case "getChildren":
      return childrenOf(znode, read);
    case "getAllChildrenNumber":
      return { count: countsAt(tree, read.path).count - 1 };
    default:
      return unreachable(read.kind);
  }
}

/** Who may read the znode, or change its list, may see it; what digests are hashed to is for who may change it. */
function aclOf({ identities }: Readable, znode: Znode): Result {
  const { path, acl } = znode;
  if (!permits(acl, permission.read | permission.admin, identities)) return notAllowed(path, "READ or ADMIN");
  const stat = statOf(znode);
  return permits(acl, permission.admin, identities) ? { acl, stat } : { acl: withoutHashes(acl), stat };
}

/** Names of children that make a unit of work, and bytes of data. */
const namesPerUnit = 16;
const bytesPerUnit = 16 * 1024;

/** What a read costs to answer from the present state, about: 1 for a small one. Integer units; see `limits`. */
export function workOf(readable: Readable, read: Read): number {
  const { tree, sessions, sessionId } = readable;
  switch (read.kind) {
    case "multiRead":
      return (read.parts ?? []).reduce((work, part) => work + workOf(readable, alone(part)), 1);
    case "getEphemerals":
      return 1 + Math.floor((sessions.get(sessionId)?.ephemeralCount ?? 0) / namesPerUnit);
    case "getAllChildrenNumber":
      // How many there are below is not known before they are counted.
      return tree.get(read.path)?.children === undefined ? 1 : 1 + Math.floor(tree.size / namesPerUnit);
    case "getData":
      return 1 + Math.floor((tree.get(read.path)?.length ?? 0) / bytesPerUnit);
    case "getChildren": {
      const names = Math.min(tree.get(read.path)?.children?.size ?? 0, read.limit || Number.POSITIVE_INFINITY);
      return 1 + Math.floor(names / namesPerUnit);
    }
    case "exists":
    case "getAcl":
    case "sync":
    case "addWatch":
    case "addRecursiveWatch":
    case "removeWatches":
    case "checkWatches":
      return 1;
  }
}

/** What a read has cost that had this answer, in the units of {@link workOf}; `reckoned`: what it was to cost before. */
export function workIn(result: Result, reckoned: number): number {
  if (result.failure !== undefined) return reckoned;
  const { data, children } = result;
  if (data !== undefined) return 1 + Math.floor(data.length / bytesPerUnit);
  return children === undefined ? reckoned : 1 + Math.floor(children.length / namesPerUnit);
}

/** Room of a frame for everything but data and the names of children. */
const frameOverheadBytes = 64 * 1024;

/** About what a part takes in an answer besides its data or names: a Stat, or why it was refused. */
const partBytes = 128;

/** Several reads of one state: each has its answer, or why there is none, unless together they are too large. */
function answerParts(readable: Readable, parts: readonly ReadPart[]): Result {
  if (parts.length > limits.multiPartsMax)
    return refusal("MULTI_TOO_LARGE", `more than ${limits.multiPartsMax} reads are asked for together`);
  let bytes = 0;
  const results: PartResult[] = [];
  for (const part of parts) {
    const result: PartResult = answer(readable, alone(part));
    const names = result.children === undefined ? undefined : readable.tree.get(part.path)?.children;
    bytes += partBytes + (result.data?.length ?? 0) + 3 * (result.failure?.message.length ?? 0);
    if (names !== undefined) bytes += names.bytes + nameOverheadBytes * names.size;
    if (bytes > limits.frameBytesMax - frameOverheadBytes)
      return refusal("REPLY_TOO_LARGE", "the answers together fill more than a frame");
    results.push(result);
  }
  return { results };
}

function alone({ kind, path }: ReadPart): Read {
  return { kind, path, watch: false, local: true };
}

/** In ZooKeeper's order there is none; here they are sorted. A prefix of blanks, or of the root's path, is one of all. */
function ephemeralsOf({ sessions, sessionId }: Readable, prefix: string): Result {
  const paths: string[] = [];
  const wanted = ["", "/"].includes(prefix.trim()) ? "" : prefix;
  let bytes = 0;
  for (const path of sessions.get(sessionId)?.ephemeralPaths(limits.ephemeralsPerSessionMax) ?? []) {
    if (!path.startsWith(wanted)) continue;
    bytes += 3 * path.length + nameOverheadBytes;
    if (bytes > limits.frameBytesMax - frameOverheadBytes)
      return refusal("REPLY_TOO_LARGE", "the paths of the session's ephemerals fill more than a frame");
    paths.push(path);
  }
  return { children: paths.sort() };
}

function childrenOf(znode: Znode, { path, after = "", limit = 0 }: Read): Result {
  const names = znode.children;
  const stat = statOf(znode);
  if (names === undefined) return { children: [], stat };
  if (limit > 0) {
    const page = names.page(after, Math.min(limit, limits.childrenPageMax), limits.childrenPageBytesMax);
    return page.more ? { children: page.names, more: true, stat } : { children: page.names, stat };
  }
  if (names.bytes + nameOverheadBytes * names.size > limits.frameBytesMax - frameOverheadBytes)
    return refusal("REPLY_TOO_LARGE", `the names of the children of ${path} fill more than a frame`);
  return { children: names.all(), stat };
}
