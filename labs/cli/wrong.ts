/** Wrong answers of a lab as files. */
import { allMutants } from "../../sim/mutants/catalogue.ts";
import { plant } from "../../sim/mutants/mutant.ts";
import type { Invariant } from "../../sim/promises.ts";
import type { WrongAnswer, WrongMutant } from "../lab.ts";
import { LabMismatch, sourceOf } from "./blank.ts";

/** A wrong answer as it is laid over the source. */
export interface WrongFiles {
  readonly title: string;
  readonly files: ReadonlyMap<string, string>;
  readonly test: string | undefined;
  readonly breaks: readonly Invariant[] | undefined;
}

/** The files of a wrong answer. Throws {@link LabMismatch}, or the catalogue's MutantMismatch. */
export function wrongFiles(wrong: WrongAnswer | WrongMutant): WrongFiles {
  const { test, breaks } = wrong;
  if ("mutant" in wrong) {
    const mutant = allMutants.find(({ id }) => id === wrong.mutant);
    if (mutant === undefined) throw new LabMismatch(`There is no mutant ${wrong.mutant} any more, which a lab names.`);
    const files = new Map([[mutant.file, plant(mutant, sourceOf(mutant.file))]]);
    return { title: `${mutant.id}, ${mutant.title}`, files, test, breaks };
  }
  const { title, file, find, replace } = wrong;
  const text = sourceOf(file);
  if (text.split(find).length !== 2)
    throw new LabMismatch(`The wrong answer "${title}" no longer fits: its text is not in ${file} exactly once.`);
  return { title, files: new Map([[file, text.replace(find, () => replace)]]), test, breaks };
}
