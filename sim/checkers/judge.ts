/** Judges one answer by the reference model. Each function returns what is wrong, or `undefined`. */

import type { ClientIdentity } from "../../src/base/acl.ts";
import { bytesEqual } from "../../src/base/bytes.ts";
import { inShort } from "../../src/base/operation-traits.ts";
import type { Operation, PartResult, Result, SessionId, Success, Zxid } from "../../src/base/operations.ts";
import type { Read } from "../../src/base/reads.ts";
import { listLine, masked, may } from "../access-rules.ts";
import type { HistoryOperation } from "../world/history.ts";
import { statDifference, statOf } from "./model-stat.ts";
import { namesHash } from "./model-tree.ts";
import type { ReferenceModel } from "./reference-model.ts";

/** A write's answer. */
export function judgeWrite(
  model: ReferenceModel,
  { zxid, sessionId }: Pick<HistoryOperation, "zxid" | "sessionId">,
  operation: Operation,
  result: Result,
): string | undefined {
  const effect = model.effects.get(zxid);
  if (effect === undefined) return `has zxid ${zxid}, but no write took effect there`;
  if (effect.sessionId !== sessionId) return `has zxid ${zxid}, where session ${effect.sessionId} wrote`;
  if (inShort(effect.operation) !== inShort(operation))
    return `has zxid ${zxid}, where its session did ${inShort(effect.operation)}`;
  const code = result.failure?.code ?? "ok";
  if (code !== effect.code) return `was answered ${code} instead of ${effect.code}`;
  if (result.failure !== undefined) {
    const { failedPart } = result.failure;
    return failedPart === effect.failedPart
      ? undefined
      : `was refused for part ${failedPart}, not ${effect.failedPart}`;
  }
  const found = differenceOf(result, effect.success);
  return found === undefined ? undefined : `was answered ${found}`;
}

