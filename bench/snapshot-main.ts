/**
 * `npm run bench:snapshot`: what it costs the others when a server gets a snapshot. A cluster with many znodes is written
 * to; then a new server joins it as an observer, which takes a snapshot of everything, while the writes go on.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { administer } from "../src/client/index.ts";
import { LocalCluster, type LocalServer } from "../test/support/local-cluster.ts";
import { type Rate, Tree } from "./tree.ts";

interface SnapshotFlags {
  nodes: number;
  znodes: number;
  bytes: number;
  outstanding: number;
  seconds: number;
  json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

/** Resolves once the joining server has applied what the leader has; to how long that took, ms. */
async function caughtUp(cluster: LocalCluster, { id }: LocalServer): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const leader = await cluster.status(await cluster.leader());
    const member = leader?.members.find((one) => one.id === id);
    if (member?.active === true && (member.lag ?? Number.POSITIVE_INFINITY) < 10_000)
      return performance.now() - startedMs;
    await sleep(50);
  }
}

async function measure(flags: SnapshotFlags, cluster: LocalCluster): Promise<void> {
  const tree = await Tree.plant(cluster.endpoints, flags.bytes);
  const endpoints = cluster.endpoints;
  await tree.growTo(flags.znodes);
  const before = await tree.set(flags.outstanding, flags.seconds);
  process.stderr.write(`before: ${before.writesPerSecond} writes/s\n`);
  // The process of a server that begins takes its time of the machine; that is not what is measured.
  const server = await cluster.join();
  const writing = tree.set(flags.outstanding, flags.seconds);
  const { id, peerAddress, endpoint: clientAddress } = server;
  await administer(endpoints, {
    type: "add",
    member: { id, peerAddress, clientAddress },
    observer: true,
    force: false,
  });
  const [during, snapshotMs] = await Promise.all([writing, caughtUp(cluster, server)]);
  const after = await tree.set(flags.outstanding, flags.seconds);
  await tree.close();
  const share = Math.round((100 * during.writesPerSecond) / Math.min(before.writesPerSecond, after.writesPerSecond));
  report(flags, { before, during, after, share, snapshotMs: Math.round(snapshotMs) });
}

interface Figures {
  readonly before: Rate;
  readonly during: Rate;
  /** With one server more to replicate to. */
  readonly after: Rate;
  /** Of the rate before or after, whichever is lower, percent. */
  readonly share: number;
  readonly snapshotMs: number;
}

function report(flags: SnapshotFlags, figures: Figures): void {
  if (flags.json) return console.log(JSON.stringify(figures));
  const { before, during, after, share, snapshotMs } = figures;
  for (const [when, rate] of Object.entries({ before, during, after }))
    console.log(
      `${when}: ${rate.writesPerSecond} writes/s, p50 ${rate.p50Ms} ms, p99 ${rate.p99Ms} ms, max ${rate.maxMs} ms`,
    );
  console.log(`the new server had everything after ${snapshotMs} ms; meanwhile ${share} % of the rate`);
}

async function main(): Promise<void> {
  const flags = new Command("bench:snapshot")
    .description("Measure a cluster's rate while a server that joins it takes a snapshot.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--znodes <n>", "znodes in the snapshot", positive, 200_000)
    .option("--bytes <n>", "data of each znode", positive, 100)
    .option("--outstanding <n>", "operations under way at any time", positive, 64)
    .option("--seconds <n>", "how long to measure each rate", positive, 5)
    .option("--json", "print one JSON object")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<SnapshotFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    await measure(flags, cluster);
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:snapshot: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
