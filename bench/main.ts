/**
 * `npm run bench`: throughput, latency and processor time of operations against a cluster of its own, or a running one; with
 * `--against DIR` beside those of another checkout.
 */
import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { type LoadOperation, loadOperations } from "./load/driver.ts";
import { ratiosOf, ratioTable, rowsOf, tableOf } from "./report.ts";
import { measureInTurns } from "./rounds.ts";
import type { System } from "./systems/system.ts";
import { runningTerrarium, terrariumSystem } from "./systems/terrarium.ts";

interface BenchFlags {
  nodes: number;
  outstanding: readonly number[];
  seconds: number;
  sessions: number;
  keys: number;
  bytes: number;
  op: readonly LoadOperation[];
  repetitions?: number;
  against?: string;
  endpoints?: string;
  json?: boolean;
  out?: string;
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

function operations(text: string): readonly LoadOperation[] {
  return text.split(",").map((name) => {
    const known = loadOperations.find((one) => one === name);
    if (known === undefined) throw new InvalidArgumentError(`must be among ${loadOperations.join(", ")}`);
    return known;
  });
}

const program = new Command("bench")
  .description("Measure a cluster: starts one in a temporary folder, or takes a running one.")
  .option("--nodes <n>", "servers to start: 1, 3, 5 or 7", clusterSize, 3)
  .option("--op <list>", `what to do: ${loadOperations.join(", ")}, or several of them`, operations, ["set"])
  .option("--outstanding <list>", "operations under way at any time, or several such numbers", numbers, [64])
  .option("--seconds <n>", "how long to measure each, after a second of warm-up", positive, 10)
  .option("--sessions <n>", "sessions of the load process", positive, 4)
  .option("--keys <n>", "znodes that set and get choose from", positive, 10_000)
  .option("--bytes <n>", "data of each znode", positive, 100)
  .option("--repetitions <n>", "how often, each time with a new cluster (1; 5 with --against)", positive)
  .option("--against <folder>", "another checkout, built, to be measured in turns with this one")
  .option("--endpoints <list>", "host:port,… of a running cluster, instead of one of its own")
  .option("--json", "print JSON: all that was measured, and what it comes to")
  .option("--out <file>", "write that JSON to a file, too")
  .showHelpAfterError("(--help shows the options)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

function numbers(text: string): readonly number[] {
  return text.split(",").map(positive);
}

function systemsOf(flags: BenchFlags): readonly System[] {
  if (flags.endpoints !== undefined) return [runningTerrarium(flags.endpoints.split(","))];
  if (flags.against === undefined) return [terrariumSystem("terrarium")];
  return [terrariumSystem("this"), terrariumSystem("other", flags.against)];
}

/** Tells on the error stream what is under way: on a terminal in one line, elsewhere whatever begins. */
function progress(): (what: string) => void {
  const { stderr } = process;
  if (stderr.isTTY) return (what) => void stderr.write(`\r\x1b[K${what}`);
  return (what) => void (what.endsWith("operations") || stderr.write(`${what}\n`));
}

async function main(): Promise<void> {
  const flags = program.parse().opts<BenchFlags>();
  const systems = systemsOf(flags);
  const names = systems.map(({ name }) => name);
  const cases = flags.op.flatMap((operation) => flags.outstanding.map((outstanding) => ({ operation, outstanding })));
  const options = {
    servers: flags.nodes,
    cases,
    repetitions: flags.repetitions ?? (systems.length > 1 ? 5 : 1),
    seconds: flags.seconds,
    sessions: flags.sessions,
    keys: { count: flags.keys, valueBytes: flags.bytes },
  };
  const measured = await measureInTurns(systems, options, progress());
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const rows = rowsOf(measured, cases, names);
  const ratios = ratiosOf(measured, cases, names);
  const json = JSON.stringify({ options, rows, ratios, measured });
  if (flags.out !== undefined) await writeFile(flags.out, `${json}\n`);
  if (flags.json) console.log(json);
  else {
    console.log(tableOf(rows));
    if (ratios.length > 0) console.log(`\nhow many times better ${names[0]} is:\n${ratioTable(ratios)}`);
  }
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
