/**
 * Znodes that nobody uses (`base/znode-kinds.ts`): the leader looks for some once a tick, and has them removed through the
 * log. It may be wrong, being behind or deposed without knowing it: whether one goes is decided when the entry is applied,
 * by the tree and the entry's stamp.
 */
import { encodeCommand } from "../../protocol/command-codec.ts";
import type { Index, Term } from "../../raft/types.ts";
import type { Core } from "../core.ts";
import type { LogFeed, Stamps } from "../log-feed.ts";

export class UnusedZnodes {
  readonly #core: Core;
  readonly #feed: LogFeed;
  readonly #stamps: Stamps;
  /** The newest entry that removes some, proposed by this server. */
  #proposed: { readonly term: Term; readonly index: Index } = { term: 0, index: 0 };

  constructor(core: Core, feed: LogFeed, stamps: Stamps) {
    this.#core = core;
    this.#feed = feed;
    this.#stamps = stamps;
  }

  /** Once a tick: a leader proposes what it finds; one entry at a time, and of bounded size, so that clients have their turn. */
  tick(): void {
    const { id, raft, replica } = this.#core;
    const { currentTerm, isLeader } = raft;
    if (!isLeader) return;
    const { term, index } = this.#proposed;
    if (term === currentTerm && replica.machine.appliedIndex < index) return;
    // As the stamp that the entry would have: this server's own clock may be wrong.
    const timeMs = this.#stamps.next();
    const paths = timeMs === undefined ? [] : replica.machine.unused(timeMs);
    if (paths.length === 0) return;
    if (this.#feed.append([encodeCommand({ type: "removeUnused", paths }, id, 0)]) === 1)
      this.#proposed = { term: currentTerm, index: raft.status().lastIndex };
  }
}
