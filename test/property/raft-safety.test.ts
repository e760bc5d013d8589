/**
 * Figure 3, the properties that Raft guarantees at all times, over random schedules: messages lost, doubled, late and
 * out of order, slow disks, crashes that lose what is not synced, partitions, clients that write and read.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyedRandom, type Random } from "../../src/base/random.ts";
import type { Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import { heartbeatMs, type Packet, TestCluster, type TestServer } from "../paper/cluster.ts";

/** What is done to the cluster, drawn by fast-check so that a failure shrinks. */
const plans = fc.record({
  seed: fc.nat(),
  size: fc.constantFrom(3, 4, 5),
  steps: fc.constant(1500),
  loss: fc.constantFrom(0, 0.02, 0.2),
  duplicates: fc.constantFrom(0, 0.05),
  reordering: fc.constantFrom(0, 0.3, 0.9),
  crashes: fc.constantFrom(0, 0.002, 0.02),
  partitions: fc.constantFrom(0, 0.005, 0.02),
  window: fc.constantFrom(1, 4, 32),
});
type Plan = ReturnType<typeof plans.generate>["value"];

/** Keeps its own history, and compares every server with it after every step. */
class Observer {
  readonly #leaderOf = new Map<Term, ServerId>();
  /** The one committed log: what the first server applied at an index, all must. */
  readonly #applied: Entry[] = [];
  readonly #seen = new Map<TestServer, number>();
  /** The term in which an entry was first seen as committed, by index. */
  readonly #committedIn: Term[] = [];
  elections = 0;

  readonly cluster: TestCluster;

  constructor(cluster: TestCluster) {
    this.cluster = cluster;
  }

  get committed(): Index {
    return this.#applied.length;
  }

  check(): void {
    for (const server of this.cluster.servers) {
      if (this.cluster.down.has(server.id)) continue;
      if (server.raft.isLeader) this.#leads(server);
      this.#stateMachineSafety(server);
    }
    this.#durableOnQuorum();
  }

  restarted(server: TestServer): void {
    this.#seen.set(server, 0);
  }

  /** Election Safety: at most one leader per term. */
  #leads(server: TestServer): void {
    const { currentTerm } = server.raft;
    const known = this.#leaderOf.get(currentTerm);
    if (known === undefined) {
      this.#leaderOf.set(currentTerm, server.id);
      this.elections++;
      this.#leaderCompleteness(server);
    } else must(known === server.id, `term ${currentTerm} has one leader, not ${known} and ${server.id}`);
  }

  /** Leader Completeness: entries committed in a term are in the logs of the leaders of all later terms. */
  #leaderCompleteness(server: TestServer): void {
    const terms = server.terms();
    this.#applied.forEach((entry, at) => {
      if ((this.#committedIn[at] ?? 0) < server.raft.currentTerm)
        must(terms[at] === entry.term, `the leader of term ${server.raft.currentTerm} has entry ${at + 1}`);
    });
  }

  /** State Machine Safety: no two servers apply different entries at an index; each applies in order. */
  #stateMachineSafety(server: TestServer): void {
    for (let at = this.#seen.get(server) ?? 0; at < server.committed.length; at++) {
      const entry = server.committed[at];
      if (entry === undefined) break;
      must(entry.index === at + 1, `entry ${at + 1} is applied next, not ${entry.index}`);
      const canonical = this.#applied[at];
      if (canonical === undefined) {
        this.#applied.push(entry);
        this.#committedIn.push(server.raft.currentTerm);
      } else must(same(entry, canonical), `server ${server.id} applies the same entry ${at + 1} as the others`);
    }
    this.#seen.set(server, server.committed.length);
  }

  /** What anybody has applied survives all crashes: it is on the disks of a majority, those that are down included. */
  #durableOnQuorum(): void {
    const last = this.#applied.at(-1);
    if (last === undefined) return;
    const having = this.cluster.servers.filter(({ disk }) => disk.entries[last.index - 1]?.term === last.term);
    must(having.length * 2 > this.cluster.servers.length, `entry ${last.index} is on the disks of a majority`);
  }

  /** Log Matching: where two logs have the same index and term, they are equal up to there. */
  logMatching(): void {
    const logs = this.cluster.servers.map(({ disk }) => disk.entries);
    for (const [nth, a] of logs.entries()) {
      for (const b of logs.slice(nth + 1)) {
        let at = Math.min(a.length, b.length) - 1;
        while (at >= 0 && a[at]?.term !== b[at]?.term) at--;
        for (; at >= 0; at--) {
          const [left, right] = [a[at], b[at]];
          must(left !== undefined && right !== undefined && same(left, right), `logs match at ${at + 1}`);
        }
      }
    }
  }
}

/** As `expect`, and fast enough to be asked at every step. */
function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`broken: ${what}`);
}

function same(a: Entry, b: Entry): boolean {
  if (a.index !== b.index || a.term !== b.term || a.kind !== b.kind) return false;
  return a.kind !== "command" || b.kind !== "command" || Buffer.compare(a.data, b.data) === 0;
}

