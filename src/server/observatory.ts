/**
 * Looks at the whole cluster on behalf of all pages that are open at this server: once an interval it asks the other
 * members how they are, however many pages there are, and not at all without one. Why so: docs/decisions.
 */
import { limits } from "../base/limits.ts";
import type {
  ClusterView,
  FeedEvent,
  Glimpse,
  ObservedSession,
  ServerWatches,
  SessionsAnswer,
  WatchesAnswer,
} from "../http/observed.ts";
import type { SessionPage } from "../node/clients/session-page.ts";
import type { Question } from "../rpc/peer-observe.ts";
import { clusterView, type Heard } from "./cluster-view.ts";
import type { Feed } from "./feed.ts";
import { isGlimpse, parsed, sessionPageOf, watchesOf } from "./heard.ts";

/** Time between two views, milliseconds: what people take for at once … */
const intervalMs = 500;
/** … and how soon one may follow another if something important happens. */
const promptMs = 100;
/** How long a view waits for those that answer slowly, milliseconds; they are in the next one. */
const patienceMs = 150;
/** After this a server counts as silent, milliseconds. */
const timeoutMs = 1_000;
/** For so long an answer about sessions or watches serves all who ask the same, milliseconds … */
const answerKeptMs = 1_000;
/** … and so many of them are kept. */
const answersMax = 64;

/** What the observatory works with. */
export interface ObservatorySources {
  readonly self: number;
  readonly own: () => Glimpse;
  readonly sessions: (after: number, max: number) => SessionPage;
  readonly watches: () => ServerWatches;
  /** Index of the newest entry applied here. */
  readonly appliedIndex: () => number;
  /** The other servers that are to be asked. */
  readonly others: () => readonly number[];
  /** Rejects with an error whose message is a clause. */
  readonly ask: (id: number, question: Question, timeoutMs: number) => Promise<string>;
  readonly feed: Feed;
  /** Monotonic and wall clock, ms. */
  readonly now: () => number;
  readonly wallClock: () => number;
}

interface Other {
  glimpse: Glimpse | null;
  /** When it came. Monotonic ms. */
  atMs: number;
  roundTripMs: number | null;
  silence: string | null;
  asking: Promise<void> | undefined;
}

export class Observatory {
  readonly #sources: ObservatorySources;
  readonly #pages = new Set<() => void>();
  readonly #others = new Map<number, Other>();
  readonly #answers = new Map<string, { readonly atMs: number; readonly answer: Promise<unknown> }>();
  #view: ClusterView | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #hurried = false;
  #lastLookMs = Number.NEGATIVE_INFINITY;

  constructor(sources: ObservatorySources) {
    this.#sources = sources;
  }

  /** The newest view; undefined before the first one. */
  get view(): ClusterView | undefined {
    return this.#view;
  }

  /** What happened behind event `n`, as far as it is remembered. */
  feedBehind(n: number): readonly FeedEvent[] {
    return this.#sources.feed.behind(n);
  }

