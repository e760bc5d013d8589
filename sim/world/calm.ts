/**
 * The liveness phase: faults stop on some quorum, the rest is broken for good; then the cluster must elect, commit,
 * converge and serve within a bounded time (`patience.ts`), or it says what is still pending. At times some links stay
 * cut for good, though not those between the servers of one quorum: then whoever is connected to the leader has to follow
 * it, and all clients are to be served.
 */
import type { ServerId } from "../../src/raft/types.ts";
import type { Config } from "../plan/plan.ts";
import { nobodyUses } from "../unused-rule.ts";
import type { SimClients } from "./clients.ts";
import { bootstrapConfiguration } from "./configuration.ts";
import { neverAgree } from "./founding.ts";
import { Leftovers } from "./leftovers.ts";
import { sessionTickMs } from "./node-options.ts";
import { InvariantBroken } from "./observer.ts";
import type { RunParts } from "./parts.ts";
import { Patience } from "./patience.ts";
import type { SimServer } from "./server.ts";

/** What the phase works on. */
export interface CalmParts extends RunParts {
  readonly allServers: readonly SimServer[];
  readonly clients: SimClients;
}

/** How often it looks whether all is well, µs. */
const pollUs = 50_000;

export class Calm {
  readonly #parts: CalmParts;
  #core: readonly SimServer[] = [];
  #patience: Patience | undefined;
  #probed = false;
  #begunUs = 0;
  readonly #leftovers = new Leftovers();

  constructor(parts: CalmParts) {
    this.#parts = parts;
  }

  /** Ids of the servers that must recover. */
  get core(): readonly ServerId[] {
    return this.#core.map((server) => server.id);
  }

  /** Stops the faults. Returns false if too many disks are lost for any quorum: then nothing is owed but the truth. */
  begin(): boolean {
    const { kernel, plan, allServers, network, connections, clients } = this.#parts;
    const core = this.#chooseCore();
    if (core === undefined) return false;
    this.#core = core;
    this.#begunUs = kernel.now;
    network.heal();
    connections.mend();
    for (const client of clients.all) client.refusedUntilUs = 0;
    for (const server of allServers) {
      if (this.#core.includes(server)) continue;
      server.crash("broken for good", 0.5, 0);
      if (server.goneForGood === "") server.goneForGood = "broken";
    }
    for (const server of this.#core) server.mend();
    this.#cutForGood();
    clients.calm();
    this.#patience = new Patience(plan.config, clients.pending, kernel.now);
    kernel.after(pollUs, { kind: "poll", cause: kernel.current });
    return true;
  }

  /** Cuts links, in both directions, of servers without which there still is a quorum. */
  #cutForGood(): void {
    const { kernel, plan, allServers, network } = this.#parts;
    const draws = kernel.randomness.draws("calm links");
    // Servers that have not met, and newcomers, need more than a quorum.
    if (plan.config.spares > 0 || allServers.some(({ admitted }) => !admitted) || !draws.chance(0.4)) return;
    let whole = this.#core;
    for (const server of draws.shuffle(this.#core)) {
      const without = whole.filter((other) => other !== server);
      if (this.#quorums().every((group) => holdsQuorum(without, group))) whole = without;
    }
    for (const server of this.#core) {
      if (whole.includes(server)) continue;
      for (const other of this.#core) {
        if (other === server || !draws.chance(0.6)) continue;
        network.disturb(-1, server.id, other.id, { blocked: true });
        network.disturb(-1, other.id, server.id, { blocked: true });
      }
    }
  }

  /** The voters of whatever configuration may be in effect: a majority of each group is needed. */
  #quorums(): readonly (readonly ServerId[])[] {
    return this.#parts.allServers.flatMap(({ configuration }) =>
      configuration === undefined ? [] : [configuration.voters, configuration.oldVoters],
    );
  }

  /** The voters that changes under way will lead to. */
  #wanted(): readonly (readonly ServerId[])[] {
    return this.#parts.allServers.map(({ configuration }) => configuration?.wantedVoters ?? []);
  }

