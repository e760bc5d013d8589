/**
 * `npm run bench:pages`: the processor time that open pages of the dashboard cost the server that they are open at, and
 * the others that it asks on their behalf.
 */
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { present } from "../src/base/assert.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";

interface Flags {
  nodes: number;
  pages: readonly number[];
  seconds: number;
  json?: boolean;
}

/** What some number of pages cost. */
interface Row {
  readonly pages: number;
  /** Of the server that they are open at, of one core. */
  readonly serverPercent: number;
  /** Of the busiest of the others. */
  readonly otherPercent: number;
  readonly viewsPerSecond: number;
  readonly bytesPerView: number;
}

function counts(text: string): readonly number[] {
  return text
    .split(",")
    .map(Number)
    .map((value) => {
      if (!Number.isInteger(value) || value < 0 || value > 200)
        throw new InvalidArgumentError("must be numbers from 0 to 200");
      return value;
    });
}

/** Processor time that a server has taken so far, seconds, as it says itself. */
async function processorSeconds(httpAddress: string): Promise<number> {
  const text = await (await fetch(`http://${httpAddress}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}

function open(httpAddress: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`http://${httpAddress}/events`, { agent: false }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`a page was not let in: ${response.statusCode}`));
    }).on("error", reject);
  });
}

async function measure(cluster: LocalCluster, pages: number, seconds: number): Promise<Row> {
  const [first, ...others] = cluster.servers.map((server) => server.httpAddress);
  const address = present(first, "a server");
  const streams = await Promise.all(Array.from({ length: pages }, () => open(address)));
  let [views, bytes] = [0, 0];
  for (const stream of streams)
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      views += chunk.includes("event: cluster") ? 1 : 0;
    });
  // What opening them costs is paid once.
  await sleep(2_000);
  [views, bytes] = [0, 0];
  const addresses = [address, ...others];
  const before = await Promise.all(addresses.map(processorSeconds));
  const beganMs = performance.now();
  await sleep(seconds * 1_000);
  const after = await Promise.all(addresses.map(processorSeconds));
  const tookMs = performance.now() - beganMs;
  const percents = after.map((value, i) => ((value - (before[i] ?? 0)) / tookMs) * 100_000);
  for (const stream of streams) stream.destroy();
  return {
    pages,
    serverPercent: percents[0] ?? Number.NaN,
    otherPercent: Math.max(...percents.slice(1), 0),
    viewsPerSecond: pages === 0 ? 0 : (views / pages / tookMs) * 1_000,
    bytesPerView: views === 0 ? 0 : bytes / views,
  };
}

async function main(): Promise<void> {
  const { nodes, pages, seconds, json } = new Command("bench:pages")
    .option("--nodes <n>", "servers", positive, 3)
    .option("--pages <list>", "how many pages are open at one server", counts, [0, 1, 10, 50, 200])
    .option("--seconds <n>", "to measure each for", positive, 10)
    .option("--json", "print one JSON object")
    .parse()
    .opts<Flags>();
  const cluster = await LocalCluster.start(nodes);
  try {
    const rows: Row[] = [];
    for (const number of pages) rows.push(await measure(cluster, number, seconds));
    if (json === true) return console.log(JSON.stringify({ nodes, seconds, rows }));
    const idle = rows.find((row) => row.pages === 0);
    console.log(`${nodes} servers without load; percent of one core, over ${seconds} s each\n`);
    console.log("pages  their server  the others  per page  views/s  bytes/view");
    for (const row of rows) {
      const more =
        idle === undefined || row.pages === 0 ? undefined : (row.serverPercent - idle.serverPercent) / row.pages;
      const cells = [
        String(row.pages).padStart(5),
        row.serverPercent.toFixed(2).padStart(12),
        row.otherPercent.toFixed(2).padStart(10),
        (more === undefined ? "-" : more.toFixed(3)).padStart(8),
        row.viewsPerSecond.toFixed(1).padStart(7),
        row.bytesPerView.toFixed(0).padStart(10),
      ];
      console.log(cells.join("  "));
    }
  } finally {
    await cluster.destroy();
  }
}

await main();
