/**
 * A run of sequences, many at the same time: each has clients and a znode of its own at both servers, and waits for
 * answers most of the time. Those that look at what all have in common run by themselves.
 */
import { keyedRandom } from "../../src/base/random.ts";
import { compare, type Difference, ranked } from "./compare.ts";
import { drawSequence } from "./draw.ts";
import { kept } from "./kept.ts";
import { Side } from "./side.ts";
import type { Step } from "./steps.ts";

export interface RunOptions {
  /** No sequence begins later. */
  readonly seconds: number;
  /** None begins once so many requests were compared. */
  readonly requests?: number;
  /** Of the first sequence. */
  readonly seed: number;
  /** Of a sequence, about. */
  readonly steps: number;
  /** Sequences at the same time. */
  readonly lanes: number;
  /** The first sequence only, with what is said. */
  readonly only?: boolean;
}

/** A sequence on which the servers differ. */
export interface Found {
  /** Which it is. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly difference: Difference;
}

/** The addresses of the two servers. */
interface Servers {
  readonly ours: string;
  readonly theirs: string;
}

/** Clients at both servers, for one sequence at a time. */
class Lane {
  readonly #ours: Side;
  readonly #theirs: Side;

  constructor({ ours, theirs }: Servers) {
    this.#ours = new Side(ours);
    this.#theirs = new Side(theirs);
  }

  /** Takes the steps below the znode `name`. */
  async differ(name: string, steps: readonly Step[], show = false): Promise<Difference | undefined> {
    const [ours, theirs] = await Promise.all([this.#ours.run(name, steps), this.#theirs.run(name, steps)]);
    if (show) for (const line of ranked(ours)) console.log(line);
    return compare(ours, theirs);
  }

  end(): void {
    this.#ours.end();
    this.#theirs.end();
  }
}

/** Sequences are drawn so many at a time; those that run alone come behind the others of their batch. */
const perLane = 16;

export class Run {
  readonly #options: RunOptions;
  readonly #lanes: readonly Lane[];
  readonly #until: number;
  #next: number;
  /** Of znodes. */
  #names = 0;
  #requests = 0;
  #sequences = 0;
  #found: Found | undefined;
  #toldAt = Date.now();

  constructor(servers: Servers, options: RunOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.only ? 1 : options.lanes }, () => new Lane(servers));
    this.#until = Date.now() + options.seconds * 1000;
    this.#next = options.seed;
  }

  /** Compares until the time is over, or a difference is found. */
  async go(): Promise<Found | undefined> {
    const { only, seed, steps } = this.#options;
    const [first] = this.#lanes;
    if (first === undefined) return undefined;
    if (only) {
      await this.#compare(first, `seed ${seed}`, drawSequence(keyedRandom(seed, "differential"), steps).steps);
      return this.#found;
    }
    for (const [i, one] of kept.entries()) if (!this.#over) await this.#compare(first, `kept sequence ${i + 1}`, one);
    while (!this.#over) await this.#batch(first);
    return this.#found;
  }

  /** How much was compared. */
  said(): string {
    return `${this.#requests} requests of ${this.#sequences} sequences (from seed ${this.#options.seed}, up to ${this.#next - 1})`;
  }

  /** Leaves out what is not needed for the servers to differ. */
  async shrink({ steps, difference }: Found): Promise<Omit<Found, "name"> & { readonly repeats: boolean }> {
    let best: Omit<Found, "name"> & { repeats: boolean } = { steps, difference, repeats: false };
    const again = await this.#differ(steps);
    if (again === undefined) return best;
    best = { steps, difference: again, repeats: true };
    for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = 0; at < best.steps.length; ) {
        const fewer = [...best.steps.slice(0, at), ...best.steps.slice(at + size)];
        const differs = await this.#differ(fewer);
        if (differs === undefined) at += size;
        else best = { steps: fewer, difference: differs, repeats: true };
      }
    for (const [i, step] of best.steps.entries()) {
      if (step.type !== "ask") continue;
      for (let at = 0, left = step.asks; at < left.length && left.length > 1; ) {
        const asks = left.toSpliced(at, 1);
        const fewer = best.steps.with(i, { ...step, asks });
        const differs = await this.#differ(fewer);
        if (differs === undefined) at += 1;
        else {
          left = asks;
          best = { steps: fewer, difference: differs, repeats: true };
        }
      }
    }
    return best;
  }

  end(): void {
    for (const lane of this.#lanes) lane.end();
  }

  get #over(): boolean {
    const { requests = Number.POSITIVE_INFINITY } = this.#options;
    return this.#found !== undefined || Date.now() >= this.#until || this.#requests >= requests;
  }

  /** Sequences that may run at the same time, then those that may not. */
  async #batch(first: Lane): Promise<void> {
    const drawn = Array.from({ length: perLane * this.#lanes.length }, () => {
      const seed = this.#next++;
      const { steps, alone } = drawSequence(keyedRandom(seed, "differential"), this.#options.steps);
      return { name: `seed ${seed}`, steps, alone };
    });
    const together = drawn.filter(({ alone }) => !alone);
    const work = async (lane: Lane): Promise<void> => {
      for (let one = together.shift(); one !== undefined && !this.#over; one = together.shift())
        await this.#compare(lane, one.name, one.steps);
    };
    await Promise.all(this.#lanes.map(work));
    for (const { name, steps, alone } of drawn) if (alone && !this.#over) await this.#compare(first, name, steps);
    if (Date.now() < this.#toldAt + 60_000 || this.#over) return;
    this.#toldAt = Date.now();
    console.log(`${new Date().toISOString()} no difference so far in ${this.said()}`);
  }

  async #compare(lane: Lane, name: string, steps: readonly Step[]): Promise<void> {
    const difference = await lane.differ(this.#name(), steps, this.#options.only);
    this.#sequences += 1;
    this.#requests += requestsOf(steps);
    if (difference !== undefined) this.#found ??= { name, steps, difference };
  }

  #differ(steps: readonly Step[]): Promise<Difference | undefined> {
    const [first] = this.#lanes;
    return first === undefined ? Promise.resolve(undefined) : first.differ(this.#name(), steps);
  }

  #name(): string {
    this.#names += 1;
    return `run-${this.#names}`;
  }
}

/** How many requests a sequence has. */
function requestsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.type === "ask" ? step.asks.length : 1), 0);
}
