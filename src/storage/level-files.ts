/**
 * The files of a LevelDB directory, before LevelDB opens it. It takes what is missing for what was never there: without
 * this check an acknowledged write could be gone and nobody told. docs/damage.md says what becomes of each file.
 */
import { mkdir, open, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { emptyBytes } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import { diskHint } from "./disk-hints.ts";
import { readManifest } from "./level-manifest.ts";
import { numberOf, readMark, type SyncMark } from "./level-mark.ts";
import { findWalDamage } from "./level-wal.ts";
import { corrupt } from "./sealed.ts";

/** Makes the directory, and sees to it that it is still there after a power failure. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await makeWithParents(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Not `mkdir` with `recursive`: in some places where nothing can be made (`/proc`), Node 20 tries for ever. */
async function makeWithParents(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    await makeWithParents(dirname(path));
    await mkdir(path);
  }
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Sees that LevelDB will neither take a damaged database for a new one, nor open one that lacks what was synced. CORRUPT
 * names what is wrong. Where a server has the directory open, or is closing it, files come and go meanwhile: what was
 * found wrong is looked at a second time, and that they are another's is told by opening them.
 */
export async function checkFiles(path: string): Promise<void> {
  try {
    await checkOnce(path);
  } catch (error) {
    if (!(error instanceof TerrariumError) || error.code !== "CORRUPT") throw error;
    await checkOnce(path);
  }
}

async function checkOnce(path: string): Promise<void> {
  // First, since what it says was true before all that is read after it.
  const mark = await readMark(path);
  const names = (await attempt(path, readdir(path))) ?? [];
  const current = names.includes("CURRENT")
    ? await attempt(path, readFile(join(path, "CURRENT"), "latin1"))
    : undefined;
  if (current === undefined) {
    if (names.some((name) => /^MANIFEST-|\.(log|ldb|sst)$/.test(name)))
      throw corrupt(`${path} has lost its file CURRENT`);
    return;
  }
  if (!/^MANIFEST-\d+\n$/.test(current)) throw corrupt(`${join(path, "CURRENT")} does not name a manifest`);
  const manifestName = current.trim();
  const manifest = await attempt(path, readFile(join(path, manifestName)));
  if (manifest === undefined) throw corrupt(`${path} has lost its file ${manifestName}`);
  const logs = new Map<number, string>();
  const needed = readManifest(manifest);
  if (needed === undefined) throw corrupt(`${join(path, manifestName)} cannot be read`);
  for (const name of names) {
    const number = numberOf(name, "log");
    // An older one is in the tables: LevelDB does not read it, and may not have got round to deleting it.
    if (number !== undefined && number >= needed.logNumber) logs.set(number, name);
  }
  await checkTables(path, names, needed.tables);
  await checkLogs(path, logs, needed.logNumber, mark);
}

/** Each table is there in its full length: LevelDB would notice a missing one, but not one that is cut or another's. */
async function checkTables(path: string, names: readonly string[], tables: ReadonlyMap<number, number>): Promise<void> {
  const found = new Map<number, string>();
  for (const name of names) {
    const number = numberOf(name, "ldb") ?? numberOf(name, "sst");
    if (number !== undefined) found.set(number, name);
  }
  for (const [number, bytes] of tables) {
    const name = found.get(number);
    if (name === undefined) throw corrupt(`${path} has lost its file ${String(number).padStart(6, "0")}.ldb`);
    const size = (await attempt(path, stat(join(path, name))))?.size;
    if (size !== undefined && size !== bytes)
      throw corrupt(`${join(path, name)} has ${size} bytes, and had ${bytes} when it was written`);
  }
}

/** The write-ahead logs that no table replaces are there, readable, and as long as they are known to have been. */
async function checkLogs(
  path: string,
  logs: ReadonlyMap<number, string>,
  firstNumber: number,
  mark: SyncMark | undefined,
): Promise<void> {
  const lost = (number: number): TerrariumError =>
    corrupt(`${path} has lost its file ${String(number).padStart(6, "0")}.log, which holds the newest writes`);
  // 0: a database that was made and never opened to its end.
  if (firstNumber > 0 && !logs.has(firstNumber)) throw lost(firstNumber);
  const sorted = [...logs].sort(([a], [b]) => a - b);
  const files = await Promise.all(sorted.map(([, name]) => attempt(path, readFile(join(path, name)))));
  const damage = findWalDamage(files.map((bytes) => bytes ?? emptyBytes));
  if (damage !== undefined)
    throw corrupt(`${join(path, sorted[damage.file]?.[1] ?? "")} cannot be read at byte ${damage.offset}`);
  // An older log is in the tables.
  if (mark === undefined || mark.log < firstNumber) return;
  if (!logs.has(mark.log)) throw lost(mark.log);
  const bytes = files[sorted.findIndex(([number]) => number === mark.log)]?.length ?? mark.bytes;
  if (bytes < mark.bytes)
    throw corrupt(
      `${join(path, logs.get(mark.log) ?? "")} ends at byte ${bytes}, and ${mark.bytes} bytes of it were on the disk for certain`,
    );
}

/** What a file operation gives; undefined when the file is not there. */
async function attempt<T>(path: string, operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unusable(path, error);
  }
}

/** The error of a data directory that the file system does not let us use. */
export function unusable(path: string, error: unknown): TerrariumError {
  const what = error instanceof Error ? error.message : String(error);
  return new TerrariumError("DATA_DIR_UNUSABLE", `the data directory ${path} cannot be used: ${what}`, diskHint(error));
}

/** The code of an error, if it has one. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
