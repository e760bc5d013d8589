/** Lets the plan's faults strike and end. */
import type { ServerId } from "../../src/raft/types.ts";
import type { Action, ActionKind, ActionOf, ClientTarget, ServerTarget } from "../plan/actions.ts";
import type { Plan } from "../plan/plan.ts";
import type { ClientFaults } from "../world/clients.ts";
import type { Kernel } from "../world/kernel.ts";
import type { LinkEffect, SimNetwork } from "../world/network.ts";
import type { StruckFault } from "../world/observer.ts";
import { messageOfOtherLife, otherInstance } from "../world/other-life.ts";
import type { Draws } from "../world/random.ts";
import type { SimServer } from "../world/server.ts";
import { stateOrLog } from "../world/storage-rows.ts";
import type { ServerView } from "../world/view.ts";
import type { Operator } from "./operator.ts";
import { cutLinks } from "./partition.ts";
import type { Targets } from "./targets.ts";

/** What faults act upon. */
export interface FaultHost {
  readonly kernel: Kernel;
  readonly plan: Plan;
  /** Sorted by id. */
  readonly allServers: readonly SimServer[];
  readonly network: SimNetwork;
  readonly clients: ClientFaults;
  readonly targets: Targets<SimServer>;
  readonly operator: Operator;
}

type ServerAction = Exclude<
  Extract<Action, { readonly server: ServerTarget }>,
  { readonly kind: "partition" | "member" }
>;
/** Kinds of faults that disturb links for a while. */
const networkKinds: ReadonlySet<ActionKind> = new Set([
  "loss",
  "duplicate",
  "delay",
  "replay",
  "clog",
  "swizzle",
  "partition",
]);

type LinkAction = ActionOf<"loss" | "duplicate" | "delay" | "replay" | "clog">;

/** See the file's comment. */
export class Faults {
  readonly #host: FaultHost;
  /** As they struck, in order. */
  readonly struck: StruckFault[] = [];
  /** How to end those in force, by number. */
  readonly #inForce = new Map<number, () => void>();
  #resolved: { target: ServerTarget; server: ServerId }[] = [];
  #client: number | undefined;
  #over = false;

  constructor(host: FaultHost) {
    this.#host = host;
  }

