/** How a finished file gets its name, in one step, and how that step is made to last. */
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";

/** Where a file is to go. */
export interface Placing {
  readonly file: string;
  /** Whether what has the name now is replaced. */
  readonly replace: boolean;
}

/** Codes of file systems without hard links (FAT, some that are mounted over a network). */
const noLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);
/** Codes of systems where a directory cannot be synced at all. */
const noDirectorySync = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR", "EPERM", "EACCES"]);

/** The system's code of an error, such as ENOENT. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  const code = codeOf(error);
  return typeof code === "string" && codes.has(code);
}

/** Whether something has this name, also a link that leads nowhere. */
export function targetExists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Gives the file `temporary` its name; `temporary` is gone then. `undo` takes the name back, if it was new. Rejects with
 * EEXIST if something has the name that is not to be replaced; `temporary` is still there then.
 */
export async function place(temporary: string, { file, replace }: Placing): Promise<{ undo: () => Promise<void> }> {
  if (replace) {
    await rename(temporary, file);
    return { undo: () => Promise.resolve() };
  }
  const undo = (): Promise<void> => rm(file, { force: true }).catch(() => {});
  try {
    // Unlike `rename` it fails when the name is taken, by whatever.
    await link(temporary, file);
  } catch (error) {
    if (!hasCode(error, noLinks)) throw error;
    // The name is reserved first; what others do to a file that is ours in between is theirs to answer for.
    await (await open(file, "wx")).close();
    await rename(temporary, file);
    return { undo };
  }
  try {
    await rm(temporary);
  } catch (error) {
    await undo();
    throw error;
  }
  return { undo };
}

/** {@link place}, at once. */
export function placeSync(temporary: string, { file, replace }: Placing): { undo: () => void } {
  if (replace) {
    renameSync(temporary, file);
    return { undo: () => {} };
  }
  const undo = (): void => rmSync(file, { force: true });
  try {
    linkSync(temporary, file);
  } catch (error) {
    if (!hasCode(error, noLinks)) throw error;
    closeSync(openSync(file, "wx"));
    renameSync(temporary, file);
    return { undo };
  }
  try {
    rmSync(temporary);
  } catch (error) {
    undo();
    throw error;
  }
  return { undo };
}

/** Makes names in a directory last over a power failure, where the system can. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!hasCode(error, noDirectorySync)) throw error;
  }
}

/** {@link syncDirectory}, at once. */
export function syncDirectorySync(directory: string): void {
  try {
    const descriptor = openSync(directory, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!hasCode(error, noDirectorySync)) throw error;
  }
}
