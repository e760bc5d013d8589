/**
 * Simulations of one plan that stand still at places of its run. A run only goes forward: to go back is to take one that
 * stands further back, and to let it go on from there. While nobody asks for anything, others are brought to where they
 * are missing, so that the way is short from wherever somebody is.
 */
import type { Simulation } from "../../../sim/simulation.ts";
import type { Memory } from "./memory.ts";

/** A simulation at a place of its run. */
export interface Shown {
  readonly simulation: Simulation;
  readonly memory: Memory;
  /** Events taken. */
  steps: number;
}

/** Stretches into which a run is divided; one simulation waits in each. The shortest, in events. */
const stretchesMax = 10;
const stretchMin = 256;

export class Pool {
  readonly #begin: () => Shown;
  readonly #waiting: Shown[] = [];
  /** One that is on its way to where it will wait. */
  #moving: { readonly shown: Shown; readonly to: number } | undefined;

  /** `begin` gives a simulation at the beginning of the run. */
  constructor(begin: () => Shown) {
    this.#begin = begin;
  }

  /** Gives away the one that stands furthest on of those that are not too far; a new one if there is none. */
  take(isNotTooFar: (shown: Shown) => boolean): Shown {
    let best: Shown | undefined;
    for (const shown of this.#waiting)
      if (isNotTooFar(shown) && (best === undefined || shown.steps > best.steps)) best = shown;
    if (best === undefined) return this.#begin();
    this.#waiting.splice(this.#waiting.indexOf(best), 1);
    return best;
  }

  /** Takes back one that is not shown any more: somebody may go forward again. */
  giveBack(shown: Shown): void {
    this.#waiting.push(shown);
    if (this.#waiting.length <= 2 * stretchesMax) return;
    this.#waiting.sort((a, b) => a.steps - b.steps);
    // The one that is closest behind another is missed least.
    const gaps = this.#waiting.map(({ steps }, i) => steps - (this.#waiting[i - 1]?.steps ?? 0));
    this.#waiting.splice(gaps.indexOf(Math.min(...gaps)), 1);
  }

  /** Works at what is missing in the first `seen` events, until `isEnough`. Whether there is more to do. */
  work(seen: number, isEnough: () => boolean): boolean {
    for (;;) {
      this.#moving ??= this.#next(seen);
      if (this.#moving === undefined) return false;
      const { shown, to } = this.#moving;
      for (let i = 0; i < 50 && shown.steps < to; i++) {
        shown.simulation.step();
        shown.steps++;
      }
      if (shown.steps >= to) {
        this.#moving = undefined;
        this.giveBack(shown);
      }
      if (isEnough()) return true;
    }
  }

  /** The last stretch that nobody waits in, and one to send there. The first stretch needs nobody: every run begins there. */
  #next(seen: number): { readonly shown: Shown; readonly to: number } | undefined {
    let stretch = stretchMin;
    while (stretch * stretchesMax < seen) stretch *= 2;
    for (let to = Math.floor((seen - 1) / stretch) * stretch; to > 0; to -= stretch) {
      if (this.#waiting.some(({ steps }) => steps >= to && steps < to + stretch)) continue;
      return { shown: this.#begin(), to };
    }
    return undefined;
  }
}
