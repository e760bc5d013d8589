/** All clients of a run: their operations, their connections' events, and the faults that befall them. */

import { unreachable } from "../../src/base/assert.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { ClientTarget, Lie, Mistake } from "../plan/actions.ts";
import type { PlannedOperation, Step } from "../plan/plan.ts";
import { type ClientParts, SimClient } from "./client.ts";
import type { SimEvent } from "./events.ts";
import type { Draws } from "./random.ts";
import type { SimServer } from "./server.ts";
import { Strangers } from "./strangers.ts";
import { StepSource } from "./workload.ts";

/** What faults do to clients. */
export interface ClientFaults {
  /** The client that `target` means now: drawn, if it is "random". */
  resolve(target: ClientTarget): ClientTarget;
  reset(target: ClientTarget, refuseMs: number): void;
  move(target: ClientTarget): void;
  stall(target: ClientTarget, forMs: number): void;
  /** The client's process stands still. */
  pause(target: ClientTarget, forMs: number): void;
  /** What the client next hears of a server is not so. */
  mislead(target: ClientTarget, lie: Lie): void;
  /** Another client comes to a server, and does not keep to the protocol. */
  stranger(server: ServerId, says: Mistake): void;
}

const nobodys = { sessionId: 1, password: new Uint8Array(16) };

type ConnectionEvent = Extract<
  SimEvent,
  { readonly kind: "connect" | "toServer" | "toClient" | "drained" | "brokenToServer" | "brokenToClient" }
>;

export class SimClients implements ClientFaults {
  /** By number - 1. */
  readonly all: readonly SimClient[];
  /** Steps as they were begun: what a shrinker lists in place of drawn ones. */
  readonly performed: PlannedOperation[] = [];
  readonly #parts: ClientParts;
  readonly #server: (id: number) => SimServer | undefined;
  readonly #sources: readonly StepSource[];
  readonly #draws: Draws;
  readonly #strangers: Strangers;
  #calm = false;

