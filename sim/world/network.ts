/**
 * The network between servers: a link per direction. An undisturbed link is a stream, in order and late by a drawn
 * heavy-tailed time; faults make it lose, double, hold back, reorder and repeat.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { MessageEvent } from "./events.ts";
import type { Kernel } from "./kernel.ts";
import type { Draws, Randomness, Spread } from "./random.ts";
import type { LinkView } from "./view.ts";
import type { Wire } from "./wire.ts";

/** What a fault does to a link while it lasts. */
export interface LinkEffect {
  readonly loss?: number;
  readonly duplicate?: number;
  /** A share of the messages takes up to `extraUs` longer, and all may overtake each other. */
  readonly delay?: { readonly rate: number; readonly extraUs: number };
  readonly replay?: number;
  readonly garble?: number;
  readonly blocked?: boolean;
  /** Virtual time at which the clog lets go. */
  readonly cloggedUntilUs?: number;
}

/** What a server says on a stream, and which life of the cluster it belongs to (0: it takes no part yet). */
export interface Packet {
  readonly message: PeerMessage;
  readonly instance: number;
}

/** Old packets that a link under replay remembers. */
const pastMax = 64;

/** One direction between two servers. */
class Link implements LinkView {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly draws: {
    readonly delay: Draws;
    readonly loss: Draws;
    readonly duplicate: Draws;
    readonly extra: Draws;
    readonly replay: Draws;
    readonly garble: Draws;
  };
  readonly effects = new Map<number, LinkEffect>();
  blocked = false;
  loss = 0;
  duplicate = 0;
  delayRate = 0;
  delayExtraUs = 0;
  replay = 0;
  garble = 0;
  cloggedUntilUs = 0;
  /** Whether any effect is in force. */
  disturbed = false;
  /** When the newest message in order arrives. */
  lastArrivalUs = 0;
  readonly past: Packet[] = [];

  constructor(from: ServerId, to: ServerId, randomness: Randomness) {
    this.from = from;
    this.to = to;
    const who = `${from}>${to}`;
    const stream = (purpose: string) => randomness.draws(`link ${purpose}`, who);
    this.draws = {
      delay: stream("delay"),
      loss: stream("loss"),
      duplicate: stream("duplicate"),
      extra: stream("extra"),
      replay: stream("replay"),
      garble: stream("garble"),
    };
  }

  /** Adds up what is in force: the worst of each kind. */
  recompute(): void {
    let blocked = false;
    let [loss, duplicate, delayRate, delayExtraUs, replay, garble, clogged] = [0, 0, 0, 0, 0, 0, 0];
    for (const effect of this.effects.values()) {
      blocked ||= effect.blocked === true;
      loss = Math.max(loss, effect.loss ?? 0);
      duplicate = Math.max(duplicate, effect.duplicate ?? 0);
      delayRate = Math.max(delayRate, effect.delay?.rate ?? 0);
      delayExtraUs = Math.max(delayExtraUs, effect.delay?.extraUs ?? 0);
      replay = Math.max(replay, effect.replay ?? 0);
      garble = Math.max(garble, effect.garble ?? 0);
      clogged = Math.max(clogged, effect.cloggedUntilUs ?? 0);
    }
    this.blocked = blocked;
    this.loss = loss;
    this.duplicate = duplicate;
    this.delayRate = delayRate;
    this.delayExtraUs = delayExtraUs;
    this.replay = replay;
    this.garble = garble;
    this.cloggedUntilUs = clogged;
    this.disturbed = this.effects.size > 0;
  }
}

/** A chunk of a snapshot with a turned bit, now and then, on a link that does so. */
function garbled({ garble, draws }: Link, message: PeerMessage): PeerMessage {
  if (garble === 0 || message.type !== "InstallSnapshot" || !draws.garble.chance(garble)) return message;
  const data = message.data.slice();
  const at = draws.garble.below(data.length);
  data[at] = (data[at] ?? 0) ^ (1 << draws.garble.below(8));
  return { ...message, data };
}

/** All links of a cluster. */
export class SimNetwork {
  readonly #kernel: Kernel;
  readonly #delayUs: Spread;
  readonly #wire: Wire;
  readonly #width: number;
  readonly #links: readonly (Link | undefined)[];

  /** Servers are 1 to `servers`. */
  constructor(kernel: Kernel, servers: number, delayUs: Spread, wire: Wire) {
    this.#kernel = kernel;
    this.#delayUs = delayUs;
    this.#wire = wire;
    this.#width = servers + 1;
    const links: (Link | undefined)[] = [];
    for (let from = 0; from <= servers; from++)
      for (let to = 0; to <= servers; to++)
        links.push(from > 0 && to > 0 && from !== to ? new Link(from, to, kernel.randomness) : undefined);
    this.#links = links;
  }

