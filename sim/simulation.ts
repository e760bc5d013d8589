/**
 * One run of a plan, as an object: step it, run it up to a time, put faults and operations into it while it runs, and look
 * at everything. Pure and synchronous; nothing that looks at it can change it. `runner.ts` runs a plan to its end.
 *
 * | To find                                                   | look in                                             |
 * | --------------------------------------------------------- | --------------------------------------------------- |
 * | time, and the queue of what is to happen                  | `world/kernel.ts`, `world/events.ts`                |
 * | chance, and the trace hash                                | `world/random.ts`, `world/trace-hash.ts`            |
 * | a server: its machine, and the process that may die       | `world/server.ts`, `world/process.ts`, `ports.ts`   |
 * | its disk and its clocks                                   | `world/disk.ts`, `world/clock.ts`                   |
 * | messages between servers; streams of clients; bytes       | `world/network.ts`, `connections.ts`, `wire.ts`     |
 * | a client: its session, what it asks, what it remembers    | `world/client.ts`, `workload.ts`, `seen.ts`         |
 * | each operation: how asked for, how drawn, what comes of it | `operations.ts`, `checkers/reference-model.ts`      |
 * | clients that do not keep to the protocol                  | `world/strangers.ts`, `world/stranger-scripts.ts`   |
 * | what clients saw                                          | `world/history.ts`                                  |
 * | what a plan says                                          | `plan/plan.ts`, `plan/actions.ts`                   |
 * | how faults strike, and where they may                     | `faults/faults.ts`, `world/hooks.ts`                |
 * | the end of the faults: liveness                           | `world/calm.ts`                                     |
 * | what observers may see and when they are called           | `world/view.ts`, `world/observer.ts`                |
 * | what is promised, and who checks it                       | `promises.ts`, `checkers/`                          |
 * | whether runs get to the dangerous places                  | `marks/`                                            |
 * | how plans are drawn; how failing ones become small        | `hunter/`, `shrink/`                                |
 * | planted bugs; scenes; regressions                         | `mutants/`, `scenes/`, `regressions/`               |
 * | how a run is told                                         | `report/story.ts`, `report/tell.ts`                 |
 * | the commands `sim`, `hunt` and `mutants`                  | `main.ts`, `hunt-main.ts`, `mutants-main.ts`, `cli/` |
 */
import type { Configuration, ServerId } from "../src/raft/types.ts";
import { Faults } from "./faults/faults.ts";
import { Operator } from "./faults/operator.ts";
import { Targets } from "./faults/targets.ts";
import { Triggers } from "./faults/triggers.ts";
import { failureOf, type RunFailure, type RunOutcome } from "./outcome.ts";
import type { Action } from "./plan/actions.ts";
import { type Plan, type PlannedOperation, type Step, serverCount } from "./plan/plan.ts";
import { Calm } from "./world/calm.ts";
import { SimClients } from "./world/clients.ts";
import { bootstrapConfiguration } from "./world/configuration.ts";
import { SimConnections } from "./world/connections.ts";
import type { SimEvent } from "./world/events.ts";
import type { History } from "./world/history.ts";
import { Kernel } from "./world/kernel.ts";
import { SimNetwork } from "./world/network.ts";
import { joinObservers, type Observer, type Observers, type World } from "./world/observer.ts";
import type { ServerParts } from "./world/ports.ts";
import { SimServer } from "./world/server.ts";
import { mixEvent } from "./world/trace-hash.ts";
import type { ClientView, LinkView, ServerView } from "./world/view.ts";
import { asBytes, asObjects } from "./world/wire.ts";

export class Simulation implements World {
  /** What it runs; grows with what is injected. */
  readonly plan: Plan;
  readonly servers: readonly (ServerView | undefined)[];
  readonly allServers: readonly ServerView[];
  /** What the clients have asked and got so far. */
  readonly history: History = { operations: [], events: [] };
  readonly #servers: readonly (SimServer | undefined)[];
  readonly #planned: { readonly faults: Plan["faults"][number][]; readonly operations: PlannedOperation[] };
  readonly #kernel: Kernel;
  readonly #observers: Observers;
  readonly #triggers: Triggers;
  readonly #network: SimNetwork;
  readonly #connections: SimConnections;
  readonly #clients: SimClients;
  readonly #faults: Faults;
  readonly #calm: Calm;
  #state: "new" | "running" | "over" = "new";
  #event: SimEvent | undefined;
  #isCalm = false;
  #failure: RunFailure | undefined;
  #recovered = true;