  /** Puts the faults that have a time into the queue. */
  schedule(): void {
    this.#host.plan.faults.forEach(({ when }, fault) => {
      if (when.kind === "at") this.#host.kernel.at(Math.round(when.atMs * 1000), { kind: "fault", cause: 0, fault });
    });
  }

  /** One fault strikes. `subject` is the server whose doing triggered it. */
  strike(fault: number, subject?: ServerView): void {
    const planned = this.#host.plan.faults[fault];
    if (planned === undefined || this.#over) return;
    this.#resolved = [];
    this.#client = undefined;
    const action = planned.what;
    const atUs = this.#host.kernel.now;
    try {
      this.#perform(fault, action, subject);
    } finally {
      // It struck, though a checker may have thrown in the middle of it.
      this.struck.push({
        fault,
        atUs,
        action,
        resolved: this.#resolved,
        ...(subject === undefined ? {} : { subject: subject.id }),
        ...(this.#client === undefined ? {} : { client: this.#client }),
      });
    }
    const struck = this.struck.at(-1);
    if (struck === undefined) return;
    for (const observer of this.#host.kernel.observers.fault) observer.fault(struck);
  }

  /** A fault's time is over, or a flapping one turns. */
  end(fault: number, phase: number): void {
    const action = this.#host.plan.faults[fault]?.what;
    if (this.#over || action === undefined) return;
    if (phase === 0) this.#lift(fault);
    else if (action.kind === "partition") this.#flap(fault, phase);
  }

  /** All faults end, those to come too. */
  calm(): void {
    this.#over = true;
    for (const fault of [...this.#inForce.keys()]) this.#lift(fault);
  }

  #lift(fault: number): void {
    this.#inForce.get(fault)?.();
    this.#inForce.delete(fault);
  }

  /** Until its time is over, `undo` is owed. */
  #lasts(fault: number, forMs: number, undo: () => void): void {
    const { kernel } = this.#host;
    this.#inForce.set(fault, undo);
    kernel.after(Math.round(forMs * 1000), { kind: "faultEnd", cause: kernel.current, fault, phase: 0 });
  }

  #server(target: ServerTarget): SimServer | undefined {
    const server = this.#host.targets.resolve(target);
    if (server !== undefined && typeof target !== "number") this.#resolved.push({ target, server: server.id });
    return server;
  }

  #atLeader(ask: (leader: SimServer) => void): void {
    const leader = this.#host.targets.resolve("leader");
    if (leader !== undefined) ask(leader);
  }

  #chosen(target: ClientTarget): ClientTarget {
    const chosen = this.#host.clients.resolve(target);
    if (chosen !== target && typeof chosen === "number") this.#client = chosen;
    return chosen;
  }

  /**
   * The draws of one fault. Keyed by when it strikes, not by its place in the plan: the others keep theirs when it is
   * taken out.
   */
  #draws(purpose: string, fault: number): Draws {
    const when = this.#host.plan.faults[fault]?.when;
    const nth = when === undefined || when.kind === "at" ? 0 : when.nth;
    return this.#host.kernel.randomness.draws(purpose, `${when?.kind} ${nth} ${when?.atMs}`);
  }

  #perform(fault: number, action: Action, subject: ServerView | undefined): void {
    switch (action.kind) {
      case "loss":
      case "duplicate":
      case "delay":
      case "replay":
      case "clog":
        return this.#disturb(fault, action);
      case "intercept": {
        const [from, to] = [this.#ends(action.from), this.#ends(action.to)];
        this.#host.network.intercept(from, to, { ...action, extraUs: Math.round(action.extraMs * 1000) });
        return;
      }
      case "heal":
        return this.#heal(action);
      case "swizzle":
        return this.#swizzle(fault, action);
      case "break":
        return this.#break(action);
      case "partition":
        return this.#partition(fault, action);
      case "resetClient":
        return this.#host.clients.reset(this.#chosen(action.client), action.refuseMs);
      case "moveClient":
        return this.#host.clients.move(this.#chosen(action.client));
      case "stallClient":
        return this.#host.clients.stall(this.#chosen(action.client), action.forMs);
      case "member": {
        const who = this.#server(action.server);
        return this.#atLeader((leader) => this.#host.operator.change(leader, action, who));
      }
      default: {
        // "random" of a triggered fault is the server that triggered it: a crash "between n's persist and its reply".
        const target = action.server === "random" && subject !== undefined ? subject.id : action.server;
        if (target !== action.server && subject !== undefined)
          this.#resolved.push({ target: action.server, server: subject.id });
        const server = this.#server(target);
        if (server !== undefined) this.#onServer(fault, action, server);
      }
    }
  }

  /** Whether another server would know that this one lost its disk: until then nobody took its word for anything. */
  #isKnown(server: SimServer): boolean {
    const others = this.#host.allServers.filter((other) => other !== server);
    return others.length === 0 || others.some(({ admitted }) => admitted);
  }

  /** Whether `server` is a first member of a cluster in which nobody takes part yet, with others that have no backup. */
  #isForming(server: SimServer): boolean {
    const { allServers, plan } = this.#host;
    const first = allServers.filter(({ id }) => id <= plan.config.servers);
    const others = first.filter((other) => other !== server && !other.restored);
    return first.includes(server) && others.length > 0 && allServers.every(({ admitted }) => !admitted);
  }

  #onServer(fault: number, action: ServerAction, server: SimServer): void {
    const { kernel } = this.#host;
    const untilUs = "forMs" in action ? kernel.now + Math.round(action.forMs * 1000) : 0;
    switch (action.kind) {
      case "crash":
        return server.crash("fault", action.keep, action.restartAfterMs);
      case "pause":
        return server.pause(untilUs);
      case "wipe":
        if (this.#isKnown(server)) server.wipe(action.restartAfterMs);
        return;
      case "restart":
        return server.start();
      case "mend":
        return server.mend();
      case "otherLife":
        return this.#otherLife(fault, action.says, server);
      case "restored":
        if (!this.#isForming(server)) return;
        server.refill("backup");
        return this.#lasts(fault, action.forMs, () => {
          if (server.restored) server.refill("nothing");
        });
      case "emptied":
        if (this.#isForming(server)) server.refill("nothing");
        return;
      case "transfer":
        return this.#atLeader((leader) => this.#host.operator.transfer(leader, server));
      case "slowDisk":
        server.disk.extraUs = Math.round(action.extraMs * 1000);
        return this.#lasts(fault, action.forMs, () => {
          server.disk.extraUs = 0;
        });
      case "stallDisk":
        server.disk.stalledUntilUs = Math.max(server.disk.stalledUntilUs, untilUs);
        return;
      case "failWrite":
        server.disk.failNext = action.applied ? "applied" : "lost";
        return;
      case "fullDisk":
        server.disk.full = true;
        return this.#lasts(fault, action.forMs, () => {
          server.disk.full = false;
        });
      case "lowDisk":
        server.setDiskLow(true);
        return this.#lasts(fault, action.forMs, () => server.setDiskLow(false));
      case "flipBit":
        server.disk.flipBit((row) => action.part === "any" || stateOrLog(row.key) === action.part);
        return;
      case "drift":
        server.clock.setRate(action.rate);
        server.clockChanged();
        return this.#lasts(fault, action.forMs, () => {
          server.clock.setRate(1);
          server.clockChanged();
        });
      case "jumpClock":
        server.clock.jump(Math.round(action.byMs));
        return;
    }
  }

  /** What a server of an earlier life would say: its terms and its log are far ahead. */
  #otherLife(fault: number, says: "vote" | "heartbeat", server: SimServer): void {
    const { kernel, allServers } = this.#host;
    if (server.node === undefined) return;
    const others = allServers.filter((other) => other !== server);
    if (others.length === 0) return;
    const from = this.#draws("other life", fault).pick(others).id;
    const message = messageOfOtherLife(says, server.node.raft.status().lastIndex);
    kernel.at(kernel.now, {
      kind: "message",
      cause: kernel.current,
      from,
      to: server.id,
      message,
      instance: otherInstance,
    });
  }

  #ends(target: LinkAction["from"]): readonly ServerId[] {
    if (target === "any") return this.#host.allServers.map((server) => server.id);
    const server = this.#server(target);
    return server === undefined ? [] : [server.id];
  }

  #disturb(fault: number, action: LinkAction): void {
    const { network, kernel } = this.#host;
    const effect = linkEffect(action, kernel.now);
    const [from, to] = [this.#ends(action.from), this.#ends(action.to)];
    for (const a of from) for (const b of to) network.disturb(fault, a, b, effect);
    this.#lasts(fault, action.forMs, () => network.lift(fault));
  }

  #swizzle(fault: number, action: ActionOf<"swizzle">): void {
    const { network, kernel, allServers } = this.#host;
    const draws = this.#draws("swizzle", fault);
    const ids = allServers.map((server) => server.id);
    const chosen = draws.shuffle(draws.some(ids, draws.between(1, ids.length)));
    const released = draws.shuffle(chosen);
    const lengthUs = Math.round(action.forMs * 1000);
    // Clogged one after the other in the first half, released one after the other, in another order, in the second: a
    // link lets go when both of its ends have.
    const releaseUs = new Map(
      released.map((id, i) => [
        id,
        kernel.now + (lengthUs >> 1) + Math.floor((lengthUs * (i + 1)) / (2 * released.length)),
      ]),
    );
    for (const id of chosen)
      for (const other of ids) {
        const until = Math.max(releaseUs.get(id) ?? 0, releaseUs.get(other) ?? 0);
        network.disturb(fault, id, other, { cloggedUntilUs: until });
        network.disturb(fault, other, id, { cloggedUntilUs: until });
      }
    this.#lasts(fault, action.forMs, () => network.lift(fault));
  }

  #break(action: ActionOf<"break">): void {
    const [from, to] = [this.#ends(action.from), this.#ends(action.to)];
    for (const a of from)
      for (const b of to) {
        if (a === b) continue;
        this.#host.network.streamBroken(a, b);
        this.#host.network.streamBroken(b, a);
      }
  }

  #heal(action: ActionOf<"heal">): void {
    // What is over everywhere does not come back either, as a partition that flaps would.
    if (action.from === "any" && action.to === "any")
      for (const fault of [...this.#inForce.keys()]) {
        const kind = this.#host.plan.faults[fault]?.what.kind;
        if (kind !== undefined && networkKinds.has(kind)) this.#lift(fault);
      }
    this.#host.network.healLinks(this.#ends(action.from), this.#ends(action.to));
  }

  #partition(fault: number, action: ActionOf<"partition">): void {
    this.#cut(fault, action);
    this.#lasts(fault, action.forMs, () => this.#host.network.lift(fault));
    if (action.flapMs > 0) this.#turnLater(fault, action.flapMs, 1);
  }

  #cut(fault: number, action: ActionOf<"partition">): void {
    const { network, allServers } = this.#host;
    const one = this.#server(action.server);
    if (one === undefined) return;
    const ids = allServers.map((server) => server.id);
    const draws = this.#draws("partition", fault);
    for (const [from, to] of cutLinks(action.shape, ids, one.id, action.servers, draws))
      network.disturb(fault, from, to, { blocked: true });
  }

  /** Odd phases heal, even ones cut again: perhaps along another line. */
  #flap(fault: number, phase: number): void {
    const action = this.#host.plan.faults[fault]?.what;
    if (action?.kind !== "partition" || !this.#inForce.has(fault)) return;
    if (phase % 2 === 1) this.#host.network.lift(fault);
    else this.#cut(fault, action);
    this.#turnLater(fault, action.flapMs, phase + 1);
  }

  #turnLater(fault: number, ms: number, phase: number): void {
    const { kernel } = this.#host;
    kernel.after(Math.round(ms * 1000), { kind: "faultEnd", cause: kernel.current, fault, phase });
  }
}

function linkEffect(action: LinkAction, nowUs: number): LinkEffect {
  switch (action.kind) {
    case "loss":
      return { loss: action.rate };
    case "duplicate":
      return { duplicate: action.rate };
    case "replay":
      return { replay: action.rate };
    case "delay":
      return { delay: { rate: action.rate, extraUs: Math.round(action.extraMs * 1000) } };
    case "clog":
      return { cloggedUntilUs: nowUs + Math.round(action.forMs * 1000) };
  }
}
