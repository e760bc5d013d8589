/**
 * `npm run bench:failover`: how long no write is acknowledged when the leader is killed with SIGKILL. One client writes
 * one znode after the other; the gap is the longest time between two acknowledgements around the kill.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";

interface FailoverFlags {
  nodes: number;
  runs: number;
  json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

/** Kills the leader once, under load; returns the gap in ms. The server is started again. */
async function gapOfOneKill(cluster: LocalCluster): Promise<number> {
  const leader = await cluster.leader();
  const client = await TerrariumClient.connect({ endpoints: cluster.endpoints, requestTimeoutMs: 30_000 });
  let longestMs = 0;
  let stop = false;
  const path = (await client.create("/failover-", "", { sequential: true })).path;
  const writing = (async () => {
    let lastMs = performance.now();
    while (!stop) {
      await client.set(path, "x");
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
    }
  })();
  await sleep(500);
  await cluster.signal(leader, "SIGKILL");
  await sleep(1500);
  await cluster.leader();
  stop = true;
  await writing;
  await client.close();
  cluster.startServer(leader);
  await caughtUp(cluster);
  return longestMs;
}

/** Waits until all servers run and follow the leader closely. */
async function caughtUp(cluster: LocalCluster): Promise<void> {
  for (;;) {
    const status = await cluster.status(await cluster.leader());
    if (status?.members.every((member) => member.active === true && (member.lag ?? 1) === 0)) return;
    await sleep(50);
  }
}

async function main(): Promise<void> {
  const flags = new Command("bench:failover")
    .description("Measure the gap between acknowledged writes when the leader is killed.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--runs <n>", "how many leaders to kill", positive, 10)
    .option("--json", "print one JSON object")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<FailoverFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    const gaps: number[] = [];
    for (let run = 0; run < flags.runs; run++) gaps.push(Math.round(await gapOfOneKill(cluster)));
    const sorted = [...gaps].sort((a, b) => a - b);
    const medianMs = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
    if (flags.json) console.log(JSON.stringify({ nodes: flags.nodes, medianMs, gapsMs: gaps }));
    else console.log(`gap when the leader is killed: median ${medianMs} ms of ${gaps.length} (${gaps.join(", ")} ms)`);
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:failover: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