  constructor(parts: ClientParts, server: (id: number) => SimServer | undefined) {
    this.#parts = parts;
    this.#server = server;
    const numbers = Array.from({ length: parts.plan.config.clients }, (_, i) => i + 1);
    this.all = numbers.map((number) => new SimClient(number, parts));
    this.#sources = numbers.map(
      (n) => new StepSource(parts.plan.workload, n, parts.kernel.randomness.draws("workload", n)),
    );
    this.#draws = parts.kernel.randomness.draws("client faults");
    this.#strangers = new Strangers(parts);
  }

  /** Opens the sessions and puts first operations and listed ones into the queue. */
  begin(): void {
    const { kernel, plan } = this.#parts;
    for (const client of this.all) {
      client.begin();
      if (plan.workload.perSecond > 0) this.#drawNext(client.id);
    }
    plan.workload.operations.forEach(({ client, atMs }, listed) => {
      kernel.at(Math.round(atMs * 1000), { kind: "operation", cause: 0, client, listed });
    });
  }

  /** No operations any more. */
  calm(): void {
    this.#calm = true;
    for (const client of this.all) client.goOn();
  }

  /** One operation of each client, to see that the cluster serves. */
  probe(): void {
    for (const client of this.all) {
      const data = `probe${client.id}`;
      client.perform({ kind: "create", path: `/probe${client.id}`, data, ephemeral: false, sequential: false }, -1);
      client.perform(
        { kind: "read", path: `/probe${client.id}`, read: "getData", local: false, watch: false, limit: 0, after: "" },
        -1,
      );
    }
  }

  /** Operations without an answer. */
  get pending(): number {
    let pending = 0;
    for (const client of this.all) pending += client.record.pending;
    return pending;
  }

  /** The time for a client's operation has come. */
  operation(number: number, listed: number): void {
    const client = this.all[number - 1];
    if (client === undefined || this.#calm) return;
    const planned = this.#parts.plan.workload.operations[listed];
    if (planned !== undefined) return this.#perform(client, planned.step, listed);
    const source = this.#sources[number - 1];
    if (source === undefined) return;
    const step = source.next(client.seen, `${number}.${client.record.begun + 1}`);
    if (client.record.pending < this.#parts.plan.workload.outstanding) this.#perform(client, step, -1);
    this.#drawNext(number);
  }

  /** Something happened on a connection. Returns false if it concerns nobody any more. */
  onConnection(event: ConnectionEvent): boolean {
    const connection = this.#parts.connections.get(event.connection);
    if (connection === undefined) return false;
    const { connections, kernel } = this.#parts;
    const server = this.#server(connection.server);
    const client = this.all[connection.client - 1] ?? this.#strangers.get(connection.client);
    if (server === undefined || client === undefined) return false;
    switch (event.kind) {
      case "connect":
        if (connection.state !== "opening") return false;
        if (server.state === "running" && kernel.now >= client.refusedUntilUs) {
          connection.state = "open";
          connection.life = server.life;
        } else {
          connection.serverKnows = true;
          connections.reset(connection);
        }
        return true;
      case "toServer":
        if (connection.state !== "open" || connection.serverKnows || connection.life !== server.life) return false;
        return server.handle({ ...event, admitted: event.messages.map((message) => connection.door.admit(message)) });
      case "drained":
        if (connection.state !== "open" || connection.serverKnows || connection.life !== server.life) return false;
        return server.handle(event);
      case "brokenToServer": {
        const told = connection.serverKnows || connection.life !== server.life;
        connection.serverKnows = true;
        connections.forget(connection);
        return !told && server.handle(event);
      }
      case "toClient":
        if (connection.state !== "open" || connection.clientKnows) return false;
        connections.taken(connection, event.messages.length);
        client.receive(connection, event.messages);
        if (this.#parts.hooks.armed && connection.client <= this.all.length)
          this.#parts.hooks.hears(server, connection.client, event.messages);
        return true;
      case "brokenToClient":
        connection.clientKnows = true;
        connections.forget(connection);
        client.broken(connection);
        return true;
      default:
        return unreachable(event);
    }
  }

  timer(number: number): boolean {
    return this.all[number - 1]?.timer() ?? false;
  }

  resolve(target: ClientTarget): ClientTarget {
    return target === "random" && this.all.length > 0 ? this.#draws.between(1, this.all.length) : target;
  }

  reset(target: ClientTarget, refuseMs: number): void {
    for (const client of this.#chosen(target)) {
      client.refusedUntilUs = this.#parts.kernel.now + Math.round(refuseMs * 1000);
      client.breakConnection("reset");
    }
  }

  move(target: ClientTarget): void {
    for (const client of this.#chosen(target)) client.breakConnection("leave");
  }

  stall(target: ClientTarget, forMs: number): void {
    const untilUs = this.#parts.kernel.now + Math.round(forMs * 1000);
    for (const { connection } of this.#chosen(target))
      if (connection !== undefined) connection.stalledUntilUs = untilUs;
  }

  pause(target: ClientTarget, forMs: number): void {
    for (const client of this.#chosen(target)) client.pause(this.#parts.kernel.now + Math.round(forMs * 1000));
  }

  mislead(target: ClientTarget, lie: Lie): void {
    for (const client of this.#chosen(target)) client.mislead(lie);
  }

  /** Which of those that speak to one of `servers`, and do not keep to the protocol, have no answer; one clause each. */
  waitingStrangers(servers: readonly ServerId[]): readonly string[] {
    return this.#strangers.waiting(servers);
  }

  stranger(server: ServerId, says: Mistake): void {
    const victim = this.all.length === 0 ? undefined : this.#draws.pick(this.all).identity;
    // Session 1 never was: the first entry of a log is no client's.
    const known = victim === undefined || victim.sessionId === 0 ? nobodys : victim;
    this.#strangers.comes(server, says, known);
  }

  #chosen(target: ClientTarget): readonly SimClient[] {
    if (target === "all") return this.all;
    const client = typeof target === "number" ? this.all[target - 1] : undefined;
    return client === undefined ? [] : [client];
  }

  #perform(client: SimClient, step: Step, listed: number): void {
    this.performed.push({ client: client.id, atMs: this.#parts.kernel.now / 1000, step });
    client.perform(step, listed);
  }

  #drawNext(number: number): void {
    const gap = this.#sources[number - 1]?.gapUs();
    if (gap !== undefined)
      this.#parts.kernel.after(gap, {
        kind: "operation",
        cause: this.#parts.kernel.current,
        client: number,
        listed: -1,
      });
  }
}
