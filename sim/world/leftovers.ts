/**
 * What servers and clients keep though nobody needs it any more: tables that only grow end every process sooner or later, and
 * no answer tells. Once all is quiet each table must come back to its floor. At any one moment a ping may be on its way; so
 * what counts is the least that was seen since.
 */
import { aclEqual, openAcl } from "../../src/base/acl.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { RetainedByTree } from "../../src/znode/retained.ts";
import type { ZnodeView } from "../../src/znode/stat.ts";
import type { ClientView, ServerView } from "./view.ts";

/** What the tables beside a tree of these znodes have to hold, by the words of the tables. */
function neededBy(znodes: Iterable<ZnodeView>): Omit<RetainedByTree, "removedZnodes"> {
  const lists = new Set<string>();
  const quotas = new Set<string>();
  let lifetimes = 0;
  let dataBytes = 0;
  for (const { path, acl, container, ttlMs, length } of znodes) {
    if (container || ttlMs > 0) lifetimes++;
    if (!aclEqual(acl, openAcl)) lists.add(JSON.stringify(acl.map(({ perms, scheme, id }) => [perms, scheme, id])));
    const [, on] = /^\/zookeeper\/quota(\/.+)\/zookeeper_(?:limits|stats)$/.exec(path) ?? [];
    if (on !== undefined) quotas.add(on);
    dataBytes += length;
  }
  return { lifetimes, accessLists: lists.size, quotas: quotas.size, dataBytes };
}

export class Leftovers {
  /** By owner and table: by how much it was above its floor at the best moment. */
  readonly #least = new Map<string, { readonly owner: string; readonly table: string; excess: number }>();
  /** Those that the last look was at. */
  #servers: readonly ServerId[] = [];

  /** Looks at the tables of `servers` and `clients` now. */
  look(servers: readonly ServerView[], clients: readonly ClientView[]): void {
    // Of one that was removed since the last look it will not be seen either.
    for (const id of this.#servers) if (!servers.some((server) => server.id === id)) this.#forget(`n${id}`);
    this.#servers = servers.map(({ id }) => id);
    for (const { id: server, node } of servers) {
      if (node === undefined) continue;
      const { connections, attachedSessions, heardSessions, ...transient } = node.retained();
      const name = `n${server}`;
      const open = clients.filter(({ connection }) => connection?.server === server).length;
      this.#note(name, "connections", connections - open);
      this.#note(name, "attachedSessions", attachedSessions - open);
      this.#note(name, "heardSessions", heardSessions - node.machine.counts().sessions);
      for (const [table, size] of Object.entries(transient)) this.#note(name, table, size);
      // Whoever believes that something is left takes one turn after the other.
      this.#note(name, "waiting reads", node.hasReadsLeft ? 1 : 0);
      this.#note(name, "waiting entries", node.hasEntriesLeft ? 1 : 0);
      const needed = neededBy(node.machine.znodes());
      const { lifetimes, accessLists, quotas, removedZnodes, dataBytes } = node.machine.retained();
      this.#note(name, "lifetimes", lifetimes - needed.lifetimes);
      this.#note(name, "accessLists", accessLists - needed.accessLists);
      this.#note(name, "quotas", quotas - needed.quotas);
      this.#note(name, "removedZnodes", removedZnodes);
      this.#note(name, "dataBytes", dataBytes - needed.dataBytes);
    }
    for (const client of clients) {
      const excess = client.excess();
      // Of one that is lied to by now it will not be seen that it lets go.
      const name = `client ${client.id}`;
      if (excess === undefined) this.#forget(name);
      else for (const [table, size] of Object.entries(excess)) this.#note(name, table, size);
      // One that is there twice is tried twice as often.
      this.#note(name, "endpoints", client.endpoints.length - new Set(client.endpoints).size);
    }
  }

  /** Tables that never came back, one clause each. */
  left(): string[] {
    return [...this.#least.values()].flatMap(({ owner, table, excess }) =>
      excess > 0 ? [`${owner} keeps ${excess} of its ${table} more than anybody needs`] : [],
    );
  }

  #forget(owner: string): void {
    for (const [name, known] of this.#least) if (known.owner === owner) this.#least.delete(name);
  }

  #note(owner: string, table: string, excess: number): void {
    const name = `${owner} ${table}`;
    const known = this.#least.get(name);
    if (known === undefined) this.#least.set(name, { owner, table, excess });
    else known.excess = Math.min(known.excess, excess);
  }
}
