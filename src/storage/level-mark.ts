/**
 * Our own word on how much of LevelDB's write-ahead log was synced, beside it in the file `SYNCED`. LevelDB takes a log
 * that is cut short or empty for one whose end a crash tore. The mark is behind by up to a quarter of the log, at most
 * 256 KiB, but for a database that was closed in good order; it is never ahead. So it costs no fsync: after a
 * power failure it may be older, or unreadable, which is as if there were none.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "../base/crc32c.ts";

const fileName = "SYNCED";
const encoder = new TextEncoder();

/** Of the log with this number so many bytes were on the disk. */
export interface SyncMark {
  readonly log: number;
  readonly bytes: number;
}

/** Marks are all as long as this, so that each takes the place of the one before it in one write. */
const markBytes = 64;

/** A mark's text; its last word is a checksum. */
export function markText(mark: SyncMark): string {
  return `${words(mark).padEnd(markBytes - 1)}\n`;
}

function words({ log, bytes }: SyncMark): string {
  const text = `log ${log} bytes ${bytes}`;
  return `${text} crc ${crc32c(encoder.encode(text)).toString(16)}`;
}

/** Reads what {@link markText} wrote, with or without the blanks at its end; undefined for anything else. */
export function parseMark(text: string): SyncMark | undefined {
  const [, log, bytes] = /^log (\d{1,15}) bytes (\d{1,15}) crc [0-9a-f]+ *\n$/.exec(text) ?? [];
  if (log === undefined || bytes === undefined) return undefined;
  const mark = { log: Number(log), bytes: Number(bytes) };
  return text === markText(mark) || text === `${words(mark)}\n` ? mark : undefined;
}

/** The mark in a directory; undefined if there is none that can be read. */
export async function readMark(directory: string): Promise<SyncMark | undefined> {
  return parseMark(await readFile(join(directory, fileName), "latin1").catch(() => ""));
}

/** The number in a file's name, as in `000012.log`; undefined if it has another ending. */
export function numberOf(name: string, ending: "log" | "ldb" | "sst"): number | undefined {
  const [, number, found] = /^(\d+)\.(\w+)$/.exec(name) ?? [];
  return found === ending ? Number(number) : undefined;
}

const gapBytesMax = 256 * 1024;

/** Keeps the mark of an open database. */
export class LogMarker {
  readonly #directory: string;
  #marked: SyncMark = { log: 0, bytes: 0 };
  #writtenBytes = 0;
  #file: FileHandle | undefined;
  #saving: Promise<void> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A batch of about so many bytes is synced. Returns whether it is time to {@link mark}. */
  wrote(bytes: number): boolean {
    this.#writtenBytes += bytes;
    return this.#writtenBytes >= Math.min(gapBytesMax, this.#marked.bytes / 4);
  }

  /** Notes how long the newest log is; nothing may be written to it meanwhile. Failures leave the mark as it was. */
  async mark(): Promise<void> {
    this.#writtenBytes = 0;
    const found = (await this.#grown()) ?? (await newestLog(this.#directory).catch(() => undefined));
    if (found === undefined) return;
    this.#marked = found;
    // The file may come later than the next batch: it says less then than it could.
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
  }

  /** The last mark, with everything in it if all was written well; resolves once it is there. */
  async close(wroteAll: boolean): Promise<void> {
    await this.#saving;
    if (wroteAll) await this.mark();
    await this.#saving;
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  /** The log that was marked last, if it is still the one that grows: what a look at the whole directory is spared. */
  async #grown(): Promise<SyncMark | undefined> {
    const { log, bytes } = this.#marked;
    if (log === 0) return undefined;
    const found = await stat(join(this.#directory, logName(log))).catch(() => undefined);
    return found !== undefined && found.size > bytes ? { log, bytes: found.size } : undefined;
  }

  async #save(): Promise<void> {
    try {
      this.#file ??= await open(join(this.#directory, fileName), constants.O_RDWR | constants.O_CREAT);
      for (let saved: SyncMark | undefined; saved !== this.#marked; ) {
        saved = this.#marked;
        // In place: a crash may tear it, which its checksum tells.
        await this.#file.write(markText(saved), 0, "latin1");
      }
    } catch {
      // A disk that is full or broken shows with the next batch.
    }
  }
}

/** As LevelDB names a log. */
function logName(log: number): string {
  return `${String(log).padStart(6, "0")}.log`;
}

async function newestLog(directory: string): Promise<SyncMark | undefined> {
  let log = 0;
  let newest = "";
  for (const name of await readdir(directory)) {
    const number = numberOf(name, "log") ?? 0;
    if (number <= log) continue;
    log = number;
    newest = name;
  }
  return newest === "" ? undefined : { log, bytes: (await stat(join(directory, newest))).size };
}
