/** Remembers the last moments of a run as lines for a person: what was said, done and broken, not who woke up when. */
import type { PeerMessage } from "../../src/node/ports.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../world/history.ts";
import type { Observer, StruckFault, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { tellStruck } from "./tell.ts";
import { tellInvocation, tellMessage } from "./tell-events.ts";

export class Moments implements Observer {
  readonly name = "moments";
  readonly #max: number;
  #world: World | undefined;
  #lines: string[] = [];
  #left = 0;
  readonly #leading = new Map<ServerId, Term>();
  readonly #acknowledged = new Map<number, string>();
  readonly #commit = new Map<ServerId, number>();

  /** Keeps the last `max` lines. */
  constructor(max: number) {
    this.#max = max;
  }

  begin(world: World): void {
    this.#world = world;
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    if (isIdle(message) || this.#isOld(from, to.id, message)) return;
    this.#add(() => `n${from} → n${to.id}  ${tellMessage(message)}`);
  }

  lost(from: ServerId, to: ServerId, message: PeerMessage, why: string): void {
    if (isIdle(message) || (message.type === "AppendEntriesReply" && message.success)) return;
    this.#add(() => `n${from} ⇥ n${to}  lost (${why}): ${tellMessage(message)}`);
  }

  step(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const leads = raft.isLeader ? raft.currentTerm : 0;
    if (leads === (this.#leading.get(server.id) ?? 0)) return;
    this.#leading.set(server.id, leads);
    this.#add(() => (leads > 0 ? `n${server.id} leads term ${leads}` : `n${server.id} leads no more`));
  }

  effects(server: ServerView): void {
    const commitIndex = server.node?.raft.status().commitIndex ?? 0;
    if (commitIndex <= (this.#commit.get(server.id) ?? 0)) return;
    this.#commit.set(server.id, commitIndex);
    this.#add(() => `n${server.id} knows entries up to ${commitIndex} as committed`);
  }

  crashed({ id }: ServerView, why: string): void {
    this.#leading.delete(id);
    this.#commit.delete(id);
    this.#add(() => `n${id} dies (${why})`);
  }

  started({ id }: ServerView): void {
    this.#add(() => `n${id} runs`);
  }

  stopped({ id }: ServerView, error: Error): void {
    this.#add(() => `n${id} stops: ${error.message}`);
  }

  invoked({ client, id, invocation }: HistoryOperation): void {
    this.#add(() => `client ${client} asks: ${tellInvocation(invocation)} (operation ${id})`);
  }

  answered({ client, id, outcome, answeredBy, result, zxid }: HistoryOperation): void {
    const how = result?.failure === undefined ? `ok, zxid ${zxid}` : `${result.failure.code}, zxid ${zxid}`;
    this.#add(() =>
      outcome === "answered"
        ? `n${answeredBy} → client ${client}  operation ${id}: ${how}`
        : `client ${client} will have no answer to operation ${id}`,
    );
  }

  fault(struck: StruckFault): void {
    this.#add(() => `FAULT  ${tellStruck(struck)}`);
  }

  calmed(core: readonly ServerId[]): void {
    this.#add(() => `faults stop; ${core.map((id) => `n${id}`).join(", ")} must recover`);
  }

  /** An acknowledgement that says what the one before it said. */
  #isOld(from: ServerId, to: ServerId, message: PeerMessage): boolean {
    if (message.type !== "AppendEntriesReply" || !message.success) return false;
    const [key, said] = [from * 256 + to, `${message.term} ${message.matchIndex}`];
    if (this.#acknowledged.get(key) === said) return true;
    this.#acknowledged.set(key, said);
    return false;
  }

  /** One line each: time, event, what. */
  lines(): string[] {
    const left = this.#left + Math.max(0, this.#lines.length - this.#max);
    return [...(left > 0 ? [`  … ${left} lines before`] : []), ...this.#lines.slice(-this.#max)];
  }

  #add(text: () => string): void {
    const { now = 0, current = 0 } = this.#world ?? {};
    this.#lines.push(`  ${(now / 1000).toFixed(3).padStart(10)} ms  #${String(current).padEnd(6)} ${text()}`);
    if (this.#lines.length < 8 * this.#max) return;
    this.#left += this.#lines.length - this.#max;
    this.#lines = this.#lines.slice(-this.#max);
  }
}

/** What is sent all the time. */
function isIdle(message: PeerMessage): boolean {
  if (message.type === "AppendEntries") return message.entries.length === 0;
  return message.type === "TouchSessions";
}
