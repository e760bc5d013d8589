/**
 * `npm run bench:steady`: minutes of full load. Memory must not grow, and no election may be held: a server that is busy is
 * not gone. Fails if the cluster's term has changed.
 */
import { Command } from "commander";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { clusterSize, positive } from "./arguments.ts";
import { LoadProcess } from "./load/process.ts";
import { processorMicros, residentBytes } from "./load/processor.ts";
import { pidsOf, terrariumClient } from "./systems/terrarium.ts";

interface SteadyFlags {
  nodes: number;
  minutes: number;
  outstanding: number;
  json?: boolean;
}

/** Some seconds of load, and what the cluster was like at their end. */
interface Slice {
  readonly atSeconds: number;
  readonly operationsPerSecond: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly errors: number;
  /** Of each server. */
  readonly residentMiB: readonly number[];
  readonly term: number;
}

const sliceSeconds = 29;

async function termOf(cluster: LocalCluster): Promise<number> {
  for (;;) {
    const status = await cluster.status(await cluster.leader());
    if (status !== undefined) return status.term;
  }
}

async function main(): Promise<void> {
  const flags = new Command("bench:steady")
    .description("Load a cluster for minutes: its memory stays what it is, and no election is held.")
    .option("--nodes <n>", "servers to start: 1, 3, 5 or 7", clusterSize, 5)
    .option("--minutes <n>", "how long", positive, 10)
    .option("--outstanding <n>", "sets under way at any time", positive, 1024)
    .option("--json", "print one JSON object")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<SteadyFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  let load: LoadProcess | undefined;
  try {
    const servers = pidsOf(cluster);
    const target = { kind: "terrarium", endpoints: cluster.endpoints, client: terrariumClient } as const;
    const keys = 10_000;
    load = await LoadProcess.start(target, 4, { count: keys, valueBytes: 100 });
    const [firstTerm, micros] = [await termOf(cluster), processorMicros(servers)];
    const slices: Slice[] = [];
    const begun = performance.now();
    for (let n = 0; n < 2 * flags.minutes; n++) {
      const order = { operation: "set", outstanding: flags.outstanding, seconds: sliceSeconds, keys, servers } as const;
      const { operationsPerSecond, p99Ms, maxMs, errors } = await load.run(order);
      const residentMiB = servers.map((pid) => Math.round((residentBytes([pid]) ?? 0) / 2 ** 20));
      const atSeconds = Math.round((performance.now() - begun) / 1000);
      const slice = { atSeconds, operationsPerSecond, p99Ms, maxMs, errors, residentMiB, term: await termOf(cluster) };
      slices.push(slice);
      if (!flags.json)
        console.log(
          `${String(atSeconds).padStart(4)} s  ${operationsPerSecond} sets/s  p99 ${p99Ms} ms  max ${maxMs} ms  ${residentMiB.join(" + ")} MiB  term ${slice.term}  ${errors} errors`,
        );
    }
    await load.close();
    const elections = (slices.at(-1)?.term ?? firstTerm) - firstTerm;
    const share = ((processorMicros(servers) ?? 0) - (micros ?? 0)) / 1000 / (performance.now() - begun);
    if (flags.json) console.log(JSON.stringify({ options: flags, elections, processors: share, slices }));
    else console.log(`${elections} elections; the servers took ${share.toFixed(2)} processors`);
    if (elections !== 0) process.exitCode = 1;
  } finally {
    load?.kill();
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:steady: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
