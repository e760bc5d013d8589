/**
 * The run of a plan under the eyes of all checkers, ahead of what the page shows: where it ends, what its story is, and
 * whether a promise breaks. What is shown never overtakes it.
 */
import { allCheckers } from "../../../sim/checkers/all.ts";
import type { Plan } from "../../../sim/plan/plan.ts";
import { Story } from "../../../sim/report/story.ts";
import { missingLine, type Scene } from "../../../sim/scenes/scene.ts";
import { Simulation } from "../../../sim/simulation.ts";
import type { Observer } from "../../../sim/world/observer.ts";
import { goals } from "./goals.ts";
import type { FailureTold, Line, RunSoFar } from "./protocol.ts";

/** Events and lines of a story after which a run is not followed any further. */
const stepsMax = 3_000_000;
const linesMax = 20_000;

/** Runs a plan in small pieces, judged at each step, and knows how far it is safe to show it. */
export class Ahead {
  /** Events taken. */
  steps = 0;
  readonly number: number;
  readonly #simulation: Simulation;
  readonly #story = new Story();
  readonly #scene: Scene | undefined;
  readonly #lines: Line[] = [];
  #told = 0;
  #failure: FailureTold | undefined;
  #reached: RunSoFar["reached"];
  #verdict: RunSoFar["verdict"];
  #cut = "";
  #isComplete = false;

  /** `number` tells it from the run of another plan; `goal` is one of {@link goals}, or "". */
  constructor(number: number, plan: Plan, goal: string, scene: Scene | undefined) {
    this.number = number;
    this.#scene = scene;
    this.#simulation = new Simulation(plan, [...allCheckers(), this.#story, ...this.#goalOf(goal)]);
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get failure(): FailureTold | undefined {
    return this.#failure;
  }

  /** One event more. */
  step(): void {
    if (this.#isComplete) return;
    const more = this.#simulation.step();
    this.steps++;
    this.#takeLines();
    if (!more) return this.#end();
    if (this.steps >= stepsMax)
      this.#stop(`the page follows a run for ${stepsMax.toLocaleString("en")} events at most`);
    else if (this.#lines.length >= linesMax) this.#stop("the story of this run is longer than the page follows");
  }

  /** Goes on until `steps` events are taken, or the run is over. */
  reach(steps: number): void {
    while (this.steps < steps && !this.#isComplete) this.step();
  }

  /** The place of the first line of the story behind `steps`, looking ahead as long as `mayGoOn`. */
  lineAfter(steps: number, mayGoOn: () => boolean): number | undefined {
    for (;;) {
      const found = this.#lines.find((line) => line.steps > steps);
      if (found !== undefined || this.#isComplete || !mayGoOn()) return found?.steps;
      this.step();
    }
  }

  /** The place of the last line of the story before `steps`. */
  lineBefore(steps: number): number | undefined {
    return this.#lines.findLast((line) => line.steps < steps)?.steps;
  }

  /** What is known by now; lines that were taken before are left out. */
  take(): RunSoFar {
    const lines = this.#lines.slice(this.#told);
    this.#told = this.#lines.length;
    return {
      number: this.number,
      endUs: this.#simulation.now,
      isComplete: this.#isComplete,
      lines,
      failure: this.#failure,
      reached: this.#reached,
      verdict: this.#verdict,
      cut: this.#cut,
    };
  }

  #goalOf(id: string): Observer[] {
    const goal = goals.find((one) => one.id === id);
    if (goal === undefined) return [];
    return [
      goal.watch((what) => {
        this.#reached ??= { what, us: this.#simulation.now };
      }),
    ];
  }

  #takeLines(): void {
    const all = this.#story.lines();
    for (let i = this.#lines.length; i < all.length; i++) {
      const line = all[i];
      if (line === undefined) return;
      const { atUs: us, who, role, text, weight, log } = line;
      this.#lines.push({ steps: this.steps, us, who, role, text, log, isTurning: weight === "turning" });
    }
  }

  #end(): void {
    const { failure } = this.#simulation.finish();
    this.#isComplete = true;
    if (failure !== undefined) {
      const { invariant, message, atUs: us } = failure;
      const named = [...message.matchAll(/\bn(\d)\b/g)].map(([, id]) => Number(id));
      this.#failure = { invariant, message, us, steps: this.steps, servers: [...new Set(named)] };
    }
    if (this.#scene !== undefined) this.#verdict = this.#judge(this.#scene);
  }

  #judge(scene: Scene): RunSoFar["verdict"] {
    const missing = missingLine(scene, this.#story.lines());
    if (missing === undefined) return { holds: true, text: "the scene went as told" };
    const who = missing.who === "" ? "the story" : missing.who;
    return { holds: false, text: `the scene went another way: of ${who}, “${missing.says}” never came` };
  }

  #stop(why: string): void {
    this.#cut = why;
    this.#isComplete = true;
  }
}
