import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Configuration, Entry, HardState } from "../../src/raft/types.ts";
import { LogWriter } from "../../src/storage/log-writer.ts";
import { openStorage, type Recovered } from "../../src/storage/open.ts";
import { MemoryDisk } from "../support/memory-disk.ts";

const identity = { clusterId: "test", serverId: 1 };
const bootstrap: Configuration = {
  members: [{ id: 1, peerAddress: "p", clientAddress: "c" }],
  voters: [1],
  oldVoters: [],
  learners: [],
};

/** The naive twin: the whole state after each write, as a value. */
interface State {
  readonly hardState: HardState;
  readonly log: readonly Entry[];
}

type Step =
  | { readonly do: "append"; readonly count: number; readonly bytes: number }
  | { readonly do: "replace"; readonly back: number; readonly count: number }
  | { readonly do: "vote"; readonly votedFor: number }
  | { readonly do: "flush" }
  | { readonly do: "complete" }
  | { readonly do: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 4 }),
      bytes: fc.oneof({ weight: 19, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.constant(400_000) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("replace" as const), back: fc.nat(8), count: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("vote" as const), votedFor: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.constant({ do: "flush" as const }) },
  { weight: 3, arbitrary: fc.constant({ do: "complete" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);

/** Drives a LogWriter and the twin side by side. */
class Run {
  /** States after each token of this life; the first is what it began with. */
  private states: State[];
  private disk: MemoryDisk;
  private writer: LogWriter;
  private durable = 0;

  constructor() {
    this.disk = new MemoryDisk();
    const recovered = open(this.disk);
    this.states = [{ hardState: recovered.log.hardState, log: recovered.log.entries }];
    this.disk = new MemoryDisk("manual", this.disk.rows);
    this.writer = this.begin(recovered);
  }

  take(step: Step): void {
    const { hardState, log } = this.newest();
    const next = log.length + 1;
    switch (step.do) {
      case "append":
        this.write({ hardState, log: [...log, ...entries(next, step.count, hardState.currentTerm, step.bytes)] }, next);
        return;
      case "replace": {
        const from = Math.max(2, next - step.back);
        const newer = { currentTerm: hardState.currentTerm + 1, votedFor: 0 } as const;
        const kept = log.slice(0, from - 1);
        this.write(
          { hardState: newer, log: [...kept, ...entries(from, step.count, newer.currentTerm, 5)] },
          from,
          true,
        );
        return;
      }
      case "vote":
        this.write({ hardState: { currentTerm: hardState.currentTerm + 1, votedFor: step.votedFor }, log }, next);
        return;
      case "flush":
        this.writer.flush();
        return;
      case "complete":
        this.disk.complete();
        return;
      case "restart":
        this.restart();
    }
  }

  /** A crash: the batch in flight is lost. Exactly what was reported durable must be there. */
  restart(): void {
    this.disk = new MemoryDisk("manual", this.disk.rows);
    const recovered = open(new MemoryDisk("immediate", this.disk.rows));
    const expected = this.states[this.durable];
    expect(recovered.log.hardState).toEqual(expected?.hardState);
    expect(recovered.log.entries.map(summary)).toEqual(expected?.log.map(summary));
    this.states = [{ hardState: recovered.log.hardState, log: recovered.log.entries }];
    this.durable = 0;
    this.writer = this.begin(recovered);
  }

  private begin(recovered: Recovered): LogWriter {
    return new LogWriter(this.disk, recovered.stored, {
      durable: (token) => {
        expect(token).toBeGreaterThan(this.durable);
        this.durable = token;
      },
      failed: (error) => {
        throw error;
      },
    });
  }

  private write(state: State, from: number, truncate = false): void {
    const { hardState } = this.newest();
    this.writer.append({
      token: this.states.length,
      ...(state.hardState === hardState ? {} : { hardState: state.hardState }),
      ...(truncate ? { truncateFrom: from } : {}),
      entries: state.log.slice(from - 1),
    });
    this.states.push(state);
  }

  private newest(): State {
    const state = this.states.at(-1);
    if (state === undefined) throw new Error("there is always a state");
    return state;
  }
}

function open(disk: MemoryDisk): Recovered {
  let recovered: Recovered | undefined;
  openStorage(disk, identity, bootstrap, (error, found) => {
    if (error !== undefined) throw error;
    recovered = found;
  });
  if (recovered === undefined) throw new Error("openStorage did not call back");
  return recovered;
}

function entries(first: number, count: number, term: number, bytes: number): Entry[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: "command",
    index: first + i,
    term,
    data: new Uint8Array(bytes).fill(term),
  }));
}

function summary(entry: Entry): string {
  const bytes = entry.kind === "command" ? `${entry.data.length} × ${entry.data[0]}` : "";
  return `${entry.index}.${entry.term} ${entry.kind} ${bytes}`;
}

describe("the log on disk", () => {
  it("is after a crash at any point exactly what was last reported durable", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        const run = new Run();
        for (const next of steps) run.take(next);
        run.restart();
      }),
      { numRuns: 200 },
    );
  });
});