  /** `observers` serve this run only. */
  constructor(plan: Plan, observers: readonly Observer[] = []) {
    const { config } = plan;
    this.#planned = { faults: [...plan.faults], operations: [...plan.workload.operations] };
    this.plan = {
      ...plan,
      faults: this.#planned.faults,
      workload: { ...plan.workload, operations: this.#planned.operations },
    };
    // The targets watch too, but need the servers, which need the kernel, which needs the list of observers.
    const late: Observer = { name: "targets", sent: (from, to, message) => targets.sent(from, to, message) };
    this.#observers = joinObservers([late, ...observers]);
    const kernel = new Kernel(plan.seed, this.#observers);
    this.#kernel = kernel;
    const wire = config.bytes ? asBytes : asObjects;
    const network = new SimNetwork(kernel, serverCount(config), config.networkUs, wire);
    const connections = new SimConnections(kernel, config, wire);
    this.#network = network;
    this.#connections = connections;
    const bootstrap: Configuration = bootstrapConfiguration(config.servers);
    const parts = { kernel, plan: this.plan, network, connections };
    this.#triggers = new Triggers(
      kernel,
      plan,
      () => targets,
      (fault, subject, client) => this.#faults.strike(fault, subject, client),
    );
    const serverParts: ServerParts = { ...parts, hooks: this.#triggers, bootstrap };
    const allServers = Array.from({ length: serverCount(config) }, (_, i) => new SimServer(i + 1, serverParts));
    this.allServers = allServers;
    this.#servers = [undefined, ...allServers];
    this.servers = this.#servers;
    const targets = new Targets(allServers, kernel.randomness.draws("targets"));
    const ofClients = { ...parts, history: this.history, hooks: this.#triggers };
    const clients = new SimClients(ofClients, (id) => this.#servers[id]);
    this.#clients = clients;
    this.#faults = new Faults({ ...parts, allServers, clients, targets, operator: new Operator(allServers) });
    this.#calm = new Calm({ ...parts, allServers, clients });
  }

  /** Virtual time, microseconds. */
  get now(): number {
    return this.#kernel.now;
  }

  /** Sequence number of the event that was handled last. */
  get current(): number {
    return this.#kernel.current;
  }

  /** The event that was handled last. */
  get event(): SimEvent | undefined {
    return this.#event;
  }

  /** Virtual time of the next event, µs; infinite when none waits. Before the first step, that is the beginning. */
  get nextUs(): number {
    return this.#state === "new" ? 0 : this.#kernel.nextUs();
  }

  /** Events handled so far. */
  get events(): number {
    return this.#kernel.handled;
  }

  /** Whether the faults are over and the cluster has to recover. */
  get calm(): boolean {
    return this.#isCalm;
  }

  /** Whether nothing will happen any more: the plan has come to its end, or a promise was broken. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Depends on all that happened so far. */
  get traceHash(): string {
    return this.#kernel.traceHash;
  }

  /** The clients, by number - 1. */
  get clients(): readonly ClientView[] {
    return this.#clients.all;
  }

  /** What faults do to the way from a server to another; undefined if there is none. */
  link(from: ServerId, to: ServerId): LinkView | undefined {
    return this.#network.view(from, to);
  }

  /** Between whom a stream is, as long as one of them holds it. */
  connection(id: number): { readonly client: number; readonly server: ServerId } | undefined {
    return this.#connections.get(id);
  }

  /** What is to happen, soonest first, as far as it is known now: messages on their way, timers, writes, faults. */
  waiting(): readonly { readonly time: number; readonly item: SimEvent }[] {
    return this.#kernel.waiting();
  }

  /** Lets the next event happen. False if it was the last one. */
  step(): boolean {
    if (this.#state === "over") return false;
    try {
      if (this.#state === "new") this.#begin();
      const event = this.#kernel.next();
      if (event === undefined) this.#state = "over";
      else {
        this.#event = event;
        this.#show(event);
        this.#handle(event);
      }
    } catch (error) {
      this.#fail(error);
    }
    return !this.isOver;
  }

  /** Lets everything happen up to and including virtual time `timeUs`. False if the run is over. */
  runUntil(timeUs: number): boolean {
    while (!this.isOver) {
      if (this.#state === "running" && this.#kernel.nextUs() > timeUs) return true;
      this.step();
    }
    return false;
  }

  /**
   * Puts a fault into the running plan: it strikes within microseconds, or at `fromUs` if that is later. The {@link plan}
   * has it from now on, so that a run of that plan is the same run. Without effect once the faults are over.
   */
  inject(what: Action, fromUs = 0): void {
    const atUs = this.#kernel.nextFreeUs(fromUs);
    const fault = this.#planned.faults.push({ when: { kind: "at", atMs: atUs / 1000 }, what }) - 1;
    if (this.#state !== "new") this.#kernel.at(atUs, { kind: "fault", cause: 0, fault });
  }

  /** The same for a step of a client, numbered from 1. */
  perform(client: number, step: Step, fromUs = 0): void {
    const atUs = this.#kernel.nextFreeUs(fromUs);
    const listed = this.#planned.operations.push({ client, atMs: atUs / 1000, step }) - 1;
    if (this.#state !== "new") this.#kernel.at(atUs, { kind: "operation", cause: 0, client, listed });
  }

  /** Ends the run where it is: observers have their last word. */
  finish(): RunOutcome {
    if (this.#failure === undefined) {
      try {
        this.#observers.end();
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#state = "over";
    return {
      plan: this.plan,
      events: this.#kernel.handled,
      virtualMs: this.#kernel.now / 1000,
      traceHash: this.#kernel.traceHash,
      failure: this.#failure,
      history: this.history,
      struck: this.#faults.struck,
      performed: this.#clients.performed,
      recovered: this.#recovered,
    };
  }

  #fail(error: unknown): void {
    this.#state = "over";
    this.#failure = failureOf(error, this.#kernel.current, this.#kernel.now);
  }

  #begin(): void {
    this.#state = "running";
    this.#observers.begin(this);
    for (const server of this.#servers) server?.start();
    this.#faults.schedule();
    this.#clients.begin();
    this.#kernel.at(Math.round(this.plan.config.horizonMs * 1000), { kind: "calm", cause: 0 });
  }

  #server(id: ServerId): SimServer | undefined {
    return this.#servers[id];
  }

  /** Tells those who watch of an event that is about to be handled. */
  #show(event: SimEvent): void {
    this.#observers.event(event, this.#kernel.current, this.#kernel.now);
    if (event.kind === "streamBroken") this.#observers.streamBroken(event.server, event.peer);
    else if (event.kind === "brokenToServer" || event.kind === "brokenToClient") {
      const toWhom = event.kind === "brokenToServer" ? "server" : "client";
      this.#observers.connectionBroken(event.connection, toWhom);
    }
  }

  /** Hands an event to whom it concerns; events that concern nobody any more are not counted. */
  #handle(event: SimEvent): void {
    if (this.#dispatch(event)) mixEvent(this.#kernel, event);
    else this.#kernel.handled--;
  }

  #dispatch(event: SimEvent): boolean {
    switch (event.kind) {
      case "message":
        return this.#server(event.to)?.handle(event) ?? false;
      case "streamBroken":
      case "tick":
      case "flush":
      case "written":
      case "scanned":
        return this.#server(event.server)?.handle(event) ?? false;
      case "restart":
        this.#server(event.server)?.start();
        return true;
      case "resume":
        this.#server(event.server)?.resume();
        return true;
      case "connect":
      case "toServer":
      case "toClient":
      case "drained":
      case "brokenToServer":
      case "brokenToClient":
        return this.#clients.onConnection(event);
      case "clientTimer":
        return this.#clients.timer(event.client);
      case "operation":
        this.#clients.operation(event.client, event.listed);
        return true;
      case "fault":
        this.#faults.strike(event.fault);
        return true;
      case "faultEnd":
        this.#faults.end(event.fault, event.phase);
        return true;
      case "calm":
        this.#beginCalm();
        return true;
      case "poll":
        if (this.#calm.poll()) this.#state = "over";
        return true;
    }
  }

  #beginCalm(): void {
    this.#isCalm = true;
    this.#triggers.disarm();
    this.#faults.calm();
    this.#recovered = this.#calm.begin();
    if (!this.#recovered) {
      this.#state = "over";
      return;
    }
    this.#observers.calmed(this.#calm.core);
  }
}
