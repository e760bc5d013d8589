import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { segmentKey } from "../../src/storage/layout.ts";
import { openLevelDisk } from "../../src/storage/level-disk.ts";
import { Reclaimer } from "../../src/storage/level-space.ts";
import { write } from "./disk-conformance.ts";

const key = (number: number) => segmentKey({ generation: 1, number });
const put = (number: number, bytes: number) => ({
  type: "put" as const,
  key: key(number),
  value: new Uint8Array(bytes).fill(number & 0xff),
});
const del = (number: number) => ({ type: "delete" as const, key: key(number) });

let directory = "";
afterEach(() => rm(directory, { recursive: true, force: true }));

async function size(): Promise<number> {
  const sizes = (await readdir(directory)).map((name) =>
    stat(join(directory, name)).then(
      (found) => found.size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

it("rows that go from the oldest on leave the disk, though LevelDB has no reason of its own to merge them", async () => {
  directory = await mkdtemp(join(tmpdir(), "terrarium-space-"));
  const disk = await openLevelDisk(directory);
  const bytes = 512 * 1024;
  const live = 16;
  for (let number = 1; number <= 300; number++)
    await write(disk, number > live ? [put(number, bytes), del(number - live)] : [put(number, bytes)]);
  // 150 MiB went through it, of which 8 MiB live; without merges more than half of it stays.
  expect(await size()).toBeLessThan(70 * 1024 * 1024);
  await disk.close();
});

it("merges the range that was deleted, table by table, one at a time, and again when enough was written", async () => {
  const merged: [number, number][] = [];
  let finish: () => void = () => {};
  const reclaimer = new Reclaimer(
    {
      compactRange: (first, last) => {
        merged.push([first.at(-1) ?? 0, last.at(-1) ?? 0]);
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
      approximateSize: async () => 6000,
    },
    1000,
  );
  expect(reclaimer.wrote([put(9, 900), del(5), del(3)])).toBeGreaterThan(900);
  expect(merged).toEqual([]);
  reclaimer.wrote([put(10, 900), del(7)]);
  expect(merged).toEqual([[3, 7]]);
  reclaimer.wrote([put(11, 5000), del(8)]);
  expect(merged).toHaveLength(1);
  finish();
  await reclaimer.idle();
  // Half of the 6,000 bytes that there are must be written first; 5,000 were, meanwhile.
  reclaimer.wrote([put(12, 10), del(9)]);
  expect(merged).toEqual([
    [3, 7],
    [8, 9],
  ]);
  finish();
  await reclaimer.idle();
});

it("a merge that fails is tried again later: no data depend on it", async () => {
  let tries = 0;
  const reclaimer = new Reclaimer(
    {
      compactRange: () => {
        tries++;
        return Promise.reject(new Error("no space left on device"));
      },
      approximateSize: async () => 0,
    },
    100,
  );
  for (let i = 0; i < 3; i++) {
    reclaimer.wrote([put(i, 200), del(i)]);
    await reclaimer.idle();
  }
  expect(tries).toBe(3);
});
