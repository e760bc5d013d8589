/** Disk stays within three times of what lives, and a slack, under any mix of row sizes, lifetimes and updates. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Randomness } from "../../sim/world/random.ts";
import type { SessionId } from "../../src/base/operations.ts";
import type { Configuration } from "../../src/raft/types.ts";
import { Checkpointer } from "../../src/storage/checkpointer.ts";
import { segmentName } from "../../src/storage/layout.ts";
import { decodeSegment } from "../../src/storage/segment.ts";
import { SegmentTable } from "../../src/storage/segment-table.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { create, del, Harness, set } from "../unit/znode-harness.ts";

const configuration: Configuration = {
  members: [{ id: 1, peerAddress: "p:1", clientAddress: "c:1" }],
  voters: [1],
  oldVoters: [],
  learners: [],
};

/** A kind of znode, and how often there is something to do with one of its kind. */
interface Kind {
  readonly weight: number;
  readonly bytes: number;
  /** How many of them live at a time. */
  readonly population: number;
  /** Of 100 things that are done to one, how many replace its data; else it is deleted and another one made. */
  readonly setPercent: number;
}

interface Load {
  readonly kinds: readonly Kind[];
  readonly segmentBytes: number;
  readonly cleanBytes: number;
  readonly slackBytes: number;
  /** A checkpoint after so many writes. */
  readonly every: number;
  /** Now and then most znodes are deleted at once. */
  readonly collapses: boolean;
}

/** What the disk holds, and what of that counts: from the disk alone, where the newest row of a znode or session wins. */
function measure(disk: MemoryDisk): { readonly bytes: number; readonly liveBytes: number } {
  const live = new Map<string, number>();
  let bytes = 0;
  for (const { key, value } of disk.rows) {
    if (segmentName(key) === undefined) continue;
    bytes += value.length;
    const { removedPaths, endedSessions, znodes, sessions } = decodeSegment(value, "a segment");
    const rowBytes = [...znodes, ...sessions].reduce((sum, row) => sum + row.rowBytes, 0);
    if (removedPaths.length + endedSessions.length === 0) expect(rowBytes).toBe(value.length - 4);
    else expect(rowBytes).toBeLessThan(value.length - 4);
    for (const path of removedPaths) live.delete(path);
    for (const id of endedSessions) live.delete(`${id}`);
    for (const row of znodes) live.set(row.path, row.rowBytes);
    for (const row of sessions) live.set(`${row.id}`, row.rowBytes);
  }
  let liveBytes = 0;
  for (const size of live.values()) liveBytes += size;
  return { bytes, liveBytes };
}