/** Acts a plan out. */
class Run {
  readonly cluster: TestCluster;
  readonly observer: Observer;
  readonly #plan: Plan;
  readonly #random: Random;
  #commands = 0;
  #reads = 0;
  /** What was committed when each read was requested, by server and read. */
  readonly #readFloor = new Map<string, Index>();
  answeredReads = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = keyedRandom(plan.seed, "schedule");
    this.cluster = new TestCluster(plan.size, (id) => ({
      random: keyedRandom(plan.seed, `server ${id}`),
      options: { appendsInFlightMax: plan.window, appendBytesMax: 200 },
    }));
    this.observer = new Observer(this.cluster);
  }

  run(): void {
    for (let step = 0; step < this.#plan.steps; step++) {
      this.#step();
      this.observer.check();
      if (step % 100 === 0) this.observer.logMatching();
    }
  }

  /** With the faults gone, all servers agree on everything within a short time. */
  converge(): void {
    const { cluster } = this;
    cluster.heal();
    for (const server of cluster.servers) if (cluster.down.has(server.id)) this.#restart(server.id);
    cluster.packets = [];
    cluster.run(1200);
    expect(cluster.leaders()).toHaveLength(1);
    const [leader = 0] = cluster.leaders();
    cluster.propose(leader, "last");
    cluster.run(2 * heartbeatMs);
    this.observer.check();
    this.observer.logMatching();
    const { lastIndex } = cluster.server(leader).raft.status();
    for (const server of cluster.servers) expect(server.committed.at(-1)?.index).toBe(lastIndex);
    for (const server of cluster.servers) this.#checkReads(server);
  }

  #step(): void {
    const { cluster } = this;
    const plan = this.#plan;
    if (this.#chance(plan.crashes)) this.#crashOrRestart();
    if (this.#chance(plan.partitions)) this.#partitionOrHeal();
    cluster.advance(this.#random() * 8);
    for (const server of cluster.servers) {
      if (cluster.down.has(server.id)) continue;
      if (this.#chance(0.7)) server.raft.tick();
      if (this.#chance(0.3)) server.raft.propose([this.#command()]);
      if (this.#chance(0.1)) this.#read(server);
      if (this.#chance(0.8)) cluster.collect(server.id, server.flush());
      const [write] = server.writes;
      if (write !== undefined && this.#chance(0.6)) server.sync(this.#chance(0.5) ? write.token : undefined);
      this.#checkReads(server);
    }
    this.#network();
  }

  #network(): void {
    const { cluster } = this;
    const plan = this.#plan;
    cluster.drop(() => this.#chance(plan.loss));
    cluster.packets.push(...cluster.packets.filter(() => this.#chance(plan.duplicates)));
    const late = new Set<Packet>(cluster.packets.filter(() => this.#chance(plan.reordering / 2)));
    if (this.#chance(plan.reordering)) cluster.packets.reverse();
    cluster.deliver((packet) => !late.has(packet));
    if (cluster.packets.length > 200) cluster.packets.splice(0, 100);
  }

  #crashOrRestart(): void {
    const id = this.#server();
    if (this.cluster.down.has(id)) this.#restart(id);
    else if (this.cluster.down.size * 2 + 1 < this.#plan.size || this.#chance(0.1)) {
      this.cluster.crash(id);
      this.#forgetReads(id);
      if (this.#chance(0.5)) this.cluster.disconnect(id);
      if (this.#chance(0.5)) this.#restart(id);
    }
  }

  #restart(id: ServerId): void {
    this.cluster.restart(id);
    this.observer.restarted(this.cluster.server(id));
  }

  #partitionOrHeal(): void {
    if (this.#chance(0.4)) this.cluster.heal();
    else if (this.#chance(0.5)) this.cluster.cut(this.#server(), this.#server());
    else {
      const ids = this.cluster.servers.map(({ id }) => id);
      const left = ids.filter(() => this.#chance(0.5));
      this.cluster.partition(
        left,
        ids.filter((id) => !left.includes(id)),
      );
    }
  }

  /** Linearizable reads: an index is never below what was committed anywhere when the read was requested. */
  #read(server: TestServer): void {
    const id = ++this.#reads;
    this.#readFloor.set(`${server.id}:${id}`, this.observer.committed);
    server.raft.requestRead(id);
  }

  #checkReads(server: TestServer): void {
    for (const { id, index } of server.reads) {
      const floor = this.#readFloor.get(`${server.id}:${id}`);
      must(floor !== undefined, `read ${id} was requested and is answered once`);
      must(index >= (floor ?? 0), `read ${id} sees ${floor}, committed before, with index ${index}`);
      this.#readFloor.delete(`${server.id}:${id}`);
      this.answeredReads++;
    }
    server.reads = [];
  }

  #forgetReads(server: ServerId): void {
    for (const key of this.#readFloor.keys()) if (key.startsWith(`${server}:`)) this.#readFloor.delete(key);
  }

  #command(): Uint8Array {
    this.#commands++;
    return Uint8Array.of(this.#commands & 255, this.#commands >> 8, 0, 0, 0, 0, 0, 0);
  }

  #server(): ServerId {
    return 1 + Math.floor(this.#random() * this.#plan.size);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

describe("Figure 3 on random schedules", () => {
  it("Figure 3 election safety, log matching, leader completeness, state machine safety; and it goes on after", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const run = new Run(plan);
        run.run();
        run.converge();
      }),
      { numRuns: Number(process.env["RAFT_RUNS"] ?? 25) },
    );
  }, 600_000);

  it("Figure 3 the schedules are such that there is something to see", () => {
    let elections = 0;
    let committed = 0;
    let reads = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const run = new Run({
        seed,
        size: 5,
        steps: 1500,
        loss: 0.02,
        duplicates: 0.05,
        reordering: 0.3,
        crashes: 0.02,
        partitions: 0.02,
        window: 4,
      });
      run.run();
      elections += run.observer.elections;
      committed += run.observer.committed;
      reads += run.answeredReads;
    }
    expect(elections).toBeGreaterThan(20);
    expect(committed).toBeGreaterThan(500);
    expect(reads).toBeGreaterThan(200);
  }, 60_000);
});
