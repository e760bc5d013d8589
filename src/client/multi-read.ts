/** Reads of several znodes together: of one state, each with its own answer or error. */
import { emptyBytes } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import type { PartResult, Result, Zxid } from "../base/operations.ts";
import type { ReadPart } from "../base/reads.ts";
import type { RequestBody } from "../protocol/client-messages.ts";
import { badArgument, checkFlag, checkOptions, checkPath, isObject } from "./checks.ts";
import type { NodeChildren, NodeData, ReadOptions, RequestOptions } from "./options.ts";
import { field, succeeded } from "./request-sender.ts";
import { everyRequest } from "./requests.ts";

/** What to read of a znode: its data (`getData`) or the names of its children (`getChildren`). */
export type { ReadPart };

/** Options of `multiRead`, which arms no watch. */
export type MultiReadOptions = RequestOptions & Pick<ReadOptions, "local">;

/** The answer to one part: an error, NO_NODE for instance, where it has none. */
export type PartAnswer<P extends ReadPart> =
  | TerrariumError
  | (P extends { readonly kind: "getData" } ? NodeData : NodeChildren);

/** The answers to several parts, in their order. */
export type PartAnswers<P extends readonly ReadPart[]> = { readonly [I in keyof P]: PartAnswer<P[I]> };

export function multiReadRequest(parts: unknown, options: MultiReadOptions): RequestBody {
  const local = checkFlag("local", checkOptions(options, [...everyRequest, "local"]).local);
  if (!Array.isArray(parts)) throw badArgument("parts", parts, "a list of reads");
  return { type: "read", read: { kind: "multiRead", path: "/", watch: false, local, parts: parts.map(checkedPart) } };
}

function checkedPart(part: unknown, i: number): ReadPart {
  const wanted = '{ kind: "getData" | "getChildren", path }';
  if (!isObject(part)) throw badArgument(`parts[${i}]`, part, wanted);
  const { kind, path } = part;
  if (kind !== "getData" && kind !== "getChildren")
    throw badArgument(`parts[${i}].kind`, kind, '"getData" or "getChildren"');
  return { kind, path: checkPath(path) };
}

export function partAnswers<P extends readonly ReadPart[]>(parts: P, result: Result, zxid: Zxid): PartAnswers<P> {
  const results = field(succeeded(result).results, "results");
  // One answer for each part, of the kind that was asked for.
  return parts.map(({ kind }, i) => answerOf(kind, field(results[i], "results"), zxid)) as unknown as PartAnswers<P>;
}

function answerOf(
  kind: ReadPart["kind"],
  { failure, data = emptyBytes, children = [], stat: found }: PartResult,
  zxid: Zxid,
): TerrariumError | NodeData | NodeChildren {
  if (failure !== undefined) return new TerrariumError(failure.code, failure.message);
  const stat = field(found, "stat");
  return kind === "getData" ? { data, stat, zxid } : { children, stat, zxid };
}
