/** What a server tells of itself to those who look at the cluster. */
import { messageKinds, type PeerMessageKind } from "../base/message-kinds.ts";
import { shownRole } from "../base/roles.ts";
import type { Durations, Glimpse, LinkGlimpse } from "../http/observed.ts";
import type { NodeStatus } from "../node/status.ts";
import type { TermStretch } from "../raft/log.ts";
import { Rate, RecentDurations } from "./figures.ts";

/** Stretches of terms at the end of the log that are told. */
const stretchesMax = 8;

/** What a link has done since the process started. */
export interface LinkFacts extends Omit<LinkGlimpse, "perSecond"> {
  /** Messages, by what they are for. */
  readonly sent: Readonly<Record<PeerMessageKind, number>>;
}

/** Where the facts are. */
export interface GlimpseSources {
  readonly status: () => NodeStatus;
  readonly votedFor: () => number;
  readonly lastTerms: (max: number) => readonly TermStretch[];
  /** Whose votes it has. */
  readonly votes: () => readonly number[];
  /** When it campaigns (monotonic ms), and the timeout that it drew, ms. */
  readonly electionTimer: () => { readonly deadline: number; readonly timeout: number } | undefined;
  readonly links: () => readonly LinkFacts[];
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
  /** By peer and kind of message. */
  readonly #flows = new Map<string, Rate>();

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
    const { status, votedFor, votes, electionTimer, lastTerms, links, now, processorMs, memoryBytes } = this.#sources;
    const nowMs = now();
    const present = status();
    const processor = this.#rates.processor.look(processorMs(), nowMs);
    return {
      status: { ...present, role: shownRole(present) },
      votedFor: votedFor(),
      votes: votes(),
      timer: timerAt(electionTimer(), nowMs),
      upMs: Math.round(nowMs - this.#startedMs),
      log: lastTerms(stretchesMax),
      links: links().map(({ sent, ...link }) => ({ ...link, perSecond: this.#flow(link.id, sent, nowMs) })),
      disk: this.#disk.summary(nowMs),
      turns: this.#turns.summary(nowMs),
      reads: this.#traffic("read", this.#asked.reads, nowMs),
      writes: this.#traffic("write", this.#asked.writes, nowMs),
      processor: processor === null ? null : Math.round(processor) / 1000,
      memoryBytes: memoryBytes(),
    };
  }

  /** Messages a second to a peer; kinds of which there are none are left out. */
  #flow(peer: number, sent: LinkFacts["sent"], nowMs: number): Partial<Record<PeerMessageKind, number>> | null {
    const flow: Partial<Record<PeerMessageKind, number>> = {};
    let isKnown = false;
    for (const kind of messageKinds) {
      const name = `${kind} ${peer}`;
      const rate = this.#flows.get(name) ?? new Rate();
      this.#flows.set(name, rate);
      const perSecond = rate.look(sent[kind], nowMs);
      isKnown ||= perSecond !== null;
      if (perSecond !== null && perSecond > 0) flow[kind] = Math.round(perSecond * 10) / 10;
    }
    return isKnown ? flow : null;
  }

  #traffic(kind: "read" | "write", asked: number, nowMs: number): { perSecond: number | null; latency: Durations } {
    const perSecond = this.#rates[kind].look(asked, nowMs);
    return {
      perSecond: perSecond === null ? null : Math.round(perSecond * 10) / 10,
      latency: this.#latency[kind].summary(nowMs),
    };
  }
}

function timerAt(
  timer: { readonly deadline: number; readonly timeout: number } | undefined,
  nowMs: number,
): { readonly leftMs: number; readonly spanMs: number } | null {
  if (timer === undefined) return null;
  return { leftMs: Math.max(0, Math.round(timer.deadline - nowMs)), spanMs: Math.round(timer.timeout) };
}
