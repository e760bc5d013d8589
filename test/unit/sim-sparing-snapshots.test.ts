import { expect, it } from "vitest";
import { KeptLog } from "../../sim/checkers/kept-log.ts";
import { SparingSnapshots } from "../../sim/checkers/sparing-snapshots.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { World } from "../../sim/world/observer.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { InstallSnapshot } from "../../src/raft/messages.ts";
import type { PeerStatus } from "../../src/raft/status.ts";
import { emptyWorld } from "../support/sim-world.ts";

const electionTimeoutMs = 300;

function world(heldBytes = 0): World {
  const plan = checkPlan({ seed: 1, config: { electionTimeoutMs, checkpoints: { heldBytes } } });
  return emptyWorld(plan);
}

function chunk(position: number, done = false): InstallSnapshot {
  return {
    ...{ type: "InstallSnapshot", term: 2, snapshotId: 7, lastIncludedIndex: 10, lastIncludedTerm: 2 },
    ...{ previous: position - 1, position, data: new Uint8Array(), done },
  };
}

/** n1 leads and sends n2 a snapshot. */
class Sender {
  readonly #checker = new SparingSnapshots();
  #nowMs = 0;

  constructor() {
    this.#checker.begin(world());
    this.#checker.starting(this.#server());
  }

  sends(atMs: number, position: number, done = false): void {
    this.#nowMs = atMs;
    const messages = [{ to: 2, message: chunk(position, done) }];
    this.#checker.effects(this.#server(), { messages } as unknown as Effects);
  }

  hears(atMs: number, position: number): void {
    this.#nowMs = atMs;
    const reply = { type: "InstallSnapshotReply", term: 2, snapshotId: 7, position } as const;
    this.#checker.delivered(2, this.#server(), reply);
    this.#checker.effects(this.#server(), { messages: [] } as unknown as Effects);
  }

  #server(): ServerView {
    return { id: 1, clock: { now: () => this.#nowMs }, node: { raft: { isLeader: true } } } as unknown as ServerView;
  }
}

it("a chunk is sent again when nothing more was acknowledged for an election timeout, and no sooner", () => {
  const sender = new Sender();
  sender.sends(1_000, 1);
  sender.hears(1_010, 1);
  sender.sends(1_020, 2);
  expect(() => sender.sends(1_309, 2)).toThrow("n1 sends n2 chunk 2 of a snapshot again, 299.0 ms after");
  sender.sends(1_310, 2);
  sender.sends(1_310, 3, true);
  expect(() => sender.sends(1_311, 3, true)).toThrow("n1 sends n2 the end of a snapshot again");
});

it("nor sooner where the follower has begun anew", () => {
  const sender = new Sender();
  sender.sends(1_000, 1);
  sender.hears(1_010, 1);
  sender.sends(1_020, 2);
  sender.hears(1_030, 0);
  sender.sends(1_030, 1);
  expect(() => sender.sends(1_030, 1)).toThrow("chunk 1");
});

it("what the follower has it is not sent, even if the leader had gone back meanwhile", () => {
  const sender = new Sender();
  for (const position of [1, 2]) sender.sends(1_000, position);
  sender.hears(1_010, 1);
  sender.hears(1_400, 2);
  expect(() => sender.sends(1_401, 2)).toThrow("n1 sends n2 chunk 2 of a snapshot, which it has");
  sender.hears(1_402, 1); // an answer that is late
  expect(() => sender.sends(1_403, 2)).not.toThrow();
});

/** n1 leads term 2, and drops of its log what comes before `base`. */
class Keeper {
  readonly #checker = new KeptLog(undefined);
  readonly #lastIndex: number;

  constructor(heldBytes: number, entries = 20) {
    this.#lastIndex = entries;
    this.#checker.begin(world(heldBytes));
    for (let index = 1; index <= entries; index++)
      this.#checker.committed(1, { index, term: 2, kind: "command", data: new Uint8Array() });
    this.drops(0, []);
  }

  sends(): void {
    this.#checker.sent(this.#server(0, []), 2, chunk(1));
  }

  drops(base: number, peers: readonly Partial<PeerStatus>[]): void {
    this.#checker.step(this.#server(base, peers));
  }

  #server(base: number, peers: readonly Partial<PeerStatus>[]): ServerView {
    const status = { lastIndex: this.#lastIndex, peers: peers.map((peer) => ({ id: 2, active: true, ...peer })) };
    const raft = { isLeader: true, currentTerm: 2, logBase: { index: base, term: 2 }, status: () => status };
    return { id: 1, node: { raft } } as unknown as ServerView;
  }
}

it("what a follower that answers needs of the log is kept, within its bound", () => {
  const slow = { state: "replicate", matchIndex: 5 } as const;
  expect(() => new Keeper(100_000).drops(5, [slow])).not.toThrow();
  expect(() => new Keeper(100_000).drops(6, [slow])).toThrow("n1 dropped its log up to 6, and n2");
  expect(() => new Keeper(100_000).drops(6, [{ ...slow, active: false }])).not.toThrow();
  expect(() => new Keeper(100).drops(6, [slow])).not.toThrow();
});

it("so is what comes behind a snapshot on its way", () => {
  const awaits = { state: "snapshot", matchIndex: 0 } as const;
  const keeper = new Keeper(100_000);
  expect(() => keeper.drops(3, [awaits])).not.toThrow(); // none has begun
  keeper.sends();
  expect(() => keeper.drops(10, [awaits])).not.toThrow();
  expect(() => keeper.drops(11, [awaits])).toThrow("needs it behind 10");
});
