/** Backups: taken from a running server, looked at in a file. */
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { TerrariumError } from "../base/errors.ts";
import { BackupReader, type BackupSummary } from "../protocol/backup-file.ts";
import { checkEndpoints, checkTimeout } from "./endpoints.ts";
import { fetchBackup } from "./transport.ts";

export type { BackupSummary } from "../protocol/backup-file.ts";

/** A file that holds a whole backup. */
export interface BackupFile extends BackupSummary {
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Takes a backup of all that the server at `endpoint` (`host:port`, its client port) has applied, and writes it to
 * `file`, which must not exist. It is checked on the way, and has its name only once it is whole and on the disk.
 *
 * Rejects with USAGE, NO_SERVER (nothing answers, or comes, for `idleMs`, default 30,000), OVERLOADED, PROTOCOL_ERROR,
 * BACKUP_UNUSABLE (what came is damaged, or the file cannot be written), ABORTED.
 *
 * ```ts
 * const { index, znodes } = await saveBackup("127.0.0.1:7101", "monday.backup");
 * ```
 */
export async function saveBackup(
  endpoint: string,
  file: string,
  options: { readonly idleMs?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<BackupFile> {
  const [address = endpoint] = checkEndpoints([endpoint]);
  const idleMs = checkTimeout("idleMs", options.idleMs ?? 30_000);
  const partial = `${file}.partial`;
  const target = await create(file, partial);
  try {
    const reader = new BackupReader();
    await fetchBackup(address, idleMs, options.signal, async (bytes) => {
      reader.push(bytes);
      await target.writeFile(bytes);
    });
    const summary = reader.end();
    await target.sync();
    await target.close();
    await rename(partial, file);
    return { ...summary, bytes: reader.bytes };
  } catch (error) {
    await target.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw explained(error, `the backup cannot be written to ${file}`);
  }
}

/**
 * Reads the backup in `file` from its beginning to its end. Rejects with BACKUP_UNUSABLE if it is none, or not whole.
 *
 * ```ts
 * const { clusterId, takenMs } = await inspectBackup("monday.backup");
 * ```
 */
export async function inspectBackup(file: string): Promise<BackupFile> {
  const reader = new BackupReader();
  try {
    for await (const chunk of createReadStream(file))
      reader.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    return { ...reader.end(), bytes: reader.bytes };
  } catch (error) {
    throw explained(error, `the backup ${file} cannot be read`);
  }
}

async function create(file: string, partial: string) {
  try {
    // Reserves the name: two backups at once, or one over an older one, would be a loss.
    const reserved = await open(file, "wx");
    await reserved.close();
    await rm(file);
    return await open(partial, "w");
  } catch (error) {
    throw explained(error, `the backup cannot be written to ${file}`);
  }
}

function explained(error: unknown, what: string): Error {
  if (error instanceof TerrariumError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TerrariumError("BACKUP_UNUSABLE", `${what} (${reason})`, "check the path, its permissions and the space");
}
