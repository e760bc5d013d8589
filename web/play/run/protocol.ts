/** What the page and its worker say to each other: plain data. */
import type { Action } from "../../../sim/plan/actions.ts";
import type { Plan, Step } from "../../../sim/plan/plan.ts";
import type { Invariant } from "../../../sim/promises.ts";
import type { Scene } from "../../../sim/scenes/scene.ts";
import type { Picture, Selection } from "../../picture/picture.ts";

/** From the page. */
export type ToWorker =
  /** Begins anew with this plan and goes to the `steps`th event. */
  | {
      readonly type: "load";
      readonly plan: Plan;
      /** One of the goals, or "". */
      readonly goal: string;
      readonly scene: Scene | undefined;
      readonly steps: number;
    }
  /** Goes on to a virtual time, or as far as it comes within a frame. */
  | { readonly type: "advance"; readonly toUs: number }
  /** To the event before or behind, or the next one that the story tells of. */
  | { readonly type: "step"; readonly by: "event" | "interesting"; readonly back: boolean }
  | { readonly type: "seek"; readonly toUs: number }
  /** Does something now. What was to come is cut off if it was seen already. */
  | { readonly type: "inject"; readonly action: Action }
  | { readonly type: "perform"; readonly client: number; readonly step: Step }
  /** Tells more of this from now on, with each picture. */
  | { readonly type: "look"; readonly at: Selection | undefined; readonly trees: boolean }
  /** Looks for a seed that breaks a promise, from this one on. */
  | { readonly type: "hunt"; readonly seedFrom: number };

/** From the worker. */
export type FromWorker =
  | { readonly type: "moment"; readonly moment: Moment }
  | { readonly type: "run"; readonly run: RunSoFar }
  | { readonly type: "plan"; readonly plan: Plan; readonly struck: number }
  | { readonly type: "refused"; readonly sentence: string }
  | { readonly type: "hunting"; readonly hunt: HuntSoFar };

/** Where the run stands. */
export interface Moment {
  readonly picture: Picture;
  readonly us: number;
  /** Events that were taken, those that concerned nobody included: a place in the run. */
  readonly steps: number;
  /** Events that concerned somebody. */
  readonly events: number;
  readonly traceHash: string;
  /** The event that was handled last, in words; "" at the beginning. */
  readonly told: string;
  /** The rule that handled it. */
  readonly rule: string;
  readonly isOver: boolean;
  /** The faults are over: what is done has no effect. */
  readonly isCalm: boolean;
  /** Whether a promise broke just now. */
  readonly isBroken: boolean;
  readonly details: Details;
}

/** A line about something: a name and what it is. */
export type Fact = readonly [string, string];

/** More on what is selected. */
export interface Details {
  readonly facts: readonly Fact[];
  /** Trees side by side, if they are wanted. */
  readonly trees: readonly TreeRow[];
  /** Trees are larger than what is shown. */
  readonly treesCut: boolean;
}

/** One path in all trees. */
export interface TreeRow {
  readonly path: string;
  /** By server, sorted by id: what is there in a few words; "" for nothing; undefined for a server that does not run. */
  readonly cells: readonly (string | undefined)[];
  /** Whether servers that run differ. */
  readonly differs: boolean;
}

/** What is known of the whole run, as far as it was looked at ahead of what is shown. */
export interface RunSoFar {
  /** Changes with each plan. */
  readonly number: number;
  readonly endUs: number;
  readonly isComplete: boolean;
  /** Lines that are new since the last message of this number. */
  readonly lines: readonly Line[];
  readonly failure: FailureTold | undefined;
  /** Of a goal: what was seen when it came about, and when. */
  readonly reached: { readonly what: string; readonly us: number } | undefined;
  /** Of a scene, when the run is complete: what did not come, or that all did. */
  readonly verdict: { readonly holds: boolean; readonly text: string } | undefined;
  /** Why the run was not followed to its end; "" if it was. */
  readonly cut: string;
}

/** A line of the story. */
export interface Line {
  readonly steps: number;
  readonly us: number;
  readonly who: string;
  readonly role: string;
  readonly text: string;
  readonly isTurning: boolean;
  readonly log: string;
}

export interface FailureTold {
  readonly invariant: Invariant;
  readonly steps: number;
  readonly us: number;
  readonly message: string;
  /** Servers that have to do with it. */
  readonly servers: readonly number[];
}

export interface HuntSoFar {
  readonly runs: number;
  readonly seed: number;
  readonly state: "hunting" | "shrinking" | "found";
  /** What was found, made small. */
  readonly plan: Plan | undefined;
  readonly invariant: Invariant | undefined;
  /** Faults and operations left while it is made small. */
  readonly items: number;
}
