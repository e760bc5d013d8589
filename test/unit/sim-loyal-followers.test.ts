import { expect, it } from "vitest";
import { LoyalFollowers } from "../../sim/checkers/loyal-followers.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { AppendEntries, RequestVote } from "../../src/raft/messages.ts";
import { emptyWorld } from "../support/sim-world.ts";

const electionTimeoutMs = 300;
const heartbeat: AppendEntries = {
  ...{ type: "AppendEntries", term: 2, prevLogIndex: 0, prevLogTerm: 0, entries: [] },
  ...{ leaderCommit: 0, readRound: 0, noReply: false },
};
const question: RequestVote = {
  ...{ type: "RequestVote", term: 3, preVote: true, leadershipTransfer: false },
  ...{ lastLogIndex: 0, lastLogTerm: 0 },
};
const granted = { type: "RequestVoteReply", term: 3, voteGranted: true, preVote: true } as const;

/** n1, which follows n2 in term 2 as far as it knows. */
class Told {
  readonly #checker = new LoyalFollowers();
  #nowMs = 0;
  leader: number | undefined = 2;

  constructor() {
    const plan = checkPlan({ seed: 1, config: { electionTimeoutMs } });
    this.#checker.begin(emptyWorld(plan));
    this.#checker.started(this.#server());
  }

  hears(atMs: number, from = 2): void {
    this.#nowMs = atMs;
    this.#checker.delivered(from, this.#server(), heartbeat);
  }

  isAsked(atMs: number, by = 3, leadershipTransfer = false): void {
    this.#nowMs = atMs;
    this.#checker.delivered(by, this.#server(), { ...question, leadershipTransfer });
  }

  grants(to = 3): void {
    this.#checker.sent(this.#server(), to, granted);
  }

  #server(): ServerView {
    const raft = { role: "follower", currentTerm: 2, leader: this.leader };
    return { id: 1, clock: { now: () => this.#nowMs }, node: { raft } } as unknown as ServerView;
  }
}

it("whoever hears its leader says to nobody that it would vote for it", () => {
  const told = new Told();
  told.hears(1_000);
  told.isAsked(1_299);
  expect(() => told.grants()).toThrow("n1 would vote for n3 in term 3, though it hears its leader n2");
  expect(() => told.grants(4)).not.toThrow();
});

it("it may where the leader has been silent for an election timeout, is gone, asks itself or wants the election", () => {
  const silent = new Told();
  silent.hears(1_000);
  silent.isAsked(1_300);
  expect(() => silent.grants()).not.toThrow();
  const gone = new Told();
  gone.hears(1_000);
  gone.leader = undefined;
  gone.isAsked(1_001);
  expect(() => gone.grants()).not.toThrow();
  const asks = new Told();
  asks.hears(1_000);
  asks.isAsked(1_001, 2);
  expect(() => asks.grants(2)).not.toThrow();
  const wants = new Told();
  wants.hears(1_000);
  wants.isAsked(1_001, 3, true);
  expect(() => wants.grants()).not.toThrow();
});

it("it may answer late what it was asked before it heard of the leader again", () => {
  const told = new Told();
  told.isAsked(1_000);
  told.hears(1_000);
  told.isAsked(1_001);
  expect(() => told.grants()).not.toThrow();
});
