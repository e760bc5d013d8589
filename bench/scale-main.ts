/**
 * `npm run bench:scale`: what a write costs in a large tree against a small one, and what the large one costs otherwise:
 * memory, disk, the time of a restart. All figures are of one run, one after the other, on one cluster.
 */
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { present } from "../src/base/assert.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { diskOf, mixOf } from "./mix.ts";
import { median } from "./report.ts";
import { pathOf, type Rate, Tree } from "./tree.ts";

interface ScaleFlags {
  nodes: number;
  znodes: number;
  small: number;
  bytes: number;
  outstanding: number;
  seconds: number;
  rounds: number;
  mixSets: number;
  mixOnly?: boolean;
  json?: boolean;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Resident memory of a server, bytes. */
async function memoryOf(cluster: LocalCluster, id: number): Promise<number> {
  const pid = present(cluster.server(id).process?.pid, "a process");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** By how much checkpoints hold up a server's loop, milliseconds: upper ends of a histogram's buckets. */
async function checkpointStalls(cluster: LocalCluster, id: number): Promise<{ p999Ms: number; maxMs: number }> {
  const page = await (await fetch(`http://${cluster.server(id).httpAddress}/metrics`)).text();
  const lines = page.matchAll(/terrarium_checkpoint_turn_duration_seconds_bucket\{le="([^"]+)"\} (\d+)/g);
  // Cumulative, rising.
  const buckets = Array.from(lines, ([, le, count]) => ({
    ms: le === "+Inf" ? Number.POSITIVE_INFINITY : 1000 * Number(le),
    count: Number(count),
  }));
  const all = buckets.at(-1)?.count ?? 0;
  const reaching = (share: number): number => buckets.find(({ count }) => count >= share * all)?.ms ?? 0;
  return { p999Ms: reaching(0.999), maxMs: reaching(1) };
}

/** The load of one size of the tree, a few times. */
async function rates(tree: Tree, znodes: number, flags: ScaleFlags, after: () => Promise<string>): Promise<Rate[]> {
  const measured: Rate[] = [];
  for (let round = 0; round < flags.rounds; round++) {
    const rate = await tree.set(flags.outstanding, flags.seconds);
    measured.push(rate);
    say(`with ${znodes} znodes: ${JSON.stringify(rate)}${await after()}`);
  }
  return measured;
}

/** Kills a follower and starts it again; how long until it has applied what the leader had committed. */
async function restartMs(cluster: LocalCluster, id: number): Promise<number> {
  const leader = await cluster.leader();
  const { commitIndex } = present(await cluster.status(leader), "the leader's status");
  await cluster.signal(id, "SIGKILL");
  const startedMs = performance.now();
  cluster.startServer(id);
  for (;;) {
    const status = await cluster.status(id);
    if (status !== undefined && status.appliedIndex >= commitIndex) return Math.round(performance.now() - startedMs);
    await sleep(20);
  }
}

async function main(): Promise<void> {
  const flags = new Command("bench:scale")
    .description("Measure what a tree of many znodes costs against one of few.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--znodes <n>", "znodes of the large tree", positive, 1_000_000)
    .option("--small <n>", "znodes of the small tree", positive, 1_000)
    .option("--bytes <n>", "data of each znode", positive, 100)
    .option("--outstanding <n>", "operations under way at any time", positive, 64)
    .option("--seconds <n>", "how long to measure each rate", positive, 10)
    .option("--rounds <n>", "how often to measure each rate", positive, 3)
    .option("--mix-sets <n>", "sets of large znodes beside small ones that stay, for the disk", positive, 4000)
    .option("--mix-only", "nothing but that mix")
    .option("--json", "print one JSON object")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<ScaleFlags>();
  const print = (figures: unknown): void =>
    console.log(flags.json ? JSON.stringify(figures) : JSON.stringify(figures, undefined, 2));
  const mix = await mixOf(() => LocalCluster.start(flags.nodes), flags.mixSets);
  say(`large znodes set beside small ones that stay: ${JSON.stringify(mix)}`);
  if (flags.mixOnly) return print({ mix });
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    const leader = await cluster.leader();
    const follower = present(cluster.servers.find(({ id }) => id !== leader) ?? cluster.servers[0], "a server").id;
    const load = await Tree.plant(cluster.endpoints, flags.bytes);
    await load.growTo(flags.small);
    // The first thousands of writes meet code that is not compiled yet; a large tree has that behind it when it is grown.
    say(`to warm up: ${JSON.stringify(await load.set(flags.outstanding, flags.seconds))}`);
    const small = await rates(load, flags.small, flags, async () => "");
    const smallMemory = await memoryOf(cluster, follower);
    await load.growTo(flags.znodes);
    const diskBytes: number[] = [];
    const large = await rates(load, flags.znodes, flags, async () => {
      diskBytes.push(await diskOf(cluster, follower));
      return `, disk ${diskBytes.at(-1)} bytes`;
    });
    const writes = (of: readonly Rate[]): number => median(of.map(({ writesPerSecond }) => writesPerSecond));
    const pathBytes = pathOf(flags.znodes - 1).length;
    const grown = ((await memoryOf(cluster, follower)) - smallMemory) / (flags.znodes - flags.small);
    const figures = {
      mix,
      small,
      large,
      /** Medians of the rounds. */
      costRatio: Math.round((100 * writes(small)) / writes(large)) / 100,
      checkpointStalls: await checkpointStalls(cluster, leader),
      bytesPerZnode: Math.round(grown - flags.bytes - pathBytes),
      diskBytes,
      restartMs: await restartMs(cluster, follower),
    };
    await load.close();
    print(figures);
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:scale: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
