/** Which charts there are. */
import { html, type TemplateResult } from "lit";
import type { ClusterView } from "../../src/http/observed.ts";
import "./chart.ts";
import type { Line } from "./chart.ts";
import type { History } from "./history.ts";
import { count, rate, took } from "./words.ts";

interface Chart {
  readonly heading: string;
  /** A value in words. */
  readonly say: (value: number) => string;
  /** The axis reaches at least so far. */
  readonly least: number;
  readonly lines: readonly Line[];
}

/** The charts of a cluster. */
export function chartsOf({ servers, atMs, from }: ClusterView, history: History): TemplateResult[] {
  const line = (name: string, colour: number, column: string, isDashed = false): Line => ({
    ...{ name, colour, isDashed, values: history.column(column) },
  });
  const each = (column: string, ids = servers.map(({ id }) => id)): Line[] =>
    ids.map((id) => {
      const place = servers.findIndex((server) => server.id === id);
      return line(`n${id}`, place % 8, `${column} ${id}`, place >= 8);
    });
  const latencies = [
    line("write p50", 0, "write p50"),
    line("write p99", 0, "write p99", true),
    line("read p50", 2, "read p50"),
    line("read p99", 2, "read p99", true),
  ];
  const others = servers.flatMap(({ id }) => (id === from ? [] : [id]));
  const charts: readonly Chart[] = [
    {
      heading: "Requests a second",
      say: rate,
      least: 10,
      lines: [line("writes", 0, "writes"), line("reads", 2, "reads")],
    },
    { heading: "Time to answer, at the slowest server", say: took, least: 2, lines: latencies },
    { heading: "Lag behind the leader, entries", say: count, least: 10, lines: each("lag") },
    { heading: "Durable writes to disk, 99th percentile", say: took, least: 2, lines: each("disk") },
    { heading: `Round trip from n${from}`, say: took, least: 2, lines: each("trip", others) },
  ];
  return charts.map(
    ({ heading, say, least, lines }) =>
      html`<terrarium-chart .heading=${heading} .say=${say} .least=${least} .times=${history.times} .lines=${lines}
        .version=${atMs}></terrarium-chart>`,
  );
}
