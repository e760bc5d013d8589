/** A Mermaid sequence diagram of a short run: who said what to whom, who led, died and came back. */
import type { PeerMessage } from "../../src/node/ports.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../world/history.ts";
import type { Observer, StruckFault, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { tellStruck } from "./tell.ts";
import { tellInvocation, tellMessage } from "./tell-events.ts";

/** A diagram with more lines helps nobody. */
const linesMax = 200;

export class Diagram implements Observer {
  readonly name = "diagram";
  #participants: string[] = [];
  /** "n1,n3": a note over these stands over all servers. */
  #allServers = "n1";
  #lines: string[] = [];
  #left = 0;
  readonly #leading = new Map<ServerId, Term>();

  begin(world: World): void {
    const { servers, clients } = world.plan.config;
    this.#participants = world.allServers.map(
      ({ id }) => `  participant n${id}${id > servers ? ` as n${id} (spare)` : ""}`,
    );
    for (let client = 1; client <= clients; client++) this.#participants.push(`  participant c${client}`);
    const last = world.allServers.at(-1)?.id ?? 1;
    if (last > 1) this.#allServers = `n1,n${last}`;
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const idle = message.type === "AppendEntries" && message.entries.length === 0;
    if (idle || message.type === "TouchSessions") return;
    if (message.type === "AppendEntriesReply" && message.success) return;
    this.#add(`n${from}->>n${to.id}: ${tellMessage(message)}`);
  }

  step(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const leads = raft.isLeader ? raft.currentTerm : 0;
    if (leads === (this.#leading.get(server.id) ?? 0)) return;
    this.#leading.set(server.id, leads);
    this.#add(`Note over n${server.id}: ${leads > 0 ? `leader of term ${leads}` : "leads no more"}`);
  }

  crashed(server: ServerView, why: string): void {
    this.#leading.delete(server.id);
    this.#add(`Note over n${server.id}: dies (${why})`);
  }

  started(server: ServerView): void {
    this.#add(`Note over n${server.id}: runs`);
  }

  invoked({ client, invocation }: HistoryOperation): void {
    this.#add(`Note over c${client}: asks ${tellInvocation(invocation)}`);
  }

  answered({ client, invocation, answeredBy, result }: HistoryOperation): void {
    if (answeredBy === 0) return;
    const answer = result?.failure === undefined ? "ok" : result.failure.code;
    this.#add(`n${answeredBy}-->>c${client}: ${tellInvocation(invocation)}: ${answer}`);
  }

  fault(struck: StruckFault): void {
    this.#add(`Note over ${this.#allServers}: FAULT ${tellStruck(struck)}`);
  }

  calmed(core: readonly ServerId[]): void {
    this.#add(`Note over ${this.#allServers}: faults stop, ${core.map((id) => `n${id}`).join(", ")} must recover`);
  }

  /** The diagram's text. */
  text(): string {
    const left = `… and ${this.#left} lines more: a diagram is for short runs, such as a shrunk plan's`;
    const end = this.#left > 0 ? [`  Note over ${this.#allServers}: ${left}`] : [];
    return ["sequenceDiagram", ...this.#participants, ...this.#lines, ...end, ""].join("\n");
  }

  #add(line: string): void {
    // A semicolon ends a statement of Mermaid.
    if (this.#lines.length < linesMax) this.#lines.push(`  ${line.replaceAll(";", ",")}`);
    else this.#left++;
  }
}
