/**
 * `npm run bench:transfer`: how long a client waits for a write when the leader is stopped in good order
 * (SIGTERM) and hands leadership over first (thesis §3.10). Four clients, spread over the servers, write one after the
 * other; the gap is the longest time that any of them waited around the stop.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { median } from "./report.ts";

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
  await cluster.caughtUp();
  return { gapMs: Math.max(...gaps), failed: state.failed };
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
