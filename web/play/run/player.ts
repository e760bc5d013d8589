/**
 * A run that can be gone through in both directions. To go back is to run the plan again up to the moment that is wanted:
 * the same plan gives the same run. Pure but for the clock that it is given.
 */
import type { Action } from "../../../sim/plan/actions.ts";
import { checkPlan, type Plan, type Step } from "../../../sim/plan/plan.ts";
import { tellEvent } from "../../../sim/report/tell-events.ts";
import type { Scene } from "../../../sim/scenes/scene.ts";
import { Simulation } from "../../../sim/simulation.ts";
import type { Selection } from "../../picture/picture.ts";
import { Ahead } from "./ahead.ts";
import { detailsOf } from "./details.ts";
import { Memory } from "./memory.ts";
import { pictureOf } from "./picture-of.ts";
import type { Moment, RunSoFar } from "./protocol.ts";
import { ruleOf } from "./rule-of.ts";

/** What is played. */
export interface Playing {
  readonly plan: Plan;
  /** One of the goals, or "". */
  readonly goal: string;
  readonly scene: Scene | undefined;
}

/** A simulation at a place of its run. */
export interface Shown {
  readonly simulation: Simulation;
  readonly memory: Memory;
  /** Events taken. */
  steps: number;
}

/** The beginning of the run of a plan. */
export function beginning(plan: Plan): Shown {
  const memory = new Memory();
  return { simulation: new Simulation(plan, [memory]), memory, steps: 0 };
}

/** Shows one plan at any of its moments, and takes what is done by hand into the plan. */
export class Player {
  readonly #now: () => number;
  #playing: Playing;
  #shown: Shown;
  #ahead: Ahead;
  #runs = 0;
  /** Where time stands, µs: behind the event that came last, and not behind the next. */
  #clockUs = 0;
  /** How far somebody has seen, in events. */
  #seen = 0;
  #at: Selection | undefined;
  #trees = false;

  /** `now`: a clock to bound work by, ms. */
  constructor(now: () => number, playing: Playing) {
    this.#now = now;
    this.#playing = playing;
    this.#shown = beginning(playing.plan);
    this.#ahead = this.#lookAhead();
  }

  /** The plan with all that was done by hand. */
  get plan(): Plan {
    return this.#playing.plan;
  }

  /** Faults of the plan that have struck. */
  get struck(): number {
    return this.#shown.memory.struck.size;
  }

  /** Whether there is nothing left to look ahead to. */
  get isIdle(): boolean {
    return this.#ahead.isComplete;
  }

