/** Marks of containers and of znodes with a time to live. */

import type { Entry } from "../../src/raft/types.ts";
import { commandOf } from "../checkers/commands.ts";
import type { ZnodeVersion } from "../checkers/model-tree.ts";
import { nobodyUses } from "../unused-rule.ts";
import { EntryMarks } from "./entry-marks.ts";

/** Is to watch the log before its feed does. */
export class ZnodeKindMarks extends EntryMarks {
  readonly name = "znode kind marks";

  /** What comes through the log meets the tree as it was before it. */
  protected entered(entry: Entry): void {
    if (entry.kind !== "command") return;
    const { body, timeMs } = commandOf(entry.data);
    if (body.type !== "removeUnused") return;
    const { tree, timeMs: before } = this.feed.model;
    for (const path of body.paths) {
      const znode = tree.now(path);
      if (znode === undefined || !nobodyUses(znode, Math.max(before, timeMs))) this.marks.hit("removal-too-late");
      else if (znode.container) this.marks.hit("container-removed");
      else this.#overdue(znode);
    }
  }

  #overdue({ version, childrenMade }: ZnodeVersion): void {
    this.marks.hit("ttl-over");
    if (version > 0) this.marks.hit("ttl-renewed");
    if (childrenMade > 0) this.marks.hit("ttl-with-children-over");
  }
}
