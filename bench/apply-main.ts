/** `npm run bench:apply`: what it takes to read and apply one committed write of each kind, and to count the tree, ns. */
import { performance } from "node:perf_hooks";
import { Command } from "commander";
import { present } from "../src/base/assert.ts";
import type { Operation } from "../src/base/operations.ts";
import { decodeCommand, encodeCommand, stampCommand } from "../src/protocol/command-codec.ts";
import { ZnodeMachine } from "../src/znode/machine.ts";
import { positive } from "./arguments.ts";

interface Flags {
  readonly znodes: number;
  readonly rounds: number;
  readonly json?: boolean;
}

/** Writes of one round: few, so that some rounds are disturbed by nothing. */
const perRound = 1_000;
/** How often the tree is counted. */
const countings = 20;
/** Znodes under one parent. */
const family = 1000;
/** Writes between two checkpoints. */
const perCheckpoint = 5_000;
const timeMs = 1_764_000_000_000;
const data = new Uint8Array(100).fill(7);

/** A machine with one session, whose writes it applies. */
class Load {
  readonly #machine = new ZnodeMachine();
  readonly sessionId: number;
  #requestId = 0;

  constructor(znodes: number) {
    const body = { type: "createSession", password: data.subarray(0, 16), timeoutMs: 10_000, holder: 1 } as const;
    this.sessionId = this.#machine.apply(1, { timeMs, origin: 1, proposal: 1, body }).zxid;
    for (let n = 0; n < znodes; n++) {
      if (n % family === 0) this.write(create(`/f${n / family}`));
      this.write(create(pathOf(n)));
    }
  }

  write(operation: Operation): void {
    this.apply(this.command(operation));
  }

  /** The bytes of an entry of the log: the session's next write. */
  command(operation: Operation): Uint8Array {
    const requestId = ++this.#requestId;
    const { sessionId } = this;
    const numbers = { sessionId, attachment: sessionId, requestId, ackedRequestId: requestId - 1 };
    return stampCommand(encodeCommand({ type: "write", ...numbers, operation }, 1, requestId), timeMs);
  }

  /** What a server does with an entry that is committed. */
  apply(command: Uint8Array): void {
    const index = this.#machine.appliedIndex + 1;
    const { outcome } = this.#machine.apply(index, decodeCommand(command));
    if (outcome.type !== "written" || outcome.result.failure !== undefined) throw new Error("the write is refused");
    if (index % perCheckpoint === 0) this.#checkpoint();
  }

  /** Counts all znodes, as when a quota is set on all of them. */
  count(): void {
    this.#machine.read({ kind: "getAllChildrenNumber", path: "/", watch: false, local: true });
  }

  #checkpoint(): void {
    for (const znode of this.#machine.takeDirty(() => {}).znodes) znode.frozen = false;
  }
}

function pathOf(n: number): string {
  return `/f${Math.floor(n / family)}/n${n}`;
}

function create(path: string): Operation {
  return { op: "create", path, data, ephemeral: false, sequential: false };
}

/** What is measured: each is done once per round, in this order, so that the tree is the same after each round. */
function kinds(znodes: number): readonly { readonly name: string; readonly operation: (n: number) => Operation }[] {
  // Neighbours in this order are far apart in the tree.
  const spread = (n: number): number => (n * 7919) % znodes;
  return [
    { name: "setData", operation: (n) => ({ op: "setData", path: pathOf(spread(n)), data, version: -1 }) },
    { name: "create, one parent", operation: (n) => create(`/f0/c${n}`) },
    { name: "delete, one parent", operation: (n) => ({ op: "delete", path: `/f0/c${n}`, version: -1 }) },
    { name: "create, many parents", operation: (n) => create(`${pathOf(spread(n)).replace(/n\d+$/, "c")}${n}`) },
    {
      name: "delete, many parents",
      operation: (n) => ({ op: "delete", path: `${pathOf(spread(n)).replace(/n\d+$/, "c")}${n}`, version: -1 }),
    },
  ];
}

const program = new Command("bench:apply")
  .description(
    "Measure the state machine: nanoseconds per committed write, read and applied, and per count of all znodes; the best of some rounds, and the one that a tenth are better than.",
  )
  .option("--znodes <n>", "znodes of the tree", positive, 100_000)
  .option("--rounds <n>", `rounds of ${perRound} writes of each kind`, positive, 300)
  .option("--json", "print JSON")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

const flags = program.parse().opts<Flags>();
const load = new Load(flags.znodes);
const measured = kinds(flags.znodes).map((kind) => ({ ...kind, ns: [] as number[] }));
for (let round = 0; round < flags.rounds; round++) {
  for (const { operation, ns } of measured) {
    const commands = Array.from({ length: perRound }, (_, n) => load.command(operation(round * perRound + n)));
    const start = performance.now();
    for (const each of commands) load.apply(each);
    ns.push(((performance.now() - start) * 1e6) / perRound);
  }
}
const counts: number[] = [];
for (let n = 0; n < countings; n++) {
  const start = performance.now();
  load.count();
  counts.push((performance.now() - start) * 1e6);
}
const lines = [...measured, { name: "count of all znodes", ns: counts }].map(({ name, ns }) => {
  const sorted = ns.toSorted((a, b) => a - b).map(Math.round);
  const at = (share: number): number => present(sorted[Math.floor(sorted.length * share)], "one of some rounds");
  return { name, bestNs: at(0), tenthNs: at(0.1) };
});
if (flags.json) console.log(JSON.stringify(lines));
else {
  console.log(`${"write".padEnd(24)}${"best ns".padStart(10)}${"tenth ns".padStart(12)}`);
  for (const { name, bestNs, tenthNs } of lines)
    console.log(`${name.padEnd(24)}${String(bestNs).padStart(10)}${String(tenthNs).padStart(12)}`);
}
