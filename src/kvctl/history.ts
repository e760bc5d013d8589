/** The shell's history file: a convenience, so that no failure of it is ever worth a message. */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeWholeFile } from "../files/whole-file.ts";

/** Lines kept. */
export const historyLinesMax = 1_000;
/** Longer lines (pasted data) are not kept, characters. */
export const historyLineLengthMax = 2_000;

/** Where the history lives: in XDG_STATE_HOME, else in the home; undefined when there is neither. */
export function historyFile(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const state = env["XDG_STATE_HOME"];
  if (state) return join(state, "terrarium", "kvctl-history");
  const home = env["HOME"] ?? env["USERPROFILE"];
  return home ? join(home, ".local", "state", "terrarium", "kvctl-history") : undefined;
}

/** Lines, oldest first, none if the file cannot be read. */
export function loadHistory(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return bounded(readFileSync(file, "utf8").split("\n"));
  } catch {
    return [];
  }
}

/** Writes the newest lines, readable by the user alone: data may be in them. */
export function saveHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined) return;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const text = bounded(lines).map((line) => `${line}\n`);
    writeWholeFile(file, text.join(""), { replace: true, mode: 0o600 });
  } catch {
    // A shell without history is still a shell.
  }
}

function bounded(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== "" && line.length <= historyLineLengthMax).slice(-historyLinesMax);
}
