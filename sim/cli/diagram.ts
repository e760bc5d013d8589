/** A Mermaid sequence diagram of a short run: who said what to whom, who led, died and came back. */
import type { PeerMessage } from "../../src/node/ports.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../history.ts";
import type { Observer, StruckFault, World } from "../observer.ts";
import type { SimServer } from "../server.ts";
import { describeMessage } from "./describe.ts";

/** A diagram with more lines helps nobody. */
const linesMax = 200;

export class Diagram implements Observer {
  readonly name = "diagram";
  #lines: string[] = [];
  #left = 0;
  readonly #leading = new Map<ServerId, Term>();

  begin(world: World): void {
    this.#lines = world.allServers.map((server) => `  participant n${server.id}`);
    for (let client = 1; client <= world.plan.config.clients; client++) this.#lines.push(`  participant c${client}`);
  }

  delivered(from: ServerId, to: SimServer, message: PeerMessage): void {
    const idle = message.type === "AppendEntries" && message.entries.length === 0;
    if (idle || message.type === "TouchSessions") return;
    if (message.type === "AppendEntriesReply" && message.success) return;
    this.#add(`n${from}->>n${to.id}: ${describeMessage(message)}`);
  }

  step(server: SimServer): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const leads = raft.isLeader ? raft.currentTerm : 0;
    if (leads === (this.#leading.get(server.id) ?? 0)) return;
    this.#leading.set(server.id, leads);
    this.#add(`Note over n${server.id}: ${leads > 0 ? `leader of term ${leads}` : "leads no more"}`);
  }

  crashed(server: SimServer, why: string): void {
    this.#leading.delete(server.id);
    this.#add(`Note over n${server.id}: dies (${why})`);
  }

  started(server: SimServer): void {
    this.#add(`Note over n${server.id}: runs`);
  }

  invoked({ client, invocation }: HistoryOperation): void {
    this.#add(`Note over c${client}: ${describeInvocation(invocation)}`);
  }

  answered({ client, invocation, answeredBy, result }: HistoryOperation): void {
    if (answeredBy === 0) return;
    const answer = result?.failure === undefined ? "ok" : result.failure.code;
    this.#add(`n${answeredBy}-->>c${client}: ${describeInvocation(invocation)} ${answer}`);
  }

  fault(struck: StruckFault): void {
    this.#add(`Note over n1: fault ${struck.action.kind}`);
  }

  /** The diagram's text. */
  text(): string {
    const left = this.#left > 0 ? [`  Note over n1: … ${this.#left} lines more`] : [];
    return ["sequenceDiagram", ...this.#lines, ...left, ""].join("\n");
  }

  #add(line: string): void {
    // A semicolon ends a statement of Mermaid.
    if (this.#lines.length < linesMax) this.#lines.push(`  ${line.replaceAll(";", ",")}`);
    else this.#left++;
  }
}

function describeInvocation(invocation: HistoryOperation["invocation"]): string {
  if (invocation.type === "write") return `${invocation.operation.op} ${invocation.operation.path}`;
  if (invocation.type === "read")
    return `${invocation.read.local ? "local " : ""}${invocation.read.kind} ${invocation.read.path}`;
  return "close";
}
