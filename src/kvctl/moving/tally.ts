/** What came of a move: how many znodes went which way, and what a person has to know of single ones. */
import { countOf, printable } from "../../base/printable.ts";
import type { Output } from "../ports.ts";

/** What came of one znode. */
export type MoveOutcome = "created" | "same" | "overwritten" | "different" | "failed";

/** Single znodes that are told of; of more only their number. */
const toldMax = 20;

/** Numbers of znodes, as --json tells them. */
export interface Counts extends Readonly<Record<MoveOutcome, number>> {
  /** Parents that were missing above the place where all goes. */
  readonly parents: number;
  readonly ephemerals: number;
  readonly builtIn: number;
  /** Deleted while they were looked at. */
  readonly gone: number;
  /** Znodes whose next number of a sequence is behind that of their original. */
  readonly countersBehind: number;
  readonly countersRaised: number;
}

/** Collects what comes of a move. */
export class MoveTally {
  readonly #out: Output;
  readonly #dryRun: boolean;
  #told = 0;
  readonly counts: { -readonly [K in keyof Counts]: Counts[K] } = {
    created: 0,
    same: 0,
    overwritten: 0,
    different: 0,
    failed: 0,
    parents: 0,
    ephemerals: 0,
    builtIn: 0,
    gone: 0,
    countersBehind: 0,
    countersRaised: 0,
  };

  constructor(out: Output, dryRun: boolean) {
    this.#out = out;
    this.#dryRun = dryRun;
  }

  /** Znodes that are done with. */
  get done(): number {
    const { created, same, overwritten, different, failed, ephemerals, builtIn, gone } = this.counts;
    return created + same + overwritten + different + failed + ephemerals + builtIn + gone;
  }

  /** Whether something was not moved that should have been. */
  get incomplete(): boolean {
    return this.counts.different + this.counts.failed > 0;
  }

  count(outcome: MoveOutcome): void {
    this.counts[outcome]++;
  }

  /** A znode that differs, or cannot be read or made; the sentence goes on behind its path. */
  problem(outcome: "different" | "failed", path: string, sentence: string): void {
    this.counts[outcome]++;
    this.#told++;
    if (this.#told <= toldMax) this.#out.note(`kvctl: ${path}: ${printable(sentence)}`);
    else if (this.#told === toldMax + 1) this.#out.note("kvctl: … further ones are only counted");
  }

  /** The counts as the end of a sentence. */
  get words(): string {
    const { counts } = this;
    const would = this.#dryRun ? "to create" : "created";
    const parts: readonly (readonly [number, string])[] = [
      [counts.created, would],
      [counts.parents, this.#dryRun ? "above it to create" : "created above it"],
      [counts.same, "there already"],
      [counts.overwritten, this.#dryRun ? "to overwrite" : "overwritten"],
      [counts.different, "different there, left as they are"],
      [counts.failed, "not moved"],
      [counts.ephemerals, "ephemeral, left out"],
      [counts.builtIn, "built in, left out"],
      [counts.gone, "deleted meanwhile"],
    ];
    const some = parts.filter(([n, what], i) => i === 0 || (n > 0 && what !== ""));
    return some.map(([n, what]) => `${n.toLocaleString("en")} ${what}`).join(", ");
  }

  /** What is to be known of the counters of sequences, if anything. */
  get counterNote(): string | undefined {
    const { countersBehind } = this.counts;
    if (countersBehind === 0) return undefined;
    const few = countersBehind === 1;
    return `${countOf(countersBehind, "znode")} had more children than ${few ? "it has" : "they have"} now: numbers of sequences begin again below those that were given out; --counters lets them go on`;
  }
}
