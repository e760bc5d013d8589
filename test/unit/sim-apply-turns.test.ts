import { expect, it } from "vitest";
import { ApplyTurns } from "../../sim/checkers/apply-turns.ts";
import type { ModelFeed } from "../../sim/checkers/model-feed.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import { emptyWorld } from "../support/sim-world.ts";

/** A turn of n1, which may do five units of work, and applies these: "set", "refused" (a set) or "session". */
function turn(...entries: readonly ("set" | "refused" | "session")[]): () => void {
  const effects = new Map(
    entries.map((what, i) => [i + 1, { code: what === "set" ? "ok" : "NO_NODE", operation: { op: "setData" } }]),
  );
  entries.forEach((what, i) => {
    if (what === "session") effects.delete(i + 1);
  });
  const checker = new ApplyTurns({ model: { effects } } as unknown as ModelFeed);
  const plan = checkPlan({ seed: 1, config: { applyWork: 5 } });
  checker.begin(emptyWorld(plan));
  const server = { id: 1 } as ServerView;
  return () => {
    checker.effects(server);
    for (const index of entries.keys()) checker.appliedCommand(server, index + 1);
  };
}

it("a turn applies no more than it may", () => {
  expect(turn("set", "set")).not.toThrow();
  expect(turn("set", "set", "session")).toThrow(
    "n1 applies entry 3 in a turn that has done 6 units of work, and may do 5",
  );
  expect(turn("session", "refused", "session", "refused", "set")).not.toThrow();
  expect(turn("session", "refused", "session", "refused", "session", "set")).toThrow("5 units of work");
});

it("and each turn anew", () => {
  const one = turn("set", "set");
  one();
  expect(one).not.toThrow();
});
