/**
 * `npm run bench:large`: for how long what a client may ask for in any number holds up a server. Each step tells the
 * longest stall of any server's event loop meanwhile, as the servers' own metrics have it.
 */
import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { present } from "../src/base/assert.ts";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { Latencies } from "./latencies.ts";

interface LargeFlags {
  nodes: number;
  names: number;
  children: number;
  listings: number;
  json?: boolean;
}

/** What one step came to. */
interface Figure {
  readonly step: string;
  readonly tookMs: number;
  /** Longest delay of an event loop, of all servers that ran. */
  readonly stallMs: number;
  /** Latency of another client's writes meanwhile, one after the other. */
  readonly writeP50Ms: number;
  readonly writeMaxMs: number;
}

/** The longest delay of any server's event loop since this was asked last, milliseconds. */
async function longestStall(cluster: LocalCluster): Promise<number> {
  const stalls = cluster.servers.map(async ({ process, httpAddress }) => {
    if (process === undefined) return 0;
    const page = await (await fetch(`http://${httpAddress}/metrics`)).text();
    return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(page)?.[1] ?? 0);
  });
  return Math.round(Math.max(...(await Promise.all(stalls))));
}

/** Calls `act` for each number below `count`, 256 at a time. */
async function forEach(count: number, act: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: 256 }, loop));
}

const nameOf = (n: number): string => `node-${String(n).padStart(8, "0")}`;

/** Deletes a znode and all below it, as a user would. */
function deleteTree(endpoints: readonly string[], path: string): Promise<void> {
  const kvctl = fileURLToPath(new URL("../../bin/kvctl.js", import.meta.url));
  const child = spawn(process.execPath, [kvctl, "--endpoints", endpoints.join(","), "delete", "-r", path], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`kvctl delete ended with ${code}`))));
  });
}

async function measure(flags: LargeFlags, cluster: LocalCluster): Promise<Figure[]> {
  const { endpoints } = cluster;
  const leader = await cluster.leader();
  const follower = present(cluster.servers.find(({ id }) => id !== leader) ?? cluster.servers[0], "a server");
  const options = { requestTimeoutMs: 300_000, connectTimeoutMs: 60_000, sessionTimeoutMs: 60_000 };
  const connect = (...at: readonly string[]) => TerrariumClient.connect({ ...options, endpoints: at });
  const writer = await connect(cluster.server(leader).endpoint);
  await writer.create("/beat", "");
  const figures: Figure[] = [];
  const step = async (name: string, act: () => Promise<unknown>): Promise<void> => {
    await sleep(500);
    await longestStall(cluster);
    const latencies = new Latencies();
    let over = false;
    const beat = (async () => {
      while (!over) {
        const sentMs = performance.now();
        await writer.set("/beat", "x");
        latencies.record(performance.now() - sentMs);
        await sleep(5);
      }
    })();
    const startedMs = performance.now();
    await act();
    const tookMs = Math.round(performance.now() - startedMs);
    over = true;
    await beat;
    const [p50, max] = [latencies.percentile(0.5), latencies.maxMs].map(Math.round);
    const stallMs = await longestStall(cluster);
    figures.push({ step: name, tookMs, stallMs, writeP50Ms: p50 ?? 0, writeMaxMs: max ?? 0 });
    process.stderr.write(`${JSON.stringify(figures.at(-1))}\n`);
  };

  const owner = await connect(cluster.server(leader).endpoint);
  await owner.create("/names", "");
  await step(`${flags.names} ephemerals created`, () =>
    forEach(flags.names, (n) => owner.create(`/names/${nameOf(n)}`, "", { ephemeral: true })),
  );
  await step(`${flags.listings} listings of ${flags.names} names at once`, () =>
    Promise.all(Array.from({ length: flags.listings }, () => owner.children("/names"))),
  );
  // Its first endpoint is that of a follower, which will die.
  const others = cluster.servers.filter(({ id }) => id !== follower.id).map(({ endpoint }) => endpoint);
  const watcher = await connect(follower.endpoint);
  let events = 0;
  await step(`${flags.names} watches armed`, () =>
    forEach(flags.names, (n) => watcher.exists(`/names/${nameOf(n)}`, { local: true, watch: () => events++ })),
  );
  if (others.length > 1) {
    await step(`setWatches of ${flags.names} at another server`, async () => {
      await cluster.signal(follower.id, "SIGKILL");
      await watcher.sync();
    });
    cluster.startServer(follower.id);
    while ((await cluster.status(follower.id))?.ready !== true) await sleep(50);
  }
  await step(`end of a session with ${flags.names} ephemerals, ${flags.names} watches fire`, async () => {
    await owner.close();
    while (events < flags.names) await sleep(5);
  });
  const again = await connect(cluster.server(leader).endpoint);
  await forEach(flags.names, (n) => again.create(`/names/${nameOf(n)}`, "", { ephemeral: true }));
  await step(`end of a session with ${flags.names} ephemerals`, () => again.close());
  const parent = await connect(cluster.server(leader).endpoint);
  await parent.create("/many", "");
  await step(`${flags.children} children created`, () =>
    forEach(flags.children, (n) => parent.create(`/many/${nameOf(n)}`, "")),
  );
  await step(`${flags.children} children listed in pages`, async () => {
    for await (const page of parent.childPages("/many")) if (!page.more) return;
  });
  await step(`delete -r of ${flags.children} children`, () => deleteTree(endpoints, "/many"));
  for (const client of [writer, watcher, parent]) await client.close();
  return figures;
}

async function main(): Promise<void> {
  const flags = new Command("bench:large")
    .description("Measure for how long large requests hold up a server.")
    .option("--nodes <n>", "servers to start", positive, 3)
    .option("--names <n>", "ephemerals, and watches on them", positive, 90_000)
    .option("--children <n>", "children of one znode that are listed in pages and deleted", positive, 300_000)
    .option("--listings <n>", "listings of all names at once", positive, 100)
    .option("--json", "print one JSON object")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<LargeFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    const figures = await measure(flags, cluster);
    if (flags.json) return console.log(JSON.stringify(figures));
    for (const { step, tookMs, stallMs, writeP50Ms, writeMaxMs } of figures)
      console.log(
        `${step}: ${tookMs} ms, stall ${stallMs} ms, another's write ${writeP50Ms} ms, worst ${writeMaxMs} ms`,
      );
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:large: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
