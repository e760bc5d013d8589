import { expect, it } from "vitest";
import { SendWindow } from "../../sim/checkers/send-window.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import { emptyWorld } from "../support/sim-world.ts";

/** A leader that sends n2 commands of so many bytes in one message, which may have 1,000 bytes, what surrounds them included. */
function sends(...sizes: readonly number[]): void {
  const checker = new SendWindow();
  checker.begin(emptyWorld(checkPlan({ seed: 1, config: { appendBytesMax: 1_000 } })));
  const entries = sizes.map((bytes, i) => ({
    ...{ kind: "command" as const, term: 1, index: 2 + i, data: new Uint8Array(bytes) },
  }));
  const head = { term: 1, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 0, readRound: 0, noReply: false };
  checker.sent({ id: 1 } as unknown as ServerView, 2, { type: "AppendEntries", ...head, entries });
}

it("several entries in one message have no more bytes than it may", () => {
  expect(() => sends(400, 400)).not.toThrow();
  expect(() => sends(5_000)).not.toThrow();
  expect(() => sends(5_000, 1)).toThrow(/n1 sends n2 2 entries of \d+ bytes at once: more than 1000/);
  expect(() => sends(400, 400, 400)).toThrow("3 entries");
});
