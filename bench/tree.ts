/** Trees of many znodes and loads on them, for benchmarks. */
import { performance } from "node:perf_hooks";
import { present } from "../src/base/assert.ts";
import { TerrariumClient } from "../src/client/index.ts";
import { Latencies } from "./latencies.ts";

/** What a load of writes reached. */
export interface Rate {
  readonly writesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const sessions = 4;
/** Znodes under one parent. */
const family = 1000;

/** Calls `act` for 0, 1, 2 … from `workers` loops at once, until one of its calls says that it was the last. */
async function inParallel(workers: number, act: (n: number) => Promise<boolean>): Promise<void> {
  let next = 0;
  let over = false;
  const loop = async (): Promise<void> => {
    while (!over) if (!(await act(next++))) over = true;
  };
  await Promise.all(Array.from({ length: workers }, loop));
}

/** The path of a tree's nth znode. */
export function pathOf(n: number): string {
  return `/scale/f${Math.floor(n / family)}/n${n}`;
}

/** A tree that grows, and writes to it. */
export class Tree {
  readonly #clients: readonly TerrariumClient[];
  readonly #value: Uint8Array;
  #created = 0;

  private constructor(clients: readonly TerrariumClient[], valueBytes: number) {
    this.#clients = clients;
    this.#value = new Uint8Array(valueBytes).fill(120);
  }

  /** An empty tree whose znodes will hold `valueBytes` each, with sessions on all servers. */
  static async plant(endpoints: readonly string[], valueBytes: number): Promise<Tree> {
    const clients = Array.from({ length: sessions }, (_, i) =>
      TerrariumClient.connect({
        endpoints: [present(endpoints[i % endpoints.length], "an endpoint")],
        requestTimeoutMs: 120_000,
      }),
    );
    return new Tree(await Promise.all(clients), valueBytes);
  }

  /** Ends the sessions; the znodes stay. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #client(n: number): TerrariumClient {
    return present(this.#clients[n % this.#clients.length], "a client");
  }

  /** Creates znodes up to the number `count`. */
  async growTo(count: number): Promise<void> {
    const first = this.#client(0);
    if (this.#created === 0) await first.create("/scale", "");
    const families = Math.ceil(count / family);
    for (let f = Math.ceil(this.#created / family); f < families; f++) await first.create(`/scale/f${f}`, "");
    const from = this.#created;
    const startedMs = performance.now();
    await inParallel(256, async (i) => {
      const n = from + i;
      if (n >= count) return false;
      await this.#client(n).create(pathOf(n), this.#value);
      if (n % 100_000 === 99_999)
        process.stderr.write(`${n + 1} znodes after ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
      return true;
    });
    this.#created = count;
  }

  /** Sets znodes in random order for `seconds`. */
  set(outstanding: number, seconds: number): Promise<Rate> {
    const startMs = performance.now() + 1000;
    return this.#set(outstanding, startMs, () => startMs + seconds * 1000);
  }

  /** The same, until `over` is settled. */
  setUntil(outstanding: number, over: Promise<unknown>): Promise<Rate> {
    let endMs = Number.POSITIVE_INFINITY;
    const end = (): void => {
      endMs = performance.now();
    };
    over.then(end, end);
    return this.#set(outstanding, performance.now(), () => endMs);
  }

  async #set(outstanding: number, startMs: number, end: () => number): Promise<Rate> {
    const latencies = new Latencies();
    await inParallel(outstanding, async (n) => {
      const sentMs = performance.now();
      if (sentMs >= end()) return false;
      await this.#client(n).set(pathOf(Math.floor(Math.random() * this.#created)), this.#value);
      const doneMs = performance.now();
      if (sentMs >= startMs && doneMs <= end()) latencies.record(doneMs - sentMs);
      return true;
    });
    const seconds = (end() - startMs) / 1000;
    const rounded = (ms: number): number => Math.round(ms * 100) / 100;
    return {
      writesPerSecond: Math.round(latencies.count / seconds),
      p50Ms: rounded(latencies.percentile(0.5)),
      p99Ms: rounded(latencies.percentile(0.99)),
      maxMs: rounded(latencies.maxMs),
    };
  }
}
