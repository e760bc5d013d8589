/**
 * Files that are there whole or not at all. What is written goes to a file of its own in the same directory, under a
 * name that nobody could have guessed and that must not exist (O_EXCL, so no link is followed); once it is on the disk
 * it gets its name in one step, and then the directory is synced.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, type Placing, place, placeSync, syncDirectory, syncDirectorySync, targetExists } from "./placing.ts";

/** How a file is written. */
export interface WholeFileOptions {
  /**
   * Whether a file that has the name already is replaced. A symbolic link is followed then: the file that it leads to
   * is replaced, and what is no regular file (a device, a pipe) is written to as it is. Default: false; whatever has the
   * name, be it a link that leads nowhere, makes the operation fail with EEXIST.
   */
  readonly replace?: boolean;
  /** Permissions of a new file, less the umask; default 0o666. One that is replaced keeps its own. */
  readonly mode?: number;
}

/** Names of unfinished files, removed when the process ends by `process.exit` or by itself. */
const unfinished = new Set<string>();

function removeUnfinished(): void {
  for (const name of unfinished) {
    try {
      rmSync(name, { force: true });
    } catch {
      // Its directory is gone, or no longer ours.
    }
  }
}

function begun(name: string): void {
  if (unfinished.size === 0) process.on("exit", removeUnfinished);
  unfinished.add(name);
}

function ended(name: string): void {
  if (unfinished.delete(name) && unfinished.size === 0) process.off("exit", removeUnfinished);
}

/** A name in the directory of `file`: what one finds after a power failure tells what it was to be. */
function temporaryName(file: string): string {
  // Any name is allowed 255 bytes; a character takes four at most.
  const shown = [...basename(file)].slice(0, 48).join("");
  return join(dirname(file), `.${shown}.${randomBytes(8).toString("hex")}.partial`);
}

/** Where the bytes are to end, how, and with which permissions. */
interface Target extends Placing {
  readonly mode: number;
  /** The file that is replaced: the new one gets its owner and permissions, as far as this process may give them. */
  readonly old: Stats | undefined;
  /** No regular file: it has no name to be moved to. */
  readonly special: boolean;
}

/** @throws the system's error, EEXIST if the name is taken and not to be replaced */
function targetOf(file: string, { replace = false, mode = 0o666 }: WholeFileOptions): Target {
  if (!replace) {
    if (targetExists(file))
      throw Object.assign(new Error(`EEXIST: file already exists, '${file}'`), { code: "EEXIST" });
    return { file, replace, mode, old: undefined, special: false };
  }
  try {
    const real = realpathSync(file);
    const found = statSync(real);
    const special = !found.isFile() && !found.isDirectory();
    return { file: real, replace, mode: found.mode & 0o777, old: found, special };
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return { file, replace, mode, old: undefined, special: false };
  }
}

/** Gives a new file the owner and the permissions of the one that it replaces. */
function inherit(descriptor: number, old: Stats | undefined): void {
  if (old === undefined) return;
  try {
    fchownSync(descriptor, old.uid, old.gid);
    // Behind the owner: a change of owner takes some permissions away. The umask has no say.
    fchmodSync(descriptor, old.mode & 0o7777);
  } catch {
    // Only the superuser gives files away. It is the user's own then, with the permissions that it was made with.
  }
}

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** A file that is written piece by piece: {@link create}, {@link write} …, then {@link commit} or {@link discard}. */
export class WholeFile {
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #target: Target;
  #closed = false;

  private constructor(handle: FileHandle, temporary: string, target: Target) {
    this.#handle = handle;
    this.#temporary = temporary;
    this.#target = target;
  }

  /** Begins a file. Rejects with the system's error, EEXIST if the name is taken and not to be replaced. */
  static async create(file: string, options: WholeFileOptions = {}): Promise<WholeFile> {
    const target = targetOf(file, options);
    if (target.special) return new WholeFile(await open(target.file, constants.O_WRONLY), "", target);
    const temporary = temporaryName(target.file);
    begun(temporary);
    try {
      const handle = await open(temporary, createFlags, target.mode);
      inherit(handle.fd, target.old);
      return new WholeFile(handle, temporary, target);
    } catch (error) {
      ended(temporary);
      throw error;
    }
  }

  /** Appends all of `bytes`. After a rejection the file can only be discarded. */
  async write(bytes: Uint8Array): Promise<void> {
    // Not `write`, which may write a part.
    await this.#handle.writeFile(bytes);
  }

  /**
   * Puts what was written to the disk and gives it its name. Where that fails nothing has the name that had it not
   * before, nothing is left behind, and the promise rejects with the system's error: EEXIST if the name was taken
   * meanwhile.
   */
  async commit(): Promise<void> {
    try {
      if (!this.#target.special) await this.#handle.sync();
      await this.#close();
      if (this.#target.special) return;
      const { undo } = await place(this.#temporary, this.#target);
      ended(this.#temporary);
      try {
        await syncDirectory(dirname(this.#target.file));
      } catch (error) {
        await undo();
        throw error;
      }
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Forgets what was written. Never rejects; does nothing after a commit. */
  async discard(): Promise<void> {
    await this.#close().catch(() => {});
    if (this.#target.special || !unfinished.has(this.#temporary)) return;
    await rm(this.#temporary, { force: true }).catch(() => {});
    ended(this.#temporary);
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

function writeSpecial(file: string, content: string | Uint8Array): void {
  const descriptor = openSync(file, constants.O_WRONLY);
  try {
    writeFileSync(descriptor, content);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a small file at once, whole or not at all.
 *
 * @throws the system's error; EEXIST if the name is taken and not to be replaced
 */
export function writeWholeFile(file: string, content: string | Uint8Array, options: WholeFileOptions = {}): void {
  const target = targetOf(file, options);
  if (target.special) return writeSpecial(target.file, content);
  const temporary = temporaryName(target.file);
  begun(temporary);
  try {
    const descriptor = openSync(temporary, createFlags, target.mode);
    try {
      inherit(descriptor, target.old);
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const { undo } = placeSync(temporary, target);
    try {
      syncDirectorySync(dirname(target.file));
    } catch (error) {
      undo();
      throw error;
    }
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // What failed first counts.
    }
    throw error;
  } finally {
    ended(temporary);
  }
}
