import { describe, expect, it } from "vitest";
import { LostProposals } from "../../sim/checkers/lost-proposals.ts";
import { ModelFeed } from "../../sim/checkers/model-feed.ts";
import { Marks } from "../../sim/marks/marks.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { nodeOptions } from "../../sim/world/node-options.ts";
import type { ServerView } from "../../sim/world/view.ts";
import { encodeCommand } from "../../src/protocol/command-codec.ts";
import { emptyWorld } from "../support/sim-world.ts";

const plan = checkPlan({ seed: 1 });
const retryMs = nodeOptions(1, plan.config).proposalRetryMs;
const session = 5;
const attachment = 9;

/** A server that follows n2, and what it sends, at a time in ms. */
class Told {
  readonly marks = new Marks();
  readonly raft = { leader: 2, currentTerm: 3, knownCommit: 0 };
  readonly machine = { appliedIndex: 0 };
  readonly #checker = new LostProposals(new ModelFeed(), this.marks);
  readonly #world = emptyWorld(plan);
  readonly #server: ServerView;

  constructor() {
    const node = { raft: this.raft, machine: this.machine, hasEntriesLeft: false };
    const clock = { now: () => this.#world.now / 1000 };
    const server: unknown = { id: 1, node, clock, hasUnflushedInput: false };
    this.#server = server as ServerView;
    this.#checker.begin(this.#world);
    this.#checker.started(this.#server);
    this.#checker.serverFrame(this.#server, 1, 7, [
      {
        type: "connected",
        sessionId: session,
        password: new Uint8Array(16),
        timeoutMs: 6_000,
        serverId: 1,
        lastRequestId: 0,
        zxid: attachment,
        clusterId: "c",
        instance: 0,
      },
    ]);
  }

  sends(atMs: number, ...proposals: number[]): void {
    this.#world.now = atMs * 1000;
    const commands = proposals.map((proposal) =>
      encodeCommand({ type: "closeSession", sessionId: session, attachment, requestId: proposal }, 1, proposal),
    );
    this.#checker.sent(this.#server, 2, { type: "Forward", commands });
  }

  turns(atMs: number): void {
    this.#world.now = atMs * 1000;
    this.#checker.step(this.#server);
  }

  clientGoes(): void {
    this.#checker.connectionBroken(7, "server");
  }
}

describe("what a server proposed and has not seen applied", () => {
  it("goes again in time, with a patience that doubles", () => {
    const told = new Told();
    told.sends(0, 1);
    told.turns(retryMs);
    told.sends(retryMs, 1);
    expect(told.marks.has("proposal-offered-again")).toBe(true);
    told.turns(3 * retryMs);
    expect(() => told.turns(3.75 * retryMs)).toThrow("n1 proposes its proposal 1 not again in time");
  });

  it("is owed nothing while the leader is another, or what is committed is not done", () => {
    const told = new Told();
    told.sends(0, 1);
    told.raft.knownCommit = 4;
    told.turns(2 * retryMs);
    told.machine.appliedIndex = 4;
    told.turns(2.5 * retryMs);
    expect(() => told.turns(3.75 * retryMs)).toThrow("not again in time");
    told.raft.currentTerm = 4;
    expect(() => told.turns(9 * retryMs)).not.toThrow();
  });

  it("goes in the order in which it was asked for", () => {
    const told = new Told();
    told.sends(0, 1, 2, 3);
    expect(() => told.sends(1, 2, 1)).toThrow("n1 proposes its proposal 1 behind 2");
  });

  it("goes again for those alone who are there", () => {
    const told = new Told();
    told.sends(0, 1);
    expect(() => told.sends(retryMs, 1)).not.toThrow();
    told.clientGoes();
    expect(() => told.turns(9 * retryMs)).not.toThrow();
    expect(() => told.sends(2 * retryMs, 1)).toThrow("again, though session 5 is not attached there any more");
  });
});
