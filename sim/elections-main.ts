/**
 * `npm run sim:elections`: how long a cluster is without a leader when its leader is killed, over many simulated
 * elections, on a quiet network and on busy machines. What is rare on a real cluster shows here in seconds.
 */
import type { Effects } from "../src/raft/effects.ts";
import type { Term } from "../src/raft/types.ts";
import { integerOption, parseArguments, seedOption } from "./cli/arguments.ts";
import { exitCodes, print, runCommand } from "./cli/command.ts";
import { checkPlan, type Plan } from "./plan/plan.ts";
import { run } from "./runner.ts";
import type { Observer, World } from "./world/observer.ts";
import type { ServerView } from "./world/view.ts";

const usage = `npm run sim:elections -- [options]
  --elections N    leaders to kill for each row (default 1000)
  --seed N         the seed of the first run (default 1)
  --json           prints the result as one JSON object
Exit code: 0 measured · 2 bad arguments · 3 the output could not be written
`;

const known = { elections: "value", seed: "value", json: "flag", help: "flag" } as const;

const electionTimeoutMs = 1_000;
const killEveryMs = 6_000;
const killsPerRun = 10;

/** Machines of a kind: how long messages and synced writes take, and how long a turn waits for more input, µs. */
const machines = {
  quiet: {
    networkUs: { min: 100, typical: 300, max: 3_000 },
    diskUs: { min: 100, typical: 1_000, max: 20_000 },
    lateFlush: 0.3,
    lateFlushUs: 1_000,
  },
  busy: {
    networkUs: { min: 200, typical: 5_000, max: 60_000 },
    diskUs: { min: 1_000, typical: 15_000, max: 120_000 },
    lateFlush: 0.8,
    lateFlushUs: 30_000,
  },
} as const;
type Machines = keyof typeof machines;

function planOf(seed: number, servers: number, kind: Machines): Plan {
  return checkPlan({
    seed,
    config: {
      servers,
      clients: 2,
      horizonMs: killEveryMs * (killsPerRun + 1),
      electionTimeoutMs,
      heartbeatMs: 100,
      ...machines[kind],
    },
    workload: { perSecond: 2 },
    faults: Array.from({ length: killsPerRun }, (_, i) => ({
      when: { kind: "at", atMs: killEveryMs * (i + 1) },
      what: { kind: "crash", server: "leader", restartAfterMs: 3_000, keep: 1 },
    })),
  });
}

/** Measures the time from each kill to the first entry that a new leader commits in its term. */
class Gaps implements Observer {
  readonly name = "gaps";
  readonly gapsMs: number[] = [];
  /** Leaders that were deposed before an election timeout had passed, though they ran. */
  deposed = 0;
  #world: World | undefined;
  #killedUs: number | undefined;
  readonly #leading = new Map<number, { readonly term: Term; readonly sinceUs: number }>();

  begin(world: World): void {
    this.#world = world;
  }

  crashed({ id }: ServerView, why: string): void {
    this.#leading.delete(id);
    if (why === "fault") this.#killedUs ??= this.#world?.now ?? 0;
  }

  step({ id, node }: ServerView): void {
    const now = this.#world?.now ?? 0;
    const led = this.#leading.get(id);
    const term = node?.raft.isLeader === true ? node.raft.currentTerm : undefined;
    if (led !== undefined && led.term !== term) {
      if (now - led.sinceUs < 1000 * electionTimeoutMs) this.deposed++;
      this.#leading.delete(id);
    }
    if (term !== undefined && led?.term !== term) this.#leading.set(id, { term, sinceUs: now });
  }

  effects({ node }: ServerView, { committed }: Effects): void {
    if (this.#killedUs === undefined || node?.raft.isLeader !== true) return;
    if (!committed.some(({ term }) => term === node.raft.currentTerm)) return;
    this.gapsMs.push(((this.#world?.now ?? 0) - this.#killedUs) / 1000);
    this.#killedUs = undefined;
  }
}

interface Row {
  readonly servers: number;
  readonly machines: Machines;
  readonly elections: number;
  readonly deposed: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Elections that took longer than an election timeout. */
  readonly slow: number;
}

function measure(servers: number, kind: Machines, elections: number, firstSeed: number): Row {
  const gapsMs: number[] = [];
  let deposed = 0;
  for (let seed = firstSeed; gapsMs.length < elections; seed = (seed + 1) >>> 0) {
    const gaps = new Gaps();
    run(planOf(seed, servers, kind), [gaps]);
    gapsMs.push(...gaps.gapsMs);
    deposed += gaps.deposed;
  }
  gapsMs.sort((a, b) => a - b);
  const at = (share: number) => Math.round(gapsMs[Math.floor(share * (gapsMs.length - 1))] ?? 0);
  const slow = gapsMs.filter((ms) => ms > electionTimeoutMs).length;
  return {
    servers,
    machines: kind,
    elections: gapsMs.length,
    deposed,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    slow,
  };
}

function asText({ servers, machines: kind, elections, deposed, medianMs, p99Ms, maxMs, slow }: Row): string {
  const times = `median ${medianMs} ms, p99 ${p99Ms} ms, longest ${maxMs} ms`;
  return `  ${servers} servers, ${kind.padEnd(5)} ${elections} elections: ${times}; ${slow} over ${electionTimeoutMs} ms; ${deposed} fresh leaders deposed`;
}

function main(args: readonly string[]): number {
  const options = parseArguments(args, known);
  if (options.flags.has("help")) {
    print(usage);
    return exitCodes.fine;
  }
  const elections = integerOption(options, "elections", 1, 1_000_000) ?? 1_000;
  const seed = seedOption(options, "seed") ?? 1;
  const json = options.flags.has("json");
  const rows: Row[] = [];
  for (const servers of [3, 5])
    for (const kind of ["quiet", "busy"] as const) {
      const row = measure(servers, kind, elections, seed);
      rows.push(row);
      if (!json) print(asText(row));
    }
  if (json) print(JSON.stringify({ electionTimeoutMs, rows }));
  return exitCodes.fine;
}

await runCommand(main);
