/** A Mermaid sequence diagram of a short run: who said what to whom, who led, committed, died and came back. */

import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../world/history.ts";
import type { Observer, StruckFault, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { tellStruck } from "./tell.ts";
import { askedIn, tellInvocation, tellMessage } from "./tell-events.ts";

/** A diagram with more lines helps nobody. */
const linesMax = 200;

/** What a diagram shows of a run. */
export interface DiagramCut {
  /** Virtual time, ms; from the beginning by default. */
  readonly fromMs?: number;
  /** To the end by default. */
  readonly toMs?: number;
  /** Servers, with the clients that speak to them; all by default. */
  readonly nodes?: readonly ServerId[];
}

export class Diagram implements Observer {
  readonly name = "diagram";
  readonly #cut: DiagramCut;
  #world: World | undefined;
  readonly #lines: string[] = [];
  #left = 0;
  readonly #leading = new Map<ServerId, Term>();
  readonly #commit = new Map<ServerId, number>();
  readonly #acknowledged = new Map<number, string>();
  readonly #clients = new Set<number>();

  constructor(cut: DiagramCut = {}) {
    this.#cut = cut;
  }

  begin(world: World): void {
    this.#world = world;
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    if (!this.#shows(from) || !this.#shows(to.id) || this.#isNoNews(from, to.id, message)) return;
    this.#add(`n${from}->>n${to.id}: ${tellMessage(message)}`);
  }

  lost(from: ServerId, to: ServerId, message: PeerMessage, why: string): void {
    if (!this.#shows(from) || !this.#shows(to) || isIdle(message)) return;
    this.#add(`n${from}-xn${to}: lost (${why}): ${tellMessage(message)}`);
  }

  step(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined || !this.#shows(server.id)) return;
    const leads = raft.isLeader ? raft.currentTerm : 0;
    if (leads !== (this.#leading.get(server.id) ?? 0)) {
      this.#leading.set(server.id, leads);
      this.#note(server.id, leads > 0 ? `leader of term ${leads}` : "leads no more");
    }
    if (raft.commitIndex <= (this.#commit.get(server.id) ?? 0)) return;
    this.#commit.set(server.id, raft.commitIndex);
    // Followers learn of it with the next message, which says so.
    if (raft.isLeader) this.#note(server.id, `commits up to ${raft.commitIndex}`);
  }

  crashed(server: ServerView, why: string): void {
    this.#leading.delete(server.id);
    if (this.#shows(server.id)) this.#note(server.id, `dies (${why})`);
  }

  started(server: ServerView): void {
    if (this.#shows(server.id)) this.#note(server.id, server.life === 1 ? "runs" : "runs again");
  }

  clientFrame(client: number, server: ServerId, _connection: number, messages: readonly ClientMessage[]): void {
    if (!this.#shows(server)) return;
    for (const tell of askedIn(messages)) this.#fromClient(client, `c${client}->>n${server}: ${tell()}`);
  }

  answered({ client, invocation, answeredBy, result }: HistoryOperation): void {
    if (answeredBy === 0 || !this.#shows(answeredBy)) return;
    const answer = result?.failure === undefined ? "ok" : result.failure.code;
    this.#fromClient(client, `n${answeredBy}-->>c${client}: ${tellInvocation(invocation)}: ${answer}`);
  }

  fault(struck: StruckFault): void {
    this.#add(`Note over ${this.#everybody()}: FAULT ${tellStruck(struck)}`);
  }

  calmed(core: readonly ServerId[]): void {
    this.#add(`Note over ${this.#everybody()}: faults stop, ${core.map((id) => `n${id}`).join(", ")} must recover`);
  }

  /** The diagram's text. */
  text(): string {
    const { servers = 0 } = this.#world?.plan.config ?? {};
    const participants = this.#servers().map((id) => `  participant n${id}${id > servers ? ` as n${id} (spare)` : ""}`);
    const clients = [...this.#clients].sort((a, b) => a - b).map((client) => `  participant c${client}`);
    const left = `… and ${this.#left} lines more: a diagram is for short runs or parts of them`;
    const end = this.#left > 0 ? [`  Note over ${this.#everybody()}: ${left}`] : [];
    return ["sequenceDiagram", ...participants, ...clients, ...this.#lines, ...end, ""].join("\n");
  }

  #servers(): readonly ServerId[] {
    return (this.#world?.allServers ?? []).map(({ id }) => id).filter((id) => this.#shows(id));
  }

  /** "n1,n3": a note over these stands over all servers. */
  #everybody(): string {
    const ids = this.#servers();
    const [first = 1, last = first] = [ids[0], ids.at(-1)];
    return first === last ? `n${first}` : `n${first},n${last}`;
  }

  #shows(id: ServerId): boolean {
    return this.#cut.nodes === undefined || this.#cut.nodes.includes(id);
  }

  /** What is sent all the time, and an acknowledgement that says what the one before it said. */
  #isNoNews(from: ServerId, to: ServerId, message: PeerMessage): boolean {
    if (isIdle(message)) return true;
    if (message.type !== "AppendEntriesReply" || !message.success) return false;
    const [key, said] = [from * 256 + to, `${message.term} ${message.matchIndex}`];
    if (this.#acknowledged.get(key) === said) return true;
    this.#acknowledged.set(key, said);
    return false;
  }

  #note(id: ServerId, text: string): void {
    this.#add(`Note over n${id}: ${text}`);
  }

  #fromClient(client: number, line: string): void {
    if (this.#add(line)) this.#clients.add(client);
  }

  /** Whether the line is in the diagram. */
  #add(line: string): boolean {
    const nowMs = (this.#world?.now ?? 0) / 1000;
    const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = this.#cut;
    if (nowMs < fromMs || nowMs > toMs) return false;
    if (this.#lines.length >= linesMax) {
      this.#left++;
      return false;
    }
    // To Mermaid a semicolon ends a statement, and a hash begins a character's code.
    this.#lines.push(`  ${line.replaceAll(";", ",").replaceAll("#", "no. ")}`);
    return true;
  }
}

function isIdle(message: PeerMessage): boolean {
  if (message.type === "AppendEntries") return message.entries.length === 0;
  return ["TouchSessions", "SessionsHeard", "WallClock", "DiskFull"].includes(message.type);
}
