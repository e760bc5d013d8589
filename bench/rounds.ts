/** Measures systems in turns, so that what else the machine does meets them alike. */
import type { Keys } from "./load/driver.ts";
import type { LoadCase, LoadResult } from "./load/loop.ts";
import { LoadProcess } from "./load/process.ts";
import type { System } from "./systems/system.ts";

export interface RoundOptions {
  readonly servers: number;
  readonly cases: readonly LoadCase[];
  readonly repetitions: number;
  readonly seconds: number;
  /** How long each operation is done on a new cluster before anything is measured: what compiles as it runs has compiled by then. */
  readonly warmUpSeconds: number;
  readonly sessions: number;
  readonly keys: Keys;
}

/** Operations under way while a new cluster warms up. */
const warmUpOutstanding = 256;

/** A result, and of which system in which repetition. */
export interface Measured extends LoadResult {
  readonly system: string;
  readonly repetition: number;
}

/**
 * In each repetition one system after the other gets a new cluster and a new load process, runs all cases that it can, and goes
 * again; every other repetition takes them the other way round. `say`: told what is under way.
 */
export async function measureInTurns(
  systems: readonly System[],
  options: RoundOptions,
  say: (what: string) => void,
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (let repetition = 1; repetition <= options.repetitions; repetition++) {
    const turns = repetition % 2 === 1 ? systems : [...systems].reverse();
    for (const system of turns) {
      const prefix = `repetition ${repetition} of ${options.repetitions}, ${system.name}`;
      for (const result of await measureOne(system, options, (what) => say(`${prefix}: ${what}`)))
        measured.push({ system: system.name, repetition, ...result });
    }
  }
  return measured;
}

async function measureOne(
  system: System,
  { servers, cases, seconds, warmUpSeconds, sessions, keys }: RoundOptions,
  say: (what: string) => void,
): Promise<readonly LoadResult[]> {
  say("starts");
  const cluster = await system.start(servers);
  let load: LoadProcess | undefined;
  try {
    load = await LoadProcess.start(cluster.target, sessions, keys);
    const results: LoadResult[] = [];
    const possible = cases.filter(({ operation }) => system.operations.includes(operation));
    const rest = { keys: keys.count, servers: cluster.pids };
    if (warmUpSeconds > 0)
      for (const operation of new Set(possible.map((one) => one.operation))) {
        say(`${operation}, to warm up`);
        await load.run({ operation, outstanding: warmUpOutstanding, seconds: warmUpSeconds, ...rest });
      }
    for (const one of possible) {
      const name = `${one.operation} at ${one.outstanding} outstanding`;
      say(name);
      results.push(await load.run({ ...one, seconds, ...rest }, (done) => say(`${name}, ${done} operations`)));
    }
    await load.close();
    return results;
  } finally {
    load?.kill();
    await cluster.destroy();
  }
}
