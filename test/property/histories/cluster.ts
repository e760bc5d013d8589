/**
 * The real thing that the commands are carried out on: the client library's session and whole servers, simulated. It asks,
 * disturbs, waits, and writes down in one list what clients were told, in the order in which they were told.
 */
import type { Action } from "../../../sim/plan/actions.ts";
import { checkPlan, type Step } from "../../../sim/plan/plan.ts";
import { Simulation } from "../../../sim/simulation.ts";
import type { HistoryOperation, SessionEvent } from "../../../sim/world/history.ts";

/** What one client was told. */
export type Told =
  | { readonly type: "answer"; readonly step: Step; readonly operation: HistoryOperation }
  | { readonly type: "event"; readonly event: SessionEvent };

/** How long a client may have to wait for an answer, virtual ms: many elections, and a session that has to run out. */
const patienceMs = 120_000;

export const sessionTimeoutMs = 4_000;

/** Three servers and two clients, which have their sessions. */
export class Cluster {
  readonly #simulation: Simulation;
  #told: Told[] = [];
  readonly #settled = new Set<number>();

  /** `seed`: all that is drawn. */
  constructor(seed: number) {
    const config = { servers: 3, clients: 2, horizonMs: 3_600_000, sessionTimeoutMs, bytes: seed % 4 === 0 };
    const plan = checkPlan({ seed, config, workload: { perSecond: 0, outstanding: 1000 } });
    this.#simulation = new Simulation(plan, [
      {
        name: "told",
        answered: (operation) => this.#answered(operation),
        sessionEvent: (event) => this.#told.push({ type: "event", event }),
      },
    ]);
    this.#until(() => this.#simulation.clients.every(({ sessionId }) => sessionId !== 0), "no session is opened");
  }

  /** Virtual time, microseconds. */
  get nowUs(): number {
    return this.#simulation.now;
  }

  /** Has a client ask, one thing right after the other. */
  ask(client: number, steps: readonly Step[]): void {
    for (const step of steps) this.#simulation.perform(client, step);
  }

  /** Has something happen to the cluster, `afterMs` from now. */
  strike(action: Action, afterMs: number): void {
    this.#simulation.inject(action, this.#simulation.now + Math.round(afterMs * 1000));
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.#simulation.runUntil(this.#simulation.now + ms * 1000);
    this.#checkRuns();
  }

  /** Waits until all that was asked is settled, and returns what clients were told since the last time. */
  settle(): readonly Told[] {
    // What was asked is asked within the next microseconds.
    this.wait(1);
    this.#until(
      () => this.#simulation.clients.every(({ record: { pending } }) => pending === 0),
      "a request has no answer",
    );
    const told = this.#told;
    this.#told = [];
    return told;
  }

  #answered(operation: HistoryOperation): void {
    if (this.#settled.has(operation.id)) throw new Error(`request ${operation.id} was settled twice`);
    this.#settled.add(operation.id);
    const step = this.#simulation.plan.workload.operations[operation.listed]?.step;
    if (step === undefined) throw new Error("an answer to what nobody asked");
    this.#told.push({ type: "answer", step, operation });
  }

  #until(done: () => boolean, complaint: string): void {
    const end = this.#simulation.now + patienceMs * 1000;
    while (!done()) {
      if (this.#simulation.nextUs > end) throw new Error(`${complaint} after ${patienceMs} virtual ms`);
      this.#simulation.step();
      this.#checkRuns();
    }
  }

  #checkRuns(): void {
    if (!this.#simulation.isOver) return;
    const { failure } = this.#simulation.finish();
    throw new Error(failure === undefined ? "the run is over" : `${failure.invariant}: ${failure.message}`);
  }
}
