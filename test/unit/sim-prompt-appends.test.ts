import { expect, it } from "vitest";
import { PromptAppends } from "../../sim/checkers/prompt-appends.ts";
import type { RaftHistory } from "../../sim/checkers/raft-history.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { AppendEntries, RaftMessage } from "../../src/raft/messages.ts";
import { emptyWorld } from "../support/sim-world.ts";

/** n1 leads term 2 and has n2 to send its entries to. */
class Leader {
  readonly #checker: PromptAppends;
  lastIndex = 0;
  nowMs = 0;
  /** When its timer rings. */
  deadlineMs = 0;

  constructor(config: { readonly appendHoldMs?: number; readonly appendsInFlightMax?: number } = {}) {
    const history = { log: () => ({ lastIndex: this.lastIndex }) };
    this.#checker = new PromptAppends(history as unknown as RaftHistory);
    const plan = checkPlan({ seed: 1, config });
    this.#checker.begin(emptyWorld(plan));
  }

  /** It ends a turn in which it sends entries behind `previous`, up to its last one, or none. */
  turn(lastIndex: number, previous?: number): void {
    this.lastIndex = lastIndex;
    const count = previous === undefined ? 0 : lastIndex - previous;
    const messages = previous === undefined ? [] : [{ to: 2, message: append(previous, count) }];
    this.#checker.effects(this.#server(), { messages } as unknown as Effects);
  }

  acknowledged(matchIndex: number): void {
    this.#checker.delivered(2, this.#server(), reply(matchIndex, true));
  }

  refused(): void {
    this.#checker.delivered(2, this.#server(), reply(0, false));
  }

  broken(): void {
    this.#checker.streamBroken(1, 2);
  }

  #server(): ServerView {
    const node = { raft, nextDeadline: () => this.deadlineMs };
    return { id: 1, clock: { now: () => this.nowMs }, node } as unknown as ServerView;
  }
}

const raft = {
  ...{ isLeader: true, currentTerm: 2, commitIndex: 0, logBase: { index: 0, term: 0 } },
  configuration: { members: [{ id: 1 }, { id: 2 }], voters: [1, 2], learners: [] },
};

function append(prevLogIndex: number, count: number): AppendEntries {
  const entries = Array.from({ length: count }, (_, i) => ({ index: prevLogIndex + 1 + i, term: 2 }));
  return {
    ...{ type: "AppendEntries", term: 2, prevLogIndex, prevLogTerm: 0, leaderCommit: 0, readRound: 0, noReply: false },
    entries: entries as unknown as AppendEntries["entries"],
  };
}

function reply(matchIndex: number, success: boolean): RaftMessage {
  return {
    ...{ type: "AppendEntriesReply", term: 2, success, matchIndex, readRound: 0 },
    ...{ rejectedIndex: 0, hintIndex: 0, hintTerm: 0 },
  } as RaftMessage;
}

it("a follower whose log agrees is sent what there is in the same turn", () => {
  const leader = new Leader();
  leader.turn(1, 0);
  leader.turn(2); // it has not said yet that its log agrees
  leader.acknowledged(1);
  expect(() => leader.turn(2)).toThrow("n1 has entries up to 2 in term 2, n2 was sent those up to 1");
  leader.turn(2, 1);
  expect(() => leader.turn(3)).toThrow("1 messages are on their way");
});

it("not while the window is full, or what is on its way holds the rest back", () => {
  const full = new Leader({ appendsInFlightMax: 1 });
  full.turn(1, 0);
  full.acknowledged(1);
  full.turn(2, 1);
  expect(() => full.turn(3)).not.toThrow();
  const holds = new Leader({ appendHoldMs: 3 });
  holds.turn(1, 0);
  holds.acknowledged(1);
  holds.turn(2, 1);
  holds.nowMs = 2;
  holds.deadlineMs = 3;
  expect(() => holds.turn(3)).not.toThrow();
  holds.deadlineMs = 4;
  expect(() => holds.turn(3)).toThrow("n1 holds entries for n2 back, and means to send them 1.000 ms too late");
  holds.nowMs = 3;
  expect(() => holds.turn(3)).toThrow("1 messages are on their way");
  holds.acknowledged(2);
  expect(() => holds.turn(3)).toThrow("0 messages are on their way");
});

it("not where the leader has to find out again where the logs agree", () => {
  for (const what of ["refused", "broken"] as const) {
    const leader = new Leader();
    leader.turn(1, 0);
    leader.acknowledged(1);
    leader[what]();
    expect(() => leader.turn(2)).not.toThrow();
  }
});
