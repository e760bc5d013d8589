/**
 * A server's disk: rows on stable storage, and batches on their way there. It promises less than the
 * port: a batch is written whole or not at all, but of those under way at a crash any subset may have made it, so that
 * nothing can rely on their order.
 */
import type { Disk, DiskOperation, DiskView, KeyRange, Row } from "../../src/storage/disk.ts";
import type { PendingScan, PendingWrite } from "./disk-work.ts";
import type { Kernel } from "./kernel.ts";
import type { Draws, Spread } from "./random.ts";
import type { ServerView } from "./view.ts";

/** A key's bytes as a string that sorts like them. */
export function keyText(key: Uint8Array): string {
  let text = "";
  for (let i = 0; i < key.length; i++) text += String.fromCharCode(key[i] ?? 0);
  return text;
}

/** The disk outlives the server's process. */
export class SimDisk {
  /** What a process that starts now would find. By {@link keyText}. */
  readonly rows = new Map<string, Row>();
  /** Every write takes up to this much longer, µs. */
  extraUs = 0;
  /** No write completes before this virtual time. */
  stalledUntilUs = 0;
  full = false;
  /** The next write fails; "applied": though its rows reach the disk. */
  failNext: "no" | "lost" | "applied" = "no";
  /** Damage was met in what was read, though it may be gone by now. */
  damageRead = false;
  /** How a row was lost, if one was. */
  lost: "no" | "missing" | "older" = "no";
  /** Keys of rows with a turned bit, and of those that were lost. */
  readonly #damaged = new Set<string>();
  /** Open views with such rows in them: there they stay, whatever is written meanwhile. */
  readonly #damagedViews = new Set<DiskView>();
  /** Rows as they were before they were last replaced or deleted. */
  readonly #before = new Map<string, Row>();
  readonly #kernel: Kernel;
  readonly #server: ServerView;
  readonly #latencyUs: Spread;
  readonly #latency: Draws;
  readonly #survival: Draws;
  #pending: PendingWrite[] = [];
  #scans: PendingScan[] = [];
  #lastCompletionUs = 0;

  constructor(kernel: Kernel, server: ServerView, latencyUs: Spread) {
    this.#kernel = kernel;
    this.#server = server;
    this.#latencyUs = latencyUs;
    this.#latency = kernel.randomness.draws("disk latency", server.id);
    this.#survival = kernel.randomness.draws("disk survival", server.id);
  }

  /** Some row has a turned bit or was lost: the server must notice when it starts. */
  get damaged(): boolean {
    return this.#damaged.size > 0;
  }

  /** Damage is on the disk, or in what it held when a view that is still open was made: whoever reads may yet meet it. */
  get mayShowDamage(): boolean {
    return this.damaged || this.#damagedViews.size > 0;
  }

