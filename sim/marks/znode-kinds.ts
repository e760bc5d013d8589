/** Marks of containers and of znodes with a time to live. */
import type { Zxid } from "../../src/base/operations.ts";
import { decodeCommand } from "../../src/protocol/command-codec.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { ModelFeed } from "../checkers/model-feed.ts";
import type { ZnodeVersion } from "../checkers/model-tree.ts";
import type { RaftChecker } from "../checkers/raft-history.ts";
import { nobodyUses } from "../unused-rule.ts";
import type { Marks } from "./marks.ts";

export class ZnodeKindMarks implements RaftChecker {
  readonly name = "znode kind marks";
  readonly #marks: Marks;
  readonly #feed: ModelFeed;
  /** Every entry is looked at once. */
  #seen: Zxid = 0;

  /** Is to watch the log before `feed` does. */
  constructor(marks: Marks, feed: ModelFeed) {
    this.#marks = marks;
    this.#feed = feed;
  }

  /** What comes through the log meets the tree as it was before it. */
  committed(_id: ServerId, entry: Entry): void {
    if (entry.index <= this.#seen || entry.kind !== "command") return;
    this.#seen = entry.index;
    const { body, timeMs } = decodeCommand(entry.data);
    if (body.type !== "removeUnused") return;
    const { tree, timeMs: before } = this.#feed.model;
    for (const path of body.paths) {
      const znode = tree.now(path);
      if (znode === undefined || !nobodyUses(znode, Math.max(before, timeMs))) this.#marks.hit("removal-too-late");
      else if (znode.container) this.#marks.hit("container-removed");
      else this.#overdue(znode);
    }
  }

  #overdue({ version, childrenMade }: ZnodeVersion): void {
    this.#marks.hit("ttl-over");
    if (version > 0) this.#marks.hit("ttl-renewed");
    if (childrenMade > 0) this.#marks.hit("ttl-with-children-over");
  }
}
