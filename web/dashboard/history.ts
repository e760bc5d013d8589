/** What the charts are drawn from: the last minutes of some figures, in columns. Pure. */
import type { ClusterView, Durations, Glimpse, ObservedServer } from "../../src/http/observed.ts";

/** Views that are remembered: five minutes, with two a second. */
const viewsMax = 600;

/** A column of numbers; null where nothing is known. */
type Column = (number | null)[];

/** The figures of the last minutes, for the charts. */
export class History {
  /** Seconds, Unix. */
  readonly times: number[] = [];
  readonly #columns = new Map<string, Column>();

  /** Remembers a view. */
  add(view: ClusterView): void {
    this.times.push(view.atMs / 1_000);
    for (const [name, value] of figuresOf(view)) {
      let column = this.#columns.get(name);
      if (column === undefined) {
        column = Array.from({ length: this.times.length - 1 }, () => null);
        this.#columns.set(name, column);
      }
      column.push(value);
    }
    const drop = this.times.length > viewsMax;
    if (drop) this.times.shift();
    for (const [name, column] of this.#columns) {
      // Of a server that is gone there is nothing new.
      if (column.length < this.times.length + (drop ? 1 : 0)) column.push(null);
      if (drop) column.shift();
      if (column.every((value) => value === null)) this.#columns.delete(name);
    }
  }

  /** Something was missed in between: lines are not to be drawn across. */
  gap(): void {
    const last = this.times.at(-1);
    if (last === undefined) return;
    this.times.push(last + 0.001);
    for (const column of this.#columns.values()) column.push(null);
  }

  /** A column as long as {@link times}. */
  column(name: string): readonly (number | null)[] {
    return this.#columns.get(name) ?? this.times.map(() => null);
  }
}

/** The figures of a view by their names: of the cluster as `reads`, of a server as `lag 2`. */
function figuresOf({ servers }: ClusterView): Map<string, number | null> {
  const figures = new Map<string, number | null>();
  const answering = servers.flatMap(({ glimpse, silence }) => (glimpse !== null && silence === null ? [glimpse] : []));
  figures.set("reads", sum(answering.map(({ reads }) => reads.perSecond)));
  figures.set("writes", sum(answering.map(({ writes }) => writes.perSecond)));
  const slowest = (of: (glimpse: Glimpse) => Durations, which: "p50" | "p99"): number | null => {
    const measured = answering.map(of).filter((one) => one.count > 0);
    return measured.length === 0 ? null : Math.max(...measured.map((one) => one[which]));
  };
  figures.set(
    "write p50",
    slowest(({ writes }) => writes.latency, "p50"),
  );
  figures.set(
    "write p99",
    slowest(({ writes }) => writes.latency, "p99"),
  );
  figures.set(
    "read p50",
    slowest(({ reads }) => reads.latency, "p50"),
  );
  figures.set(
    "read p99",
    slowest(({ reads }) => reads.latency, "p99"),
  );
  for (const server of servers)
    for (const [name, value] of ofServer(server)) figures.set(`${name} ${server.id}`, value);
  return figures;
}

function ofServer({ lag, glimpse, silence, roundTripMs }: ObservedServer): [string, number | null][] {
  const answers = glimpse !== null && silence === null;
  return [
    ["lag", lag ?? null],
    ["disk", answers && glimpse.disk.count > 0 ? glimpse.disk.p99 : null],
    ["trip", answers ? roundTripMs : null],
  ];
}

function sum(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((one) => one !== null);
  return known.length === 0 ? null : known.reduce((all, one) => all + one, 0);
}
