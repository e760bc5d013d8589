/** Whether this very code has a bug in it: then it runs in a thread that was told so (sim/cli/mutants/planted.ts). */
import { workerData } from "node:worker_threads";

const told: unknown = workerData;

/** Id of the mutant; undefined in the code as it is. */
export const plantedHere: string | undefined =
  typeof told === "object" && told !== null && "planted" in told && typeof told.planted === "string"
    ? told.planted
    : undefined;
