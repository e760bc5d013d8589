/** What every Disk must do: run against each implementation. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8, hex, utf8 } from "../../src/base/bytes.ts";
import type { Disk, DiskOperation, DiskView, KeyRange } from "../../src/storage/disk.ts";

export interface DiskUnderTest {
  /** A disk with nothing on it. */
  fresh(): Promise<Disk>;
  /** The same data, as a new process would find them. */
  reopen(): Promise<Disk>;
  close(): Promise<void>;
}

const everything: KeyRange = { gte: new Uint8Array([0]), lt: new Uint8Array([0xff]) };

export function write(disk: Disk, batch: readonly DiskOperation[]): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.write(batch, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

export function scan(disk: Disk, range: KeyRange = everything): Promise<[string, string][]> {
  const rows: [string, string][] = [];
  return new Promise((resolve, reject) => {
    disk.scan(
      range,
      (key, value) => rows.push([hex(key), fromUtf8(value)]),
      (error) => (error === undefined ? resolve(rows) : reject(error)),
    );
  });
}

function readView(view: DiskView, range: KeyRange, bytesMax: number): Promise<[string, string][]> {
  return new Promise((resolve, reject) => {
    view.read(range, bytesMax, (error, rows) => {
      if (error === undefined) resolve(rows.map(({ key, value }) => [hex(key), fromUtf8(value)]));
      else reject(error);
    });
  });
}

export function put(key: readonly number[], value: string): DiskOperation {
  return { type: "put", key: new Uint8Array(key), value: utf8(value) };
}

export function del(key: readonly number[]): DiskOperation {
  return { type: "delete", key: new Uint8Array(key) };
}

const row = (key: readonly number[], value: string): [string, string] => [hex(new Uint8Array(key)), value];

export function diskConformance(name: string, under: DiskUnderTest): void {
  describe(`${name} as a Disk`, () => {
    let disk: Disk;
    beforeEach(async () => {
      disk = await under.fresh();
    });
    afterEach(() => under.close());

    it("is empty at first", async () => {
      expect(await scan(disk)).toEqual([]);
    });

    it("scans in the byte order of keys, shorter before longer", async () => {
      await write(disk, [
        put([3, 200], "d"),
        put([3], "b"),
        put([2, 255, 255], "a"),
        put([3, 7], "c"),
        put([200], "e"),
      ]);
      expect(await scan(disk)).toEqual([
        row([2, 255, 255], "a"),
        row([3], "b"),
        row([3, 7], "c"),
        row([3, 200], "d"),
        row([200], "e"),
      ]);
    });

    it("scans from gte up to, and without, lt", async () => {
      await write(disk, [put([1], "a"), put([2], "b"), put([3], "c"), put([4], "d")]);
      expect(await scan(disk, { gte: new Uint8Array([2]), lt: new Uint8Array([4]) })).toEqual([
        row([2], "b"),
        row([3], "c"),
      ]);
    });

    it("applies a batch in its order", async () => {
      await write(disk, [put([1], "old")]);
      await write(disk, [del([1]), put([1], "new"), put([2], "gone"), del([2])]);
      expect(await scan(disk)).toEqual([row([1], "new")]);
    });

    it("keeps empty values, and forgets what is deleted", async () => {
      await write(disk, [put([1], ""), put([2], "x")]);
      await write(disk, [del([2]), del([9])]);
      expect(await scan(disk)).toEqual([row([1], "")]);
    });

    it("brings writes to the disk in the order in which they were made", async () => {
      const done: number[] = [];
      const numbers = [...Array(50).keys()];
      await Promise.all(numbers.map((i) => write(disk, [put([1], `${i}`)]).then(() => done.push(i))));
      expect(done).toEqual(numbers);
      expect(await scan(disk)).toEqual([row([1], "49")]);
    });

    it("keeps many rows and large ones, and finds them again", async () => {
      const large = "x".repeat(1_500_000);
      await write(disk, [put([9], large)]);
      await write(
        disk,
        Array.from({ length: 2500 }, (_, i) => put([5, i >> 8, i & 255], `row ${i}`)),
      );
      const rows = await scan(await under.reopen());
      expect(rows.length).toBe(2501);
      expect(rows[77]).toEqual(row([5, 0, 77], "row 77"));
      expect(rows[2500]?.[1] === large).toBe(true);
    });

    it("gives a view that later writes do not change", async () => {
      await write(disk, [put([1], "a"), put([2], "b"), put([3], "c")]);
      const view = disk.view();
      await write(disk, [put([1], "new"), del([2]), put([4], "d")]);
      expect(await readView(view, everything, 1000)).toEqual([row([1], "a"), row([2], "b"), row([3], "c")]);
      expect(await readView(view, { gte: new Uint8Array([2]), lt: new Uint8Array([3]) }, 1000)).toEqual([
        row([2], "b"),
      ]);
      view.close();
      expect(await readView(disk.view(), everything, 1000)).toEqual([row([1], "new"), row([3], "c"), row([4], "d")]);
    });

    it("reads a view in bounded pieces, at least a row at a time", async () => {
      const large = "x".repeat(5000);
      await write(disk, [put([1], large), put([2], "b"), put([3], "c"), put([4], large)]);
      const view = disk.view();
      expect(await readView(view, everything, 1)).toEqual([row([1], large)]);
      expect(await readView(view, { gte: new Uint8Array([2]), lt: new Uint8Array([9]) }, 2)).toEqual([
        row([2], "b"),
        row([3], "c"),
      ]);
      expect(await readView(view, { gte: new Uint8Array([5]), lt: new Uint8Array([9]) }, 2)).toEqual([]);
      view.close();
    });

    it("does not keep views on what it was given", async () => {
      const key = new Uint8Array([1]);
      const value = utf8("abc");
      const written = write(disk, [{ type: "put", key, value }]);
      await written;
      key[0] = 2;
      value[0] = 0;
      expect(await scan(disk)).toEqual([row([1], "abc")]);
    });
  });
}
