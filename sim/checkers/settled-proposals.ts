/**
 * A server does not go on proposing what has taken effect before its eyes: the log would fill with copies. An entry has
 * done so once the server has applied it and told of all that it changed: committed, it may still wait there in line.
 */

import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId } from "../../src/raft/types.ts";
import type { Command } from "../../src/znode/commands.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { commandOf } from "./commands.ts";
import type { ModelFeed } from "./model-feed.ts";

/** One that was on its way when its entry was applied may still leave. */
const lateMax = 2;

export class SettledProposals implements Observer {
  readonly name = "settled-proposals";
  readonly #feed: ModelFeed;
  /** By server: its proposals that it saw applied, and how often it has proposed them since. */
  readonly #done: Map<number, number>[] = [];
  /** By server: the last command that it applied, of which it may still tell. */
  readonly #telling: (Index | undefined)[] = [];

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  started(server: ServerView): void {
    this.#done[server.id] = new Map();
    this.#telling[server.id] = undefined;
  }

  sent(from: ServerView, _to: ServerId, message: PeerMessage): void {
    if (message.type === "Forward") for (const command of message.commands) this.#proposes(from.id, command);
  }

  effects(server: ServerView, effects: Effects): void {
    if (server.node?.raft.isLeader === true)
      for (const entry of effects.write?.entries ?? [])
        if (entry.kind === "command") this.#proposes(server.id, entry.data);
    if (server.node?.hasEventsLeft === false) this.#settles(server.id);
  }

  appliedCommand({ id }: ServerView, index: Index): void {
    // The next one is not applied before all is told of the last.
    this.#settles(id);
    this.#telling[id] = index;
  }

  #proposes(id: ServerId, command: Uint8Array): void {
    const { origin, proposal } = commandOf(command);
    const done = this.#done[id];
    const times = origin === id ? done?.get(proposal) : undefined;
    if (done === undefined || times === undefined) return;
    if (times >= lateMax)
      throw new InvariantBroken(
        this.name,
        `n${id} proposes its proposal ${proposal} again and again, though it is applied`,
      );
    done.set(proposal, times + 1);
  }

  #settles(id: ServerId): void {
    const index = this.#telling[id];
    if (index === undefined) return;
    this.#telling[id] = undefined;
    const command = this.#feed.commandAt(index);
    if (command === undefined || command.origin !== id || command.proposal === 0) return;
    const known = this.#done[id];
    if (tookEffect(this.#feed, index, command) && known?.has(command.proposal) === false)
      known.set(command.proposal, 0);
  }
}

/**
 * Whether a proposal is done with the committed entry at `index`: one that came before its time, or after its session, goes
 * again or is given up.
 */
export function tookEffect({ model }: ModelFeed, index: Index, { body }: Command): boolean {
  return (
    body.type === "createSession" ||
    body.type === "attachSession" ||
    (body.type === "closeSession" && (model.endedBy.get(body.sessionId) ?? index + 1) <= index) ||
    (body.type === "write" && model.effects.has(index))
  );
}
