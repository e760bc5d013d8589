/** What a plan's settings are drawn from: as in production, and small enough that whatever is bounded meets its bound. */
import { limits } from "../../src/base/limits.ts";

/** How the log goes out: with one entry a message, or few messages at a time, but never so slow that it falls behind. */
export const pipelines = [
  { appendBytesMax: 1, appendsInFlightMax: 32 },
  { appendBytesMax: 1_000, appendsInFlightMax: 8 },
  { appendBytesMax: 524_288, appendsInFlightMax: 1 },
  { appendBytesMax: 524_288, appendsInFlightMax: 32 },
] as const;

/** How many reads are answered at a time: as in production, or so few that they wait for each other. */
export const readWorks = [
  {},
  { turn: 1, visit: 1, ahead: 1 },
  { turn: 2, visit: 1, ahead: 3 },
  { turn: 5, visit: 2, ahead: 2 },
] as const;

/** How fast snapshots leave: as in production, so slowly that whoever needs one is long without, or a little of both. */
export const snapshotPaces = [
  {},
  {},
  {},
  { bytesPerSecond: 1, pacedMsMax: 3_000 },
  { bytesPerSecond: 2_000, pacedMsMax: 5_000 },
  { bytesPerSecond: 1, pacedMsMax: 300 },
] as const;

/** Servers that do little at a time and are slow about it: to arm a client's watches again takes them a while. */
export const slowArming = {
  config: { readWork: readWorks[1], lateFlush: 0.8 },
  mix: { watchPercent: 100, getData: 20, exists: 20, getChildren: 3, create: 5, setData: 10, delete: 3 },
  /** Watches that stay, within each other, over znodes that change all the time. */
  standing: {
    watchPercent: 0,
    addWatch: 15,
    getData: 0,
    exists: 0,
    getChildren: 0,
    create: 10,
    setData: 20,
    delete: 5,
  },
} as const;

/** Everything is compacted at once. */
export const hastyCheckpoints = { dirtyBytes: 1, logBytes: 1, tailBytes: 0, awayBytes: 0, heldBytes: 0 } as const;

/** How many changes servers remember: as in production, mostly, or hardly any. */
export const changeHistories = [100_000, 100_000, 100_000, 100_000, 100_000, 1, 20] as const;

/** How much is applied and told of in one turn: as in production, or so little that entries and events wait. */
export const applyWorks = [limits.applyWorkPerTurn, limits.applyWorkPerTurn, 1, 2, 5] as const;

/** How busy clients are, operations a second each, and how long that goes on, ms: about as much work in each run. */
export const paces = [
  { perSecond: 0.5, horizonMs: [5_000, 40_000] },
  { perSecond: 2, horizonMs: [5_000, 40_000] },
  { perSecond: 5, horizonMs: [5_000, 30_000] },
  { perSecond: 20, horizonMs: [5_000, 20_000] },
  { perSecond: 60, horizonMs: [3_000, 8_000] },
] as const;

/** Clients that go on asking whether they are answered or not, for a short while: what cannot be done at once piles up. */
export const crowd = { perSecond: 60, horizonMs: [2_000, 4_000], outstanding: 1_000 } as const;

/** Clients that go on while the membership changes, and no longer than that takes. */
export const changes = { perSecond: 2, horizonMs: [4_000, 10_000] } as const;

/** Times of a synced write, microseconds; the last kind suits only long election timeouts. */
export const disks = [
  { min: 50, typical: 100, max: 1_000 },
  { min: 100, typical: 1_000, max: 100_000 },
  { min: 1_000, typical: 20_000, max: 200_000 },
  { min: 10_000, typical: 80_000, max: 400_000 },
];

/** Times of a message between servers, microseconds; the last kind suits only election timeouts from 300 ms. */
export const networks = [
  { min: 100, typical: 300, max: 3_000 },
  { min: 200, typical: 600, max: 50_000 },
  { min: 1_000, typical: 10_000, max: 100_000 },
];
