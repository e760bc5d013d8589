/** What the page knows, and what its parts may ask of it. */
import type { Bug } from "virtual:bugs";
import type { Action } from "../../sim/plan/actions.ts";
import type { Plan, Step } from "../../sim/plan/plan.ts";
import type { Scene } from "../../sim/scenes/scene.ts";
import type { Selection } from "../picture/picture.ts";
import type { Goal } from "./run/goals.ts";
import type { HuntSoFar, Line, Moment, RunSoFar } from "./run/protocol.ts";
import type { Shared } from "./share.ts";

export const tabs = ["scene", "selected", "story", "promises", "source", "trees", "bugs"] as const;
export type Tab = (typeof tabs)[number];

/** How fast virtual time passes; `auto` is slow while something happens. */
export type Speed = number | "auto";

/** What is played, and where it is from. */
export interface Loaded {
  readonly source: Shared["source"];
  readonly title: string;
  readonly plan: Plan;
  readonly scene: Scene | undefined;
  readonly goal: Goal | undefined;
  /** Whether something was done by hand. */
  readonly isChanged: boolean;
}

/** What is known of a run, and how one goes through its time. */
export interface Timed {
  readonly moment: Moment | undefined;
  readonly run: RunSoFar | undefined;
  /** The whole story, as far as it is known. */
  readonly lines: readonly Line[];
  readonly isPlaying: boolean;
  readonly speed: Speed;
  readonly playOrPause: () => void;
  readonly setSpeed: (speed: Speed) => void;
  readonly step: (by: "event" | "interesting", back: boolean) => void;
  readonly seek: (us: number) => void;
}

/** What the parts of the page know of it and may ask it to do. */
export interface App extends Timed {
  readonly loaded: Loaded;
  readonly selected: Selection | undefined;
  readonly tab: Tab;
  readonly isParting: boolean;
  readonly bug: Bug | undefined;
  readonly hunt: HuntSoFar | undefined;
  /** The last thing that the page had to say; "" for nothing. */
  readonly notice: string;
  readonly open: (source: Shared["source"]) => void;
  readonly openFile: (file: File) => void;
  readonly select: (selection: Selection | undefined) => void;
  readonly show: (tab: Tab) => void;
  readonly inject: (action: Action) => void;
  readonly perform: (client: number, step: Step) => void;
  readonly setParting: (isParting: boolean) => void;
  readonly plant: (bug: Bug | undefined) => void;
  readonly startHunt: () => void;
  readonly endHunt: () => void;
  readonly copyLink: () => void;
  readonly copyPlan: () => void;
  readonly say: (notice: string) => void;
}
