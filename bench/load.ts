/** A closed-loop load: so many operations are outstanding at any time, spread over a few sessions. */
import { performance } from "node:perf_hooks";
import { present } from "../src/base/assert.ts";
import { TerrariumClient } from "../src/client/index.ts";
import { Latencies } from "./latencies.ts";

/** What the load does. */
export const loadOperations = ["set", "get", "get-local", "create"] as const;
export type LoadOperation = (typeof loadOperations)[number];

export interface LoadOptions {
  readonly endpoints: readonly string[];
  readonly operation: LoadOperation;
  readonly outstanding: number;
  readonly seconds: number;
  readonly sessions: number;
  readonly keys: number;
  readonly valueBytes: number;
  /** Called about once a second with the operations done so far. */
  readonly progress?: (done: number, elapsedMs: number) => void;
}

export interface LoadResult {
  readonly operation: LoadOperation;
  readonly outstanding: number;
  readonly seconds: number;
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly errors: number;
}

const warmUpMs = 1000;

/** Runs the load against a cluster: sets up its keys, warms up for a second, measures for `seconds`. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const clients = await Promise.all(
    Array.from({ length: options.sessions }, (_, i) => {
      // Each session prefers another server.
      const endpoints = [...options.endpoints.slice(i % options.endpoints.length), ...options.endpoints];
      return TerrariumClient.connect({ endpoints: [present(endpoints[0], "an endpoint")], requestTimeoutMs: 60_000 });
    }),
  );
  try {
    const root = await present(clients[0], "a client").create("/bench-", "", { sequential: true });
    const value = new Uint8Array(options.valueBytes).fill(120);
    const keys = Array.from({ length: options.keys }, (_, i) => `${root.path}/k${i}`);
    if (options.operation !== "create") await createAll(clients, keys, value);
    return await measure(clients, options, root.path, keys, value);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function createAll(
  clients: readonly TerrariumClient[],
  keys: readonly string[],
  value: Uint8Array,
): Promise<void> {
  const creates = keys.map((key, i) => present(clients[i % clients.length], "a client").create(key, value));
  await Promise.all(creates);
}

async function measure(
  clients: readonly TerrariumClient[],
  options: LoadOptions,
  root: string,
  keys: readonly string[],
  value: Uint8Array,
): Promise<LoadResult> {
  const latencies = new Latencies();
  const startMs = performance.now() + warmUpMs;
  const endMs = startMs + options.seconds * 1000;
  let errors = 0;
  let next = 0;
  const one = (client: TerrariumClient, n: number): Promise<unknown> => {
    const key = present(keys[n % keys.length], "a key");
    switch (options.operation) {
      case "set":
        return client.set(key, value);
      case "get":
        return client.get(key);
      case "get-local":
        return client.get(key, { local: true });
      case "create":
        return client.create(`${root}/n-`, value, { sequential: true });
    }
  };
  const worker = async (client: TerrariumClient): Promise<void> => {
    for (;;) {
      const sentMs = performance.now();
      if (sentMs >= endMs) return;
      try {
        await one(client, next++);
        const doneMs = performance.now();
        if (sentMs >= startMs && doneMs <= endMs) latencies.record(doneMs - sentMs);
      } catch {
        errors++;
      }
    }
  };
  const timer = setInterval(() => options.progress?.(latencies.count, performance.now() - startMs), 1000);
  try {
    const workers = Array.from({ length: options.outstanding }, (_, i) =>
      worker(present(clients[i % clients.length], "a client")),
    );
    await Promise.all(workers);
  } finally {
    clearInterval(timer);
  }
  return {
    operation: options.operation,
    outstanding: options.outstanding,
    seconds: options.seconds,
    operations: latencies.count,
    operationsPerSecond: Math.round(latencies.count / options.seconds),
    p50Ms: round(latencies.percentile(0.5)),
    p99Ms: round(latencies.percentile(0.99)),
    maxMs: round(latencies.maxMs),
    errors,
  };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
