/**
 * A planted bug: one small change of one source file, made while the simulator loads the code. Nothing of it exists in
 * the working tree. Read as a list, the mutants say what each line protects from.
 */
import type { Invariant } from "../promises.ts";

export interface Mutant {
  /** A letter for the group and a number. */
  readonly id: string;
  /** The bug in a few words. */
  readonly title: string;
  /** Whose bug it was, or "ours" for what is special here. */
  readonly source: string;
  /** Path from the root of the checkout. */
  readonly file: string;
  /** Text that occurs exactly once in the file … */
  readonly find: string;
  /** … and what stands there instead. */
  readonly replace: string;
  /**
   * The invariants that may fall without the line; "assertion" where the code's own assertion states the same promise.
   * Another one that falls is a kill for the wrong reason.
   */
  readonly expects: readonly Invariant[];
  readonly kind: "safety" | "liveness";
  /** What the line protects from, in a sentence or two. */
  readonly lesson: string;
  /** For one that breaks no promise: why. It is hunted, and not counted. */
  readonly harmless?: string;
  /** For one that is known to live although it breaks a promise: why the hunter does not get there. */
  readonly survives?: string;
}

/** A known bug that cannot be planted: its mechanism does not exist here, or not yet. */
export interface NotApplicable {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
}

/** The text of a mutant does not stand exactly once in its file. */
export class MutantMismatch extends Error {
  override readonly name = "MutantMismatch";
}

/** `text`, the content of the mutant's file, with the bug. Throws {@link MutantMismatch}. */
export function plant(mutant: Mutant, text: string): string {
  const at = text.indexOf(mutant.find);
  const again = at < 0 ? -1 : text.indexOf(mutant.find, at + 1);
  if (at < 0 || again >= 0)
    throw new MutantMismatch(
      `The mutant ${mutant.id} no longer fits: its text occurs ${at < 0 ? "nowhere" : "more than once"} in ${mutant.file}.`,
    );
  return text.slice(0, at) + mutant.replace + text.slice(at + mutant.find.length);
}