  /** What is on stable storage now, in key order. */
  sortedRows(): Row[] {
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  /** Something is being read. */
  get reading(): boolean {
    return this.#scans.length > 0;
  }

  /** The batches that are under way, oldest first. */
  underway(): readonly (readonly DiskOperation[])[] {
    return this.#pending.map(({ batch }) => batch);
  }

  /** The Disk port for one process; once `alive` says no, it does nothing any more. */
  port(alive: () => boolean): Disk {
    return {
      write: (batch, done) => {
        if (alive()) this.#write(batch, done);
      },
      scan: (range, visit, done) => {
        if (alive()) this.#scan(this.#inRange(range), visit, done);
      },
      view: () => this.#view(alive),
    };
  }

  /** The time for a batch to be on stable storage has come. Calls nobody back: see {@link PendingWrite.done}. */
  complete(write: PendingWrite): "done" | "later" | "over" {
    if (write.state === "over") return "over";
    // What a stall put off comes before what was written during the stall, though both are due when that is over.
    const dueUs =
      this.#pending[0] === write ? this.stalledUntilUs : Math.max(this.stalledUntilUs, this.#kernel.now + 1);
    if (this.#kernel.now < dueUs) {
      this.#kernel.at(dueUs, { kind: "written", cause: this.#kernel.current, server: this.#server.id, write });
      return "later";
    }
    write.state = "over";
    this.#pending = this.#pending.filter((other) => other !== write);
    if (write.applied) this.#apply(write.batch);
    return "done";
  }

  /** The process died: each batch under way has made it with probability `keep`. */
  crash(keep: number): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const write of pending) {
      write.state = "over";
      if (write.applied && this.#survival.chance(keep)) this.#apply(write.batch);
    }
    for (const scan of this.#scans) scan.state = "over";
    this.#scans = [];
    this.#damagedViews.clear();
  }

  /** Nothing holds writes up any more. */
  mend(): void {
    this.extraUs = 0;
    this.stalledUntilUs = 0;
    this.full = false;
    this.failNext = "no";
    this.#lastCompletionUs = 0;
    for (const write of this.#pending)
      this.#kernel.after(1, { kind: "written", cause: this.#kernel.current, server: this.#server.id, write });
  }

  /** Everything is gone. */
  wipe(): void {
    this.rows.clear();
    this.#damaged.clear();
    this.#before.clear();
    this.lost = "no";
  }

  /**
   * One row that `matches` is missing from now on, or, if `older`, is what it was before. `matches` is asked with the row
   * that is to go, or with the one that is to come back. No process may be running, or it would write over it.
   */
  loseRow(older: boolean, matches: (row: Row, rows: ReadonlyMap<string, Row>) => boolean): void {
    const candidates = [...(older ? this.#before : this.rows)].filter(([, row]) => matches(row, this.rows));
    if (candidates.length === 0) return;
    candidates.sort(([a], [b]) => (a < b ? -1 : 1));
    const [text, row] = this.#kernel.randomness.draws("lose row", this.#server.id).pick(candidates);
    if (older) this.rows.set(text, row);
    else this.rows.delete(text);
    this.#damaged.add(text);
    this.lost = older ? "older" : "missing";
  }

  /** Turns one bit of the value of a row that `matches`. Returns its key, or `undefined` if nothing was there to turn. */
  flipBit(matches: (row: Row) => boolean): Uint8Array | undefined {
    const keys = [...this.rows.keys()].sort().filter((text) => {
      const row = this.rows.get(text);
      return row !== undefined && row.value.length > 0 && matches(row);
    });
    if (keys.length === 0) return undefined;
    const draws = this.#kernel.randomness.draws("flip bit", this.#server.id);
    const text = draws.pick(keys);
    const row = this.rows.get(text);
    if (row === undefined) return undefined;
    const value = row.value.slice();
    const at = draws.below(value.length);
    value[at] = (value[at] ?? 0) ^ (1 << draws.below(8));
    this.rows.set(text, { key: row.key, value });
    this.#damaged.add(text);
    return row.key;
  }

  #write(batch: readonly DiskOperation[], done: PendingWrite["done"]): void {
    const fails = this.full || this.failNext !== "no";
    const write: PendingWrite = {
      batch,
      done,
      error: fails ? new Error(this.full ? "no space left on device" : "input/output error") : undefined,
      applied: !fails || (!this.full && this.failNext === "applied"),
      state: "under way",
    };
    this.failNext = "no";
    this.#pending.push(write);
    this.#kernel.observers.writing(this.#server, batch);
    const extra = this.extraUs > 0 ? this.#latency.below(this.extraUs + 1) : 0;
    const at = this.#kernel.now + this.#latency.spread(this.#latencyUs) + extra;
    // Level writes batches one after the other.
    this.#lastCompletionUs = Math.max(at, this.#lastCompletionUs, this.stalledUntilUs);
    this.#kernel.at(this.#lastCompletionUs, {
      kind: "written",
      cause: this.#kernel.current,
      server: this.#server.id,
      write,
    });
  }

  #apply(batch: readonly DiskOperation[]): void {
    for (const operation of batch) {
      const text = keyText(operation.key);
      const before = this.rows.get(text);
      if (before !== undefined) this.#before.set(text, before);
      if (operation.type === "put") this.rows.set(text, { key: operation.key, value: operation.value });
      else this.rows.delete(text);
      this.#damaged.delete(text);
    }
    this.#kernel.observers.durable(this.#server, batch);
  }

  #inRange(range: KeyRange): Row[] {
    const gte = keyText(range.gte);
    const lt = keyText(range.lt);
    const rows: Row[] = [];
    for (const text of [...this.rows.keys()].filter((key) => key >= gte && key < lt).sort()) {
      const row = this.rows.get(text);
      if (row !== undefined) rows.push(row);
    }
    for (const text of this.#damaged) if (text >= gte && text < lt) this.damageRead = true;
    return rows;
  }

  #view(alive: () => boolean): DiskView {
    const all = [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const damaged = new Set(this.#damaged);
    let open = true;
    const view: DiskView = {
      read: (range, bytesMax, done) => {
        if (!alive() || !open) return;
        const gte = keyText(range.gte);
        const lt = keyText(range.lt);
        const rows: Row[] = [];
        let bytes = 0;
        for (const [text, row] of all) {
          if (text < gte) continue;
          if (text >= lt || bytes >= bytesMax) break;
          rows.push(row);
          if (damaged.has(text)) this.damageRead = true;
          bytes += row.value.length;
        }
        this.#scan(
          rows,
          () => {},
          () => {
            if (open) done(undefined, rows);
          },
        );
      },
      close: () => {
        open = false;
        this.#damagedViews.delete(view);
      },
    };
    if (damaged.size > 0) this.#damagedViews.add(view);
    return view;
  }

  #scan(rows: readonly Row[], visit: PendingScan["visit"], done: PendingScan["done"]): void {
    const scan: PendingScan = { rows, visit, done, state: "under way" };
    this.#scans.push(scan);
    const delay = this.#latency.spread(this.#latencyUs);
    this.#kernel.after(delay, { kind: "scanned", cause: this.#kernel.current, server: this.#server.id, scan });
  }

  /** The rows of a scan are read. Calls its callbacks. */
  finishScan(scan: PendingScan): void {
    if (scan.state === "over") return;
    scan.state = "over";
    this.#scans = this.#scans.filter((other) => other !== scan);
    for (const row of scan.rows) scan.visit(row.key, row.value);
    scan.done(undefined);
  }
}
