/** Backups: taken from a running server, looked at in a file. */
import { createReadStream } from "node:fs";
import { TerrariumError } from "../base/errors.ts";
import { fileReason } from "../files/reasons.ts";
import { WholeFile } from "../files/whole-file.ts";
import { BackupReader, type BackupSummary } from "../protocol/backup-file.ts";
import { fetchBackup } from "./backup-call.ts";
import { badArgument, checkOptions, checkSignal } from "./checks.ts";
import { checkEndpoint, checkTimeout } from "./endpoints.ts";

export type { BackupSummary } from "../protocol/backup-file.ts";

/** A file that holds a whole backup. */
export interface BackupFile extends BackupSummary {
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Takes a backup of all that the server at `endpoint` (`host:port`, its client port) has applied, and writes it to
 * `file`, which must not exist. It is checked on the way, has its name only once it is whole and on the disk, and is
 * readable by the user alone. Whatever appears under that name meanwhile is left as it is (BACKUP_UNUSABLE).
 *
 * Rejects with USAGE, BAD_ARGUMENTS, NO_SERVER (nothing answers, or comes, for `idleMs`, default 30,000), OVERLOADED, PROTOCOL_ERROR,
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
  const address = checkEndpoint(endpoint);
  checkFile(file);
  const { idleMs: wishedMs = 30_000, signal: wished } = checkOptions(options, ["idleMs", "signal"]);
  const idleMs = checkTimeout("idleMs", wishedMs);
  const signal = checkSignal(wished);
  try {
    const target = await WholeFile.create(file, { mode: backupMode });
    try {
      const reader = new BackupReader();
      await fetchBackup(address, idleMs, signal, async (bytes) => {
        reader.push(bytes);
        await target.write(bytes);
      });
      const summary = reader.end();
      await target.commit();
      return { ...summary, bytes: reader.bytes };
    } finally {
      await target.discard();
    }
  } catch (error) {
    throw explained(error, `cannot write the backup to ${file}`, writeHint);
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
  checkFile(file);
  const reader = new BackupReader();
  try {
    for await (const chunk of createReadStream(file))
      reader.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    return { ...reader.end(), bytes: reader.bytes };
  } catch (error) {
    throw explained(error, `cannot read the backup ${file}`, "check the path and its permissions");
  }
}

/** A backup holds the passwords of sessions: it is for the user alone. */
const backupMode = 0o600;

const writeHint = "give the path of a file that does not exist yet, in a directory with space that you may write to";

function explained(error: unknown, what: string, hint: string): Error {
  if (error instanceof TerrariumError) return error;
  return new TerrariumError("BACKUP_UNUSABLE", `${what}: ${fileReason(error)}`, hint);
}

function checkFile(file: unknown): void {
  if (typeof file !== "string" || file === "" || file.includes("\0"))
    throw badArgument("file", file, "the path of a file");
}
