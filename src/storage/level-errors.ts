/** What goes wrong with LevelDB, in our own errors; and the one thing that passes by itself: that no file is to be had. */
import { setTimeout as sleep } from "node:timers/promises";
import { TerrariumError } from "../base/errors.ts";
import { codeOf, unusable } from "./level-files.ts";
import { corrupt } from "./sealed.ts";

/** How often what failed for want of a file is tried again, milliseconds. */
export const shortageRetryMs = 50;
/** And for how long, milliseconds. */
export const shortageMaxMs = 10_000;

/** Whether an operation failed since the process, or the system, had no file left (EMFILE, ENFILE). */
export function isShortage(error: unknown): boolean {
  // Level wraps what LevelDB says.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return /too many open files/i.test(messageOf(cause)) && !(error instanceof TerrariumError);
}

/** The error for a shortage that does not end. */
export function shortage(error: unknown): TerrariumError {
  return new TerrariumError(
    "DISK_FAILED",
    `too many files are open for the database to go on (${messageOf(error)}); nothing was lost`,
    "allow this process more open files (`ulimit -n`), or see what else on this machine takes them, then start it again",
  );
}

/** What an operation gives that may be tried again, and is, for a while, where it fails for want of a file. */
export async function patiently<T>(operation: () => Promise<T>): Promise<T> {
  for (const giveUpMs = performance.now() + shortageMaxMs; ; await sleep(shortageRetryMs)) {
    try {
      return await operation();
    } catch (error) {
      if (!isShortage(error)) throw error;
      if (performance.now() > giveUpMs) throw shortage(error);
    }
  }
}

/** Why the database in `path` could not be opened. */
export function openError(path: string, error: unknown): TerrariumError {
  // Level wraps what LevelDB says.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  switch (codeOf(cause)) {
    case "LEVEL_CORRUPTION":
      return corrupt(`LevelDB cannot open ${path} (${messageOf(cause)})`);
    case "LEVEL_LOCKED":
      return new TerrariumError(
        "DATA_DIR_UNUSABLE",
        `another server has the data directory ${path} open`,
        "stop that server, or give this one a directory of its own",
      );
    default:
      return unusable(path, cause);
  }
}

/** Why rows could not be read. */
export function scanError(error: unknown): Error {
  if (isShortage(error)) return shortage(error);
  if (codeOf(error) === "LEVEL_CORRUPTION") return corrupt(`LevelDB cannot read it (${messageOf(error)})`);
  return asError(error);
}

/** What was thrown, as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
