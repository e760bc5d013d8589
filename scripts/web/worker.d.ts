import type { BuildOptions, Plugin } from "esbuild";
import type { Mutant } from "../../sim/mutants/mutant.ts";

export const courseIds: readonly string[];

export interface PlantedBug
  extends Pick<Mutant, "id" | "title" | "source" | "file" | "find" | "replace" | "expects" | "lesson"> {
  readonly patch: { readonly at: number; readonly length: number; readonly text: string };
}

export function workerCode(common: BuildOptions, plugins?: readonly Plugin[]): Promise<string>;
export function courseBugs(common: BuildOptions): Promise<{
  readonly chosen: readonly Mutant[];
  readonly plant: (mutant: Mutant, text: string) => string;
}>;
export function planting(root: string, mutant: Mutant, text: string): Plugin;
export function buildWorker(
  root: string,
  common: BuildOptions,
): Promise<{
  readonly code: string;
  readonly bugs: readonly PlantedBug[];
}>;
