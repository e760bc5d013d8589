/**
 * `npm run bench`: throughput, latency and processor time of operations against a cluster of its own, or a running one; with
 * `--against DIR` beside those of another checkout, with `--compare` beside those of other systems.
 */
import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { clusterSize, numbers, positive, wholeNumber } from "./arguments.ts";
import { chartOf } from "./chart.ts";
import { type LoadOperation, loadOperations } from "./load/driver.ts";
import { progress } from "./progress.ts";
import { type Pair, ratiosOf, ratioTable, rowsOf, tableOf } from "./report.ts";
import { measureInTurns } from "./rounds.ts";
import { etcdSystem } from "./systems/etcd.ts";
import type { System } from "./systems/system.ts";
import { runningTerrarium, terrariumSystem, zooKeeperDoor } from "./systems/terrarium.ts";
import { zooKeeperSystem } from "./systems/zookeeper.ts";

interface BenchFlags {
  nodes: number;
  outstanding: readonly number[];
  seconds: number;
  warmUp: number;
  sessions: number;
  keys: number;
  bytes: number;
  op: readonly LoadOperation[];
  repetitions?: number;
  against?: string;
  checkout?: string;
  compare?: readonly Other[];
  endpoints?: string;
  json?: boolean;
  out?: string;
  chart?: string;
}

/** Systems that Terrarium is compared with. */
const others = ["zookeeper", "etcd"] as const;
type Other = (typeof others)[number];

/** What is measured, and which is set beside which. */
interface Contest {
  readonly systems: readonly System[];
  readonly pairs: readonly Pair[];
}

/** Reads a list of some of `known`. */
function among<T extends string>(known: readonly T[]): (text: string) => readonly T[] {
  return (text) =>
    text.split(",").map((name) => {
      const found = known.find((one) => one === name);
      if (found === undefined) throw new InvalidArgumentError(`must be among ${known.join(", ")}`);
      return found;
    });
}

const program = new Command("bench")
  .description("Measure a cluster: starts one in a temporary folder, or takes a running one.")
  .option("--nodes <n>", "servers to start: 1, 3, 5 or 7", clusterSize, 3)
  .option("--op <list>", `what to do: ${loadOperations.join(", ")}, or several of them`, among(loadOperations), ["set"])
  .option("--outstanding <list>", "operations under way at any time, or several such numbers", numbers, [64])
  .option("--seconds <n>", "how long to measure each, after a second of warm-up", positive, 10)
  .option("--warm-up <n>", "seconds of each operation on a new cluster before anything is measured", wholeNumber, 0)
  .option("--sessions <n>", "sessions of the load process", positive, 4)
  .option("--keys <n>", "znodes that set and get choose from", positive, 10_000)
  .option("--bytes <n>", "data of each znode", positive, 100)
  .option("--repetitions <n>", "how often, each time with a new cluster (1; 3 of several systems)", positive)
  .option("--against <folder>", "another checkout, built, to be measured in turns with this one")
  .option("--checkout <folder>", "with --against: a checkout, built, that takes the place of this one")
  .option("--compare <list>", `other systems, measured in turns: ${others.join(", ")}`, among(others))
  .option("--endpoints <list>", "host:port,… of a running cluster, instead of one of its own")
  .option("--json", "print JSON: all that was measured, and what it comes to")
  .option("--out <file>", "write that JSON to a file, too")
  .option("--chart <file>", "draw operations a second, as SVG")
  .showHelpAfterError("(--help shows the options)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** Throws where something is not installed. */
function contestOf({ endpoints, against, checkout, compare = [] }: BenchFlags): Contest {
  if (checkout !== undefined && against === undefined)
    throw new Error("--checkout says what to set beside another checkout: give that with --against, too");
  if (endpoints !== undefined) return { systems: [runningTerrarium(endpoints.split(","))], pairs: [] };
  if (against !== undefined)
    return {
      systems: [terrariumSystem("this", checkout), terrariumSystem("other", against)],
      pairs: [["this", "other"]],
    };
  const systems = [terrariumSystem("terrarium")];
  const pairs: Pair[] = [];
  if (compare.includes("zookeeper")) {
    // By the very driver that loads ZooKeeper.
    systems.push(zooKeeperDoor(), zooKeeperSystem());
    pairs.push(["terrarium", "zookeeper"], ["terrarium-zk", "zookeeper"]);
  }
  if (compare.includes("etcd")) {
    systems.push(etcdSystem());
    pairs.push(["terrarium", "etcd"]);
  }
  return { systems, pairs };
}

async function main(): Promise<void> {
  const flags = program.parse().opts<BenchFlags>();
  const { systems, pairs } = contestOf(flags);
  const names = systems.map(({ name }) => name);
  const cases = flags.op.flatMap((operation) => flags.outstanding.map((outstanding) => ({ operation, outstanding })));
  const options = {
    servers: flags.nodes,
    cases,
    repetitions: flags.repetitions ?? (systems.length > 1 ? 3 : 1),
    seconds: flags.seconds,
    warmUpSeconds: flags.warmUp,
    sessions: flags.sessions,
    keys: { count: flags.keys, valueBytes: flags.bytes },
  };
  const say = progress();
  const measured = await measureInTurns(systems, options, say);
  say("");
  const rows = rowsOf(measured, cases, names);
  const ratios = ratiosOf(measured, cases, pairs);
  const json = JSON.stringify({ options, rows, ratios, measured });
  if (flags.out !== undefined) await writeFile(flags.out, `${json}\n`);
  if (flags.chart !== undefined)
    await writeFile(
      flags.chart,
      chartOf(rows, `operations a second, ${flags.nodes} servers, ${flags.bytes}-byte values`),
    );
  if (flags.json) console.log(json);
  else {
    console.log(tableOf(rows));
    if (ratios.length > 0) console.log(`\nhow many times better the first of two is:\n${ratioTable(ratios)}`);
  }
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
