/** How a run ended. */
import { AssertionError } from "../src/base/assert.ts";
import type { Plan, PlannedOperation } from "./plan/plan.ts";
import type { Invariant } from "./promises.ts";
import type { History } from "./world/history.ts";
import { InvariantBroken, type StruckFault } from "./world/observer.ts";

/** Why a run failed. */
export interface RunFailure {
  readonly invariant: Invariant;
  readonly message: string;
  readonly atUs: number;
  /** Sequence number of the event during which it broke. */
  readonly event: number;
  readonly stack: string;
}

export interface RunOutcome {
  /** With what was injected. */
  readonly plan: Plan;
  /** Events handled. */
  readonly events: number;
  readonly virtualMs: number;
  /** The same for the same plan, everywhere. */
  readonly traceHash: string;
  readonly failure: RunFailure | undefined;
  readonly history: History;
  /** Faults as they struck. */
  readonly struck: readonly StruckFault[];
  /** Client steps as they were begun, drawn ones included. */
  readonly performed: readonly PlannedOperation[];
  /** False if so many disks were lost that no quorum was left to recover. */
  readonly recovered: boolean;
}

/** Whether the code threw, rather than a checker. */
export function isError({ invariant }: RunFailure): boolean {
  return invariant === "assertion" || invariant === "exception";
}

/** What `error` says of the run that threw it during `event`, at `atUs`. */
export function failureOf(error: unknown, event: number, atUs: number): RunFailure {
  const known = error instanceof Error ? error : new Error(String(error));
  return { invariant: invariantOf(known), message: known.message, atUs, event, stack: known.stack ?? "" };
}

/** The code's own assertions are told apart from accidents. */
function invariantOf(error: Error): Invariant {
  if (error instanceof InvariantBroken) return error.invariant;
  return error instanceof AssertionError ? "assertion" : "exception";
}
