/** Plans whose runs have reached what no run before them had. */
import type { Plan } from "../../plan/plan.ts";
import type { Draws } from "../../world/random.ts";

interface Kept {
  readonly plan: Plan;
  /** What its run was the first to reach. */
  readonly news: readonly number[];
}

/** So many plans are kept at most; then the one with the most common features goes. */
const plansMax = 1_000;

export class Corpus {
  /** By feature: how many runs have reached it. */
  readonly #reached = new Map<number, number>();
  readonly #kept: Kept[] = [];

  get size(): number {
    return this.#kept.length;
  }

  /** Takes in what a run of `plan` has reached. Returns whether the plan is kept. */
  add(plan: Plan, features: readonly number[]): boolean {
    const news: number[] = [];
    for (const feature of features) {
      const times = this.#reached.get(feature) ?? 0;
      if (times === 0) news.push(feature);
      this.#reached.set(feature, times + 1);
    }
    if (news.length === 0) return false;
    this.#kept.push({ plan, news });
    if (this.#kept.length > plansMax) this.#forget();
    return true;
  }

  /** A plan that was kept, the likelier the more it reached that is still rare; undefined if there is none. */
  pick(draws: Draws): Plan | undefined {
    const weights = this.#kept.map((kept) => this.#rarity(kept));
    let left = draws.next() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [i, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return this.#kept[i]?.plan;
    }
    return this.#kept.at(-1)?.plan;
  }

  #rarity({ news }: Kept): number {
    let rarity = 0;
    for (const feature of news) rarity += 1 / (this.#reached.get(feature) ?? 1) ** 2;
    // A run that reached a hundred new things is not worth a hundred others.
    return Math.sqrt(rarity);
  }

  #forget(): void {
    const weights = this.#kept.map((kept) => this.#rarity(kept));
    this.#kept.splice(weights.indexOf(Math.min(...weights)), 1);
  }
}
