/** How results look: tables, stats, events. */
import type { Stat, WatchEvent } from "../base/operations.ts";
import type { Output } from "./ports.ts";

/** One result: `object` as a JSON line with --json, else `text` as a line. */
export function result(out: Output, text: string, object: Readonly<Record<string, unknown>>): void {
  out.write(`${out.json ? JSON.stringify(object) : text}\n`);
}

/** Columns padded to their widest cell, two spaces apart; no spaces at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
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

/** A Unix time in milliseconds as ISO 8601; what is no time of the calendar stays a number. */
export function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

/** A stat, one labelled field a line, in ZooKeeper's order. */
export function statText(stat: Stat): string {
  const owner = stat.ephemeralOwner === 0 ? "0 (persistent)" : `${stat.ephemeralOwner} (session)`;
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
  ]);
}

/** What a watch has to tell; without a zxid where the change was only noticed later. */
export type Change = Pick<WatchEvent, "type" | "path"> & { readonly zxid?: number };

/** Shows a watch event: `{"event":{…}}` with --json. */
export function showEvent(out: Output, change: Change): void {
  const { type, path, zxid } = change;
  const where = zxid === undefined ? "" : `  zxid ${zxid}`;
  result(out, `${type}  ${path}${where}`, { event: { type, path, ...(zxid === undefined ? {} : { zxid }) } });
}
