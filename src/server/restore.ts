/** `terrarium restore`: makes the data directory of a server of a new cluster from a backup. */
import { createHash } from "node:crypto";
import { createReadStream, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { TerrariumError } from "../base/errors.ts";
import type { BackupSummary } from "../protocol/backup-file.ts";
import type { Configuration } from "../raft/types.ts";
import type { DiskOperation } from "../storage/disk.ts";
import { diskHint } from "../storage/disk-hints.ts";
import { openLevelDisk } from "../storage/level-disk.ts";
import { Restoration } from "../storage/restore.ts";
import { derivedClusterId, parseServeOptions, type ServeFlags } from "./options.ts";
import { newIncarnation } from "./start.ts";

/** What was restored. */
export interface Restored {
  readonly summary: BackupSummary;
  /** How many the cluster has. */
  readonly members: number;
  readonly clusterId: string;
  readonly dataDir: string;
}

/**
 * Restores the backup `file` into the directory that `flags` names, for one server of a new cluster. The file is read
 * twice: not before it was found to be whole is anything written. Where `signal` aborts, nothing is left in the directory.
 *
 * @throws TerrariumError USAGE, NOT_A_MEMBER, BACKUP_UNUSABLE, CORRUPT, DATA_DIR_UNUSABLE, DISK_FAILED
 */
export async function restore(file: string, flags: ServeFlags, signal: AbortSignal): Promise<Restored> {
  const { id, members, dataDir } = parseServeOptions(flags);
  const directory = resolve(dataDir);
  checkEmpty(directory);
  checkFile(file);
  const configuration: Configuration = { members, voters: members.map((m) => m.id), oldVoters: [], learners: [] };
  const digest = await check(file, configuration, signal);
  signal.throwIfAborted();
  // Restored from another file, a server would be of another cluster: their states must never mix.
  const clusterId = flags.clusterId ?? `${derivedClusterId(members)}-${digest.slice(0, 8)}`;
  // Under a name that the operator gave too. 48 bits, as a number that is not 0.
  const origin = Number.parseInt(digest.slice(0, 12), 16) + 1;
  const disk = await openLevelDisk(directory);
  const write = (batch: readonly DiskOperation[]): Promise<void> =>
    new Promise((done, fail) => disk.write(batch, (error) => (error === undefined ? done() : fail(error))));
  try {
    const restoration = new Restoration();
    for await (const bytes of pieces(file)) {
      signal.throwIfAborted();
      const operations = restoration.push(bytes);
      if (operations.length > 0) await write(operations);
    }
    const identity = { clusterId, serverId: id, incarnation: newIncarnation(), origin };
    const { summary, operations } = restoration.end(identity, configuration);
    await write(operations);
    await disk.close();
    return { summary, members: members.length, clusterId, dataDir };
  } catch (error) {
    await disk.close();
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
    if (error instanceof TerrariumError) throw error;
    throw new TerrariumError(
      "DISK_FAILED",
      `the backup could not be written to ${directory}: ${reasonOf(error)}`,
      diskHint(error),
    );
  }
}

/** Sees that `directory` is empty or does not exist. */
function checkEmpty(directory: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return;
    const why = code === "ENOTDIR" ? "it is, or is below, something that is no directory" : reasonOf(error);
    throw new TerrariumError(
      "DATA_DIR_UNUSABLE",
      `the data directory ${directory} cannot be used: ${why}`,
      "restore into an empty directory, or one to be made; nothing was changed",
    );
  }
  if (names.length === 0) return;
  throw new TerrariumError(
    "DATA_DIR_UNUSABLE",
    `the data directory ${directory} is not empty`,
    "restore into a directory of its own; nothing was changed",
  );
}

/** Sees that `file` is one that can be read twice: a pipe cannot, and opening one that nobody writes never ends. */
function checkFile(file: string): void {
  let isFile: boolean;
  try {
    isFile = statSync(file).isFile();
  } catch (error) {
    throw unreadable(file, error);
  }
  if (isFile) return;
  throw new TerrariumError(
    "BACKUP_UNUSABLE",
    `${file} is no regular file`,
    "give the path of a file that `kvctl snapshot save` made; a backup cannot come through a pipe",
  );
}

/** Reads all of the file and sees that it can be restored. Returns its SHA-256, hexadecimal. */
async function check(file: string, configuration: Configuration, signal: AbortSignal): Promise<string> {
  const restoration = new Restoration();
  const hash = createHash("sha256");
  for await (const bytes of pieces(file)) {
    signal.throwIfAborted();
    hash.update(bytes);
    restoration.push(bytes);
  }
  restoration.end({ clusterId: "check", serverId: 1 }, configuration);
  return hash.digest("hex");
}

async function* pieces(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  } catch (error) {
    if (error instanceof TerrariumError) throw error;
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): TerrariumError {
  if (codeOf(error) === "ENOENT") {
    return new TerrariumError("BACKUP_UNUSABLE", `there is no file ${file}`, "check the path of the backup");
  }
  return new TerrariumError(
    "BACKUP_UNUSABLE",
    `the backup ${file} cannot be read (${reasonOf(error)})`,
    "check its path and who may read it",
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
