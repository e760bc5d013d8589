import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LevelDisk, openLevelDisk } from "../../src/storage/level-disk.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { diskConformance, put, scan, write } from "./disk-conformance.ts";

let directory = "";
let disk: LevelDisk | undefined;

async function fresh(): Promise<LevelDisk> {
  directory = await mkdtemp(join(tmpdir(), "terrarium-disk-"));
  disk = await openLevelDisk(join(directory, "made", "data"));
  return disk;
}

async function reopen(): Promise<LevelDisk> {
  await disk?.close();
  disk = await openLevelDisk(join(directory, "made", "data"));
  return disk;
}

async function close(): Promise<void> {
  await disk?.close();
  disk = undefined;
  await rm(directory, { recursive: true, force: true });
}

diskConformance("LevelDisk", { fresh, reopen, close });

let memory = new MemoryDisk();
diskConformance("MemoryDisk", {
  fresh: async () => {
    memory = new MemoryDisk();
    return memory;
  },
  reopen: async () => new MemoryDisk("immediate", memory.rows),
  close: async () => {},
});

describe("LevelDisk", () => {
  let data = "";
  beforeEach(async () => {
    await fresh();
    data = join(directory, "made", "data");
  });
  afterEach(close);

  /** Writes `count` batches of about 1 KB with the numbers from `from` on. */
  async function writeBatches(count: number, from = 0): Promise<void> {
    for (let i = from; i < from + count; i++) await write(disk ?? (await reopen()), [put([3, i], `${i} `.repeat(300))]);
  }

  /** Stops the disk and returns the path of the write-ahead log that holds what was written. */
  async function writeAheadLog(): Promise<string> {
    await disk?.close();
    disk = undefined;
    const logs = (await readdir(data)).filter((name) => name.endsWith(".log"));
    expect(logs.length).toBe(1);
    // As after a power failure: the mark is lost.
    await rm(join(data, "SYNCED"), { force: true });
    return join(data, logs[0] ?? "");
  }

  async function numbersFound(): Promise<number[]> {
    const rows = await scan(await reopen());
    return rows.map(([key]) => Number.parseInt(key.slice(2), 16));
  }

  async function flip(path: string, offset: number): Promise<void> {
    const bytes = await readFile(path);
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }

  it("drops a torn last batch silently, and only that", async () => {
    await writeBatches(20);
    const log = await writeAheadLog();
    await truncate(log, (await readFile(log)).length - 3);
    expect(await numbersFound()).toEqual([...Array(19).keys()]);
    await writeBatches(1, 19);
    expect(await numbersFound()).toEqual([...Array(20).keys()]);
  });

  it("drops a last batch of which only the header's beginning arrived", async () => {
    await writeBatches(2);
    const log = await writeAheadLog();
    const bytes = await readFile(log);
    await writeFile(log, Buffer.concat([bytes, bytes.subarray(0, 4)]));
    expect(await numbersFound()).toEqual([0, 1]);
  });

  it("refuses a flipped byte in what was synced, wherever a batch follows", async () => {
    await writeBatches(3);
    const log = await writeAheadLog();
    const intact = await readFile(log);
    // A checksum, a length, a type, and the payload of the first and of the second batch.
    for (const offset of [0, 4, 5, 6, 7, 500, Math.floor(intact.length / 2)]) {
      await flip(log, offset);
      await expect(openLevelDisk(data), `offset ${offset}`).rejects.toMatchObject({
        code: "CORRUPT",
        message: expect.stringContaining(log),
      });
      await writeFile(log, intact);
    }
    expect(await numbersFound()).toEqual([0, 1, 2]);
  });

  it("refuses to take a database without its CURRENT or manifest for a new one", async () => {
    await writeBatches(2);
    await writeAheadLog();
    const current = join(data, "CURRENT");
    const name = (await readFile(current, "latin1")).trim();
    const manifest = await readFile(join(data, name));
    await rm(join(data, name));
    await expect(openLevelDisk(data)).rejects.toMatchObject({ code: "CORRUPT" });
    await writeFile(join(data, name), manifest);
    await rm(current);
    await expect(openLevelDisk(data)).rejects.toMatchObject({ code: "CORRUPT" });
    await writeFile(current, `${name}\n`);
    expect(await numbersFound()).toEqual([0, 1]);
  });

  it("refuses a damaged manifest", async () => {
    await writeBatches(2);
    await reopen();
    await writeAheadLog();
    const name = (await readFile(join(data, "CURRENT"), "latin1")).trim();
    await writeFile(join(data, name), "this is no manifest");
    await expect(openLevelDisk(data)).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("says that another server has the directory", async () => {
    await expect(openLevelDisk(data)).rejects.toMatchObject({
      code: "DATA_DIR_UNUSABLE",
      message: expect.stringContaining("another server"),
    });
    // The one that has it goes on.
    await writeBatches(1);
    expect(await numbersFound()).toEqual([0]);
  });

  it("says what is wrong with a path that cannot be a directory", async () => {
    const file = join(directory, "file");
    await writeFile(file, "x");
    for (const path of [file, join(file, "below"), "/proc/terrarium"]) {
      await expect(openLevelDisk(path), path).rejects.toMatchObject({
        code: "DATA_DIR_UNUSABLE",
        message: expect.stringContaining(path),
      });
    }
  });

  it("writes nothing behind a write that failed", async () => {
    const database = new Level<Uint8Array, Uint8Array>(join(directory, "failing"), { valueEncoding: "view" });
    const batch = vi.spyOn(database, "batch").mockRejectedValueOnce(new Error("no space left"));
    const failing = new LevelDisk(database, directory);
    const writes = [put([1], "a"), put([2], "b")].map((operation) => write(failing, [operation]));
    for (const done of writes) await expect(done).rejects.toThrow("no space left");
    await expect(write(failing, [put([3], "c")])).rejects.toThrow("no space left");
    expect(batch).toHaveBeenCalledTimes(1);
    await failing.close();
  });

  it("writes what it was given before it closes", async () => {
    const open = disk ?? (await reopen());
    const writes = [1, 2, 3].map((n) => write(open, [put([n], `${n}`)]));
    const closed = open.close();
    await Promise.all([...writes, closed]);
    expect(await scan(await reopen())).toHaveLength(3);
  });

  it("reports a write after close as failed", async () => {
    const closed = disk ?? (await reopen());
    await closed.close();
    await expect(write(closed, [put([1], "x")])).rejects.toThrow();
    await expect(scan(closed)).rejects.toThrow();
  });
});
