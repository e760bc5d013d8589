/** Runs a plan: sets up the cluster, hands events to whom they concern, and says how it ended. Pure and synchronous. */
import { AssertionError } from "../src/base/assert.ts";
import type { Configuration, ServerId } from "../src/raft/types.ts";
import { Calm } from "./calm.ts";
import { Clients } from "./clients.ts";
import { bootstrapConfiguration } from "./configuration.ts";
import { Connections } from "./connections.ts";
import type { SimEvent } from "./events.ts";
import { Faults } from "./faults.ts";
import type { History } from "./history.ts";
import { Kernel } from "./kernel.ts";
import { SimNetwork } from "./network.ts";
import {
  InvariantBroken,
  type Observer,
  type Observers,
  type StruckFault,
  sortObservers,
  type World,
} from "./observer.ts";
import { Operator } from "./operator.ts";
import { type Plan, type PlannedOperation, serverCount } from "./plan/plan.ts";
import type { Invariant } from "./promises.ts";
import { type ServerHost, SimServer } from "./server.ts";
import { Targets } from "./targets.ts";
import { mixEvent } from "./trace-hash.ts";
import { Triggers } from "./triggers.ts";

/** Why a run failed. */
export interface RunFailure {
  readonly invariant: Invariant;
  readonly message: string;
  readonly atUs: number;
  /** Sequence number of the event during which it broke. */
  readonly event: number;
  readonly stack: string;
}

/** Whether the code threw, rather than a checker. */
export function isError({ invariant }: RunFailure): boolean {
  return invariant === "assertion" || invariant === "exception";
}

/** The code's own assertions are told apart from accidents. */
function invariantOf(error: Error): Invariant {
  if (error instanceof InvariantBroken) return error.invariant;
  return error instanceof AssertionError ? "assertion" : "exception";
}

/** How a run ended. */
export interface Outcome {
  readonly plan: Plan;
  /** Events handled. */
  readonly events: number;
  readonly virtualMs: number;
  /** The same for the same plan, everywhere. */
  readonly traceHash: string;
  readonly failure: RunFailure | undefined;
  readonly history: History;
  /** Faults as they struck. */
  readonly struck: readonly StruckFault[];
  /** Client steps as they were begun, drawn ones included. */
  readonly performed: readonly PlannedOperation[];
  /** False if so many disks were lost that no quorum was left to recover. */
  readonly recovered: boolean;
}

export interface RunOptions {
  /** Stops, without a failure, after so many events. Default: none. */
  readonly eventsMax?: number;
}

/** Runs `plan` under the eyes of `observers`, which are used for this run only. */
export function run(plan: Plan, observers: readonly Observer[] = [], options: RunOptions = {}): Outcome {
  return new Simulation(plan, observers).run(options.eventsMax ?? Number.POSITIVE_INFINITY);
}

/** One run. */
class Simulation implements World, ServerHost {
  readonly plan: Plan;
  readonly kernel: Kernel;
  readonly network: SimNetwork;
  readonly connections: Connections;
  readonly triggers: Triggers;
  readonly bootstrap: Configuration;
  readonly servers: (SimServer | undefined)[] = [undefined];
  readonly allServers: SimServer[] = [];
  readonly history: History = { operations: [], events: [] };
  calm = false;
  readonly #observers: Observers;
  readonly #targets: Targets;
  readonly #clients: Clients;
  readonly #faults: Faults;
  readonly #calm: Calm;
  #over = false;
  #recovered = true;

  constructor(plan: Plan, observers: readonly Observer[]) {
    const { config } = plan;
    this.plan = plan;
    // The targets watch too, but need the servers, which need the kernel, which needs the list of observers.
    const targetsAmong: Observer[] = [];
    const late: Observer = { name: "targets", sent: (from, to, message) => this.#targets.sent(from, to, message) };
    targetsAmong.push(late, ...observers);
    this.#observers = sortObservers(targetsAmong);
    this.kernel = new Kernel(plan.seed, this.#observers);
    this.network = new SimNetwork(this.kernel, serverCount(config), config.networkUs);
    this.connections = new Connections(this.kernel, config.clientUs);
    this.bootstrap = bootstrapConfiguration(config.servers);
    this.triggers = new Triggers(
      this.kernel,
      plan,
      () => this.#targets,
      (fault, subject) => this.#faults.strike(fault, subject),
    );
    for (let id = 1; id <= serverCount(config); id++) {
      const server = new SimServer(id, this);
      this.servers.push(server);
      this.allServers.push(server);
    }
    this.#targets = new Targets(this.allServers, this.kernel.randomness.draws("targets"));
    this.#clients = new Clients(this, (id) => this.servers[id]);
    this.#faults = new Faults({
      operator: new Operator(this.allServers),
      kernel: this.kernel,
      plan,
      allServers: this.allServers,
      network: this.network,
      clients: this.#clients,
      targets: this.#targets,
    });
    this.#calm = new Calm({
      kernel: this.kernel,
      plan,
      allServers: this.allServers,
      network: this.network,
      connections: this.connections,
      clients: this.#clients,
    });
  }

  get now(): number {
    return this.kernel.now;
  }

  get current(): number {
    return this.kernel.current;
  }

  run(eventsMax: number): Outcome {
    let failure: RunFailure | undefined;
    try {
      this.#begin();
      while (!this.#over && this.kernel.handled < eventsMax) {
        const event = this.kernel.next();
        if (event === undefined) break;
        for (const observer of this.#observers.event) observer.event(event, this.kernel.current, this.kernel.now);
        this.#handle(event);
      }
      for (const observer of this.#observers.end) observer.end();
    } catch (error) {
      failure = this.#failure(error);
    }
    return {
      plan: this.plan,
      events: this.kernel.handled,
      virtualMs: this.kernel.now / 1000,
      traceHash: this.kernel.traceHash,
      failure,
      history: this.history,
      struck: this.#faults.struck,
      performed: this.#clients.performed,
      recovered: this.#recovered,
    };
  }

  #begin(): void {
    for (const observer of this.#observers.begin) observer.begin(this);
    for (const server of this.allServers) server.start();
    this.#faults.schedule();
    this.#clients.begin();
    this.kernel.at(Math.round(this.plan.config.horizonMs * 1000), { kind: "calm", cause: 0 });
  }

  #server(id: ServerId): SimServer | undefined {
    return this.servers[id];
  }

  /** Hands an event to whom it concerns; events that concern nobody any more are not counted. */
  #handle(event: SimEvent): void {
    if (this.#dispatch(event)) mixEvent(this.kernel, event);
    else this.kernel.handled--;
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
        this.#over = this.#calm.poll();
        return true;
    }
  }

  #beginCalm(): void {
    this.calm = true;
    this.triggers.disarm();
    this.#faults.calm();
    this.#recovered = this.#calm.begin();
    this.#over = !this.#recovered;
    if (this.#recovered) for (const observer of this.#observers.calmed) observer.calmed(this.#calm.core);
  }

  #failure(error: unknown): RunFailure {
    const known = error instanceof Error ? error : new Error(String(error));
    return {
      invariant: invariantOf(known),
      message: known.message,
      atUs: this.kernel.now,
      event: this.kernel.current,
      stack: known.stack ?? "",
    };
  }
}