  #linked(a: SimServer, b: SimServer): boolean {
    const { network } = this.#parts;
    return a === b || (network.connected(a.id, b.id) && network.connected(b.id, a.id));
  }

  /** Who must recover: some quorum. Undefined if there is none. */
  #chooseCore(): readonly SimServer[] | undefined {
    const { kernel, allServers } = this.#parts;
    const sound = allServers.filter(
      (server) => server.goneForGood === "" && !server.disk.mayShowDamage && !server.wiped,
    );
    // A cluster that has not met in full has not begun; then all first members are needed.
    const missing = allServers.filter(({ admitted }) => !admitted);
    const first = bootstrapConfiguration(this.#parts.plan.config.servers).voters;
    if (missing.some(({ id }) => first.includes(id))) {
      if (neverAgree(allServers)) return undefined;
      return first.every((id) => sound.some((server) => server.id === id)) ? sound : undefined;
    }
    const groups = this.#quorums();
    if (!groups.every((group) => holdsQuorum(sound, group))) return undefined;
    const draws = kernel.randomness.draws("calm");
    const quorum = Math.floor(sound.length / 2) + 1;
    const some = draws.some(sound, draws.between(Math.min(quorum, sound.length), sound.length));
    // Who breaks now still counts as there for an election timeout, in which a change may go joint and depend on it.
    return [...groups, ...this.#wanted()].every((group) => holdsQuorum(some, group)) ? some : sound;
  }

  /** Looks again. True once all is well; throws when the time is over. */
  poll(): boolean {
    const { kernel, clients } = this.#parts;
    this.#patience?.look(
      this.#core.map(({ id, node }) => ({ id, staged: node?.stagedSnapshot })),
      kernel.now,
    );
    const isLate = this.#patience?.isOver(kernel.now) === true;
    const pending = this.#pending();
    const quiet = pending.length === 0 && this.#probed;
    const astray = quiet ? this.#watchesAstray() : [];
    if (quiet) this.#leftovers.look(this.#followed(), clients.all);
    const left = quiet ? this.#leftovers.left() : [];
    if (quiet && astray.length + left.length === 0) return true;
    if (astray.length > 0 && isLate)
      throw new InvariantBroken("abandoned-watches", `long after all is quiet, ${astray.join("; ")}`);
    if (left.length > 0 && isLate)
      throw new InvariantBroken("leftovers", `long after all is quiet, ${left.join("; ")}`);
    if (pending.length === 0 && !this.#probed) {
      this.#probed = true;
      clients.probe();
    }
    if (isLate && neverAgree(this.#parts.allServers)) return true;
    if (isLate) throw new InvariantBroken("liveness", `long after the faults stopped, ${pending.join("; ")}`);
    kernel.after(pollUs, { kind: "poll", cause: kernel.current });
    return false;
  }

  /** What is not as it should be, one clause each. */
  #pending(): string[] {
    const pending: string[] = [];
    let leader: SimServer | undefined;
    for (const server of this.#core) {
      if (server.node === undefined) pending.push(`n${server.id} is ${server.state}`);
      else if (server.node.raft.isLeader && server.node.raft.currentTerm > (leader?.node?.raft.currentTerm ?? 0))
        leader = server;
    }
    if (leader?.node === undefined) return [...pending, "no server leads"];
    const { commitIndex, lastIndex } = leader.node.raft.status();
    if (commitIndex < lastIndex)
      pending.push(`the leader n${leader.id} has committed ${commitIndex} of ${lastIndex} entries`);
    const { members, oldVoters, wantedVoters = [] } = leader.node.raft.configuration;
    const serving = this.core.filter((id) => members.some((member) => member.id === id));
    for (const client of this.#parts.clients.all) if (client.state !== "connected") client.leadTo(serving);
    if (oldVoters.length > 0) pending.push("a change of membership is joint");
    const learning = wantedVoters.filter((id) => this.#core.some((server) => server.id === id));
    if (wantedVoters.length > 0 && learning.length === wantedVoters.length)
      pending.push("a change of membership waits for its learners");
    for (const server of this.#core) {
      if (server.node === undefined || !members.some(({ id }) => id === server.id)) continue;
      if (!this.#linked(server, leader)) continue;
      const status = server.node.status();
      if (status.leader !== leader.id)
        pending.push(`n${server.id} follows ${status.leader ?? "nobody"}, not n${leader.id}`);
      if (status.appliedIndex < lastIndex)
        pending.push(`n${server.id} has applied ${status.appliedIndex} of ${lastIndex} entries`);
    }
    for (const client of this.#parts.clients.all) {
      if (client.record.pending > 0) pending.push(`client ${client.id} waits for ${client.record.pending} answers`);
      else if (client.state !== "connected") pending.push(`client ${client.id} is ${client.state}`);
    }
    pending.push(...unused(leader), ...this.#ignorant(), ...this.#unheard(), ...abandoned(leader, this.#parts.clients));
    pending.push(...this.#parts.clients.waitingStrangers(this.#followed().map(({ id }) => id)));
    return pending;
  }

  /** The leader, and members of the core that hear it and that it hears. */
  #followed(): readonly SimServer[] {
    const leader = this.#core.find(({ node }) => node?.raft.isLeader === true);
    if (leader?.node === undefined) return [];
    const { members } = leader.node.raft.configuration;
    return this.#core.filter((server) => members.some(({ id }) => id === server.id) && this.#linked(server, leader));
  }

  /** Where a server's table of watches differs from what its clients wait for, one clause each. */
  #watchesAstray(): string[] {
    return this.#parts.clients.all.flatMap(({ id, connection, watches }) => {
      const server = this.#core.find((candidate) => candidate.id === connection?.server);
      if (connection === undefined || server?.node === undefined) return [];
      const wanted = new Set(watches.map(({ kind, path }) => `${path} (${kind})`));
      const armed = new Set(server.node.watchesOf(connection.id).map(({ kind, path }) => `${path} (${kind})`));
      const abandoned = [...armed].filter((watch) => !wanted.has(watch));
      const missing = [...wanted].filter((watch) => !armed.has(watch));
      return [
        ...abandoned.map((watch) => `n${server.id} keeps a watch of client ${id} on ${watch}, for which nobody waits`),
        ...missing.map((watch) => `client ${id} waits for its watch on ${watch}, which is not armed at n${server.id}`),
      ];
    });
  }

  /** Which clients were not told, since the faults stopped, that the leader has heard what they say. */
  #unheard(): string[] {
    if (!wordsComeInTime(this.#parts.plan.config)) return [];
    const servers = new Set(this.#followed().map(({ id }) => id));
    return this.#parts.clients.all.flatMap((client) => {
      const server = client.state === "connected" ? (client.connection?.server ?? 0) : 0;
      if (!servers.has(server) || client.isHeardSince(this.#begunUs)) return [];
      return [`client ${client.id}, attached to n${server}, was not told that the leader has heard of it`];
    });
  }

  /** Which clients do not know by now where members are. */
  #ignorant(): string[] {
    return this.#parts.clients.all.flatMap(({ id, balanced, connection, endpoints }) => {
      const server = this.#core.find((candidate) => candidate.id === connection?.server);
      if (balanced || server?.node === undefined) return [];
      const unknown = server.node.raft.configuration.members.filter((one) => !endpoints.includes(one.clientAddress));
      return unknown.map((one) => `client ${id}, attached to n${server.id}, was not told of n${one.id}`);
    });
  }
}

