/** What becomes of each file of a data directory that is missing, empty, cut or old: a row of docs/damage.md each. */
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openLevelDisk } from "../../src/storage/level-disk.ts";
import { readManifest } from "../../src/storage/level-manifest.ts";
import { readMark } from "../../src/storage/level-mark.ts";
import { put, scan, write } from "./disk-conformance.ts";

const CURRENT = /^CURRENT$/;
const MANIFEST = /^MANIFEST-/;
const LOG = /\.log$/;
const TABLE = /\.ldb$/;

let home = "";
/** Closed in good order; with tables, and writes that only the log has. */
let closed = "";
/** The same, copied while it was open, as a crash leaves it. */
let crashed = "";
/** As `closed` was some writes before. */
let older = "";
let data = "";

const rows = 20;
const large = "x".repeat(1024 * 1024);

async function fill(directory: string, from: number, to: number): Promise<void> {
  const disk = await openLevelDisk(directory);
  for (let i = from; i < to; i++) await write(disk, [put([3, i], `${i} ${large}`)]);
  if (to === rows) {
    for (let i = 0; i < 5; i++) await write(disk, [put([4, i], `small ${i}`)]);
    await vi.waitFor(async () => {
      const mark = await readMark(directory);
      const logs = (await readdir(directory)).filter((name) => LOG.test(name)).sort();
      const newest = logs.at(-1) ?? "";
      expect(mark?.log).toBe(Number.parseInt(newest, 10));
      expect(mark?.bytes).toBeGreaterThan((await stat(join(directory, newest))).size / 2);
      // Nor is a table under way that the manifest does not name yet: without it nothing would be lost.
      const current = (await readFile(join(directory, "CURRENT"), "latin1")).trim();
      const named = readManifest(await readFile(join(directory, current)))?.tables.keys() ?? [];
      const tables = (await readdir(directory))
        .filter((name) => TABLE.test(name))
        .map((name) => Number.parseInt(name, 10));
      expect(tables.sort((a, b) => a - b)).toEqual([...named].sort((a, b) => a - b));
    });
    await cp(directory, crashed, { recursive: true });
  }
  await disk.close();
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "terrarium-files-"));
  [closed, crashed, older] = ["closed", "crashed", "older"].map((name) => join(home, name)) as [string, string, string];
  await fill(closed, 0, 10);
  await cp(closed, older, { recursive: true });
  await fill(closed, 10, rows);
});

afterAll(() => rm(home, { recursive: true, force: true }));

let copies = 0;
beforeEach(async () => {
  data = join(home, `copy-${copies++}`);
});

const take = (from: string) => cp(from, data, { recursive: true });
const named = async (pattern: RegExp): Promise<string[]> =>
  (await readdir(data))
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(data, name));
const one = async (pattern: RegExp): Promise<string> => (await named(pattern)).at(-1) ?? "nothing";

async function opens(): Promise<void> {
  const disk = await openLevelDisk(data);
  const found = await scan(disk);
  await disk.close();
  expect(found).toHaveLength(rows + 5);
}

async function refused(message: RegExp): Promise<void> {
  const opening = openLevelDisk(data).then(async (disk) => {
    // What LevelDB finds only as it reads: a server reads everything as it starts.
    await scan(disk).finally(() => disk.close());
  });
  await expect(opening).rejects.toMatchObject({ code: "CORRUPT", message: expect.stringMatching(message) });
  await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("replace this server") });
}

