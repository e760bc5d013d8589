/**
 * `npm run bench:snapshot`: what it costs the others when a server gets a snapshot. A cluster with many znodes is written
 * to, while one of its followers is away for so long that the log no more has what it lacks; then it returns, and the
 * writes go on. With `--join` it is a new server that joins as an observer: one more on the same processors and disk.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { present } from "../src/base/assert.ts";
import { administer } from "../src/client/index.ts";
import { LocalCluster, type LocalServer } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { type Rate, Tree } from "./tree.ts";

interface SnapshotFlags {
  nodes: number;
  znodes: number;
  bytes: number;
  outstanding: number;
  seconds: number;
  join?: boolean;
  json?: boolean;
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
  const leader = await cluster.leader();
  const follower = present(
    cluster.servers.find(({ id }) => id !== leader),
    "a follower",
  );
  const others = cluster.servers.filter((server) => server !== follower).map(({ endpoint }) => endpoint);
  const tree = await Tree.plant(others, flags.bytes);
  await tree.growTo(flags.znodes);
  const before = await tree.set(flags.outstanding, flags.seconds);
  process.stderr.write(`before: ${before.writesPerSecond} writes/s\n`);
  const server = flags.join ? await joined(cluster) : await returned(cluster, follower, tree, flags);
  const catchingUp = caughtUp(cluster, server);
  const [during, snapshotMs] = await Promise.all([tree.setUntil(flags.outstanding, catchingUp), catchingUp]);
  const after = await tree.set(flags.outstanding, flags.seconds);
  await tree.close();
  const share = Math.round((200 * during.writesPerSecond) / (before.writesPerSecond + after.writesPerSecond));
  report(flags, { before, during, after, share, snapshotMs: Math.round(snapshotMs) });
}

/** Resolves when a new server is an observer that lacks everything. */
async function joined(cluster: LocalCluster): Promise<LocalServer> {
  const server = await cluster.join();
  const { id, peerAddress, endpoint: clientAddress } = server;
  await administer(cluster.endpoints, {
    type: "add",
    member: { id, peerAddress, clientAddress },
    observer: true,
    force: false,
  });
  return server;
}

/** Resolves when the follower runs again and lacks what the log no more has. */
async function returned(
  cluster: LocalCluster,
  follower: LocalServer,
  tree: Tree,
  flags: SnapshotFlags,
): Promise<LocalServer> {
  const leader = await cluster.leader();
  const last = present(await cluster.status(leader), "status of the leader").lastIndex;
  await cluster.signal(follower.id, "SIGKILL");
  while (((await cluster.status(leader))?.firstIndex ?? 0) <= last) await tree.set(flags.outstanding, 1);
  cluster.startServer(follower.id);
  // The process of a server that begins takes its time of the machine; that is not what is measured.
  while ((await cluster.status(follower.id)) === undefined) await sleep(5);
  return follower;
}

interface Figures {
  readonly before: Rate;
  readonly during: Rate;
  readonly after: Rate;
  /** `during` in percent of the mean of the other two: what the machine does meanwhile counts less so. */
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
  console.log(
    `the new server had everything after ${snapshotMs} ms; meanwhile ${share} % of the rate before and after`,
  );
}

async function main(): Promise<void> {
  const flags = new Command("bench:snapshot")
    .description("Measure a cluster's rate while one of its servers takes a snapshot.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--znodes <n>", "znodes in the snapshot", positive, 200_000)
    .option("--bytes <n>", "data of each znode", positive, 100)
    .option("--outstanding <n>", "operations under way at any time", positive, 64)
    .option("--seconds <n>", "how long to measure the rates before and after", positive, 10)
    .option("--join", "a new server takes the snapshot")
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
