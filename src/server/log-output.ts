/**
 * Where the log's lines go: never waited for. A pipe that nobody reads, a terminal that was stopped with Ctrl-S, a disk
 * that hangs take what they take; what waits is bounded, and what does not fit is dropped and counted, and told once there
 * is room again.
 *
 * Not pino's own destination (sonic-boom): its synchronous mode waits, its asynchronous one leaves a thread in a write
 * that never ends, at which the process then cannot exit, and its last flush never ends when the reader has gone.
 */
import { constants, fstatSync, openSync, write, writeSync } from "node:fs";

/** What may wait by default, bytes: some thousand lines. */
const waitingBytesMax = 1024 * 1024;
/** Handed over at a time, bytes. */
const chunkBytes = 64 * 1024;
/** How often a full pipe is tried again, milliseconds. */
const retryMs = 25;

/** Whether writes to a descriptor return at once even if nothing can be taken (EAGAIN). */
type Taking = { readonly descriptor: number; readonly atOnce: boolean };

/**
 * The output `descriptor`, made such that a write to it does not wait: by a description of our own where there can be
 * one, since the flag belongs to the description, which others may share.
 */
function withoutWaiting(descriptor: number): Taking {
  const found = fstatSync(descriptor);
  if (found.isFile()) return { descriptor, atOnce: false };
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return { descriptor: openSync(`/dev/fd/${descriptor}`, flags), atOnce: true };
  } catch {
    // A socket, or another user's pipe. Node takes them up without waiting once its stream is asked for.
    const stream = descriptor === 1 ? process.stdout : descriptor === 2 ? process.stderr : undefined;
    return { descriptor, atOnce: stream !== undefined && (found.isFIFO() || found.isSocket()) };
  }
}

/** An output of lines. pino takes it as a destination. */
export class LogOutput {
  readonly #descriptor: number;
  readonly #atOnce: boolean;
  readonly #bytesMax: number;
  /** What waits, in order; `#taken` bytes of the first have left. */
  #waiting: Buffer[] = [];
  #bytes = 0;
  #taken = 0;
  /** Parts of `#waiting` that a write under way carries. */
  #underWay = 0;
  #retry: NodeJS.Timeout | undefined;
  #dropped = 0;
  #untold = 0;
  #tell: ((lines: number) => void) | undefined;

  /** @param descriptor an open file, 1 for standard output */
  constructor(descriptor: number, bytesMax: number = waitingBytesMax) {
    ({ descriptor: this.#descriptor, atOnce: this.#atOnce } = withoutWaiting(descriptor));
    this.#bytesMax = bytesMax;
  }

  /** Lines that were lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Calls `tell` whenever lines were lost and there is room again, with their number. */
  onRecovery(tell: (lines: number) => void): void {
    this.#tell = tell;
  }

  /** Takes one line, with its end. Never waits, never throws. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > this.#bytesMax) return this.#drop(1);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#send();
  }

  /**
   * Writes what waits as far as it is taken at once, before the process ends. Where that is not known, since a disk may
   * hang, nothing is waited for here either: it is handed over, and `process.exit` ends with what was handed over.
   */
  flushSync(): void {
    if (this.#retry !== undefined) this.#stopRetry();
    if (this.#atOnce) return this.#sendNow();
    if (this.#underWay > 0) this.#sendBeside();
    else this.#send();
  }

  /** Resolves when all is written, or after `timeoutMs`. */
  async end(timeoutMs: number): Promise<void> {
    const giveUpMs = performance.now() + timeoutMs;
    if (this.#retry !== undefined) this.#stopRetry();
    this.#send();
    while (this.#waiting.length > 0 && performance.now() < giveUpMs)
      await new Promise((resolve) => setTimeout(resolve, 2));
  }

  #send(): void {
    if (this.#underWay > 0 || this.#retry !== undefined || this.#waiting.length === 0) return;
    if (this.#atOnce) return this.#sendNow();
    const chunk = this.#chunk();
    write(this.#descriptor, chunk, (error, bytes) => {
      this.#underWay = 0;
      if (error === null) this.#tookUp(bytes);
      else this.#failed(error);
      this.#send();
    });
  }

  /** Hands over what waits behind a write under way, of whose end this process may not hear any more. */
  #sendBeside(): void {
    const rest = this.#waiting.splice(this.#underWay);
    for (const { length } of rest) this.#bytes -= length;
    if (rest.length > 0) write(this.#descriptor, Buffer.concat(rest), () => undefined);
  }

  #sendNow(): void {
    while (this.#waiting.length > 0 && this.#retry === undefined) {
      const chunk = this.#chunk();
      this.#underWay = 0;
      try {
        this.#tookUp(writeSync(this.#descriptor, chunk));
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** What goes out next; notes it as under way. */
  #chunk(): Buffer {
    let bytes = 0;
    let parts = 0;
    for (const part of this.#waiting) {
      if (parts > 0 && bytes + part.length > chunkBytes) break;
      bytes += part.length;
      parts += 1;
    }
    this.#underWay = parts;
    const taken = this.#waiting.slice(0, parts);
    return (taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken)).subarray(this.#taken);
  }

  #tookUp(bytes: number): void {
    this.#bytes -= bytes;
    let taken = this.#taken + bytes;
    let parts = 0;
    for (const { length } of this.#waiting) {
      if (length > taken) break;
      taken -= length;
      parts += 1;
    }
    this.#waiting.splice(0, parts);
    this.#taken = taken;
    // When much is free again, so that the word of the loss is not lost as well.
    if (this.#untold > 0 && this.#bytes < this.#bytesMax / 2) {
      const lines = this.#untold;
      this.#untold = 0;
      this.#tell?.(lines);
    }
  }

  #failed(error: unknown): void {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EAGAIN") {
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.#send();
      }, retryMs);
      this.#retry.unref();
      return;
    }
    // The reader is gone, or the disk is full: a server goes on without a log. The next line is tried again.
    this.#drop(this.#waiting.length);
    this.#waiting = [];
    this.#bytes = 0;
    this.#taken = 0;
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#untold += lines;
  }

  #stopRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}
