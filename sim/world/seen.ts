/** What a client remembers of what it saw, to ask sensible questions. */
import { partsOf, pathOf } from "../../src/base/operation-traits.ts";
import type { Result, Success } from "../../src/base/operations.ts";
import type { Invocation } from "./history.ts";

/** Names that a client remembers at most. */
const namesMax = 64;

export class Seen {
  /** Version of a path's data, newest seen. */
  readonly versions = new Map<string, number>();
  /** Of the lists of paths, likewise. */
  readonly aversions = new Map<string, number>();
  /** Children that a getChildren showed or a sequential create made. */
  readonly names: string[] = [];
  /** By path: the last name of a page of its children that had more behind it. */
  readonly pageEnds = new Map<string, string>();

  /** Takes in an answer. */
  remember(invocation: Invocation, result: Result): void {
    if (result.failure !== undefined || invocation.type === "close" || invocation.type === "auth") return;
    if (invocation.type === "write") {
      const answers = result.results ?? [result];
      for (const [i, part] of partsOf(invocation.operation).entries()) this.#take(pathOf(part), answers[i] ?? {});
    } else if (invocation.read.parts === undefined) this.#take(invocation.read.path, result);
  }

  #take(path: string, result: Omit<Success, "failure">): void {
    if (result.stat !== undefined) this.versions.set(result.path ?? path, result.stat.version);
    if (result.stat !== undefined) this.aversions.set(result.path ?? path, result.stat.aversion);
    const { names } = this;
    if (result.path !== undefined && result.path !== path) names.push(result.path);
    for (const name of result.children ?? []) if (name.startsWith("s-")) names.push(`${path}/${name}`);
    const last = result.children?.at(-1);
    if (result.more === true && last !== undefined) this.pageEnds.set(path, last);
    else if (result.children !== undefined) this.pageEnds.delete(path);
    if (names.length > namesMax) names.splice(0, names.length - namesMax);
  }
}
