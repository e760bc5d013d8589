/**
 * A scene: a short plan written by hand that shows one rule of the paper, what to look at, and what must come true. The
 * files beside this one are scenes; `npm run sim -- --scene NAME` plays one.
 */
import { checkPlan, type Plan } from "../plan/plan.ts";
import { type Infer, list, object, optional, PlanError, text } from "../plan/schema.ts";
import type { StoryLine } from "../report/story-lines.ts";

/** A line of the story that must come: whose it is ("n2", "c1", "" for everybody), and words that it has. */
const expected = object({ who: optional(text(8), ""), says: text(200) });

const frame = object({
  /** A few words: "Figure 8: an entry of an old term". */
  title: text(100),
  /** What it stands for, as "§5.4.2, Figure 8". */
  paper: text(100),
  /** What happens, and what to look at. */
  look: text(2_000),
  /** Lines of the story that must come in this order, others between them. */
  comes: list(expected, 50),
});

export type ExpectedLine = Infer<typeof expected>;

export interface Scene extends Infer<typeof frame> {
  /** The file's name without its ending. */
  readonly name: string;
  readonly plan: Plan;
}

/** Checks a scene read from JSON. Throws {@link PlanError} with a sentence that names the field. */
export function checkScene(name: string, value: unknown): Scene {
  if (typeof value !== "object" || value === null || !("plan" in value))
    throw new PlanError(`The scene ${name} has no plan.`);
  const { plan, ...rest } = value;
  return { ...frame.check(rest, `scene ${name}`), name, plan: checkPlan(plan) };
}

/** The first line of {@link Scene.comes} that did not come when its turn was; undefined if all did. */
export function missingLine(scene: Scene, story: readonly StoryLine[]): ExpectedLine | undefined {
  let next = 0;
  for (const line of story) {
    const wanted = scene.comes[next];
    if (wanted === undefined) return undefined;
    if (line.who === wanted.who && line.text.includes(wanted.says)) next += 1;
  }
  return scene.comes[next];
}
