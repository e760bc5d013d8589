import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { readScene, sceneNames } from "../../sim/cli/scenes.ts";
import { Story } from "../../sim/report/story.ts";
import { storyLine } from "../../sim/report/story-text.ts";
import { run } from "../../sim/runner.ts";
import { checkScene, missingLine } from "../../sim/scenes/scene.ts";

describe("the scene", () => {
  it.each(sceneNames())("%s comes to what it promises, and breaks no promise", (name) => {
    const scene = readScene(name);
    const story = new Story();
    const { failure } = run(scene.plan, [...allCheckers(), story]);
    expect(failure).toBeUndefined();
    // Told whole: what came instead is the first question.
    const told = story.lines().map((line) => storyLine(line));
    expect({ missing: missingLine(scene, story.lines()), told: [] }).toEqual({
      missing: undefined,
      told: missingLine(scene, story.lines()) === undefined ? [] : told,
    });
  });

  it("that promises lines in another order has not come true", () => {
    const scene = readScene("split-vote");
    const story = new Story();
    run(scene.plan, [story]);
    const turned = { ...scene, comes: [...scene.comes].reverse() };
    expect(missingLine(turned, story.lines())).toBeDefined();
  });

  it("without a plan, or with a field that nobody knows, is refused with a sentence", () => {
    expect(() => checkScene("x", { title: "t" })).toThrow("The scene x has no plan.");
    const { name: _, plan, ...rest } = readScene("split-vote");
    expect(() => checkScene("x", { ...rest, plan, more: 1 })).toThrow(/scene x.*more/);
  });
});
