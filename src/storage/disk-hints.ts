/** What to do about an error of the file system: the same for the start of a server and for a write that fails later. */
import { TerrariumError } from "../base/errors.ts";

interface Trouble {
  /** As Node names it. */
  readonly codes: readonly string[];
  /** As the C library words it, which is all that LevelDB passes on. */
  readonly words: string;
  readonly hint: string;
}

const troubles: readonly Trouble[] = [
  {
    codes: ["ENOSPC"],
    words: "No space left on device",
    hint: "free space on that disk, or move the data directory to a larger one, then start the server again; inodes may be what is used up (`df -i`)",
  },
  {
    codes: ["EDQUOT"],
    words: "Disk quota exceeded",
    hint: "free space, or raise the disk quota of the user that the server runs as, then start it again",
  },
  {
    codes: ["EROFS"],
    words: "Read-only file system",
    hint: "mount the file system for writing, once it is known why it is read-only (after an error the kernel makes it so: see `dmesg`), or give another data directory",
  },
  {
    codes: ["EACCES", "EPERM"],
    words: "Permission denied",
    hint: "let the user that the server runs as read and write it, with all that is in it",
  },
  {
    codes: ["EIO"],
    words: "Input/output error",
    hint: "the disk or its driver fails (see `dmesg`): replace the disk, and the server under a new id (`kvctl member replace`); do not copy its data",
  },
  {
    codes: ["EMFILE", "ENFILE"],
    words: "Too many open files",
    hint: "raise the limit of open files (`ulimit -n`), then start the server again",
  },
  {
    codes: ["ENOTDIR", "EEXIST"],
    words: "Not a directory",
    hint: "give a path that is a directory, or that does not exist yet",
  },
];

/** What to do about an error, by its code or its words; undefined if nothing special is known of it. */
export function diskHint(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const found = troubles.find(
    ({ codes, words }) =>
      codes.some((one) => one === code || message.startsWith(`${one}:`)) ||
      message.toLowerCase().includes(words.toLowerCase()),
  );
  return found?.hint;
}

/** The error of a disk that failed, unless `error` says already what is wrong; `what` is what was tried. */
export function diskError(error: Error, what: string): TerrariumError {
  if (error instanceof TerrariumError) return error;
  return new TerrariumError("DISK_FAILED", `${what}: ${error.message}`, diskHint(error));
}
