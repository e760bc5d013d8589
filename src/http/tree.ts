/** `GET /tree`: a znode as this server has it, piece by piece. Reads only, and arms no watch. */
import { limits } from "../base/limits.ts";
import type { Result, Stat } from "../base/operations.ts";
import { pathAdvice, pathProblem } from "../base/paths.ts";
import type { Read } from "../base/reads.ts";
import { type ErrorBody, errorBody } from "./faults.ts";
import type { TreeAnswer, TreeChild } from "./observed.ts";

/** The state of the server that answers; the machine is one. */
export interface TreeSource {
  readonly appliedIndex: number;
  read(read: Read): Result;
  stat(path: string): Stat | undefined;
}

/** The query as it came: whatever somebody wrote. */
export type Query = Readonly<Record<string, unknown>>;

/** A status of HTTP and its body. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T | ErrorBody;
}

/**
 * What everybody may see of the znode `path`: its Stat, the data from byte `at` on and the children behind the name `from`, as many of each as
 * one answer takes.
 */
export function treeAnswer(source: TreeSource, server: number, query: Query): Answer<TreeAnswer> {
  const { path = "/", from = "", at = "0" } = query;
  if (typeof path !== "string" || typeof from !== "string" || typeof at !== "string")
    return bad("path, from and at may each be given once", "ask for /tree?path=/some/znode&from=CHILD&at=BYTE");
  const problem = pathProblem(path);
  if (problem !== undefined) return bad(`this is not the path of a znode: ${problem}`, pathAdvice(path));
  const begin = /^\d{1,10}$/.test(at) ? Number(at) : Number.NaN;
  if (Number.isNaN(begin)) return bad("at is not a number of bytes", "count bytes of the data from 0");
  const named = source.read({ kind: "getData", path, watch: false, local: true });
  if (named.failure?.code === "NO_AUTH")
    return {
      status: 403,
      body: errorBody("NO_AUTH", named.failure.message, "kvctl --auth shows who you are, and then the znode"),
    };
  if (named.failure !== undefined || named.data === undefined || named.stat === undefined)
    return {
      status: 404,
      body: errorBody("NO_NODE", `there is no znode ${path}`, "it may have been deleted just now"),
    };
  const children = source.read({
    kind: "getChildren",
    path,
    watch: false,
    local: true,
    limit: limits.treeChildrenMax,
    after: from,
  });
  const { children: names = [], more = false } = children.failure === undefined ? children : {};
  const piece = named.data.subarray(begin, begin + limits.treeBytesMax);
  return {
    status: 200,
    body: {
      server,
      zxid: source.appliedIndex,
      path,
      stat: named.stat,
      data: Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("base64"),
      at: begin,
      children: names.flatMap((name) => childOf(source, path, name)),
      more,
    },
  };
}

function childOf(source: TreeSource, parent: string, name: string): TreeChild[] {
  const stat = source.stat(parent === "/" ? `/${name}` : `${parent}/${name}`);
  if (stat === undefined) return [];
  const { numChildren, dataLength, ephemeralOwner } = stat;
  return [{ name, numChildren, dataLength, ephemeral: ephemeralOwner !== 0 }];
}

function bad(message: string, hint: string): Answer<never> {
  return { status: 400, body: errorBody("BAD_ARGUMENTS", message, hint) };
}
