/** `npm run bench`: throughput and latency of one operation against a cluster of its own, or a running one. */
import { Command, InvalidArgumentError, Option } from "commander";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { type LoadOperation, type LoadResult, loadOperations, runLoad } from "./load.ts";

interface BenchFlags {
  nodes: number;
  outstanding: number;
  seconds: number;
  sessions: number;
  keys: number;
  bytes: number;
  op: LoadOperation;
  endpoints?: string;
  json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

function clusterSize(text: string): number {
  const value = positive(text);
  if (value % 2 === 0 || value > 7) throw new InvalidArgumentError("must be 1, 3, 5 or 7");
  return value;
}

const program = new Command("bench")
  .description("Measure a cluster: starts one in a temporary folder, or takes a running one.")
  .option("--nodes <n>", "servers to start: 1, 3, 5 or 7", clusterSize, 3)
  .option("--outstanding <n>", "operations under way at any time", positive, 64)
  .option("--seconds <n>", "how long to measure, after a second of warm-up", positive, 10)
  .option("--sessions <n>", "sessions of the load process", positive, 4)
  .option("--keys <n>", "znodes that set and get choose from", positive, 10_000)
  .option("--bytes <n>", "data of each znode", positive, 100)
  .addOption(new Option("--op <operation>", "what to do").choices([...loadOperations]).default("set"))
  .option("--endpoints <list>", "host:port,… of a running cluster, instead of one of its own")
  .option("--json", "print one JSON object")
  .showHelpAfterError("(--help shows the options)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

function print(result: LoadResult, json: boolean | undefined): void {
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  console.log(
    `${result.operation} at ${result.outstanding} outstanding: ${result.operationsPerSecond} ops/s, ` +
      `p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms, max ${result.maxMs} ms, ${result.errors} errors`,
  );
}

async function main(): Promise<void> {
  const flags = program.parse().opts<BenchFlags>();
  const cluster = flags.endpoints === undefined ? await LocalCluster.start(flags.nodes) : undefined;
  try {
    const result = await runLoad({
      endpoints: flags.endpoints?.split(",") ?? cluster?.endpoints ?? [],
      operation: flags.op,
      outstanding: flags.outstanding,
      seconds: flags.seconds,
      sessions: flags.sessions,
      keys: flags.keys,
      valueBytes: flags.bytes,
      progress: (done, elapsedMs) => {
        if (!process.stderr.isTTY) return;
        const rate = elapsedMs > 0 ? Math.round((done * 1000) / elapsedMs) : 0;
        process.stderr.write(`\r${Math.max(0, Math.round(elapsedMs / 1000))} s, ${done} operations, ${rate} ops/s   `);
      },
    });
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    print(result, flags.json);
  } finally {
    await cluster?.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