describe.each(["closed", "crashed"] as const)("a data directory that was %s", (state) => {
  beforeEach(() => take(state === "closed" ? closed : crashed));

  it("opens, whole", opens);

  it("without LOCK, LOG, LOG.old or SYNCED opens: they hold nothing that lasts", async () => {
    for (const name of ["LOCK", "LOG", "LOG.old", "SYNCED"]) await rm(join(data, name), { force: true });
    await opens();
  });

  it("with a damaged log from before its tables opens: LevelDB does not read it either", async () => {
    const first = Number.parseInt((await named(LOG)).map((file) => file.split("/").at(-1) ?? "").sort()[0] ?? "", 10);
    expect(first).toBeGreaterThan(1);
    await writeFile(join(data, "000001.log"), new Uint8Array(40_000).fill(7));
    await opens();
  });

  it("with those empty, or nonsense in them, opens", async () => {
    for (const name of ["LOCK", "LOG", "LOG.old"]) await writeFile(join(data, name), "");
    await writeFile(join(data, "SYNCED"), "log 99999 bytes 5 crc 0\n");
    await opens();
  });

  it.each([
    ["CURRENT", CURRENT, /has lost its file CURRENT/],
    ["the manifest", MANIFEST, /has lost its file MANIFEST-\d+/],
    ["the write-ahead log", LOG, /has lost its file \d+\.log, which holds the newest writes/],
    ["a table", TABLE, /has lost its file \d+\.ldb/],
  ])("without %s is refused", async (_, pattern, message) => {
    await rm(await one(pattern));
    await refused(message);
  });

  it("without any table is refused", async () => {
    for (const file of await named(TABLE)) await rm(file);
    await refused(/has lost its file \d+\.ldb/);
  });

  it("without everything but its manifest, tables or log is refused", async () => {
    for (const kept of [MANIFEST, TABLE, LOG]) {
      await take(closed);
      for (const file of await named(/./)) if (!kept.test(file.split("/").at(-1) ?? "")) await rm(file);
      await refused(/has lost its file CURRENT/);
    }
  });

  it.each([
    ["CURRENT", CURRENT, /CURRENT does not name a manifest/],
    ["the manifest", MANIFEST, /MANIFEST-\d+ cannot be read/],
    ["the write-ahead log", LOG, /\.log ends at byte 0, and \d+ bytes of it were on the disk for certain/],
    ["a table", TABLE, /\.ldb has 0 bytes, and had \d+ when it was written/],
  ])("with %s empty is refused", async (_, pattern, message) => {
    await writeFile(await one(pattern), "");
    await refused(message);
  });

  it.each([
    ["CURRENT", CURRENT, /CURRENT does not name a manifest/],
    ["a table", TABLE, /\.ldb has \d+ bytes, and had \d+ when it was written/],
    ["the write-ahead log", LOG, /\.log ends at byte \d+, and \d+ bytes of it were on the disk for certain/],
  ])("with %s cut in half is refused", async (_, pattern, message) => {
    const file = await one(pattern);
    await truncate(file, (await stat(file)).size >> 1);
    await refused(message);
  });

  it("with its manifest cut anywhere is refused, or has everything", async () => {
    const file = await one(MANIFEST);
    const { size } = await stat(file);
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
      await truncate(file, Math.floor(size * share));
      const outcome = await opens().then(
        () => "opens",
        (error: { code?: string }) => error.code,
      );
      expect(["opens", "CORRUPT"], `cut to ${share}`).toContain(outcome);
      await rm(data, { recursive: true });
      await take(state === "closed" ? closed : crashed);
    }
  });

  it("with an older copy of CURRENT and manifest is refused", async () => {
    const [current, manifest] = await Promise.all([
      readFile(join(older, "CURRENT")),
      readdir(older).then((names) => names.find((name) => MANIFEST.test(name)) ?? ""),
    ]);
    await writeFile(join(data, "CURRENT"), current);
    await refused(/has lost its file MANIFEST/);
    await cp(join(older, manifest), join(data, manifest));
    await refused(/has lost its file \d+\.(log|ldb)/);
  });
});

describe("a log that was closed in good order", () => {
  it("is refused without its last write, though LevelDB would take that for torn", async () => {
    await take(closed);
    const log = await one(LOG);
    await truncate(log, (await stat(log)).size - 1);
    await refused(/bytes of it were on the disk for certain/);
  });
});

describe("a log that was not", () => {
  it("may lack its end behind the mark: a crash tore a write that nobody was told of", async () => {
    await take(crashed);
    const log = await one(LOG);
    await truncate(log, (await stat(log)).size - 1);
    const disk = await openLevelDisk(data);
    expect(await scan(disk)).toHaveLength(rows + 4);
    await disk.close();
  });
});

describe("a whole directory of an earlier time", () => {
  it("opens: nothing in it could tell, and only the other servers know better", async () => {
    await take(older);
    const disk = await openLevelDisk(data);
    expect(await scan(disk)).toHaveLength(10);
    await disk.close();
  });

  it("but for the mark, is refused", async () => {
    await take(older);
    await cp(join(closed, "SYNCED"), join(data, "SYNCED"));
    await refused(/has lost its file \d+\.log/);
  });
});
