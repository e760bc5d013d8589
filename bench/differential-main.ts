/**
 * `npm run differential`: takes the same random steps against this server and against Apache's ZooKeeper, by the same bare
 * client, and compares every answer and every event (docs/zookeeper.md lists the differences that are meant).
 */
import { Command, InvalidArgumentError } from "commander";
import { keyedRandom } from "../src/base/random.ts";
import { noApacheZooKeeper, startApacheZooKeeper } from "../test/support/apache-zookeeper.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { compare, type Difference, ranked } from "./differential/compare.ts";
import { Side } from "./differential/side.ts";
import { drawSteps, type Step } from "./differential/steps.ts";

interface Flags {
  for: number;
  seed: number;
  steps: number;
  only?: boolean;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

const program = new Command("differential")
  .description("Compare this server with Apache ZooKeeper, step by step.")
  .option("--for <seconds>", "how long", whole, 60)
  .option("--seed <n>", "the seed of the first sequence; the next ones follow", whole, 1)
  .option("--steps <n>", "steps of a sequence", whole, 40)
  .option("--only", "that one sequence, and show what was said")
  .showHelpAfterError("(--help shows the options)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

/** Runs sequences on both sides. */
class Comparison {
  readonly #ours: Side;
  readonly #theirs: Side;
  #runs = 0;

  constructor(ours: Side, theirs: Side) {
    this.#ours = ours;
    this.#theirs = theirs;
  }

  async differ(steps: readonly Step[], show = false): Promise<Difference | undefined> {
    this.#runs += 1;
    const name = `run-${this.#runs}`;
    const [ours, theirs] = await Promise.all([this.#ours.run(name, steps), this.#theirs.run(name, steps)]);
    if (show) for (const line of ranked(ours)) console.log(line);
    return compare(ours, theirs);
  }

  /** Leaves out what is not needed for the servers to differ. */
  async shrink(steps: readonly Step[]): Promise<readonly Step[]> {
    let best = steps;
    for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = 0; at < best.length; ) {
        const fewer = [...best.slice(0, at), ...best.slice(at + size)];
        if ((await this.differ(fewer)) === undefined) at += size;
        else best = fewer;
      }
    return best;
  }
}

/** How many requests a sequence has. */
function requestsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.type === "ask" ? step.asks.length : 1), 0);
}

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  const missing = noApacheZooKeeper();
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`);
    return;
  }
  const cluster = await LocalCluster.start(1, [], undefined, true);
  const apache = await startApacheZooKeeper();
  const [ours, theirs] = [new Side(cluster.server(1).zookeeperAddress), new Side(apache.address)];
  try {
    const comparison = new Comparison(ours, theirs);
    const until = Date.now() + flags.for * 1000;
    let requests = 0;
    let seed = flags.seed;
    for (; Date.now() < until; seed++) {
      const steps = drawSteps(keyedRandom(seed, "differential"), flags.steps);
      const difference = await comparison.differ(steps, flags.only);
      requests += requestsOf(steps);
      if (difference !== undefined) return await report(comparison, seed, steps, difference);
      if (flags.only) break;
    }
    console.log(`no difference in ${requests} requests of ${seed - flags.seed} sequences (from seed ${flags.seed})`);
  } finally {
    ours.end();
    theirs.end();
    await Promise.all([cluster.destroy(), apache.stop()]);
  }
}

async function report(comparison: Comparison, seed: number, steps: readonly Step[], first: Difference): Promise<void> {
  process.exitCode = 1;
  console.log(`seed ${seed}: the servers differ; shrinking …`);
  const fewest = await comparison.shrink(steps);
  const { step, ours, theirs } = (await comparison.differ(fewest)) ?? first;
  for (const one of fewest) console.log(`  ${JSON.stringify(one)}`);
  console.log(`in step ${step}\n  Terrarium: ${ours}\n  ZooKeeper: ${theirs}`);
}

await main();