function differenceOf(answer: Success, right: Success): string | undefined {
  for (const difference of Object.values(differences)) {
    const found = difference(answer, right);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How a write's answer differs from the right one, field by field. */
const differences: {
  readonly [F in Exclude<keyof Success, "failure">]-?: (answer: Success, right: Success) => string | undefined;
} = {
  path: ({ path }, right) => (path === right.path ? undefined : `the path ${path} instead of ${right.path}`),
  stat: ({ stat }, right) => {
    if (stat === undefined || right.stat === undefined)
      return stat === right.stat ? undefined : `${stat === undefined ? "no" : "a"} Stat`;
    const difference = statDifference(stat, right.stat);
    return difference === undefined ? undefined : `a Stat with ${difference}`;
  },
  data: ({ data }) => (data === undefined ? undefined : "data"),
  children: ({ children }) => (children === undefined ? undefined : "names of children"),
  more: ({ more }) => (more === undefined ? undefined : "that more follows"),
  count: ({ count }) => (count === undefined ? undefined : "a count"),
  acl: ({ acl }) => (acl === undefined ? undefined : "a list"),
  results: ({ results }, { results: right }) => {
    if (results?.length !== right?.length) return `${results?.length} results instead of ${right?.length}`;
    for (const [i, result] of (results ?? []).entries()) {
      const found = partDifference(result, right?.[i] ?? {});
      if (found !== undefined) return `${found} for part ${i}`;
    }
    return undefined;
  },
};

function partDifference({ failure, ...answer }: PartResult, { failure: _, ...right }: PartResult): string | undefined {
  return failure === undefined ? differenceOf(answer, right) : `the failure ${failure.code}`;
}

/** Who read: a session, or none (0), whose client had shown to be all of these. */
export interface Reader {
  readonly sessionId: SessionId;
  readonly identities: readonly ClientIdentity[];
}

/** A read's answer, for the state at `zxid`. */
export function judgeRead(
  model: ReferenceModel,
  read: Read,
  zxid: Zxid,
  result: Result,
  { sessionId, identities }: Reader,
): string | undefined {
  if (read.kind === "sync" || read.kind === "addWatch" || read.kind === "addRecursiveWatch")
    return result.failure === undefined ? undefined : `was answered ${result.failure.code} by ${read.kind}`;
  if (read.kind === "multiRead") return judgeParts(model, read, zxid, result, { sessionId, identities });
  if (read.kind === "getEphemerals") return judgeEphemerals(model, read, zxid, result, sessionId);
  const znode = model.tree.at(read.path, zxid);
  const what = `${read.kind} ${read.path} at zxid ${zxid}`;
  if (znode !== undefined) {
    const allowed = may(znode.acl, read.kind === "getAcl" ? ["READ", "ADMIN"] : ["READ"], identities);
    if (result.failure?.code === "NO_AUTH" && read.kind !== "exists")
      return allowed ? `was refused ${what}, which its list allows` : undefined;
    if (!allowed && read.kind !== "exists") return `saw by ${what} what its list keeps from it`;
  }
  if (result.failure !== undefined) {
    if (result.failure.code !== "NO_NODE") return `was answered ${result.failure.code} by ${what}`;
    return znode === undefined ? undefined : `found nothing by ${what}, but it exists`;
  }
  if (znode === undefined) return `found something by ${what}, but there is nothing`;
  if (read.kind === "getAllChildrenNumber") {
    const below = model.tree.pathsAt(zxid).filter((path) => path !== read.path && isBelow(path, read.path)).length;
    return result.count === below ? undefined : `counted ${result.count} instead of ${below} by ${what}`;
  }
  const difference = result.stat === undefined ? "no Stat" : statDifference(result.stat, statOf(znode));
  if (difference !== undefined) return `saw by ${what}: ${difference}`;
  if (read.kind === "getAcl") {
    const list = may(znode.acl, ["ADMIN"], identities) ? znode.acl : masked(znode.acl);
    if (listLine(result.acl ?? []) === listLine(list)) return undefined;
    return `saw the list [${listLine(result.acl ?? [])}] instead of [${listLine(list)}] by ${what}`;
  }
  if (read.kind === "getData" && result.data === undefined) return `saw no data by ${what}`;
  if (read.kind === "getChildren" && result.children === undefined) return `saw no children by ${what}`;
  if (result.data !== undefined && !bytesEqual(result.data, znode.data)) return `saw other data by ${what}`;
  if (read.kind === "getChildren" && read.limit !== undefined) return judgePage(model, read, zxid, result, what);
  if (result.children !== undefined && namesHash(result.children) !== znode.childrenHash)
    return `saw other children by ${what}`;
  return undefined;
}

function isBelow(path: string, ancestor: string): boolean {
  return path.startsWith(ancestor === "/" ? "/" : `${ancestor}/`);
}

/** Exactly the session's own, as they were. */
function judgeEphemerals(
  { tree }: ReferenceModel,
  { path: prefix }: Read,
  zxid: Zxid,
  { failure, ...success }: Result,
  sessionId: SessionId,
): string | undefined {
  if (failure !== undefined) return `was answered ${failure.code} by getEphemerals`;
  const shown = "children" in success ? (success.children ?? []) : [];
  const own = tree.pathsAt(zxid).filter((path) => path.startsWith(prefix) && tree.at(path, zxid)?.owner === sessionId);
  const wanted = sessionId === 0 ? [] : own.sort();
  if (shown.join() === wanted.join()) return undefined;
  return `saw the ephemerals [${shown.join()}] instead of [${wanted.join()}] at zxid ${zxid}`;
}

/** Every part by itself, and all at one zxid: so they are of one state. */
function judgeParts(
  model: ReferenceModel,
  { parts = [] }: Read,
  zxid: Zxid,
  result: Result,
  reader: Reader,
): string | undefined {
  if (result.failure !== undefined) return `was answered ${result.failure.code} by a multiRead`;
  const { results = [] } = result;
  if (results.length !== parts.length) return `has ${results.length} results for ${parts.length} parts`;
  for (const [i, { failure, ...answer }] of results.entries()) {
    const { kind = "getData", path = "" } = parts[i] ?? {};
    const read = { kind, path, watch: false, local: false };
    const fault = judgeRead(model, read, zxid, failure === undefined ? answer : { failure }, reader);
    if (fault !== undefined) return `${fault}, as part ${i} of a multiRead`;
  }
  return undefined;
}

/** A page of children: what the whole list at `zxid` has behind a name, none left out and none twice. */
function judgePage(
  model: ReferenceModel,
  { path, after = "", limit = 0 }: Read,
  zxid: Zxid,
  { children = [], more = false }: Success,
  what: string,
): string | undefined {
  const behind = model.tree.childrenAt(path, zxid).filter((name) => name > after);
  const page = behind.slice(0, limit);
  const shown = (names: readonly string[]) => `[${names.join(", ")}]`;
  if (shown(children) !== shown(page)) return `saw the page ${shown(children)} instead of ${shown(page)} by ${what}`;
  if (more === page.length < behind.length) return undefined;
  return `was told that ${more ? "more names follow" : "no names follow"} ${shown(page)} by ${what}`;
}
