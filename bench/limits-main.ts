/**
 * `npm run bench:limits`: what the machine can do with none of our code, and how near a loaded cluster of three servers comes to
 * that: blocks forced to the disk, messages over gRPC, processors.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { Command } from "commander";
import { channelOptions, rawBytes } from "../src/rpc/grpc.ts";
import { begins } from "../test/support/leave-nothing.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { numbers, positive } from "./arguments.ts";
import { LoadProcess } from "./load/process.ts";
import { pidsOf, terrariumClient } from "./systems/terrarium.ts";

interface LimitFlags {
  outstanding: readonly number[];
  seconds: number;
  json?: boolean;
}

/** What was done again and again: how often a second, and what each time took of the processor, µs. */
interface Rate {
  readonly perSecond: number;
  readonly micros: number;
}

/** Does `once` for `seconds`. */
async function rateOf(seconds: number, once: () => unknown): Promise<Rate> {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  let count = 0;
  for (; performance.now() - begun < seconds * 1000; count++) await once();
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (1000 * count) / (performance.now() - begun), micros: (user + system) / count };
}

/** Appends of 4 KiB that are forced to the disk one by one. */
async function forcedWrites(seconds: number): Promise<Rate> {
  const home = await mkdtemp(join(tmpdir(), "bench-limits-"));
  begins({ home });
  const file = openSync(join(home, "log"), "a");
  try {
    const block = new Uint8Array(4096);
    return await rateOf(seconds, () => {
      writeSync(file, block);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
    await rm(home, { recursive: true });
  }
}

/** Messages of 1 KiB that go back and forth over one stream, one at a time: sent and received, each counts once. */
async function messages(seconds: number): Promise<Rate> {
  const method = { path: "/bench.Echo/Echo", requestStream: true, responseStream: true } as const;
  const codec = {
    ...{ requestSerialize: rawBytes, requestDeserialize: rawBytes },
    ...{ responseSerialize: rawBytes, responseDeserialize: rawBytes },
  };
  const options = channelOptions(10_000, 2 ** 20);
  const server = new Server(options);
  server.addService(
    { Echo: { ...method, ...codec } },
    {
      Echo: (call: ServerDuplexStream<Buffer, Buffer>) =>
        call.on("data", (message: Buffer) => call.write(message)).on("end", () => call.end()),
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  const stream = client.makeBidiStreamRequest(method.path, rawBytes, rawBytes);
  const message = Buffer.alloc(1024);
  const echo = () =>
    new Promise<void>((resolve) => {
      stream.once("data", () => resolve());
      stream.write(message);
    });
  await rateOf(1, echo);
  const { perSecond, micros } = await rateOf(seconds, echo);
  stream.end();
  client.close();
  server.forceShutdown();
  return { perSecond: 2 * perSecond, micros: micros / 2 };
}

/** Sums of the servers' counters. */
async function counters(cluster: LocalCluster): Promise<{ readonly writes: number; readonly sent: number }> {
  const pages = await Promise.all(
    cluster.servers.map(async ({ httpAddress }) => (await fetch(`http://${httpAddress}/metrics`)).text()),
  );
  const sum = (pattern: RegExp) =>
    pages.reduce((all, page) => [...page.matchAll(pattern)].reduce((some, [, value]) => some + Number(value), all), 0);
  return {
    writes: sum(/^terrarium_disk_write_duration_seconds_count (\S+)$/gm),
    sent: sum(/^terrarium_peer_sent_messages_total\{\S+ (\S+)$/gm),
  };
}

async function main(): Promise<void> {
  const flags = new Command("bench:limits")
    .description("Measure what the machine can do, and how near three servers that are loaded with sets come to that.")
    .option("--outstanding <list>", "sets under way at any time", numbers, [64, 256, 1024])
    .option("--seconds <n>", "how long to measure each", positive, 5)
    .option("--json", "print one JSON object")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<LimitFlags>();
  const { seconds } = flags;
  const bare = { forcedWrites: await forcedWrites(seconds), messages: await messages(seconds) };
  const cluster = await LocalCluster.start(3);
  let load: LoadProcess | undefined;
  try {
    const servers = pidsOf(cluster);
    const keys = 10_000;
    const target = { kind: "terrarium", endpoints: cluster.endpoints, client: terrariumClient } as const;
    load = await LoadProcess.start(target, 4, { count: keys, valueBytes: 100 });
    const loaded = [];
    for (const outstanding of flags.outstanding) {
      const [before, begun] = [await counters(cluster), performance.now()];
      const result = await load.run({ operation: "set", outstanding, seconds, keys, servers });
      const [after, elapsed] = [await counters(cluster), (performance.now() - begun) / 1000];
      loaded.push({
        ...{ outstanding, operationsPerSecond: result.operationsPerSecond },
        writesPerSecond: Math.round((after.writes - before.writes) / elapsed / servers.length),
        sentPerSecond: Math.round((after.sent - before.sent) / elapsed),
        processors: (result.operationsPerSecond * ((result.serverMicros ?? 0) + result.clientMicros)) / 1e6,
      });
    }
    await load.close();
    if (flags.json) return console.log(JSON.stringify({ bare, loaded }));
    const { forcedWrites: forced, messages: sent } = bare;
    console.log(`forced writes of 4 KiB: ${forced.perSecond.toFixed(0)}/s, ${forced.micros.toFixed(0)} µs each`);
    console.log(
      `messages of 1 KiB over gRPC, one at a time: ${sent.perSecond.toFixed(0)}/s, ${sent.micros.toFixed(0)} µs each`,
    );
    for (const one of loaded)
      console.log(
        `${one.outstanding} sets outstanding: ${one.operationsPerSecond}/s with ${one.writesPerSecond} forced writes a server and second, ${one.sentPerSecond} messages between servers a second, ${one.processors.toFixed(2)} of ${availableParallelism()} processors`,
      );
  } finally {
    load?.kill();
    await cluster.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench:limits: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
