/** `npm run sim:bench`: events a second and speed-up over real time on one core, for five busy servers. */
import { allCheckers } from "./checkers/all.ts";
import { numberOption, parseArguments, seedOption } from "./cli/arguments.ts";
import { exitCodes, print, runCommand } from "./cli/command.ts";
import { checkPlan } from "./plan/plan.ts";
import { run } from "./runner.ts";

const usage = `npm run sim:bench -- [options]
  --seconds S      processor seconds to measure each of the two in, after a warm-up of half of it (default 10)
  --seed N         the seed of the first run (default 1)
  --json           prints the result as one JSON object
Exit code: 0 measured · 1 a promise broke: nothing was measured · 2 bad arguments · 3 the output could not be written
`;

const known = { seconds: "value", seed: "value", json: "flag", help: "flag" } as const;

const plan = (seed: number, horizonMs: number) =>
  checkPlan({ seed, config: { servers: 5, clients: 8, horizonMs }, workload: { perSecond: 2 } });

/** Two virtual minutes, less if so little is to be measured that one run would take longer. */
const horizonMs = (seconds: number) => Math.min(120_000, Math.ceil(seconds * 24_000));

interface Measured {
  readonly checkers: boolean;
  readonly events: number;
  readonly virtualMs: number;
  readonly cpuMs: number;
}

/** A promise broke while speed was measured. */
class Broken extends Error {}

/** Runs until `seconds` of processor time are used; returns what was done in them. */
function measure(checkers: boolean, seconds: number, firstSeed: number): Measured {
  let [events, virtualMs] = [0, 0];
  const begun = process.cpuUsage();
  const cpuMs = () => {
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  };
  for (let seed = firstSeed; cpuMs() < seconds * 1000; seed = (seed + 1) >>> 0) {
    const outcome = run(plan(seed, horizonMs(seconds)), checkers ? allCheckers() : []);
    const { failure } = outcome;
    if (failure !== undefined) throw new Broken(`BROKEN: ${failure.invariant}, seed ${seed}: ${failure.message}`);
    events += outcome.events;
    virtualMs += outcome.virtualMs;
  }
  return { checkers, events, virtualMs, cpuMs: cpuMs() };
}

const eventsPerSecond = ({ events, cpuMs }: Measured) => Math.round((events / cpuMs) * 1000);
const speedUp = ({ virtualMs, cpuMs }: Measured) => Math.round(virtualMs / cpuMs);

function asText(measured: Measured): string {
  const perSecond = eventsPerSecond(measured).toLocaleString("en").padStart(9);
  const faster = speedUp(measured).toLocaleString("en").padStart(7);
  return `  checkers ${measured.checkers ? "on " : "off"} ${perSecond} events/s ${faster}× real time`;
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
    print(`processor time, after a warm-up of ${seconds / 2} s:`);
  }
  try {
    measure(true, seconds / 2, seed);
    const all = [false, true].map((checkers) => {
      const measured = measure(checkers, seconds, seed);
      if (!json) print(asText(measured));
      const { events } = measured;
      return { checkers, events, eventsPerSecond: eventsPerSecond(measured), speedUp: speedUp(measured) };
    });
    if (json) print(JSON.stringify({ seed, seconds, measured: all }));
    return exitCodes.fine;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    console.error(error.message);
    return exitCodes.broken;
  }
}

await runCommand(main);
