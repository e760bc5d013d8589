/** `npm run sim:bench`: events a second and speed-up over real time on one core, for five busy servers. */
import { allCheckers } from "./checkers/all.ts";
import { numberOption, parseArguments, seedOption } from "./cli/arguments.ts";
import { exitCodes, print, runCommand } from "./cli/command.ts";
import { checkPlan } from "./plan/plan.ts";
import { run } from "./runner.ts";

const usage = `npm run sim:bench -- [options]
  --seconds S      processor seconds to measure each of the two in at least, after a warm-up of as many (default 10)
  --seed N         the seed of the first run (default 1)
  --json           prints the result as one JSON object
Exit code: 0 measured · 1 a promise broke: nothing was measured · 2 bad arguments · 3 the output could not be written
`;

const known = { seconds: "value", seed: "value", json: "flag", help: "flag" } as const;

const plan = (seed: number, horizonMs: number) =>
  checkPlan({ seed, config: { servers: 5, clients: 8, horizonMs }, workload: { perSecond: 2 } });

/** Two virtual minutes, less if so little is to be measured that one run would take longer. */
const horizonMs = (seconds: number) => Math.min(120_000, Math.ceil(seconds * 24_000));

/** What was done in so much processor time. */
interface Measured {
  events: number;
  virtualMs: number;
  cpuMs: number;
}

/** A promise broke while speed was measured. */
class Broken extends Error {}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Adds one run to what was measured; returns the microseconds that an event took. */
function measure(measured: Measured, checkers: boolean, seed: number, seconds: number): number {
  const begunMs = processorMs();
  const { failure, events, virtualMs } = run(plan(seed, horizonMs(seconds)), checkers ? allCheckers() : []);
  const cpuMs = processorMs() - begunMs;
  if (failure !== undefined) throw new Broken(`BROKEN: ${failure.invariant}, seed ${seed}: ${failure.message}`);
  measured.events += events;
  measured.virtualMs += virtualMs;
  measured.cpuMs += cpuMs;
  return (cpuMs * 1000) / events;
}

/** Both in turns, so that a machine that is faster now than in a minute is so for both. */
class Rounds {
  readonly without: Measured = { events: 0, virtualMs: 0, cpuMs: 0 };
  readonly with: Measured = { events: 0, virtualMs: 0, cpuMs: 0 };
  /** How many times as long the same run took with checkers. */
  readonly ratios: number[] = [];

  /** Runs until each has used `seconds` of processor time. */
  constructor(seconds: number, firstSeed: number) {
    for (let seed = firstSeed; ; seed = (seed + 1) >>> 0) {
      const withoutUs = measure(this.without, false, seed, seconds);
      this.ratios.push(measure(this.with, true, seed, seconds) / withoutUs);
      if (Math.min(this.without.cpuMs, this.with.cpuMs) >= seconds * 1000) return;
    }
  }

  get ratio(): number {
    const rising = this.ratios.toSorted((a, b) => a - b);
    return rising[Math.floor(rising.length / 2)] ?? 1;
  }
}

const eventsPerSecond = ({ events, cpuMs }: Measured) => Math.round((events / cpuMs) * 1000);
const speedUp = ({ virtualMs, cpuMs }: Measured) => Math.round(virtualMs / cpuMs);

function asText(words: string, measured: Measured): string {
  const perSecond = eventsPerSecond(measured).toLocaleString("en").padStart(9);
  const faster = speedUp(measured).toLocaleString("en").padStart(7);
  return `  checkers ${words} ${perSecond} events/s ${faster}× real time`;
}

function asObject(checkers: boolean, measured: Measured) {
  const { events } = measured;
  return { checkers, events, eventsPerSecond: eventsPerSecond(measured), speedUp: speedUp(measured) };
}

function main(args: readonly string[]): number {
  const options = parseArguments(args, known);
  if (options.flags.has("help")) {
    print(usage);
    return exitCodes.fine;
  }
  const seconds = numberOption(options, "seconds", 0.1, 3_600) ?? 10;
  const seed = seedOption(options, "seed") ?? 1;
  const json = options.flags.has("json");
  if (!json) {
    print("five servers, eight clients with two operations a second each, one core, no faults");
    print(`processor time, in turns, after a warm-up of at least ${seconds} s each:`);
  }
  try {
    new Rounds(seconds, seed);
    const rounds = new Rounds(seconds, seed);
    if (json) {
      const measured = [asObject(false, rounds.without), asObject(true, rounds.with)];
      print(JSON.stringify({ seed, seconds, measured, ratio: rounds.ratio }));
      return exitCodes.fine;
    }
    print(asText("off", rounds.without));
    print(asText("on ", rounds.with));
    print(
      `  an event takes ${rounds.ratio.toFixed(2)} times as long with them (median of ${rounds.ratios.length} runs)`,
    );
    return exitCodes.fine;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    console.error(error.message);
    return exitCodes.broken;
  }
}

await runCommand(main);
