import { expect, it } from "vitest";
import { PromptSnapshots } from "../../sim/checkers/prompt-snapshots.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { InstallSnapshot, RaftMessage } from "../../src/raft/messages.ts";
import type { PeerStatus } from "../../src/raft/status.ts";
import { emptyWorld } from "../support/sim-world.ts";

const electionTimeoutMs = 300;

/** n1 leads term 2, and sends n2 a snapshot of chunks of 10 bytes at 1,000 bytes a second for the first second. */
class Sender {
  readonly #checker = new PromptSnapshots();
  nowMs = 0;
  /** When its timer rings. */
  deadlineMs = Number.POSITIVE_INFINITY;
  reading = false;
  peer: Pick<PeerStatus, "state" | "matchIndex"> = { state: "snapshot", matchIndex: 0 };

  constructor() {
    const snapshotPace = { bytesPerSecond: 1_000, pacedMsMax: 1_000 };
    const plan = checkPlan({ seed: 1, config: { electionTimeoutMs, snapshotPace } });
    this.#checker.begin(emptyWorld(plan));
  }

  /** A turn in which these chunks leave; 0 is the end of the snapshot. */
  turn(atMs: number, ...positions: readonly number[]): void {
    this.nowMs = atMs;
    const messages = positions.map((position) => ({ to: 2, message: chunk(position) }));
    this.#checker.effects(this.#server(), { messages } as unknown as Effects);
    this.#checker.step(this.#server());
  }

  hears(atMs: number, position: number): void {
    this.nowMs = atMs;
    const reply: RaftMessage = { type: "InstallSnapshotReply", term: 2, snapshotId: 7, position };
    this.#checker.delivered(2, this.#server(), reply);
  }

  #server(): ServerView {
    const status = () => ({ peers: [{ id: 2, ...this.peer }] });
    const node = { raft: { isLeader: true, currentTerm: 2, status }, nextDeadline: () => this.deadlineMs };
    return { id: 1, clock: { now: () => this.nowMs }, disk: { reading: this.reading }, node } as unknown as ServerView;
  }
}

function chunk(position: number): InstallSnapshot {
  return {
    ...{ type: "InstallSnapshot", term: 2, snapshotId: 7, lastIncludedIndex: 10, lastIncludedTerm: 2 },
    ...{ previous: position - 1, position, data: new Uint8Array(10), done: position === 0 },
  };
}

/** A sender whose pace would let the second chunk leave 10 ms behind the first. */
function paced(): Sender {
  const sender = new Sender();
  sender.deadlineMs = 10;
  sender.turn(0, 1);
  sender.hears(0, 0);
  return sender;
}

it("the next chunk leaves as soon as the pace lets it", () => {
  const sender = paced();
  expect(() => sender.turn(10)).not.toThrow();
  expect(() => sender.turn(11)).toThrow("n2 has a snapshot up to chunk 0, and room for more: n1 sends it nothing");
});

it("and for that the timer is set", () => {
  const sender = paced();
  sender.deadlineMs = 12;
  expect(() => sender.turn(5)).toThrow("n1 means to send it 2.000 ms too late");
});

it("not while it is read, or enough is on its way", () => {
  const reading = paced();
  reading.reading = true;
  expect(() => reading.turn(50)).not.toThrow();
  const full = paced();
  for (const position of [2, 3, 4]) {
    full.deadlineMs = 10 * position;
    full.turn(10 * position - 10, position);
  }
  expect(() => full.turn(100)).not.toThrow();
  full.hears(101, 1);
  expect(() => full.turn(102)).toThrow("up to chunk 1");
});

it("nor to one that is silent, needs it no more, or has been sent all of it", () => {
  expect(() => paced().turn(electionTimeoutMs)).not.toThrow();
  const answered = paced();
  answered.hears(200, 1);
  expect(() => answered.turn(electionTimeoutMs)).toThrow("n1 sends it nothing");
  const done = paced();
  done.turn(10, 0);
  expect(() => done.turn(50)).not.toThrow();
  for (const peer of [
    { state: "replicate", matchIndex: 0 },
    { state: "snapshot", matchIndex: 10 },
  ] as const) {
    const sender = paced();
    sender.peer = peer;
    expect(() => sender.turn(50)).not.toThrow();
  }
});

it("nor of a snapshot of which it has not seen the beginning", () => {
  const sender = new Sender();
  sender.turn(0, 2);
  sender.hears(1, 0);
  expect(() => sender.turn(50)).not.toThrow();
});

it("nor what the follower has lost again before the leader has read it anew", () => {
  const sender = paced();
  sender.hears(5, 1);
  sender.hears(6, 0);
  sender.reading = true;
  expect(() => sender.turn(20)).not.toThrow();
  sender.reading = false;
  expect(() => sender.turn(21)).toThrow("up to chunk 0");
});
