import { expect, it } from "vitest";
import { PromptProposals } from "../../sim/checkers/prompt-proposals.ts";
import { Marks } from "../../sim/marks/marks.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { Effects } from "../../src/raft/effects.ts";
import { emptyWorld } from "../support/sim-world.ts";

/** n1 leads term 2. */
class Leader {
  readonly marks = new Marks();
  readonly #checker = new PromptProposals(this.marks);
  #lastIndex = 0;
  commitIndex = 0;
  unsentProposals = 0;
  forwarded: Uint8Array[] = [];

  constructor(undurableBytesMax = 64 * 1024 * 1024) {
    const plan = checkPlan({ seed: 1, config: { undurableBytesMax } });
    this.#checker.begin(emptyWorld(plan));
  }

  /** A turn in which it appends so many commands. */
  appends(count: number): void {
    const entries = Array.from({ length: count }, () => ({
      ...{ kind: "command", term: 2, index: ++this.#lastIndex, data: new Uint8Array(100) },
    }));
    const { commitIndex, unsentProposals, forwarded } = this;
    const status = () => ({ commitIndex, durableIndex: this.#lastIndex, lastIndex: this.#lastIndex });
    const raft = { isLeader: true, currentTerm: 2, status };
    const node = { raft, forwarded, unsentProposals, machine: { appliedIndex: commitIndex } };
    this.#checker.effects({ id: 1, node } as unknown as ServerView, { write: { entries } } as unknown as Effects);
  }
}

it("a leader takes all that it is asked for", () => {
  const leader = new Leader();
  expect(() => leader.appends(3)).not.toThrow();
  leader.unsentProposals = 2;
  expect(() => leader.appends(1)).toThrow("n1 lets 2 commands wait, though only 2000 bytes of");
  leader.unsentProposals = 0;
  leader.forwarded = [new Uint8Array()];
  expect(() => leader.appends(1)).toThrow("n1 lets 1 commands wait");
  // Nothing was taken: perhaps it does not know the time.
  expect(() => leader.appends(0)).not.toThrow();
});

it("but for what the log has no room for", () => {
  const leader = new Leader(150_000);
  leader.unsentProposals = 1;
  expect(() => leader.appends(99)).toThrow("n1 lets 1 commands wait");
  expect(() => leader.appends(1)).not.toThrow();
  expect(leader.marks.has("log-takes-no-more")).toBe(true);
  leader.commitIndex = 100;
  expect(() => leader.appends(1)).toThrow("n1 lets 1 commands wait");
});