  /** Takes a message at its sender. */
  send(from: ServerId, to: ServerId, { message, instance }: Packet): void {
    const link = this.#link(from, to);
    if (link === undefined) return this.#lost(from, to, message, "no such server");
    const packet = { message: garbled(link, this.#wire.peer(message)), instance };
    const delay = link.draws.delay.spread(this.#delayUs);
    if (!link.disturbed) return this.#inOrder(link, this.#kernel.now + delay, packet);
    if (link.blocked) return this.#lost(from, to, message, "partition");
    if (link.draws.loss.chance(link.loss)) return this.#lost(from, to, message, "loss");
    if (link.replay > 0) this.#replay(link, packet);
    let arrival = this.#kernel.now + delay;
    if (link.delayRate > 0) {
      if (link.draws.extra.chance(link.delayRate)) arrival += link.draws.extra.below(link.delayExtraUs + 1);
      this.#deliver(link, Math.max(arrival, link.cloggedUntilUs), packet);
    } else this.#inOrder(link, Math.max(arrival, link.cloggedUntilUs), packet);
    if (link.draws.duplicate.chance(link.duplicate)) {
      const again = arrival + link.draws.duplicate.spread(this.#delayUs) * link.draws.duplicate.below(8);
      this.#deliver(link, Math.max(again, link.cloggedUntilUs), packet);
    }
  }

  /** Whether messages from `from` reach `to` at all now. */
  connected(from: ServerId, to: ServerId): boolean {
    const link = this.#link(from, to);
    return link !== undefined && !link.blocked;
  }

  /** A server died or a stream broke: the other end notices, if it can. */
  streamBroken(from: ServerId, to: ServerId): void {
    const link = this.#link(from, to);
    if (link === undefined || link.blocked) return;
    const arrival = Math.max(
      this.#kernel.now + link.draws.delay.spread(this.#delayUs),
      link.lastArrivalUs,
      link.cloggedUntilUs,
    );
    link.lastArrivalUs = arrival;
    this.#kernel.at(arrival, { kind: "streamBroken", cause: this.#kernel.current, server: to, peer: from });
  }

  /** What faults do to the way from `from` to `to`; undefined if there is none. */
  view(from: ServerId, to: ServerId): LinkView | undefined {
    return this.#link(from, to);
  }

  /**
   * Takes one message that is on its way from one of `from` to one of `to`, the `nth` to arrive, and loses it, lets it
   * arrive once more, or holds it back by `extraUs` while others overtake it. False if there is none.
   */
  intercept(
    from: readonly ServerId[],
    to: readonly ServerId[],
    {
      nth,
      does,
      extraUs,
    }: { readonly nth: number; readonly does: "drop" | "duplicate" | "delay"; readonly extraUs: number },
  ): boolean {
    let left = nth;
    for (const { time, item } of this.#kernel.waiting()) {
      if (item.kind !== "message" || !from.includes(item.from) || !to.includes(item.to) || --left > 0) continue;
      if (does === "duplicate") this.#kernel.at(time + extraUs, { ...item, cause: this.#kernel.current });
      else this.#kernel.cancel(item);
      if (does === "delay") this.#kernel.at(time + extraUs, item);
      if (does === "drop") this.#lost(item.from, item.to, item.message, "intercepted");
      return true;
    }
    return false;
  }

  /** Takes all effects from the links from one of `from` to one of `to`. */
  healLinks(from: readonly ServerId[], to: readonly ServerId[]): void {
    for (const a of from)
      for (const b of to) {
        const link = this.#link(a, b);
        link?.effects.clear();
        link?.recompute();
      }
  }

  /** Puts an effect on a link under a number, by which {@link lift} takes it away. */
  disturb(number: number, from: ServerId, to: ServerId, effect: LinkEffect): void {
    const link = this.#link(from, to);
    if (link === undefined) return;
    link.effects.set(number, effect);
    link.recompute();
  }

  /** Takes the effect with this number from all links. */
  lift(number: number): void {
    for (const link of this.#links) if (link?.effects.delete(number)) link.recompute();
  }

  /** Takes all effects from all links; what is held back keeps its time, what comes anew does not wait for it. */
  heal(): void {
    for (const link of this.#links) {
      if (link === undefined) continue;
      link.effects.clear();
      link.recompute();
      link.lastArrivalUs = 0;
    }
  }

  #link(from: ServerId, to: ServerId): Link | undefined {
    return this.#links[from * this.#width + to];
  }

  #inOrder(link: Link, arrival: number, packet: Packet): void {
    if (arrival < link.lastArrivalUs) arrival = link.lastArrivalUs;
    link.lastArrivalUs = arrival;
    this.#deliver(link, arrival, packet);
  }

  #deliver(link: Link, arrival: number, packet: Packet): void {
    const { current: cause } = this.#kernel;
    const event: MessageEvent = { kind: "message", cause, from: link.from, to: link.to, ...packet };
    this.#kernel.at(arrival, event);
  }

  #replay(link: Link, packet: Packet): void {
    const draws = link.draws.replay;
    if (link.past.length > 0 && draws.chance(link.replay))
      this.#deliver(link, this.#kernel.now + draws.spread(this.#delayUs), draws.pick(link.past));
    if (link.past.length < pastMax) link.past.push(packet);
    else link.past[draws.below(pastMax)] = packet;
  }

  #lost(from: ServerId, to: ServerId, message: PeerMessage, why: string): void {
    this.#kernel.observers.lost(from, to, message, why);
  }
}
