/**
 * The world of the lab on locks: clients of a simulated cluster who want the same lock, and a store beside it that the lock
 * protects. The cluster, its clients' sessions and their watches are the production code; faults strike. Some writes are
 * slow on their way to the store, as after a long pause of the client: they arrive when somebody else has the lock.
 */

import { checkPlan, type Plan } from "../../sim/plan/plan.ts";
import { Simulation } from "../../sim/simulation.ts";
import type { HistoryOperation } from "../../sim/world/history.ts";
import type { Success } from "../../src/base/operations.ts";
import { keyedRandom, type Random } from "../../src/base/random.ts";
import { entered, Fence, looked, type Place, uncertain, watched, woken } from "./lock.ts";

const folder = "/locks";
const lockers = 4;

/** Faults strike until then, and the run is over then; virtual ms. */
const faultsUntilMs = 25_000;
const endMs = 45_000;

const nothing: Success = {};

/** What went wrong, with the last things that happened. */
export class LockBroken extends Error {
  override readonly name = "LockBroken";
}

/** What a run came to. */
export interface LockRun {
  /** How often the lock was taken. */
  readonly taken: number;
  /** Writes that the store took and refused. */
  readonly accepted: number;
  readonly refused: number;
}

interface Locker {
  readonly id: number;
  place: Place;
  /** The position in the plan of what it asked for, and the operation once it is under way. */
  asked: number | undefined;
  operation: HistoryOperation | undefined;
  /** It does nothing before then, ms. */
  idleUntilMs: number;
  /** When it last had the lock, ms. */
  heldAtMs: number;
}

interface Write {
  readonly locker: number;
  readonly token: number;
  readonly arrivesMs: number;
}

/** Runs the plan of a seed. Throws {@link LockBroken}. */
export function runLocks(seed: number): LockRun {
  return new LockWorld(seed).run();
}

/** Clients lose their connections, servers their leader; all drawn from the seed. */
function planOf(seed: number): Plan {
  const random = keyedRandom(seed, "faults");
  const ms = (from: number, to: number): number => Math.round(from + random() * (to - from));
  const drawn = [
    () => ({ kind: "resetClient", client: "random", refuseMs: ms(0, 5_000) }),
    () => ({ kind: "stallClient", client: "random", forMs: ms(1_000, 6_000) }),
    () => ({ kind: "crash", server: "leader", restartAfterMs: ms(200, 3_000) }),
    () => ({ kind: "partition", shape: "isolate", server: "leader", forMs: ms(500, 3_000) }),
    () => ({ kind: "moveClient", client: "random" }),
  ];
  const faults = Array.from({ length: 12 }, () => {
    const what = drawn[Math.floor(random() * drawn.length)]?.();
    return { when: { kind: "at", atMs: ms(1_500, faultsUntilMs - 6_000) }, what };
  });
  return checkPlan({
    seed,
    config: {
      servers: 3,
      clients: lockers,
      horizonMs: endMs + 1_000,
      electionTimeoutMs: 400,
      heartbeatMs: 100,
      sessionTimeoutMs: 2_000,
    },
    workload: { perSecond: 0, operations: [{ client: 1, atMs: 1_000, step: { kind: "create", path: folder } }] },
    faults,
  });
}

class LockWorld {
  readonly #simulation: Simulation;
  readonly #random: Random;
  readonly #lockers: readonly Locker[];
  readonly #fence = new Fence();
  #writes: Write[] = [];
  readonly #told: string[] = [];
  /** Of the history: what was seen. */
  #operationsSeen = 0;
  #eventsSeen = 0;
  readonly #fired = new Map<string, number>();
  #highestAccepted = 0;
  #taken = 0;
  #accepted = 0;
  #refused = 0;

