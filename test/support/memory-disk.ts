/** A Disk in memory: what is written completes at once, or when the test says so. */
import { compareBytes } from "../../src/base/bytes.ts";
import type { Disk, DiskOperation, DiskView, KeyRange, Row } from "../../src/storage/disk.ts";

export type { Row } from "../../src/storage/disk.ts";

export class MemoryDisk implements Disk {
  /** What is on stable storage, in key order. */
  rows: Row[] = [];
  /** With `manual`, writes that wait for {@link complete} or {@link fail}, oldest first. */
  readonly pending: { readonly batch: readonly DiskOperation[]; readonly done: (error: Error | undefined) => void }[] =
    [];
  /** Whether writes wait for {@link complete}; may be changed, as when a disk begins to hang. */
  manual: boolean;

  constructor(completion: "immediate" | "manual" = "immediate", rows: readonly Row[] = []) {
    this.manual = completion === "manual";
    this.rows = [...rows];
  }

  write(batch: readonly DiskOperation[], done: (error: Error | undefined) => void): void {
    this.pending.push({ batch: [...batch], done });
    if (!this.manual) this.complete();
  }

  scan(
    range: KeyRange,
    visit: (key: Uint8Array, value: Uint8Array) => void,
    done: (error: Error | undefined) => void,
  ): void {
    for (const { key, value } of this.rows) {
      if (compareBytes(key, range.gte) >= 0 && compareBytes(key, range.lt) < 0) visit(key.slice(), value.slice());
    }
    done(undefined);
  }

  view(): DiskView {
    const seen = this.rows;
    let open = true;
    return {
      read: (range, bytesMax, done) => {
        const rows: Row[] = [];
        let bytes = 0;
        for (const { key, value } of seen) {
          if (bytes >= bytesMax) break;
          if (compareBytes(key, range.gte) < 0 || compareBytes(key, range.lt) >= 0) continue;
          rows.push({ key: key.slice(), value: value.slice() });
          bytes += value.length;
        }
        if (open) done(undefined, rows);
      },
      close: () => {
        open = false;
      },
    };
  }

  /** Brings the oldest pending batch to stable storage. False when there is none. */
  complete(): boolean {
    const write = this.pending.shift();
    if (write === undefined) return false;
    // A new list: views keep the old one.
    this.rows = [...this.rows];
    for (const operation of write.batch) this.apply(operation);
    write.done(undefined);
    return true;
  }

  /** Fails the oldest pending batch; nothing of it is written. */
  fail(error: Error): void {
    this.pending.shift()?.done(error);
  }

  /** Changes a byte of the value under `key`. */
  flip(key: Uint8Array, offset: number): void {
    this.rows = this.rows.map((row) => {
      if (compareBytes(row.key, key) !== 0) return row;
      const value = row.value.slice();
      value[offset] = (value[offset] ?? 0) ^ 0x10;
      return { key: row.key, value };
    });
  }

  /** Takes a row away. */
  drop(key: Uint8Array): void {
    this.rows = this.rows.filter((row) => compareBytes(row.key, key) !== 0);
  }

  private apply(operation: DiskOperation): void {
    const { rows } = this;
    let at = 0;
    for (let end = rows.length; at < end; ) {
      const middle = (at + end) >> 1;
      if (compareBytes(rows[middle]?.key ?? operation.key, operation.key) < 0) at = middle + 1;
      else end = middle;
    }
    const found = rows[at];
    const there = found !== undefined && compareBytes(found.key, operation.key) === 0 ? 1 : 0;
    if (operation.type === "delete") rows.splice(at, there);
    else rows.splice(at, there, { key: operation.key.slice(), value: operation.value.slice() });
  }
}
