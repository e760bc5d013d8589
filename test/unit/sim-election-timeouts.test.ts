import { expect, it } from "vitest";
import { ElectionTimeouts } from "../../sim/checkers/election-timeouts.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { SimEvent } from "../../sim/world/events.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { AppendEntries, RaftMessage, RequestVote } from "../../src/raft/messages.ts";
import type { RoleName } from "../../src/raft/status.ts";
import { emptyWorld } from "../support/sim-world.ts";

const electionTimeoutMs = 300;
const campaignDelayMaxMs = 10;
const heartbeat: AppendEntries = {
  ...{ type: "AppendEntries", term: 2, prevLogIndex: 0, prevLogTerm: 0, entries: [] },
  ...{ leaderCommit: 0, readRound: 0, noReply: false },
};
const request: RequestVote = {
  ...{ type: "RequestVote", term: 3, preVote: false, leadershipTransfer: false },
  ...{ lastLogIndex: 0, lastLogTerm: 0 },
};
const tick: SimEvent = { kind: "tick", cause: 0, server: 1, life: 1 };
const flush: SimEvent = { kind: "flush", cause: 0, server: 1, life: 1 };
const broken: SimEvent = { kind: "streamBroken", cause: 0, server: 1, peer: 2 };

interface Becomes {
  readonly deadline?: number;
  readonly role?: RoleName;
  readonly term?: number;
  readonly leader?: number | undefined;
  readonly votedFor?: number;
}

/** n1, which has just started in term 2 and follows n2. */
class Waiting {
  readonly #checker = new ElectionTimeouts();
  readonly #world: ReturnType<typeof emptyWorld>;
  #nowMs = 0;
  #is: Required<Becomes> = { deadline: 400, role: "follower", term: 2, leader: undefined, votedFor: 0 };

  constructor() {
    const plan = checkPlan({ seed: 1, config: { electionTimeoutMs } });
    this.#world = emptyWorld(plan);
    this.#checker.begin(this.#world);
    this.#checker.started(this.#server());
    this.hears(100, 2, heartbeat, { leader: 2, deadline: 500 });
  }

  wakes(): void {
    this.#checker.woke(this.#server());
  }

  input(atMs: number, event: SimEvent, becomes: Becomes = {}): void {
    this.#nowMs = atMs;
    this.#world.event = event;
    this.#is = { ...this.#is, ...becomes };
    this.#checker.step(this.#server());
  }

  hears(atMs: number, from: number, message: RaftMessage, becomes: Becomes = {}): void {
    this.#checker.delivered(from, this.#server(), message);
    this.input(atMs, { kind: "message", cause: 0, from, to: 1, message, instance: 1 }, becomes);
  }

  #server(): ServerView {
    const { deadline, role, term, leader, votedFor } = this.#is;
    const electionTimer = role === "leader" ? undefined : { deadline, timeout: 0 };
    const raft = { role, currentTerm: term, leader, electionTimer, status: () => ({ votedFor }) };
    const node = { raft, admitted: true, options: { campaignDelayMaxMs } };
    return { id: 1, clock: { now: () => this.#nowMs }, node } as unknown as ServerView;
  }
}

it("whoever hears its leader waits from one to two election timeouts", () => {
  const waiting = new Waiting();
  waiting.hears(200, 2, heartbeat, { deadline: 500 });
  expect(() => waiting.hears(300, 2, heartbeat)).toThrow("waits 200.000 ms, not from 300 to 600");
  expect(() => new Waiting().hears(200, 2, heartbeat, { deadline: 801 })).toThrow("waits 601.000 ms");
});

it("where the stream of the leader broke it campaigns soon, and waits twice as long with each attempt", () => {
  const waiting = new Waiting();
  waiting.input(200, broken, { leader: undefined, deadline: 210 });
  waiting.input(210, tick, { role: "preCandidate", deadline: 230 });
  waiting.hears(
    220,
    3,
    { type: "RequestVoteReply", term: 3, voteGranted: true, preVote: true },
    { role: "candidate", term: 3, deadline: 260 },
  );
  expect(() => waiting.input(260, tick, { role: "preCandidate", deadline: 339 })).toThrow("not from 80 to 160");
  expect(() => new Waiting().input(200, broken, { leader: undefined })).toThrow("the stream of its leader broke");
});

it("its timeout runs on unless it has a reason to wait anew", () => {
  expect(() => new Waiting().input(200, flush, { deadline: 600 })).toThrow("its timeout is not over");
  const refuses = new Waiting();
  expect(() => refuses.hears(200, 3, request, { deadline: 600 })).toThrow("gave no vote");
  const asked = new Waiting();
  expect(() => asked.hears(200, 3, { ...request, preVote: true }, { deadline: 600 })).toThrow("gave no vote");
  const votes = new Waiting();
  const vote = { term: 3, votedFor: 3, leader: undefined };
  expect(() => votes.hears(200, 3, request, { ...vote, deadline: 600 })).not.toThrow();
  expect(() => new Waiting().hears(200, 3, request, vote)).toThrow("its timeout runs on");
});

it("what came in a pause is not judged", () => {
  const waiting = new Waiting();
  waiting.wakes();
  expect(() => waiting.input(200, flush, { deadline: 203, leader: undefined })).not.toThrow();
  expect(() => waiting.input(203, tick, { role: "preCandidate", deadline: 209 })).not.toThrow();
});
