/** A closed-loop load: so many operations are outstanding at any time, spread over a few sessions. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Latencies } from "../latencies.ts";
import type { Driver, LoadOperation } from "./driver.ts";
import { processorMicros, residentBytes } from "./processor.ts";

/** One operation at one number of outstanding ones. */
export interface LoadCase {
  readonly operation: LoadOperation;
  readonly outstanding: number;
}

/** How a case is measured. */
export interface LoadOptions extends LoadCase {
  /** How long, after a second of warm-up. */
  readonly seconds: number;
  /** How many znodes operations choose from. */
  readonly keys: number;
  /** The processes of the servers; empty where they are not known. */
  readonly servers: readonly number[];
  /** Called about once a second with the operations done so far. */
  readonly progress?: (done: number) => void;
}

/** The figures of a case. Times per operation are user and system time. */
export interface LoadFigures extends LoadCase {
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly errors: number;
  /** Processor time of all servers together per operation, µs; undefined where it cannot be known. */
  readonly serverMicros: number | undefined;
  /** Processor time of the process that makes the load per operation, µs. */
  readonly clientMicros: number;
  /** Memory that the servers have in use, all together, MiB. */
  readonly residentMiB: number | undefined;
}

/** What was measured. */
export interface LoadResult extends LoadFigures {
  readonly seconds: number;
  readonly operations: number;
}

const warmUpMs = 1000;

/** Runs one case. */
export async function runLoad(driver: Driver, options: LoadOptions): Promise<LoadResult> {
  const { operation, outstanding, seconds, keys, servers } = options;
  let latencies: Latencies | undefined;
  let stop = false;
  let done = 0;
  let errors = 0;
  let next = 0;
  const worker = async (session: number): Promise<void> => {
    while (!stop) {
      const sentMs = performance.now();
      try {
        await driver.operate(operation, session, next++ % keys);
        done++;
        latencies?.record(performance.now() - sentMs);
      } catch {
        errors++;
      }
    }
  };
  const timer = setInterval(() => options.progress?.(done), 1000);
  const workers = Promise.all(Array.from({ length: outstanding }, (_, i) => worker(i)));
  const look = () => ({ at: performance.now(), done, client: process.cpuUsage(), server: processorMicros(servers) });
  await sleep(warmUpMs);
  const window = new Latencies();
  latencies = window;
  const first = look();
  await sleep(seconds * 1000);
  const last = look();
  latencies = undefined;
  stop = true;
  await workers;
  clearInterval(timer);
  const operations = last.done - first.done;
  const elapsedMs = last.at - first.at;
  const client = last.client.user + last.client.system - first.client.user - first.client.system;
  const known = servers.length > 0 && last.server !== undefined && first.server !== undefined;
  const resident = residentBytes(servers);
  return {
    operation,
    outstanding,
    seconds,
    operations,
    operationsPerSecond: Math.round((operations * 1000) / elapsedMs),
    p50Ms: hundredths(window.percentile(0.5)),
    p99Ms: hundredths(window.percentile(0.99)),
    maxMs: hundredths(window.maxMs),
    errors,
    serverMicros: known ? hundredths(((last.server ?? 0) - (first.server ?? 0)) / operations) : undefined,
    clientMicros: hundredths(client / operations),
    residentMiB: servers.length > 0 && resident !== undefined ? Math.round(resident / 2 ** 20) : undefined,
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
