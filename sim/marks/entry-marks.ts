/** What marks of committed entries have in common: every entry is looked at once, when the first server commits it. */
import type { Zxid } from "../../src/base/operations.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { ModelFeed } from "../checkers/model-feed.ts";
import type { RaftChecker } from "../checkers/raft-history.ts";
import type { Marks } from "./marks.ts";

/** Watches the log together with the model of what it comes to. */
export abstract class EntryMarks implements RaftChecker {
  abstract readonly name: string;
  protected readonly marks: Marks;
  protected readonly feed: ModelFeed;
  #seen: Zxid = 0;

  /** Is to watch the log behind `feed`, or before it where its marks say so. */
  constructor(marks: Marks, feed: ModelFeed) {
    this.marks = marks;
    this.feed = feed;
  }

  committed(_id: ServerId, entry: Entry): void {
    if (entry.index <= this.#seen) return;
    this.#seen = entry.index;
    this.entered(entry);
  }

  /** An entry that was not looked at so far. */
  protected abstract entered(entry: Entry): void;
}
