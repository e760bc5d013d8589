/**
 * A run that can be gone through in both directions. To go back is to run the plan again up to the moment that is wanted,
 * from the nearest place before it that a simulation stands at: the same plan gives the same run. Pure but for the clock
 * that it is given.
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
import { Pool, type Shown } from "./pool.ts";
import type { Moment, RunSoFar } from "./protocol.ts";
import { ruleOf } from "./rule-of.ts";

/** What is played. */
export interface Playing {
  readonly plan: Plan;
  /** One of the goals, or "". */
  readonly goal: string;
  readonly scene: Scene | undefined;
}

/** Events before the one that was gone back to whose moments are kept: whoever goes back once does so again. */
const stillsMax = 24;

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
  #pool: Pool;
  /** Whether the pool has all that it wants. */
  #isReady = false;
  /** Moments of the last places up to the simulation's, if it was gone back to; and the one that is shown, if not its own. */
  #stills: readonly Moment[] = [];
  #still: Moment | undefined;
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
    this.#pool = this.#newPool();
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
  get isKnown(): boolean {
    return this.#ahead.isComplete;
  }

  /** Whether there is nothing left to prepare. */
  get isIdle(): boolean {
    return this.#ahead.isComplete && this.#isReady;
  }

  /** Looks ahead for about so long, and then makes the ways back short. */
  work(ms: number): void {
    const deadline = this.#now() + ms;
    while (!this.#ahead.isComplete && this.#now() < deadline) for (let i = 0; i < 50; i++) this.#ahead.step();
    if (this.#ahead.isComplete) this.#isReady = !this.#pool.work(this.#seen, () => this.#now() > deadline);
  }

  /** What is known of the run, but for what was told before. */
  takeRun(): RunSoFar {
    return this.#ahead.take();
  }

  /** What is pointed at from now on. */
  look(at: Selection | undefined, trees: boolean): void {
    this.#settle();
    this.#at = at;
    this.#trees = trees;
  }

  /** Goes on to `toUs`, or as far as it comes in `budgetMs`. */
  advance(toUs: number, budgetMs: number): void {
    this.#settle();
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
    const still = this.#still;
    const found = still && this.#stills.find(({ events }) => events > still.events);
    if (found !== undefined) return this.#showStill(found);
    // The simulation itself stands no further than behind events that concern nobody.
    this.#forgetStills();
    const { simulation } = this.#shown;
    const before = simulation.events;
    while (this.#step() && simulation.events === before);
    this.#clockUs = simulation.now;
  }

  /** One event back. */
  previous(): void {
    const { simulation, steps } = this.#shown;
    const { events } = this.#still ?? simulation;
    const before = () => this.#stills.findLast((still) => still.events < events);
    // Events that concern nobody are passed over in this direction too.
    for (let to = (this.#still?.steps ?? steps) - 1; to >= 0 && before() === undefined; to -= stillsMax)
      this.#recordTo(to);
    this.#showStill(before());
  }

  /** To the next moment, or the one before, of which the story tells. */
  interesting(isBack: boolean, budgetMs: number): void {
    const deadline = this.#now() + budgetMs;
    const steps = this.#still?.steps ?? this.#shown.steps;
    const found = isBack
      ? (this.#ahead.lineBefore(steps) ?? 0)
      : this.#ahead.lineAfter(steps, () => this.#now() < deadline);
    this.seekSteps(found ?? this.#ahead.steps);
  }

  /** To the moment `toUs`. */
  seek(toUs: number): void {
    this.#forgetStills();
    const isNotTooFar = ({ simulation }: Shown): boolean => simulation.now <= toUs;
    if (!isNotTooFar(this.#shown)) this.#exchange(isNotTooFar);
    this.#clockUs = 0;
    this.advance(toUs, Number.POSITIVE_INFINITY);
  }

  /** To the place behind so many events. */
  seekSteps(steps: number): void {
    this.#forgetStills();
    if (steps < this.#shown.steps) this.#exchange((shown) => shown.steps <= steps);
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
    return this.#still ?? this.#momentOf();
  }

  #momentOf(): Moment {
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

  #newPool(): Pool {
    this.#isReady = false;
    return new Pool(() => beginning(this.plan));
  }

  /** Shows another simulation of the same plan, one that is not too far. */
  #exchange(isNotTooFar: (shown: Shown) => boolean): void {
    const shown = this.#pool.take(isNotTooFar);
    this.#pool.giveBack(this.#shown);
    this.#shown = shown;
    this.#isReady = false;
  }

  /** Goes back to the place behind so many events, and keeps the moments of the last places on the way. */
  #recordTo(steps: number): void {
    const from = Math.max(0, steps - stillsMax);
    this.seekSteps(from);
    const stills = [this.#momentOf()];
    while (this.#shown.steps < steps && this.#step()) {
      this.#clockUs = this.#shown.simulation.now;
      stills.push(this.#momentOf());
    }
    this.#stills = stills;
  }

  #showStill(still: Moment | undefined): void {
    if (still !== undefined) this.#still = still.steps === this.#shown.steps ? undefined : still;
  }

  #forgetStills(): void {
    this.#still = undefined;
    this.#stills = [];
  }

  /** Brings the simulation to where it was gone back to, as more is wanted than its moment. */
  #settle(): void {
    const still = this.#still;
    this.#forgetStills();
    if (still !== undefined) this.seekSteps(still.steps);
  }

  /** False at the end of the run: no promise can break in what is shown that was not seen to break ahead of it. */
  #step(): boolean {
    const shown = this.#shown;
    this.#ahead.reach(shown.steps + 1);
    if (shown.steps >= this.#ahead.steps || shown.simulation.isOver) return false;
    shown.simulation.step();
    shown.steps++;
    if (shown.steps > this.#seen) {
      this.#seen = shown.steps;
      this.#isReady = false;
    }
    return !this.#isAtEnd;
  }

  #change(change: (simulation: Simulation) => void): string | undefined {
    this.#settle();
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
    this.#pool = this.#newPool();
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