  /** Looks ahead for about so long. */
  work(ms: number): void {
    const deadline = this.#now() + ms;
    while (!this.#ahead.isComplete && this.#now() < deadline) for (let i = 0; i < 50; i++) this.#ahead.step();
  }

  /** What is known of the run, but for what was told before. */
  takeRun(): RunSoFar {
    return this.#ahead.take();
  }

  /** What is pointed at from now on. */
  look(at: Selection | undefined, trees: boolean): void {
    this.#at = at;
    this.#trees = trees;
  }

  /** Goes on to `toUs`, or as far as it comes in `budgetMs`. */
  advance(toUs: number, budgetMs: number): void {
    const deadline = this.#now() + budgetMs;
    let left = 0;
    while (this.#shown.simulation.nextUs <= toUs) {
      if (--left < 0) {
        if (this.#now() > deadline) return;
        left = 20;
      }
      if (!this.#step()) {
        this.#clockUs = this.#shown.simulation.now;
        return;
      }
    }
    this.#clockUs = Math.max(this.#clockUs, this.#shown.simulation.now, this.#isAtEnd ? 0 : toUs);
  }

  /** One event on: the next that concerns somebody. */
  next(): void {
    const { simulation } = this.#shown;
    const before = simulation.events;
    while (this.#step() && simulation.events === before);
    this.#clockUs = simulation.now;
  }

  /** One event back. */
  previous(): void {
    const { events } = this.#shown.simulation;
    const target = this.#shown.steps - 1;
    if (target < 0) return;
    this.seekSteps(target);
    // Events that concern nobody are passed over in this direction too.
    while (this.#shown.steps > 0 && this.#shown.simulation.events === events) this.seekSteps(this.#shown.steps - 1);
  }

  /** To the next moment, or the one before, of which the story tells. */
  interesting(isBack: boolean, budgetMs: number): void {
    const deadline = this.#now() + budgetMs;
    const { steps } = this.#shown;
    const found = isBack
      ? (this.#ahead.lineBefore(steps) ?? 0)
      : this.#ahead.lineAfter(steps, () => this.#now() < deadline);
    this.seekSteps(found ?? this.#ahead.steps);
  }

  /** To the moment `toUs`. */
  seek(toUs: number): void {
    if (toUs < this.#shown.simulation.now || this.#shown.simulation.nextUs === 0) this.#shown = beginning(this.plan);
    this.#clockUs = 0;
    this.advance(toUs, Number.POSITIVE_INFINITY);
  }

  /** To the place behind so many events. */
  seekSteps(steps: number): void {
    if (steps < this.#shown.steps) this.#shown = beginning(this.plan);
    while (this.#shown.steps < steps && this.#step());
    this.#clockUs = this.#shown.simulation.now;
  }

  /** Does something now. Returns a sentence if it cannot be done. */
  inject(action: Action): string | undefined {
    return this.#change((simulation) => simulation.inject(action, this.#clockUs));
  }

  /** Lets a client do something now. Returns a sentence if it cannot be done. */
  perform(client: number, step: Step): string | undefined {
    if (client < 1 || client > this.plan.config.clients) return `There is no client c${client} in this plan.`;
    return this.#change((simulation) => simulation.perform(client, step, this.#clockUs));
  }

  /** Where the run stands now. */
  moment(): Moment {
    const { simulation, memory, steps } = this.#shown;
    const failure = this.#ahead.failure;
    const isBroken = failure !== undefined && steps >= failure.steps;
    const lit = new Set(isBroken ? failure.servers : []);
    const picture = pictureOf(simulation, memory, lit);
    const last = memory.last;
    return {
      picture: { ...picture, nowMs: this.#clockUs / 1000 },
      us: this.#clockUs,
      steps,
      events: simulation.events,
      traceHash: simulation.traceHash,
      told: last === undefined ? "" : tellEvent(last.event),
      rule: last === undefined ? "" : ruleOf(last),
      isOver: this.#isAtEnd,
      isCalm: simulation.calm,
      isBroken,
      details: detailsOf(simulation, picture, this.#at, this.#trees),
    };
  }

  get #isAtEnd(): boolean {
    const { simulation, steps } = this.#shown;
    return simulation.isOver || (this.#ahead.isComplete && steps >= this.#ahead.steps);
  }

  #lookAhead(): Ahead {
    const { plan, goal, scene } = this.#playing;
    return new Ahead(++this.#runs, plan, goal, scene);
  }

  /** False at the end of the run: no promise can break in what is shown that was not seen to break ahead of it. */
  #step(): boolean {
    const shown = this.#shown;
    this.#ahead.reach(shown.steps + 1);
    if (shown.steps >= this.#ahead.steps || shown.simulation.isOver) return false;
    shown.simulation.step();
    shown.steps++;
    this.#seen = Math.max(this.#seen, shown.steps);
    return !this.#isAtEnd;
  }

  #change(change: (simulation: Simulation) => void): string | undefined {
    const { simulation, steps, memory } = this.#shown;
    if (this.#isAtEnd) return "The run is over: go back to do something before its end.";
    if (simulation.calm)
      return "The faults are over, and the cluster has to recover: go back to do something before that.";
    const clockUs = this.#clockUs;
    if (steps < this.#seen) {
      // What is done in the past cuts off the future.
      const plan = withoutFuture(this.plan, memory.struck, clockUs);
      this.#shown = beginning(plan);
      while (this.#shown.steps < steps && this.#shown.simulation.step()) this.#shown.steps++;
    }
    change(this.#shown.simulation);
    // A copy: the simulation's own grows with it.
    const { plan } = this.#shown.simulation;
    this.#playing = { ...this.#playing, plan: checkPlan(JSON.parse(JSON.stringify(plan))), scene: undefined };
    this.#ahead = this.#lookAhead();
    this.#seen = steps;
    const { faults, workload } = this.plan;
    const doneMs = Math.max(faults.at(-1)?.when.atMs ?? 0, workload.operations.at(-1)?.atMs ?? 0);
    this.advance(Math.max(clockUs, doneMs <= clockUs / 1000 + 1 ? doneMs * 1000 : 0), 1_000);
    return undefined;
  }
}

/** A plan without what had not happened by `nowUs`. */
export function withoutFuture(plan: Plan, struck: ReadonlySet<number>, nowUs: number): Plan {
  const { faults, workload } = plan;
  return {
    ...plan,
    faults: faults.filter(({ when }, i) => struck.has(i) || (when.kind === "at" && when.atMs * 1000 <= nowUs)),
    workload: { ...workload, operations: workload.operations.filter(({ atMs }) => atMs * 1000 <= nowUs) },
  };
}
