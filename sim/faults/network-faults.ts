/** Faults of the network between servers. */
import type { ServerId } from "../../src/raft/types.ts";
import type { ActionKind, ActionOf } from "../plan/actions.ts";
import type { LinkEffect } from "../world/network.ts";
import { cutLinks } from "./partition.ts";
import type { FaultTools } from "./tools.ts";

/** Kinds of faults that disturb links for a while. */
export const networkKinds: ReadonlySet<ActionKind> = new Set([
  "loss",
  "duplicate",
  "delay",
  "replay",
  "garble",
  "clog",
  "swizzle",
  "partition",
]);

export type LinkAction = ActionOf<"loss" | "duplicate" | "delay" | "replay" | "garble" | "clog">;

export class NetworkFaults {
  readonly #tools: FaultTools;

  constructor(tools: FaultTools) {
    this.#tools = tools;
  }

  /** Links lose, double, delay, repeat or hold back what they carry. */
  disturb(fault: number, action: LinkAction): void {
    const { network, kernel } = this.#tools.parts;
    const effect = linkEffect(action, kernel.now);
    const [from, to] = [this.#ends(action.from), this.#ends(action.to)];
    for (const a of from) for (const b of to) network.disturb(fault, a, b, effect);
    this.#tools.lasts(fault, action.forMs, () => network.lift(fault));
  }

  /** One message on its way meets something. */
  intercept(action: ActionOf<"intercept">): void {
    const [from, to] = [this.#ends(action.from), this.#ends(action.to)];
    this.#tools.parts.network.intercept(from, to, { ...action, extraUs: Math.round(action.extraMs * 1000) });
  }

  /** Links are well again. */
  heal(action: ActionOf<"heal">): void {
    this.#tools.parts.network.healLinks(this.#ends(action.from), this.#ends(action.to));
  }

  /** Servers are cut off one after the other, and let go in another order. */
  swizzle(fault: number, action: ActionOf<"swizzle">): void {
    const { network, kernel, allServers } = this.#tools.parts;
    const draws = this.#tools.draws("swizzle", fault);
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
    this.#tools.lasts(fault, action.forMs, () => network.lift(fault));
  }

  /** Streams break, with what is under way, and open again. */
  break(action: ActionOf<"break">): void {
    const [from, to] = [this.#ends(action.from), this.#ends(action.to)];
    for (const a of from)
      for (const b of to) {
        if (a === b) continue;
        this.#tools.parts.network.streamBroken(a, b);
        this.#tools.parts.network.streamBroken(b, a);
      }
  }

  /** Servers are cut off from each other. */
  partition(fault: number, action: ActionOf<"partition">): void {
    this.#cut(fault, action);
    this.#tools.lasts(fault, action.forMs, () => this.#tools.parts.network.lift(fault));
    if (action.flapMs > 0) this.#turnLater(fault, action.flapMs, 1);
  }

  #cut(fault: number, action: ActionOf<"partition">): void {
    const { network, allServers } = this.#tools.parts;
    const one = this.#tools.server(action.server);
    if (one === undefined) return;
    const ids = allServers.map((server) => server.id);
    const draws = this.#tools.draws("partition", fault);
    for (const [from, to] of cutLinks(action.shape, ids, one.id, action.servers, draws))
      network.disturb(fault, from, to, { blocked: true });
  }

  /** Odd phases heal, even ones cut again: perhaps along another line. */
  flap(fault: number, phase: number): void {
    const action = this.#tools.parts.plan.faults[fault]?.what;
    if (action?.kind !== "partition" || !this.#tools.isInForce(fault)) return;
    if (phase % 2 === 1) this.#tools.parts.network.lift(fault);
    else this.#cut(fault, action);
    this.#turnLater(fault, action.flapMs, phase + 1);
  }

  #turnLater(fault: number, ms: number, phase: number): void {
    const { kernel } = this.#tools.parts;
    kernel.after(Math.round(ms * 1000), { kind: "faultEnd", cause: kernel.current, fault, phase });
  }

  #ends(target: LinkAction["from"]): readonly ServerId[] {
    if (target === "any") return this.#tools.parts.allServers.map((server) => server.id);
    const server = this.#tools.server(target);
    return server === undefined ? [] : [server.id];
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
    case "garble":
      return { garble: action.rate };
    case "delay":
      return { delay: { rate: action.rate, extraUs: Math.round(action.extraMs * 1000) } };
    case "clog":
      return { cloggedUntilUs: nowUs + Math.round(action.forMs * 1000) };
  }
}
