/** How results look: tables, stats, events. */
import type { Stat } from "../base/operations.ts";
import type { WatchEvent } from "../base/reads.ts";
import { kindOf } from "../base/znode-kinds.ts";
import type { Output } from "./ports.ts";

/** One result: `object` as a JSON line with --json, else `text` as a line. */
export function result(out: Output, text: string, object: Readonly<Record<string, unknown>>): void {
  out.write(`${out.json ? JSON.stringify(object) : text}\n`);
}

/** Columns padded to their widest cell, two spaces apart; no spaces at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string {
  return padded(rows, []);
}

/** `widths`, by column, are at least those of the cells afterwards. */
function padded(rows: readonly (readonly string[])[], widths: number[]): string {
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

/** A table too long to wait for its end: a part never has narrower columns than the one before. */
export class TableInParts {
  readonly #widths: number[] = [];
  #head: readonly string[] | undefined;
  #rows: (readonly string[])[] = [];

  constructor(head: readonly string[]) {
    this.#head = head;
  }

  /** Rows that {@link take} would give. */
  get length(): number {
    return this.#rows.length;
  }

  /** Returns how many rows there are now. */
  add(row: readonly string[]): number {
    return this.#rows.push(row);
  }

  /** The rows since the last call, as lines; the first time below the head. */
  take(): string {
    const rows = this.#head === undefined ? this.#rows : [this.#head, ...this.#rows];
    this.#head = undefined;
    this.#rows = [];
    return `${padded(rows, this.#widths)}\n`;
  }
}

/** A Unix time in milliseconds as ISO 8601; what is no time of the calendar stays a number. */
export function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

/** A stat, one labelled field a line, in ZooKeeper's order. */
export function statText(stat: Stat): string {
  const kind = kindOf(stat);
  const owner = `${stat.ephemeralOwner} (${kind === "ephemeral" ? "session" : kind})`;
  return table([
    ["czxid", String(stat.czxid)],
    ["ctime", isoTime(stat.ctime)],
    ["mzxid", String(stat.mzxid)],
    ["mtime", isoTime(stat.mtime)],
    ["pzxid", String(stat.pzxid)],
    ["version", String(stat.version)],
    ["cversion", String(stat.cversion)],
    ["aversion", String(stat.aversion)],
    ["ephemeralOwner", owner],
    ["dataLength", String(stat.dataLength)],
    ["numChildren", String(stat.numChildren)],
    ...(kind === "ttl" ? [["ttlMs", String(stat.ttlMs)]] : []),
  ]);
}

/** What a watch has to tell; without a zxid where the change was only noticed later. */
export type WatchNews = Pick<WatchEvent, "type" | "path"> & { readonly zxid?: number };

/** Shows a watch event: `{"event":{…}}` with --json. */
export function showEvent(out: Output, change: WatchNews): void {
  const { type, path, zxid } = change;
  const where = zxid === undefined ? "" : `  zxid ${zxid}`;
  result(out, `${type}  ${path}${where}`, { event: { type, path, ...(zxid === undefined ? {} : { zxid }) } });
}
