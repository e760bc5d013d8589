/**
 * `npm run bench:sessions`: what sessions cost that do nothing but show that they are there. They speak ZooKeeper's protocol,
 * and ping as its clients do: after a third of their timeout.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { LoadProcess } from "./load/process.ts";
import { processorMicros, residentBytes } from "./load/processor.ts";
import { pidsOf } from "./systems/terrarium.ts";

interface SessionFlags {
  nodes: number;
  sessions: number;
  seconds: number;
  json?: boolean;
}

async function main(): Promise<void> {
  const flags = new Command("bench:sessions")
    .description("Measure what idle sessions cost the servers.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--sessions <n>", "sessions, with each server as many", positive, 10_000)
    .option("--seconds <n>", "how long to measure", positive, 60)
    .option("--json", "print one JSON object")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<SessionFlags>();
  const cluster = await LocalCluster.start(flags.nodes, [], undefined, true);
  let load: LoadProcess | undefined;
  try {
    const pids = pidsOf(cluster);
    /** Processor time that each server takes, in parts of one core, over `seconds`. */
    const shares = async (): Promise<readonly number[]> => {
      const before = pids.map((pid) => processorMicros([pid]) ?? 0);
      const begun = performance.now();
      await sleep(flags.seconds * 1000);
      const micros = 1000 * (performance.now() - begun);
      return pids.map((pid, i) => ((processorMicros([pid]) ?? 0) - (before[i] ?? 0)) / micros);
    };
    const resident = () => Math.round((residentBytes(pids) ?? 0) / 2 ** 20);
    await sleep(2000);
    const [idle, idleMiB] = [await shares(), resident()];
    const endpoints = cluster.servers.map(({ zookeeperAddress }) => zookeeperAddress);
    load = await LoadProcess.start({ kind: "zookeeper", endpoints }, flags.sessions, { count: 1, valueBytes: 1 });
    // Those that were opened last have pinged once, too.
    await sleep(15_000);
    const [busy, busyMiB] = [await shares(), resident()];
    await load.close();
    const result = { options: flags, idle, busy, idleMiB, busyMiB };
    const percent = (all: readonly number[]) => all.map((share) => `${(100 * share).toFixed(1)} %`).join(", ");
    if (flags.json) return console.log(JSON.stringify(result));
    console.log(`each server's share of a core, without sessions: ${percent(idle)}; ${idleMiB} MiB in all`);
    console.log(`with ${flags.sessions} sessions that ping: ${percent(busy)}; ${busyMiB} MiB in all`);
  } finally {
    load?.kill();
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:sessions: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
