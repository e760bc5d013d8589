/**
 * Looks at the whole cluster on behalf of all pages that are open at this server: once an interval it asks the other
 * members how they are, however many pages there are, and not at all without one. Why so: docs/decisions.
 */
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type {
  ClusterView,
  FeedEvent,
  Glimpse,
  ObservedSession,
  SessionsAnswer,
  WatchedPaths,
  WatchesAnswer,
} from "../http/observed.ts";
import type { SessionPage } from "../node/clients/session-page.ts";
import type { Question } from "../rpc/peer-observe.ts";
import { clusterView, type KnownServer } from "./cluster-view.ts";
import type { Feed } from "./feed.ts";
import { isGlimpse, type OwnKnowledge, parsed, standingsOf, watchesOf } from "./heard.ts";
import { Pace } from "./pace.ts";

/** Time between two views, milliseconds: what people take for at once … */
const intervalMs = 500;
/** … and how soon one may follow another if something important happens. */
const promptMs = 100;
/** How long a view waits for those that answer slowly, milliseconds; they are in the next one. */
const patienceMs = 150;
/** After this a server counts as silent, milliseconds. */
const timeoutMs = 1_000;
/** For so long an answer about sessions or watches serves all who ask the same, milliseconds. */
const answerKeptMs = 1_000;
/**
 * Different questions about sessions and watches that are looked into in a second: each costs a turn of every server, and
 * any web page can have a browser ask them …
 */
const questionsMax = 20;
/** … and those of other servers that are answered in a second, so that what many of them pass on costs no more. */
const toldMax = 100;

/** What the observatory works with. */
export interface ObservatorySources {
  readonly self: number;
  readonly own: () => Glimpse;
  readonly sessions: (after: number, max: number) => SessionPage;
  /** Live sessions in all. */
  readonly sessionCount: () => number;
  readonly watches: () => WatchedPaths;
  /** Index of the newest entry applied here. */
  readonly appliedIndex: () => number;
  /** The other servers that are to be asked. */
  readonly others: () => readonly number[];
  /** Rejects with an error whose message is a clause. */
  readonly ask: (id: number, question: Question, timeoutMs: number) => Promise<string>;
  readonly feed: Feed;
  /** Told of a look that failed here. */
  readonly failed: (error: unknown) => void;
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
  readonly #questions: Pace;
  readonly #told: Pace;
  #view: ClusterView | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #hurried = false;
  #lastLookMs = Number.NEGATIVE_INFINITY;

  constructor(sources: ObservatorySources) {
    this.#sources = sources;
    this.#questions = new Pace(questionsMax, sources.now);
    this.#told = new Pace(toldMax, sources.now);
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
    this.#plan(this.#until(promptMs));
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

  /**
   * Answers another server: JSON.
   *
   * @throws TerrariumError OVERLOADED if it is asked too much
   */
  tell({ subject, after }: Question): string {
    const { own, sessions, watches } = this.#sources;
    if (subject === "glimpse") return JSON.stringify(own());
    if (!this.#told.take()) throw new TerrariumError("OVERLOADED", "it is asked too much");
    if (subject === "watches") return JSON.stringify(watches());
    const page = sessions(after, limits.observedRowsMax);
    const standings = page.sessions.map(({ id, attachedHere, watches: armed, silentMs }) => ({
      ...{ id, attachedHere, watches: armed, silentMs },
    }));
    return JSON.stringify({ sessions: standings, more: page.more });
  }

  /**
   * Live sessions behind session `after`, as all servers together know them.
   *
   * @throws TerrariumError OVERLOADED, as {@link watches} does, if very much else is asked
   */
  sessions(after: number): Promise<SessionsAnswer> {
    return this.#once(`sessions ${after}`, async () => {
      const { self, sessions, sessionCount, appliedIndex } = this.#sources;
      const { sessions: rows, more } = sessions(after, limits.observedRowsMax);
      const answer = { zxid: appliedIndex(), more, total: sessionCount() };
      const told = await this.#askAll({ subject: "sessions", after }, standingsOf);
      const all: readonly { id: number; said: readonly OwnKnowledge[] }[] = [...told, { id: self, said: rows }];
      const merged = rows.map((row): ObservedSession => {
        const { attachedHere: _, silentMs: __, watches: ___, ...known } = row;
        const same = all.flatMap(({ id, said }) =>
          said.filter((one) => one.id === row.id).map((one) => ({ server: id, ...one })),
        );
        const attached = same.find(({ attachedHere }) => attachedHere);
        return {
          ...known,
          attachedTo: attached?.server ?? null,
          watches: attached?.watches ?? null,
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
  async #once<T>(key: string, find: () => Promise<T>): Promise<T> {
    const nowMs = this.#sources.now();
    for (const [old, { atMs }] of this.#answers) if (nowMs - atMs > answerKeptMs) this.#answers.delete(old);
    const known = this.#answers.get(key);
    if (known !== undefined) return (await known.answer) as T;
    if (!this.#questions.take()) throw new TerrariumError("OVERLOADED", "this server is asked too many such questions");
    const answer = find();
    this.#answers.set(key, { atMs: nowMs, answer });
    return await answer;
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

  /** Looks once. Never rejects: nothing that goes wrong here is to end the server. */
  async #look(): Promise<void> {
    this.#looking = true;
    this.#hurried = false;
    this.#lastLookMs = this.#sources.now();
    try {
      await this.#askRound();
      if (this.#pages.size > 0) this.#show();
    } catch (error) {
      this.#sources.failed(error);
    }
    this.#looking = false;
    if (this.#pages.size > 0) this.#plan(this.#until(this.#hurried ? promptMs : intervalMs));
  }

  /** Asks all others how they are, and waits a little for their answers. */
  async #askRound(): Promise<void> {
    const others = this.#sources.others();
    for (const id of this.#others.keys()) if (!others.includes(id)) this.#others.delete(id);
    const asked = Promise.all(others.map((id) => this.#glance(id)));
    let patience: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, patienceMs);
    });
    await Promise.race([asked, late]);
    clearTimeout(patience);
  }

  #show(): void {
    this.#view = this.#newView();
    for (const page of this.#pages) page();
  }

  /** Milliseconds until so much has passed since the last look. */
  #until(gapMs: number): number {
    return Math.max(0, this.#lastLookMs + gapMs - this.#sources.now());
  }

  #newView(): ClusterView {
    const { own, now, wallClock } = this.#sources;
    const nowMs = now();
    const heard = new Map<number, KnownServer>();
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
