/**
 * A lab: a rule of the real code whose body is taken out, for a reader to write again. It says what is taken out, by file
 * and symbol, so that nothing in the source has to be marked; and how an answer is graded.
 */
import type { Invariant } from "../sim/promises.ts";

/** A function, a method or a table that the reader writes. */
export interface Blank {
  /** Path from the root of the checkout. */
  readonly file: string;
  /** A name at the top of the file, or "Class.method". */
  readonly symbol: string;
  /**
   * What it has to do, as the reader finds it in its place. The doc comment above it stays in the file; this says the rest.
   * A paragraph each.
   */
  readonly task: readonly string[];
  /** Of a table: what stands in its place. Default: a body that says that it is not written. */
  readonly instead?: string;
}

/** Tests of a rule. */
export interface TestFile {
  readonly file: string;
  /** Only those whose full name, "group > test", has this. Default: all of the file. */
  readonly names?: string;
}

/** An answer that looks right, and is not. */
export interface WrongAnswer {
  /** The mistake, in a few words. */
  readonly title: string;
  readonly file: string;
  /** Text that occurs exactly once in the file as it is … */
  readonly find: string;
  /** … and what the reader may have written there. */
  readonly replace: string;
  /** What notices: a test whose full name has these words … */
  readonly test?: string;
  /** … or, in the simulator, these promises; one of them breaks. */
  readonly breaks?: readonly Invariant[];
}

/** A bug of the catalogue as a wrong answer. */
export interface WrongMutant {
  /** Its id. */
  readonly mutant: string;
  readonly test?: string;
  readonly breaks?: readonly Invariant[];
}

/** A lab, as its folder in labs/ defines it. */
export interface Lab {
  /** As it is typed, and the name of its folder in labs/. */
  readonly name: string;
  readonly title: string;
  /** The chapter of the book. */
  readonly chapter: number;
  /** What the rule promises, for whoever broke it: two sentences. */
  readonly promise: string;
  readonly blanks: readonly Blank[];
  /** Declarations that only the blanks used, and that would give them away: taken out whole. */
  readonly without?: readonly { readonly file: string; readonly symbol: string }[];
  /** Each says more than the one before. */
  readonly hints: readonly [string, string, string];
  readonly tests: readonly TestFile[];
  /** Scenes (sim/scenes/) and shrunk failures (sim/regressions/) to run before the seeds. */
  readonly scenes?: readonly string[];
  readonly regressions?: readonly string[];
  /** Where the seeds begin and how many there are, each a random plan. */
  readonly seeds: { readonly from: number; readonly count: number };
  readonly wrong: readonly (WrongAnswer | WrongMutant)[];
}

/** In the body of what is not written; told apart from an answer that throws. */
export const notWritten = "not written yet:";
