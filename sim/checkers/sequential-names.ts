/** Sequential names are unique and rise with the zxid, per parent and as long as it lives, as in ZooKeeper. */
import { partsOf } from "../../src/base/operation-traits.ts";
import type { Zxid } from "../../src/base/operations.ts";
import type { HistoryOperation } from "../world/history.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ModelFeed } from "./model-feed.ts";

/** One name that a client was told of. */
interface Made {
  readonly zxid: number;
  readonly sequence: number;
  readonly path: string;
}

export class SequentialNames implements Observer {
  readonly name = "sequential-names";
  readonly #feed: ModelFeed;
  /** By parent and the zxid that made it: names in the order of their zxids. */
  readonly #made = new Map<string, Made[]>();

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  answered({ invocation, outcome, result, zxid, client }: HistoryOperation): void {
    if (outcome !== "answered" || invocation.type !== "write") return;
    if (result === undefined || result.failure !== undefined) return;
    const answers = result.results ?? [result];
    for (const [i, part] of partsOf(invocation.operation).entries())
      if ("sequential" in part && part.sequential) this.#named(client, zxid, part.path, answers[i]?.path);
  }

  #named(client: number, zxid: Zxid, wanted: string, path: string | undefined): void {
    if (path === undefined) return;
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    const made = { zxid, sequence: Number(path.slice(wanted.length)), path };
    const key = `${this.#feed.model.tree.at(parent, zxid)?.czxid ?? 0} ${parent}`;
    const names = this.#made.get(key) ?? [];
    this.#made.set(key, names);
    // Answers of several clients come in nearly the order of their zxids.
    let at = names.length;
    while (at > 0 && (names[at - 1]?.zxid ?? 0) > zxid) at--;
    this.#rises(client, names[at - 1], made);
    this.#rises(client, made, names[at]);
    names.splice(at, 0, made);
  }

  #rises(client: number, before: Made | undefined, after: Made | undefined): void {
    if (before === undefined || after === undefined) return;
    // Those of one multi have one zxid.
    if (before.zxid <= after.zxid && before.sequence < after.sequence) return;
    throw new InvariantBroken(
      this.name,
      `client ${client}: ${before.path}, made at zxid ${before.zxid}, does not come before ${after.path}, made at ${after.zxid}`,
    );
  }
}