class Mix {
  readonly disk = new MemoryDisk();
  readonly harness = new Harness();
  readonly table = new SegmentTable(1);
  readonly checkpointer: Checkpointer;
  readonly #load: Load;
  readonly #session: SessionId;
  /** By kind: paths that live. */
  readonly #paths: string[][];
  #made = 0;
  /** Of the last checkpoint. */
  batchBytes = 0;
  /** Of all. */
  writtenBytes = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#paths = load.kinds.map(() => []);
    this.#session = this.harness.open();
    this.checkpointer = new Checkpointer(this.disk, this.harness.machine, this.table, load, {
      durable: () => {},
      swept: () => {},
      failed: (error) => {
        throw error;
      },
    });
  }

  /** One thing happens to one znode; `draw` is a number below 1. */
  step(draw: () => number): void {
    let left = draw() * this.#load.kinds.reduce((sum, { weight }) => sum + weight, 0);
    for (const [nth, kind] of this.#load.kinds.entries()) {
      left -= kind.weight;
      if (left < 0) return this.#act(nth, kind, draw);
    }
  }

  collapse(draw: () => number): void {
    for (const paths of this.#paths)
      for (const path of paths.splice(0)) if (draw() < 0.95) this.harness.write(this.#session, del(path));
  }

  #act(nth: number, { bytes, population, setPercent }: Kind, draw: () => number): void {
    const paths = this.#paths[nth] ?? [];
    const data = "x".repeat(Math.floor(bytes * (0.5 + draw())));
    const path = paths[Math.floor(draw() * paths.length)];
    if (path !== undefined && paths.length >= population) {
      if (100 * draw() < setPercent) return void this.harness.write(this.#session, set(path, data));
      paths.splice(paths.indexOf(path), 1);
      this.harness.write(this.#session, del(path));
    }
    const made = `/n${this.#made++}`;
    paths.push(made);
    this.harness.write(this.#session, create(made, { data }));
  }

  /** A turn of a node: a sweep if it is time, then a checkpoint. */
  checkpoint(): void {
    if (this.checkpointer.isWasteful) this.checkpointer.sweep();
    const first = this.table.nextNumber;
    this.checkpointer.begin({ index: this.harness.machine.appliedIndex, term: 1, configuration });
    while (this.checkpointer.encoding) this.checkpointer.step();
    this.batchBytes = 0;
    for (const { key, value } of this.disk.rows) {
      if ((segmentName(key)?.number ?? 0) < first) continue;
      this.batchBytes += value.length;
    }
    this.writtenBytes += this.batchBytes;
  }

  /** Nothing more is applied: checkpoints go on while they are due. */
  rest(): number {
    let turns = 0;
    for (; this.checkpointer.isWasteful; turns++) this.checkpoint();
    return turns;
  }
}

function seededRandom(seed: number): () => number {
  const draws = new Randomness(seed >>> 0).draws("mix");
  return () => draws.next();
}

const kind = fc.record({
  weight: fc.integer({ min: 1, max: 20 }),
  bytes: fc.constantFrom(0, 10, 100, 1000, 5000),
  population: fc.constantFrom(1, 5, 50, 200, 100_000),
  setPercent: fc.constantFrom(0, 50, 100),
});

const load: fc.Arbitrary<Load> = fc.record({
  kinds: fc.array(kind, { minLength: 1, maxLength: 4 }),
  segmentBytes: fc.constantFrom(1, 500, 4000),
  cleanBytes: fc.constantFrom(1, 1000, 8000),
  slackBytes: fc.constantFrom(0, 2000),
  every: fc.constantFrom(1, 10, 50),
  collapses: fc.boolean(),
});

describe("what a checkpoint takes on disk", () => {
  it("is at most three times what lives, and the slack, under any mix; at rest twice", () => {
    fc.assert(
      fc.property(load, fc.integer(), (mix, seed) => {
        const draw = seededRandom(seed);
        const world = new Mix(mix);
        // Since it was last within the half that is left alone.
        let peakBytes = 0;
        let largest = 0;
        const steps = 30 * mix.every;
        for (let i = 1; i <= steps; i++) {
          world.step(draw);
          if (mix.collapses && i % Math.ceil(steps / 3) === 0) world.collapse(draw);
          if (i % mix.every !== 0) continue;
          world.checkpoint();
          const { bytes, liveBytes } = measure(world.disk);
          expect(bytes).toBe(world.table.bytes);
          expect(liveBytes).toBe(world.table.liveBytes);
          const frames = 4 * world.table.size;
          const within = bytes <= 2 * liveBytes + mix.slackBytes + frames;
          peakBytes = Math.max(within ? 0 : peakBytes, liveBytes);
          largest = Math.max(within ? 0 : largest, world.batchBytes);
          expect(bytes).toBeLessThanOrEqual(3 * peakBytes + mix.slackBytes + frames + 2 * largest);
        }
        world.rest();
        const { bytes, liveBytes } = measure(world.disk);
        expect(bytes).toBeLessThanOrEqual(2 * liveBytes + mix.slackBytes + 4 * world.table.size);
      }),
      { numRuns: 40 },
    );
  });

  it("does not grow with what was written: large znodes set again and again, a small one made each time", () => {
    const kinds = [
      { weight: 1, bytes: 2000, population: 20, setPercent: 100 },
      { weight: 1, bytes: 4, population: 100_000, setPercent: 100 },
    ];
    const mix = new Mix({
      kinds,
      segmentBytes: 5000,
      cleanBytes: 10_000,
      slackBytes: 10_000,
      every: 10,
      collapses: false,
    });
    const draw = seededRandom(7);
    let largestRatio = 0;
    for (let i = 1; i <= 4000; i++) {
      mix.step(draw);
      if (i % 10 !== 0) continue;
      mix.checkpoint();
      largestRatio = Math.max(largestRatio, (mix.table.bytes - 10_000) / Math.max(20_000, mix.table.liveBytes));
    }
    expect(mix.table.liveBytes).toBeLessThan(250_000);
    expect(largestRatio).toBeLessThan(3);
    // The large znodes take 1 KB each on average.
    expect(mix.writtenBytes).toBeLessThan(4 * 2000 * 2000);
  });
});
