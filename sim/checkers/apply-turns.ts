/**
 * A turn of a server applies no more than it may, so that heartbeats, and whoever waits for what others have asked, do not wait for
 * all that is committed; one entry may exceed it alone. To apply an entry is a unit of work, each change that it makes another
 * one, and to tell of a change, though nobody listens, one more.
 *
 * Counted from the commands that are applied: of each that has changed a znode one change, and that is told of before the next
 * command is applied.
 */
import type { Index } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { ModelFeed } from "./model-feed.ts";

/** Operations that change something which may be watched, if they are not refused. */
const changing: ReadonlySet<string> = new Set(["create", "setData", "delete"]);

export class ApplyTurns implements Observer {
  readonly name = "apply-turns";
  readonly #feed: ModelFeed;
  /** By server: units that its present turn has spent at least. */
  readonly #spent: number[] = [];
  #workMax = 0;

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  begin({ plan }: World): void {
    this.#workMax = plan.config.applyWork;
  }

  /** Behind this the turn applies. */
  effects({ id }: ServerView): void {
    this.#spent[id] = 0;
  }

  appliedCommand({ id }: ServerView, index: Index): void {
    const spent = this.#spent[id] ?? 0;
    if (spent >= this.#workMax)
      throw new InvariantBroken(
        this.name,
        `n${id} applies entry ${index} in a turn that has done ${spent} units of work, and may do ${this.#workMax}`,
      );
    const effect = this.#feed.model.effects.get(index);
    const isChange = effect?.code === "ok" && changing.has(effect.operation.op);
    this.#spent[id] = spent + (isChange ? 3 : 1);
  }
}
