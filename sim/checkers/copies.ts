/**
 * A leader appends no copy of another server's command that it has in its log, in the same term, and has not applied yet:
 * whoever proposed it sends it again when the disks are slow, and the log would fill with what makes them slower. Its own
 * it may append again when it finds a gap that an earlier leader left, but none twice in one turn.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { commandOf } from "./commands.ts";

/** What a leader has appended and not applied. */
interface Underway {
  readonly term: Term;
  readonly byCommand: Map<string, Index>;
  readonly byIndex: Map<Index, string>;
  /** Its own proposals of this turn. */
  readonly own: Set<number>;
}

export class Copies implements Observer {
  readonly name = "settled-proposals";
  readonly #marks: Marks | undefined;
  /** By server, of those that lead. */
  readonly #underway: (Underway | undefined)[] = [];

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  started(server: ServerView): void {
    this.#underway[server.id] = undefined;
  }

  delivered(_from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type !== "Forward" || this.#marks === undefined || to.node?.raft.isLeader !== true) return;
    const known = this.#underway[to.id];
    if (known?.term !== to.node.raft.currentTerm) return;
    if (message.commands.some((command) => known.byCommand.has(nameOf(command)))) this.#marks.hit("forwarded-again");
  }

  effects(server: ServerView, { write }: Effects): void {
    const raft = server.node?.raft;
    if (raft?.isLeader !== true) return;
    const { currentTerm } = raft;
    if (this.#underway[server.id]?.term !== currentTerm)
      this.#underway[server.id] = { term: currentTerm, byCommand: new Map(), byIndex: new Map(), own: new Set() };
    if (write === undefined || write.entries.length === 0) return;
    this.#underway[server.id]?.own.clear();
    for (const entry of write.entries)
      if (entry.kind === "command" && entry.term === currentTerm) this.#appends(server.id, entry);
  }

  appliedCommand({ id }: ServerView, index: Index): void {
    const underway = this.#underway[id];
    const name = underway?.byIndex.get(index);
    if (underway === undefined || name === undefined) return;
    underway.byIndex.delete(index);
    underway.byCommand.delete(name);
  }

  #appends(id: ServerId, { index, data }: Entry & { readonly kind: "command" }): void {
    const underway = this.#underway[id];
    if (underway === undefined) return;
    const { origin, proposal } = commandOf(data);
    if (origin === id) {
      // What a leader says of its own accord has no number.
      if (proposal !== 0 && underway.own.has(proposal))
        throw new InvariantBroken(this.name, `n${id} appends its proposal ${proposal} twice in one turn`);
      underway.own.add(proposal);
      return;
    }
    const name = nameOf(data);
    const first = underway.byCommand.get(name);
    if (first !== undefined)
      throw new InvariantBroken(
        this.name,
        `n${id} appends proposal ${name} as entry ${index}, though it has it as entry ${first} and has not applied that`,
      );
    underway.byCommand.set(name, index);
    underway.byIndex.set(index, name);
  }
}

function nameOf(bytes: Uint8Array): string {
  const { origin, proposal } = commandOf(bytes);
  return `${proposal} of n${origin}`;
}
