/**
 * `npm run differential`: takes the same random steps against this server and against Apache's ZooKeeper, by the same bare
 * client, and compares every answer and every event (docs/zookeeper.md lists the differences that are meant).
 */
import { existsSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { noApacheZooKeeper, startApacheZooKeeper } from "../test/support/apache-zookeeper.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { type Found, Run, type RunOptions } from "./differential/run.ts";

interface Flags extends Omit<RunOptions, "seconds"> {
  for: number;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

const program = new Command("differential")
  .description("Compare this server with Apache ZooKeeper, step by step.")
  .option("--for <seconds>", "how long", whole, 60)
  .option("--requests <n>", "end once so many requests were compared", whole)
  .option("--seed <n>", "the seed of the first sequence; the next ones follow", whole, 1)
  .option("--steps <n>", "steps of a sequence", whole, 40)
  .option("--lanes <n>", "sequences that run at the same time", whole, 8)
  .option("--only", "that one sequence, and show what was said")
  .showHelpAfterError("(--help shows the options)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** Where Linux has files in memory. What the servers keep is of no use afterwards, and need not wait for a disk. */
const inMemory = "/dev/shm";

async function main(): Promise<void> {
  const { for: seconds, ...flags } = program.parse().opts<Flags>();
  const missing = noApacheZooKeeper();
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`);
    return;
  }
  if (existsSync(inMemory)) process.env["TMPDIR"] ??= inMemory;
  const cluster = await LocalCluster.start(1, [], undefined, true);
  const apache = await startApacheZooKeeper();
  const run = new Run({ ours: cluster.server(1).zookeeperAddress, theirs: apache.address }, { ...flags, seconds });
  try {
    const found = await run.go();
    if (found !== undefined) await report(run, found);
    else console.log(`no difference in ${run.said()}`);
  } finally {
    run.end();
    await Promise.all([cluster.destroy(), apache.stop()]);
  }
}

async function report(run: Run, found: Found): Promise<void> {
  process.exitCode = 1;
  console.log(`${found.name}: the servers differ, behind ${run.said()}; shrinking …`);
  const { steps, difference, repeats } = await run.shrink(found);
  for (const one of steps) console.log(`  ${JSON.stringify(one)}`);
  if (!repeats) console.log("which did not happen again when these were taken once more");
  const { step, ours, theirs } = difference;
  console.log(`in step ${step}\n  Terrarium: ${ours}\n  ZooKeeper: ${theirs}`);
}

await main();
