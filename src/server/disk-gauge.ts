/** Looks again and again whether a server's disk is almost full. */
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { DoorLog } from "../doors/door-log.ts";
import type { DiskLimits } from "./options.ts";

/** How often it looks, ms: what is written in between is to fit into what has to be free. */
const periodMs = 500;

/** What a disk has and a directory takes, bytes. */
export interface Measured {
  readonly freeBytes: number;
  /** 0 unless there is a quota. */
  readonly usedBytes: number;
}

/**
 * Why a disk is almost full, a clause; undefined if it has room. One that was is so until there is a tenth more than the
 * least: else it would be full and not full by turns.
 */
export function diskLow({ freeBytes, usedBytes }: Measured, limits: DiskLimits, wasLow: boolean): string | undefined {
  const { freeMinBytes, quotaBytes } = limits;
  const wantedBytes = wasLow ? freeMinBytes * 1.1 : freeMinBytes;
  if (freeBytes < wantedBytes) return `${size(freeBytes)} are free, and ${size(wantedBytes)} are to be`;
  const allowedBytes = wasLow ? quotaBytes * 0.9 : quotaBytes;
  if (quotaBytes > 0 && usedBytes > allowedBytes)
    return `its data take ${size(usedBytes)}, and ${wasLow ? `are to go below ${size(allowedBytes)} of ` : ""}its quota is ${size(quotaBytes)}`;
  return undefined;
}

/** What a gauge works with. */
export interface DiskGaugeOptions {
  readonly directory: string;
  readonly limits: DiskLimits;
  /** Told after each look: why the disk is almost full, or undefined. */
  readonly measured: (low: string | undefined) => void;
  readonly log: DoorLog;
}

export class DiskGauge {
  readonly #options: DiskGaugeOptions;
  #low: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: DiskGaugeOptions) {
    this.#options = options;
  }

  /** Looks for the first time, and from then on until it is stopped. */
  async start(): Promise<void> {
    const { freeMinBytes, quotaBytes } = this.#options.limits;
    if (freeMinBytes === 0 && quotaBytes === 0) return;
    await this.#look();
  }

  /** Looks no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const measured = await this.#measure();
      if (!this.#stopped) this.#judge(measured);
    } catch (error) {
      // A disk that cannot be asked shows in other ways, if it is broken.
      this.#options.log.warn({ err: error }, "the room on the disk cannot be measured");
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
    }, periodMs);
  }

  #judge(measured: Measured): void {
    const { limits, log } = this.#options;
    const low = diskLow(measured, limits, this.#low !== undefined);
    if (low !== undefined && this.#low === undefined)
      log.warn({ ...measured, ...limits }, `the disk is almost full, creates and new data are refused: ${low}`);
    if (low === undefined && this.#low !== undefined) log.info({ ...measured }, "the disk has room again");
    this.#low = low;
    this.#options.measured(low);
  }

  async #measure(): Promise<Measured> {
    const { directory, limits } = this.#options;
    const { bavail, bsize } = await statfs(directory);
    const usedBytes = limits.quotaBytes === 0 ? 0 : await directorySize(directory);
    return { freeBytes: bavail * bsize, usedBytes };
  }
}

/** What the files of a directory take, bytes; those that go meanwhile count for nothing. */
export async function directorySize(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, one) => sum + one, 0);
}

function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 10_240 ? `${mebibytes.toFixed(1)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}
