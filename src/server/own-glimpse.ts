/** What a server tells of itself to those who look at the cluster. */
import { shownRole } from "../base/roles.ts";
import type { Durations, Glimpse, LinkGlimpse } from "../http/observed.ts";
import type { NodeStatus } from "../node/status.ts";
import type { TermStretch } from "../raft/log.ts";
import { Rate, RecentDurations } from "./figures.ts";

/** Stretches of terms at the end of the log that are told. */
const stretchesMax = 8;

/** Where the facts are. */
export interface GlimpseSources {
  readonly status: () => NodeStatus;
  readonly votedFor: () => number;
  readonly lastTerms: (max: number) => readonly TermStretch[];
  readonly links: () => readonly LinkGlimpse[];
  /** Monotonic ms. */
  readonly now: () => number;
  /** Processor time of the process so far, ms. */
  readonly processorMs: () => number;
  readonly memoryBytes: () => number;
}

/** Notes how long things take, and tells of them. */
export class OwnGlimpse {
  readonly #sources: GlimpseSources;
  readonly #startedMs: number;
  readonly #disk = new RecentDurations();
  readonly #turns = new RecentDurations();
  readonly #latency = { read: new RecentDurations(), write: new RecentDurations() };
  readonly #asked = { reads: 0, writes: 0 };
  readonly #rates = { read: new Rate(), write: new Rate(), processor: new Rate() };

  constructor(sources: GlimpseSources) {
    this.#sources = sources;
    this.#startedMs = sources.now();
  }

  /** A turn of the loop took this long, ms. */
  turn(durationMs: number): void {
    this.#turns.note(durationMs, this.#sources.now());
  }

  /** A durable write took this long, ms. */
  diskWrite(durationMs: number): void {
    this.#disk.note(durationMs, this.#sources.now());
  }

  /** Clients have asked for so many reads and writes. */
  asked(reads: number, writes: number): void {
    this.#asked.reads += reads;
    this.#asked.writes += writes;
  }

  /** A request was answered within this time, ms. */
  answered(kind: "read" | "write", durationMs: number): void {
    this.#latency[kind].note(durationMs, this.#sources.now());
  }

  /** All of it as it is now. */
  take(): Glimpse {
    const { status, votedFor, lastTerms, links, now, processorMs, memoryBytes } = this.#sources;
    const nowMs = now();
    const present = status();
    const processor = this.#rates.processor.look(processorMs(), nowMs);
    return {
      status: { ...present, role: shownRole(present) },
      votedFor: votedFor(),
      upMs: Math.round(nowMs - this.#startedMs),
      log: lastTerms(stretchesMax),
      links: links(),
      disk: this.#disk.summary(nowMs),
      turns: this.#turns.summary(nowMs),
      reads: this.#traffic("read", this.#asked.reads, nowMs),
      writes: this.#traffic("write", this.#asked.writes, nowMs),
      processor: processor === null ? null : Math.round(processor) / 1000,
      memoryBytes: memoryBytes(),
    };
  }

  #traffic(kind: "read" | "write", asked: number, nowMs: number): { perSecond: number | null; latency: Durations } {
    const perSecond = this.#rates[kind].look(asked, nowMs);
    return {
      perSecond: perSecond === null ? null : Math.round(perSecond * 10) / 10,
      latency: this.#latency[kind].summary(nowMs),
    };
  }
}
