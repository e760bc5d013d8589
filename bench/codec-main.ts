/** `npm run bench:codec`: what it costs to encode and decode the main messages, ns each. */
import { Command } from "commander";
import { positive } from "./arguments.ts";
import { type CodecCase, codecCases } from "./codec-cases.ts";

interface Flags {
  readonly rounds: number;
  readonly json?: boolean;
}

interface Line {
  readonly name: string;
  readonly bytes: number;
  readonly encodeNs: number;
  readonly decodeNs: number;
}

/** How long one round of one measurement takes, about: short, so that some are disturbed by nothing. */
const roundMs = 2;

/** Nanoseconds for one call of `run`, the best of the rounds: what disturbs makes it slower only. */
function nanoseconds(run: () => unknown, rounds: number): number {
  let calls = 1;
  while (timeOf(run, calls) < roundMs) calls *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) best = Math.min(best, timeOf(run, calls) / calls);
  return best * 1e6;
}

function timeOf(run: () => unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) kept = run();
  return performance.now() - start;
}

/** Results go here, so that no compiler leaves the work out. */
export let kept: unknown;

function measure({ name, encode, decode, items }: CodecCase, rounds: number): Line {
  const bytes = encode();
  return {
    name,
    bytes: bytes.length,
    encodeNs: Math.round(nanoseconds(encode, rounds) / items),
    decodeNs: Math.round(nanoseconds(() => decode(bytes), rounds) / items),
  };
}

const program = new Command("bench:codec")
  .description(
    "Measure the codecs: nanoseconds per message (per row or entry where a line says so), the best of some rounds.",
  )
  .option("--rounds <n>", "rounds of each measurement", positive, 300)
  .option("--json", "print JSON")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const flags = program.parse().opts<Flags>();
// All shapes of messages pass once before any is measured, as they do in a server.
for (const each of codecCases) measure(each, 1);
const lines = codecCases.map((each) => measure(each, flags.rounds));
if (flags.json) console.log(JSON.stringify(lines));
else {
  console.log(`${"message".padEnd(44)}${"bytes".padStart(8)}${"encode ns".padStart(12)}${"decode ns".padStart(12)}`);
  for (const { name, bytes, encodeNs, decodeNs } of lines) {
    console.log(
      `${name.padEnd(44)}${String(bytes).padStart(8)}${String(encodeNs).padStart(12)}${String(decodeNs).padStart(12)}`,
    );
  }
}
