/**
 * `npm run bench:growth`: how the cost of an operation grows with servers, with the size of values and with sessions. Sessions
 * speak ZooKeeper's protocol, of which one process can hold ten thousand; all else is done by the client library.
 */
import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { numbers, positive } from "./arguments.ts";
import { chartOf } from "./chart.ts";
import { progress } from "./progress.ts";
import { rowsOf, tableOf } from "./report.ts";
import { type Measured, measureInTurns, type RoundOptions } from "./rounds.ts";
import type { System } from "./systems/system.ts";
import { terrariumSystem, zooKeeperDoor } from "./systems/terrarium.ts";

interface GrowthFlags {
  servers: readonly number[];
  bytes: readonly number[];
  sessions: readonly number[];
  seconds: number;
  repetitions: number;
  json?: boolean;
  chart?: string;
}

/** One cluster that is loaded, of those that are set beside each other. */
interface Point {
  readonly system: System;
  readonly options: Omit<RoundOptions, "repetitions">;
}

/** Bytes of values that a tree holds in all, at most. */
const treeBytesMax = 64 * 2 ** 20;
/** Bytes of values that are outstanding, at most. */
const outstandingBytesMax = 16 * 2 ** 20;

function pointsOf({ servers, bytes, sessions, seconds }: GrowthFlags): readonly Point[] {
  const point = (system: System, name: string, change: Partial<RoundOptions>): Point => ({
    system: { ...system, name },
    options: {
      ...{ servers: 3, seconds, warmUpSeconds: 3, sessions: 4, keys: { count: 10_000, valueBytes: 100 } },
      cases: (["set", "get"] as const).map((operation) => ({ operation, outstanding: 256 })),
      ...change,
    },
  });
  return [
    ...servers.map((count) => point(terrariumSystem("this"), `servers: ${count}`, { servers: count })),
    ...bytes.map((valueBytes) => {
      const outstanding = Math.min(256, Math.max(1, Math.floor(outstandingBytesMax / valueBytes)));
      const count = Math.min(10_000, Math.max(outstanding, Math.floor(treeBytesMax / valueBytes)));
      const cases = (["set", "get"] as const).map((operation) => ({ operation, outstanding }));
      return point(terrariumSystem("this"), `bytes: ${valueBytes}`, { cases, keys: { count, valueBytes } });
    }),
    ...sessions.map((count) => {
      const cases = (["set", "get-local"] as const).map((operation) => ({ operation, outstanding: 256 }));
      return point(zooKeeperDoor(), `sessions: ${count}`, { cases, sessions: count });
    }),
  ];
}

async function main(): Promise<void> {
  const flags = new Command("bench:growth")
    .description("Measure how the cost of an operation grows with servers, value sizes and sessions.")
    .option("--servers <list>", "numbers of servers", numbers, [1, 3, 5, 7])
    .option("--bytes <list>", "sizes of values", numbers, [10, 100, 1_000, 10_000, 100_000, 1_000_000])
    .option(
      "--sessions <list>",
      "numbers of sessions, all open, of which 256 at a time ask",
      numbers,
      [1, 10, 100, 1_000, 10_000],
    )
    .option("--seconds <n>", "how long to measure each, after a second of warm-up", positive, 3)
    .option("--repetitions <n>", "how often, each time with a new cluster", positive, 3)
    .option("--json", "print JSON: all that was measured, and what it comes to")
    .option("--chart <file>", "draw operations a second, as SVG")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<GrowthFlags>();
  const points = pointsOf(flags);
  const say = progress();
  const measured: Measured[] = [];
  // One point after the other and from the front again, so that what else the machine does meets them alike.
  for (let repetition = 1; repetition <= flags.repetitions; repetition++)
    for (const { system, options } of points)
      for (const one of await measureInTurns([system], { ...options, repetitions: 1 }, (what) =>
        say(`round ${repetition} of ${flags.repetitions}: ${what}`),
      ))
        measured.push({ ...one, repetition });
  say("");
  const rows = points.flatMap(({ system, options }) => rowsOf(measured, options.cases, [system.name]));
  if (flags.chart !== undefined) await writeFile(flags.chart, chartOf(rows, "operations a second"));
  console.log(flags.json ? JSON.stringify({ rows, measured }) : tableOf(rows));
}

main().catch((error: unknown) => {
  console.error(`bench:growth: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
