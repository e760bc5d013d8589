/**
 * A timer that has rung does what is due. A server with a deadline that stays in the past, whatever it does when its timer
 * rings, would wake for nothing, as often as its machine can. What came up in the very turn may wait for the next; what has to
 * wait for room in a later one, or for the end of this one, is waited for otherwise.
 */
import type { ServerId } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

export class VainTimers implements Observer {
  readonly name = "vain-timers";
  /** By server: the deadline that was over when its timer had rung last, ms of its clock. */
  readonly #overdue = new Map<ServerId, number>();
  #world: World | undefined;

  begin(world: World): void {
    this.#world = world;
  }

  starting({ id }: ServerView): void {
    this.#overdue.delete(id);
  }

  step(server: ServerView): void {
    const event = this.#world?.event;
    if (event?.kind === "tick" && event.server === server.id) this.#rang(server);
  }

  #rang({ id, node, clock, hasUnflushedInput }: ServerView): void {
    if (node === undefined || hasUnflushedInput) return;
    const deadlineMs = node.nextDeadline();
    const lateMs = clock.now() - deadlineMs;
    if (deadlineMs === Number.NEGATIVE_INFINITY)
      throw new InvariantBroken(this.name, `n${id} was to do something before there was anything`);
    if (lateMs < 0) this.#overdue.delete(id);
    else if (this.#overdue.get(id) !== deadlineMs) this.#overdue.set(id, deadlineMs);
    else {
      const late = `n${id} was to do something ${lateMs.toFixed(3)} ms ago, and its timer has rung twice since`;
      throw new InvariantBroken(this.name, `${late}: it will ring again and again`);
    }
  }
}
