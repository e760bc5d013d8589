/**
 * `npm run bench:copies`: what a copy of a few bytes costs, with memory of its own and in a slab with others; ns of processor
 * time, the collector's included.
 */
import { Command } from "commander";
import { shortLivedCopy } from "../src/base/bytes.ts";
import { positive } from "./arguments.ts";

interface Flags {
  readonly bytes: number;
  readonly copies: number;
  readonly json?: boolean;
}

/** As many copies are alive at a time, about as the answers of a turn. */
const aliveMax = 1_024;

/** Measured in turns; the medians count. */
const rounds = 5;

/** Nanoseconds for one of `copies`. */
function measure(copies: number, copy: (start: number) => Uint8Array): number {
  const alive: Uint8Array[] = [];
  const begun = process.cpuUsage();
  for (let i = 0; i < copies; i++) alive[i % aliveMax] = copy(i % aliveMax);
  const { user, system } = process.cpuUsage(begun);
  return Math.round(((user + system) * 1000) / copies);
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const program = new Command("bench:copies")
  .description("Measure copies of small data: nanoseconds of processor time each, the collector's included.")
  .option("--bytes <n>", "how long the data are", positive, 100)
  .option("--copies <n>", "copies in each of five rounds", positive, 1_000_000)
  .option("--json", "print JSON")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const { bytes, copies, json } = program.parse().opts<Flags>();
const source = new Uint8Array(aliveMax + bytes);
const sliced: number[] = [];
const shared: number[] = [];
for (let round = 0; round < rounds; round++) {
  sliced.push(measure(copies, (start) => source.slice(start, start + bytes)));
  shared.push(measure(copies, (start) => shortLivedCopy(source, start, bytes)));
}
const result = { bytes, sliceNs: median(sliced), shortLivedCopyNs: median(shared) };
console.log(
  json === true
    ? JSON.stringify(result)
    : `a copy of ${bytes} bytes: ${result.sliceNs} ns with memory of its own, ${result.shortLivedCopyNs} ns in a slab with others`,
);
