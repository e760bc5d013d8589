/**
 * `npm run bench:transfer`: how long a client waits for a write when the leader is stopped in good order
 * (SIGTERM) and hands leadership over first (thesis §3.10). Four clients, spread over the servers, write one after the
 * other; the gap is the longest time that any of them waited around the stop.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";

interface TransferFlags {
  nodes: number;
  runs: number;
  json?: boolean;
}

/** Longest wait, ms, and how many writes failed. */
interface Stop {
  readonly gapMs: number;
  readonly failed: number;
}

const clients = 4;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

/** Writes until told to stop; resolves to the longest gap. */
async function write(endpoints: readonly string[], state: { stop: boolean; failed: number }): Promise<number> {
  const client = await TerrariumClient.connect({ endpoints, requestTimeoutMs: 30_000 });
  const path = (await client.create("/transfer-", "", { sequential: true })).path;
  let longestMs = 0;
  for (let lastMs = performance.now(); !state.stop; ) {
    await client.set(path, "x").catch(() => state.failed++);
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  }
  await client.close();
  return longestMs;
}

/** Stops the leader once, under load. The server is started again. */
async function stopOnce(cluster: LocalCluster): Promise<Stop> {
  const leader = await cluster.leader();
  const state = { stop: false, failed: 0 };
  const writers = Array.from({ length: clients }, () => write(cluster.endpoints, state));
  await sleep(700);
  await cluster.signal(leader, "SIGTERM");
  await sleep(700);
  state.stop = true;
  const gaps = await Promise.all(writers);
  cluster.startServer(leader);
  await caughtUp(cluster);
  return { gapMs: Math.max(...gaps), failed: state.failed };
}

/** Waits until all servers run and follow the leader closely. */
async function caughtUp(cluster: LocalCluster): Promise<void> {
  for (;;) {
    const status = await cluster.status(await cluster.leader());
    if (status?.members.every((member) => member.active === true && (member.lag ?? 1) === 0)) return;
    await sleep(50);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

async function main(): Promise<void> {
  const flags = new Command("bench:transfer")
    .description("Measure the gap between acknowledged writes when the leader is stopped in good order.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--runs <n>", "how many leaders to stop", positive, 10)
    .option("--json", "print one JSON object")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<TransferFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    const gapsMs: number[] = [];
    let failed = 0;
    for (let run = 0; run < flags.runs; run++) {
      const stop = await stopOnce(cluster);
      gapsMs.push(Math.round(stop.gapMs));
      failed += stop.failed;
    }
    const medianMs = median(gapsMs);
    if (flags.json) console.log(JSON.stringify({ nodes: flags.nodes, medianMs, gapsMs, failed }));
    else {
      const list = gapsMs.join(", ");
      console.log(`longest wait when the leader is stopped: median ${medianMs} ms of ${gapsMs.length} (${list} ms)`);
      console.log(`failed writes: ${failed}`);
    }
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`transfer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