/** Znodes that the leader still has and nobody uses, by the newest stamp, one clause each. */
function unused({ id, node }: SimServer): string[] {
  if (node === undefined) return [];
  const { machine } = node;
  const left: string[] = [];
  for (const { path, container, ttlMs, mtime, childCounter, children } of machine.znodes()) {
    const lifetime = { container, ttlMs, mtime, childrenMade: childCounter, children: children?.size ?? 0 };
    if (nobodyUses(lifetime, machine.lastTimeMs)) left.push(`n${id} keeps ${path}, which nobody uses`);
  }
  return left;
}

function holdsQuorum(servers: readonly SimServer[], group: readonly ServerId[]): boolean {
  return group.length === 0 || servers.filter(({ id }) => group.includes(id)).length * 2 > group.length;
}

/** Sessions that go on though no client holds them, one clause each: they have to end within their timeout. */
function abandoned({ node }: SimServer, clients: SimClients): string[] {
  const held = new Set(clients.all.map(({ sessionId }) => sessionId));
  return [...(node?.machine.sessions() ?? [])].flatMap(({ id }) =>
    held.has(id) ? [] : [`session ${id}, which no client holds, has not ended`],
  );
}

/**
 * Whether a client hears in any case within a third of its session's timeout that the leader has heard of it: from then on it
 * looks for a faster server. What it says goes to its server, waits for a tick, goes to the leader, which asks who follows
 * it, and comes back.
 */
function wordsComeInTime({ sessionTimeoutMs, clientUs, networkUs }: Config): boolean {
  const worstMs = sessionTickMs + (2 * clientUs.max + 4 * networkUs.max) / 1000;
  return worstMs < sessionTimeoutMs / 3;
}