  /** Calls `renewed` after each new view, until the function that is returned is called. */
  watch(renewed: () => void): () => void {
    // A function of its own, since two may give the same one.
    const page = (): void => renewed();
    this.#pages.add(page);
    if (this.#pages.size === 1) this.#view = undefined;
    this.#plan(0);
    return () => {
      this.#pages.delete(page);
      if (this.#pages.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Something important has happened here: those who look are to see it soon. */
  hurry(): void {
    if (this.#pages.size === 0) return;
    this.#hurried = true;
    this.#plan(this.#until(promptMs));
  }

  /** Answers another server: JSON. */
  tell({ subject, after }: Question): string {
    const { own, sessions, watches } = this.#sources;
    if (subject === "glimpse") return JSON.stringify(own());
    if (subject === "watches") return JSON.stringify(watches());
    return JSON.stringify(sessions(after, limits.observedRowsMax));
  }

  /** Live sessions behind session `after`, as all servers together know them. */
  sessions(after: number): Promise<SessionsAnswer> {
    return this.#once(`sessions ${after}`, async () => {
      const { self, sessions, appliedIndex, own } = this.#sources;
      const { sessions: rows, more } = sessions(after, limits.observedRowsMax);
      const answer = { zxid: appliedIndex(), more, total: own().status.sessions };
      const told = await this.#askAll({ subject: "sessions", after }, sessionPageOf);
      const pages = [...told, { id: self, said: { sessions: rows, more } }];
      const merged = rows.map((row): ObservedSession => {
        const { attachedHere: _, silentMs: __, ...known } = row;
        const same = pages.flatMap(({ id, said }) =>
          said.sessions.filter((one) => one.id === row.id).map((one) => ({ server: id, ...one })),
        );
        const attachedTo = same.find(({ attachedHere }) => attachedHere)?.server ?? null;
        return {
          ...known,
          attachedTo,
          silentMs: same.find(({ silentMs }) => silentMs !== undefined)?.silentMs ?? null,
        };
      });
      return { ...answer, sessions: merged };
    });
  }

  /** What the clients of all servers watch. */
  watches(): Promise<WatchesAnswer> {
    return this.#once("watches", async () => {
      const told = await this.#askAll({ subject: "watches", after: 0 }, watchesOf);
      const servers = [this.#sources.watches(), ...told.map(({ said }) => said)].sort((a, b) => a.id - b.id);
      const missing = this.#sources.others().filter((id) => !servers.some((server) => server.id === id));
      return { servers, missing };
    });
  }

  /** However many ask the same at a time, it is found out once. */
  #once<T>(key: string, find: () => Promise<T>): Promise<T> {
    const nowMs = this.#sources.now();
    for (const [old, { atMs }] of this.#answers) if (nowMs - atMs > answerKeptMs) this.#answers.delete(old);
    const known = this.#answers.get(key);
    if (known !== undefined) return known.answer as Promise<T>;
    const answer = find();
    const [oldest] = this.#answers.size >= answersMax ? this.#answers.keys() : [];
    if (oldest !== undefined) this.#answers.delete(oldest);
    this.#answers.set(key, { atMs: nowMs, answer });
    return answer;
  }

  async #askAll<T>(question: Question, read: (value: unknown) => T | undefined): Promise<{ id: number; said: T }[]> {
    const { others, ask } = this.#sources;
    const answers = others().map(async (id) => {
      try {
        const said = read(parsed(await ask(id, question, timeoutMs)));
        return said === undefined ? [] : [{ id, said }];
      } catch {
        // The answer says whose word is missing.
        return [];
      }
    });
    return (await Promise.all(answers)).flat();
  }

  #plan(inMs: number): void {
    if (this.#looking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), inMs);
  }

  /** Looks once. Never rejects. */
  async #look(): Promise<void> {
    this.#looking = true;
    this.#hurried = false;
    this.#lastLookMs = this.#sources.now();
    const others = this.#sources.others();
    for (const id of this.#others.keys()) if (!others.includes(id)) this.#others.delete(id);
    const asked = Promise.all(others.map((id) => this.#glance(id)));
    let patience: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, patienceMs);
    });
    await Promise.race([asked, late]);
    clearTimeout(patience);
    this.#looking = false;
    if (this.#pages.size === 0) return;
    this.#view = this.#newView();
    for (const page of this.#pages) page();
    this.#plan(this.#until(this.#hurried ? promptMs : intervalMs));
  }

  /** Milliseconds until so much has passed since the last look. */
  #until(gapMs: number): number {
    return Math.max(0, this.#lastLookMs + gapMs - this.#sources.now());
  }

  #newView(): ClusterView {
    const { own, now, wallClock } = this.#sources;
    const nowMs = now();
    const heard = new Map<number, Heard>();
    for (const [id, { glimpse, atMs, roundTripMs, silence }] of this.#others)
      heard.set(id, { glimpse, ageMs: Math.round(nowMs - atMs), roundTripMs, silence });
    return clusterView({ own: own(), heard, atMs: wallClock(), intervalMs, pages: this.#pages.size });
  }

  /** Asks another server how it is, unless it still owes the last answer. Never rejects. */
  #glance(id: number): Promise<void> {
    const nowMs = this.#sources.now();
    const other = this.#others.get(id) ?? {
      glimpse: null,
      atMs: nowMs,
      roundTripMs: null,
      silence: "it was not asked yet",
      asking: undefined,
    };
    this.#others.set(id, other);
    other.asking ??= this.#ask(id, other).finally(() => {
      other.asking = undefined;
    });
    return other.asking;
  }

  async #ask(id: number, other: Other): Promise<void> {
    const { ask, now, feed, wallClock } = this.#sources;
    const askedMs = now();
    const wasSilent = other.silence !== null && other.glimpse !== null;
    const wasHeard = other.silence === null;
    try {
      const said = parsed(await ask(id, { subject: "glimpse", after: 0 }, timeoutMs));
      if (!isGlimpse(said) || said.status.id !== id) throw new Error("what it says is not understood here");
      other.glimpse = said;
      other.atMs = now();
      other.roundTripMs = Math.round((other.atMs - askedMs) * 1000) / 1000;
      other.silence = null;
      if (wasSilent) feed.tell({ type: "answers", server: id }, wallClock());
    } catch (error) {
      other.silence = error instanceof Error ? error.message : String(error);
      if (wasHeard) feed.tell({ type: "silent", server: id, why: other.silence }, wallClock());
    }
  }
}
