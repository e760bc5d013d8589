/** What an address, a menu or a file asks to be played. */
import { generatePlan } from "../../sim/hunter/generate.ts";
import { goals } from "./run/goals.ts";
import { sandbox } from "./samples.ts";
import { allScenes } from "./scenes.ts";
import type { Shared } from "./share.ts";
import type { Loaded } from "./state.ts";

/** What a source stands for. An unknown scene or goal is the quiet cluster. */
export function loadedFrom(source: Shared["source"]): Loaded {
  const nothingMore = { scene: undefined, goal: undefined, isChanged: false };
  switch (source.kind) {
    case "plan":
      return { ...nothingMore, source, title: "A plan", plan: source.plan };
    case "seed":
      return { ...nothingMore, source, title: `The run of seed ${source.seed}`, plan: generatePlan(source.seed) };
    case "scene": {
      const scene = allScenes.find(({ name }) => name === source.name);
      if (scene === undefined) return loadedFrom({ kind: "goal", id: "" });
      return { ...nothingMore, source, title: scene.title, plan: scene.plan, scene };
    }
    case "goal": {
      const goal = goals.find(({ id }) => id === source.id);
      if (goal === undefined && source.id !== "") return loadedFrom({ kind: "goal", id: "" });
      return { ...nothingMore, source, title: goal?.title ?? "A quiet cluster of five", plan: sandbox(), goal };
    }
  }
}
