/**
 * What servers keep though nobody needs it any more: tables that only grow end every server sooner or later, and no answer
 * tells. Once all is quiet each table must come back to its floor. At any one moment a ping may be on its way; so what
 * counts is the least that was seen since.
 */
import type { ServerId } from "../../src/raft/types.ts";
import type { ClientView, ServerView } from "./view.ts";

export class Leftovers {
  /** By server and table: by how much it was above its floor at the best moment. */
  readonly #least = new Map<string, { readonly server: ServerId; readonly table: string; excess: number }>();

  /** Looks at the tables of `servers` now. */
  look(servers: readonly ServerView[], clients: readonly ClientView[]): void {
    for (const { id: server, node } of servers) {
      if (node === undefined) continue;
      const { connections, attachedSessions, heardSessions, ...transient } = node.retained();
      const open = clients.filter(({ connection }) => connection?.server === server).length;
      this.#note(server, "connections", connections - open);
      this.#note(server, "attachedSessions", attachedSessions - open);
      this.#note(server, "heardSessions", heardSessions - node.machine.counts().sessions);
      for (const [table, size] of Object.entries(transient)) this.#note(server, table, size);
    }
  }

  /** Tables that never came back, one clause each. */
  left(): string[] {
    return [...this.#least.values()].flatMap(({ server, table, excess }) =>
      excess > 0 ? [`n${server} keeps ${excess} of its ${table} more than anybody needs`] : [],
    );
  }

  #note(server: ServerId, table: string, excess: number): void {
    const name = `${server} ${table}`;
    const known = this.#least.get(name);
    if (known === undefined) this.#least.set(name, { server, table, excess });
    else known.excess = Math.min(known.excess, excess);
  }
}
