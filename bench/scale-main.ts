/**
 * `npm run bench:scale`: what a write costs in a large tree against a small one, and what the large one costs otherwise:
 * memory, disk, the time of a restart. All figures are of one run, one after the other, on one cluster.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { present } from "../src/base/assert.ts";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { Latencies } from "./latencies.ts";

interface ScaleFlags {
  nodes: number;
  znodes: number;
  small: number;
  bytes: number;
  outstanding: number;
  seconds: number;
  rounds: number;
  json?: boolean;
}

interface Rate {
  readonly writesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const sessions = 4;
/** Znodes under one parent. */
const family = 1000;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Calls `act` for 0, 1, 2 … from `workers` loops at once, until one of its calls says that it was the last. */
async function inParallel(workers: number, act: (n: number) => Promise<boolean>): Promise<void> {
  let next = 0;
  let over = false;
  const loop = async (): Promise<void> => {
    while (!over) if (!(await act(next++))) over = true;
  };
  await Promise.all(Array.from({ length: workers }, loop));
}

function pathOf(n: number): string {
  return `/scale/f${Math.floor(n / family)}/n${n}`;
}

class Load {
  readonly #clients: readonly TerrariumClient[];
  readonly #value: Uint8Array;
  #created = 0;

  constructor(clients: readonly TerrariumClient[], valueBytes: number) {
    this.#clients = clients;
    this.#value = new Uint8Array(valueBytes).fill(120);
  }

  #client(n: number): TerrariumClient {
    return present(this.#clients[n % this.#clients.length], "a client");
  }

  /** Creates znodes up to the number `count`. */
  async growTo(count: number): Promise<void> {
    const first = this.#client(0);
    if (this.#created === 0) await first.create("/scale", "");
    const families = Math.ceil(count / family);
    for (let f = Math.ceil(this.#created / family); f < families; f++) await first.create(`/scale/f${f}`, "");
    const from = this.#created;
    const startedMs = performance.now();
    await inParallel(256, async (i) => {
      const n = from + i;
      if (n >= count) return false;
      await this.#client(n).create(pathOf(n), this.#value);
      if (n % 100_000 === 99_999) say(`${n + 1} znodes after ${Math.round((performance.now() - startedMs) / 1000)} s`);
      return true;
    });
    this.#created = count;
  }

  /** Sets znodes in random order for `seconds`. */
  async set(outstanding: number, seconds: number): Promise<Rate> {
    const latencies = new Latencies();
    const startMs = performance.now() + 1000;
    const endMs = startMs + seconds * 1000;
    await inParallel(outstanding, async (n) => {
      const sentMs = performance.now();
      if (sentMs >= endMs) return false;
      await this.#client(n).set(pathOf(Math.floor(Math.random() * this.#created)), this.#value);
      const doneMs = performance.now();
      if (sentMs >= startMs && doneMs <= endMs) latencies.record(doneMs - sentMs);
      return true;
    });
    const rounded = (ms: number): number => Math.round(ms * 100) / 100;
    return {
      writesPerSecond: Math.round(latencies.count / seconds),
      p50Ms: rounded(latencies.percentile(0.5)),
      p99Ms: rounded(latencies.percentile(0.99)),
      maxMs: rounded(latencies.maxMs),
    };
  }
}

/** Resident memory of a server, bytes. */
async function memoryOf(cluster: LocalCluster, id: number): Promise<number> {
  const pid = present(cluster.server(id).process?.pid, "a process");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** What a server's data take on disk, bytes. */
async function diskOf(cluster: LocalCluster, id: number): Promise<number> {
  const directory = cluster.server(id).dataDirectory;
  let bytes = 0;
  for (const name of await readdir(directory)) {
    // Files of Level come and go.
    bytes += await stat(join(directory, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

/** The upper end of the slowest turn's bucket so far, milliseconds: a turn is a stall of the server's loop. */
async function slowestTurnMs(cluster: LocalCluster, id: number): Promise<number> {
  const page = await (await fetch(`http://${cluster.server(id).httpAddress}/metrics`)).text();
  let slowest = 0;
  let before = 0;
  for (const [, le = "", count = ""] of page.matchAll(
    /terrarium_turn_duration_seconds_bucket\{le="([^"]+)"\} (\d+)/g,
  )) {
    if (Number(count) > before) slowest = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le) * 1000;
    before = Number(count);
  }
  return slowest;
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
    .option("--outstanding <n>", "operations under way at any time", positive, 256)
    .option("--seconds <n>", "how long to measure each rate", positive, 10)
    .option("--rounds <n>", "how often to measure disk and rate of the large tree", positive, 3)
    .option("--json", "print one JSON object")
    .parse()
    .opts<ScaleFlags>();
  const cluster = await LocalCluster.start(flags.nodes);
  try {
    const clients = await Promise.all(
      Array.from({ length: sessions }, (_, i) =>
        TerrariumClient.connect({
          endpoints: [present(cluster.endpoints[i % cluster.endpoints.length], "an endpoint")],
          requestTimeoutMs: 120_000,
        }),
      ),
    );
    const leader = await cluster.leader();
    const follower = present(cluster.servers.find(({ id }) => id !== leader) ?? cluster.servers[0], "a server").id;
    const load = new Load(clients, flags.bytes);
    await load.growTo(flags.small);
    const small = await load.set(flags.outstanding, flags.seconds);
    const smallMemory = await memoryOf(cluster, follower);
    say(`with ${flags.small} znodes: ${JSON.stringify(small)}`);
    await load.growTo(flags.znodes);
    const large: Rate[] = [];
    const diskBytes: number[] = [];
    for (let round = 0; round < flags.rounds; round++) {
      large.push(await load.set(flags.outstanding, flags.seconds));
      diskBytes.push(await diskOf(cluster, follower));
      say(`with ${flags.znodes} znodes: ${JSON.stringify(large.at(-1))}, disk ${diskBytes.at(-1)} bytes`);
    }
    const best = Math.max(...large.map((rate) => rate.writesPerSecond));
    const pathBytes = pathOf(flags.znodes - 1).length;
    const grown = ((await memoryOf(cluster, follower)) - smallMemory) / (flags.znodes - flags.small);
    const figures = {
      small,
      large,
      costRatio: Math.round((100 * small.writesPerSecond) / best) / 100,
      slowestTurnMs: await slowestTurnMs(cluster, follower),
      bytesPerZnode: Math.round(grown - flags.bytes - pathBytes),
      diskBytes,
      restartMs: await restartMs(cluster, follower),
    };
    await Promise.all(clients.map((client) => client.close()));
    console.log(flags.json ? JSON.stringify(figures) : JSON.stringify(figures, undefined, 2));
  } finally {
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:scale: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
