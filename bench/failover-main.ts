/**
 * `npm run bench:failover`: how long no write is acknowledged when the leader is killed with SIGKILL, or with `--stop` when
 * it stands still, as under SIGSTOP, with its connections open. One client writes one znode after the other; the gap is
 * the longest time between two acknowledgements around that.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { median } from "./report.ts";

interface FailoverFlags {
  nodes: number;
  runs: number;
  stop?: boolean;
  json?: boolean;
}

/** Takes the leader away once, under load; returns the gap in ms. It is brought back. */
async function gapWithout(cluster: LocalCluster, stopped: boolean): Promise<number> {
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
  await cluster.signal(leader, stopped ? "SIGSTOP" : "SIGKILL");
  await sleep(stopped ? 3000 : 1500);
  if (stopped) await cluster.signal(leader, "SIGCONT");
  await cluster.leader();
  stop = true;
  await writing;
  await client.close();
  if (!stopped) cluster.startServer(leader);
  await cluster.caughtUp();
  return longestMs;
}

async function main(): Promise<void> {
  const flags = new Command("bench:failover")
    .description("Measure the gap between acknowledged writes when the leader is killed, or stands still.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--runs <n>", "how many leaders to take away", positive, 10)
    .option("--stop", "stop them for 3 s, with their connections open, instead of killing them")
    .option("--json", "print one JSON object")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<FailoverFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    const gaps: number[] = [];
    for (let run = 0; run < flags.runs; run++) gaps.push(Math.round(await gapWithout(cluster, flags.stop === true)));
    const medianMs = median(gaps);
    const worstMs = Math.max(...gaps);
    if (flags.json)
      console.log(
        JSON.stringify({ nodes: flags.nodes, stopped: flags.stop === true, medianMs, worstMs, gapsMs: gaps }),
      );
    else
      console.log(
        `gap when the leader ${flags.stop ? "stands still" : "is killed"}: median ${medianMs} ms, worst ${worstMs} ms of ${gaps.length} (${gaps.join(", ")} ms)`,
      );
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:failover: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
