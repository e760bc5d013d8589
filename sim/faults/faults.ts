/**
 * Lets the plan's faults strike and end. What they do to servers is in `server-faults.ts`, what to the network in
 * `network-faults.ts`.
 */
import type { ServerId } from "../../src/raft/types.ts";
import type { Action, ActionKind, ClientTarget, ServerTarget } from "../plan/actions.ts";
import type { StruckFault } from "../world/observer.ts";
import type { Draws } from "../world/random.ts";
import type { SimServer } from "../world/server.ts";
import type { ServerView } from "../world/view.ts";
import { NetworkFaults, networkKinds } from "./network-faults.ts";
import { ServerFaults } from "./server-faults.ts";
import type { FaultParts, FaultTools } from "./tools.ts";

export class Faults {
  readonly #parts: FaultParts;
  readonly #ofServers: ServerFaults;
  readonly #ofNetwork: NetworkFaults;
  /** As they struck, in order. */
  readonly struck: StruckFault[] = [];
  /** How to end those in force, by number. */
  readonly #inForce = new Map<number, () => void>();
  #resolved: { target: ServerTarget; server: ServerId }[] = [];
  #client: number | undefined;
  /** The client that heard what triggered the fault that is striking. */
  #heardBy: number | undefined;
  #over = false;

  constructor(parts: FaultParts) {
    this.#parts = parts;
    const tools: FaultTools = {
      parts,
      server: (target) => this.#server(target),
      atLeader: (ask) => this.#atLeader(ask),
      lasts: (fault, forMs, undo) => this.#lasts(fault, forMs, undo),
      isInForce: (fault) => this.#inForce.has(fault),
      draws: (purpose, fault) => this.#draws(purpose, fault),
    };
    this.#ofServers = new ServerFaults(tools);
    this.#ofNetwork = new NetworkFaults(tools);
  }

  /** Puts the faults that have a time into the queue. */
  schedule(): void {
    this.#parts.plan.faults.forEach(({ when }, fault) => {
      if (when.kind === "at") this.#parts.kernel.at(Math.round(when.atMs * 1000), { kind: "fault", cause: 0, fault });
    });
  }

  /** One fault strikes. `subject` is the server whose doing triggered it, `client` the client that heard it. */
  strike(fault: number, subject?: ServerView, client?: number): void {
    const planned = this.#parts.plan.faults[fault];
    if (planned === undefined || this.#over) return;
    this.#resolved = [];
    this.#client = undefined;
    this.#heardBy = client;
    const action = planned.what;
    const atUs = this.#parts.kernel.now;
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
    this.#parts.kernel.observers.fault(struck);
  }

  /** A fault's time is over, or a flapping one turns. */
  end(fault: number, phase: number): void {
    const action = this.#parts.plan.faults[fault]?.what;
    if (this.#over || action === undefined) return;
    if (phase === 0) this.#lift(fault);
    else if (action.kind === "partition") this.#ofNetwork.flap(fault, phase);
  }

  /** All faults end, those to come too. */
  calm(): void {
    this.#over = true;
    this.#liftAll(() => true);
  }

  #liftAll(which: (kind: ActionKind) => boolean): void {
    for (const fault of [...this.#inForce.keys()]) {
      const kind = this.#parts.plan.faults[fault]?.what.kind;
      if (kind !== undefined && which(kind)) this.#lift(fault);
    }
  }

  #lift(fault: number): void {
    this.#inForce.get(fault)?.();
    this.#inForce.delete(fault);
  }

  #lasts(fault: number, forMs: number, undo: () => void): void {
    const { kernel } = this.#parts;
    this.#inForce.set(fault, undo);
    kernel.after(Math.round(forMs * 1000), { kind: "faultEnd", cause: kernel.current, fault, phase: 0 });
  }

  #server(target: ServerTarget): SimServer | undefined {
    const server = this.#parts.targets.resolve(target);
    if (server !== undefined && typeof target !== "number") this.#resolved.push({ target, server: server.id });
    return server;
  }

  #atLeader(ask: (leader: SimServer) => void): void {
    const leader = this.#parts.targets.resolve("leader");
    if (leader !== undefined) ask(leader);
  }

  #chosen(target: ClientTarget): ClientTarget {
    const chosen = target === "random" ? (this.#heardBy ?? this.#parts.clients.resolve(target)) : target;
    if (chosen !== target && typeof chosen === "number") this.#client = chosen;
    return chosen;
  }

  #draws(purpose: string, fault: number): Draws {
    const when = this.#parts.plan.faults[fault]?.when;
    const nth = when === undefined || when.kind === "at" ? 0 : when.nth;
    return this.#parts.kernel.randomness.draws(purpose, `${when?.kind} ${nth} ${when?.atMs}`);
  }

  #perform(fault: number, action: Action, subject: ServerView | undefined): void {
    switch (action.kind) {
      case "loss":
      case "duplicate":
      case "delay":
      case "replay":
      case "garble":
      case "clog":
        return this.#ofNetwork.disturb(fault, action);
      case "intercept":
        return this.#ofNetwork.intercept(action);
      case "heal":
        // What is over everywhere does not come back either, as a partition that flaps would.
        if (action.from === "any" && action.to === "any") this.#liftAll((kind) => networkKinds.has(kind));
        return this.#ofNetwork.heal(action);
      case "swizzle":
        return this.#ofNetwork.swizzle(fault, action);
      case "break":
        return this.#ofNetwork.break(action);
      case "partition":
        return this.#ofNetwork.partition(fault, action);
      case "resetClient":
        return this.#parts.clients.reset(this.#chosen(action.client), action.refuseMs);
      case "moveClient":
        return this.#parts.clients.move(this.#chosen(action.client));
      case "stallClient":
        return this.#parts.clients.stall(this.#chosen(action.client), action.forMs);
      case "pauseClient":
        return this.#parts.clients.pause(this.#chosen(action.client), action.forMs);
      case "falseServer":
        return this.#parts.clients.mislead(this.#chosen(action.client), action.says);
      case "member": {
        const who = this.#server(action.server);
        return this.#atLeader((leader) => this.#parts.operator.change(leader, action, who));
      }
      default: {
        // "random" of a triggered fault is the server that triggered it: a crash "between n's persist and its reply".
        const target = action.server === "random" && subject !== undefined ? subject.id : action.server;
        if (target !== action.server && subject !== undefined)
          this.#resolved.push({ target: action.server, server: subject.id });
        const server = this.#server(target);
        if (server !== undefined) this.#ofServers.strike(fault, action, server);
      }
    }
  }
}