  constructor(seed: number) {
    this.#simulation = new Simulation(planOf(seed));
    this.#random = keyedRandom(seed, "lockers");
    this.#lockers = Array.from({ length: lockers }, (_, i) => ({
      id: i + 1,
      place: { step: "enter" },
      asked: undefined,
      operation: undefined,
      idleUntilMs: 1_200,
      heldAtMs: 0,
    }));
  }

  run(): LockRun {
    while (this.#nowMs < endMs && this.#simulation.step()) {
      this.#arrivals();
      this.#news();
      for (const locker of this.#lockers) this.#go(locker);
    }
    for (const { id, heldAtMs } of this.#lockers)
      if (heldAtMs < faultsUntilMs + 5_000)
        this.#broken(
          `client ${id} has waited for the lock since ${heldAtMs} ms, though nothing was wrong since ${faultsUntilMs} ms`,
        );
    return { taken: this.#taken, accepted: this.#accepted, refused: this.#refused };
  }

  get #nowMs(): number {
    return this.#simulation.now / 1000;
  }

  /** What arrives at the store. */
  #arrivals(): void {
    const due = this.#writes.filter(({ arrivesMs }) => arrivesMs <= this.#nowMs);
    if (due.length === 0) return;
    this.#writes = this.#writes.filter(({ arrivesMs }) => arrivesMs > this.#nowMs);
    for (const { locker, token } of due) {
      const accepted = this.#fence.accepts(token);
      this.#tell(`the store ${accepted ? "takes" : "refuses"} a write of client ${locker}, with token ${token}`);
      if (accepted) this.#accepted++;
      else this.#refused++;
      if (accepted && token < this.#highestAccepted)
        this.#broken(
          `the store took a write of client ${locker} with token ${token} after one with ${this.#highestAccepted}: a former holder overwrote what a later one had written`,
        );
      if (!accepted && token >= this.#highestAccepted)
        this.#broken(`the store refused client ${locker}, whose token ${token} is as new as any that it has seen`);
      if (accepted) this.#highestAccepted = token;
    }
  }

  /** What the clients have heard since the last time. */
  #news(): void {
    const { operations, events } = this.#simulation.history;
    for (; this.#operationsSeen < operations.length; this.#operationsSeen++) {
      const operation = operations[this.#operationsSeen];
      const locker = this.#lockers.find(({ asked, id }) => asked === operation?.listed && id === operation?.client);
      if (locker !== undefined) locker.operation = operation;
    }
    for (; this.#eventsSeen < events.length; this.#eventsSeen++) {
      const event = events[this.#eventsSeen];
      const locker = this.#lockers[(event?.client ?? 0) - 1];
      if (event === undefined || locker === undefined) continue;
      if (event.type === "ended" || event.type === "lost") this.#lost(locker, event.type);
      if (event.type === "watch" && event.event !== undefined) this.#fires(locker, event.event.path, event.event.zxid);
    }
  }

  #lost(locker: Locker, how: "ended" | "lost"): void {
    this.#tell(
      `client ${locker.id} ${how === "lost" ? "cannot be sure of its session any more" : "learns that its session has ended"}`,
    );
    this.#moveTo(locker, uncertain());
    locker.asked = undefined;
    locker.operation = undefined;
    if (locker.place.step === "held")
      this.#broken(`client ${locker.id} still believes that it has the lock, though its session may be gone`);
    // What is left of the old one must not stand in the way of the new one.
    if (how === "lost") this.#simulation.perform(locker.id, { kind: "close" });
    locker.idleUntilMs = this.#nowMs + 10;
  }

  #fires(locker: Locker, path: string, zxid: number): void {
    const key = `${path} ${zxid}`;
    const times = (this.#fired.get(key) ?? 0) + 1;
    this.#fired.set(key, times);
    if (times > 1)
      this.#broken(`${times} clients were woken by the end of ${path}, and one of them can be the next: a herd`);
    const { place } = locker;
    if (place.step !== "sleep" || path !== `${folder}/${place.before}`) return;
    this.#tell(`client ${locker.id} is woken: ${place.before} is gone`);
    this.#moveTo(locker, woken({ name: place.name, token: place.token }));
  }

  /** Lets a client do what it does at its place. */
  #go(locker: Locker): void {
    if (locker.operation !== undefined) this.#answer(locker, locker.operation);
    if (locker.asked !== undefined || this.#nowMs < locker.idleUntilMs) return;
    const { place } = locker;
    if (place.step === "enter")
      this.#ask(locker, { kind: "create", path: `${folder}/lock-`, data: "", ephemeral: true, sequential: true });
    else if (place.step === "look") this.#read(locker, "getChildren", folder, false);
    else if (place.step === "watch") this.#read(locker, "exists", `${folder}/${place.before}`, true);
    else if (place.step === "held") this.#ask(locker, { kind: "delete", path: `${folder}/${place.name}`, version: -1 });
  }

  #read(locker: Locker, read: "getChildren" | "exists", path: string, watch: boolean): void {
    this.#ask(locker, { kind: "read", path, read, local: false, watch, limit: 0, after: "" });
  }

  #ask(locker: Locker, step: Parameters<Simulation["perform"]>[1]): void {
    this.#simulation.perform(locker.id, step);
    locker.asked = this.#simulation.plan.workload.operations.length - 1;
  }

  /** What the cluster says to it. */
  #answer(locker: Locker, { outcome, result, invocation }: HistoryOperation): void {
    if (outcome === "pending") return;
    locker.asked = undefined;
    locker.operation = undefined;
    const { place } = locker;
    if (outcome === "lost" || result === undefined || invocation.type === "close") return;
    const { failure } = result;
    if (failure !== undefined && failure.code !== "NO_NODE") {
      locker.idleUntilMs = this.#nowMs + 50;
      return;
    }
    const { path, stat, children } = result.failure === undefined ? result : nothing;
    if (place.step === "enter" && path !== undefined && stat !== undefined) {
      const name = path.slice(folder.length + 1);
      this.#tell(`client ${locker.id} enters the queue as ${name}, by entry ${stat.czxid}`);
      this.#moveTo(locker, entered(name, stat.czxid));
    } else if (place.step === "look" && children !== undefined)
      this.#moveTo(locker, looked({ name: place.name, token: place.token }, children));
    else if (place.step === "watch")
      this.#moveTo(locker, watched({ name: place.name, token: place.token }, place.before, failure === undefined));
    else if (place.step === "held") {
      this.#tell(`client ${locker.id} gives the lock back`);
      locker.place = { step: "enter" };
      locker.idleUntilMs = this.#nowMs + 50 + 300 * this.#random();
    }
  }

  #moveTo(locker: Locker, place: Place): void {
    locker.place = place;
    if (place.step === "held") this.#take(locker, place.name, place.token);
  }

  /** It has the lock: it works for a while and writes to the store, and not all writes are quick. */
  #take(locker: Locker, name: string, token: number): void {
    this.#taken++;
    this.#tell(`client ${locker.id} has the lock, with token ${token}`);
    const other = this.#lockers.find(
      ({ id, place }) => id !== locker.id && place.step === "held" && this.#isThere(place.name),
    );
    if (other !== undefined)
      this.#broken(`client ${locker.id} takes the lock, with ${name}, while client ${other.id} has it`);
    locker.heldAtMs = Math.round(this.#nowMs);
    const workMs = 40 + 300 * this.#random();
    const slow = this.#random() < 0.2 ? 2_000 + 8_000 * this.#random() : 0;
    for (const afterMs of [2, workMs - 1 + slow])
      this.#writes.push({ locker: locker.id, token, arrivesMs: this.#nowMs + afterMs });
    locker.idleUntilMs = this.#nowMs + workMs;
  }

  /** Whether a client's znode is in the tree, as the server knows that knows most. */
  #isThere(name: string): boolean {
    const machines = this.#simulation.allServers.flatMap(({ node }) => (node === undefined ? [] : [node.machine]));
    const [newest] = machines.sort((a, b) => b.appliedIndex - a.appliedIndex);
    return newest?.stat(`${folder}/${name}`) !== undefined;
  }

  #tell(what: string): void {
    this.#told.push(`${this.#nowMs.toFixed(3).padStart(10)} ms  ${what}`);
  }

  #broken(why: string): never {
    throw new LockBroken([`${why}. The last that happened:`, ...this.#told.slice(-16)].join("\n"));
  }
}
