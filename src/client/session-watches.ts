/**
 * The watches of a session that have not fired, or stay armed, as the client remembers them, and how they are armed again.
 *
 * The server keeps its own list, for one connection. On the next connection the session arms all of these again, from the
 * zxid up to which every event is known to have been delivered. Several watchers of the same path and kind share one watch
 * of the server: one event serves them all.
 */
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Result, Zxid } from "../base/operations.ts";
import type { WatchEvent, WatchSpec } from "../base/reads.ts";
import { forEachKind, staysArmed, watchedPaths, watchKey, watchKinds } from "../base/watch-rules.ts";
import type { Disarm, RequestBody, SetWatches } from "../protocol/client-messages.ts";
import { armedBy } from "./session-checks.ts";
import { sessionLimits } from "./session-limits.ts";
import type { SessionRequest } from "./session-requests.ts";

/** An event, and whom it is to be told, in the order in which they registered. */
export interface Fired<C> {
  readonly event: WatchEvent;
  readonly watchers: readonly SessionRequest<C>[];
}

const noneLate: ReadonlyMap<string, Zxid> = new Map();

/** `C`: what the caller of the session attaches to its requests. */
export class SessionWatches<C> {
  readonly #watchers = forEachKind(() => new Map<string, SessionRequest<C>[]>());
  #size = 0;
  /** Armed on the present connection, perhaps, and wanted by nobody when they were noted. By kind and path. */
  readonly #unwanted = new Map<string, WatchSpec>();
  /** Every event up to here was delivered: from here the watches are armed again. Never ahead of what the session has seen. */
  #toldUpTo: Zxid;
  /** Zxid of the present attachment. */
  #attachedAt: Zxid = 0;
  /** Whether the server has answered something that it got after SetWatches: then no event of the past is to come. */
  #rearmed = false;
  /** Events that came before that, in the order in which they came. */
  #early: WatchEvent[] = [];

  /** The events up to `toldUpTo` are no news to the session. */
  constructor(toldUpTo: Zxid) {
    this.#toldUpTo = toldUpTo;
  }

  /** Throws OVERLOADED if the request wants a watch and there are too many already. */
  checkRoom(body: RequestBody): void {
    if (this.#size >= sessionLimits.watchersMax && armedBy(body) !== undefined)
      throw new TerrariumError("OVERLOADED", `${this.#size} watches wait for their events`);
  }

  /** Watchers, watches that are to be disarmed, and events that wait for the end of an arming. */
  retained(): { readonly watchers: number; readonly unwanted: number; readonly earlyEvents: number } {
    return { watchers: this.#size, unwanted: this.#unwanted.size, earlyEvents: this.#early.length };
  }

  /** A request was answered: it may have armed a watch, and perhaps nobody waits for it any more. */
  armed(request: SessionRequest<C>, result: Result): void {
    const spec = armedBy(request.body, result);
    if (spec === undefined) return;
    if (request.settled) return this.#isUnwanted(spec);
    const watchers = this.#watchers[spec.kind].get(spec.path);
    if (watchers === undefined) this.#watchers[spec.kind].set(spec.path, [request]);
    else watchers.push(request);
    this.#size++;
  }

  /** An event has come. Returns what is to be told by now: while watches are armed again, nothing; see {@link caughtUp}. */
  fire(event: WatchEvent): readonly Fired<C>[] {
    if (this.#rearmed) return [this.#fired(event, noneLate)];
    this.#early.push(event);
    return [];
  }

  /** Unless they stay armed, its watchers are registered no more. `lateTo`: up to where some watches are told nothing. */
  #fired(event: WatchEvent, lateTo: ReadonlyMap<string, Zxid>): Fired<C> {
    const { type, kind, path, zxid } = event;
    // Not up to its own zxid: one entry may fire several watches, and the connection break between two events.
    this.#told(zxid - 1);
    if (staysArmed(kind)) {
      // That something may have changed is told to those whose watch it is.
      const paths = type === "resync" ? [path] : [...watchedPaths(kind, path)];
      const isLate = (at: string) => lateTo.size > 0 && zxid <= (lateTo.get(watchKey({ kind, path: at })) ?? 0);
      const armed = paths.filter((at) => type === "resync" || !isLate(at));
      return { event, watchers: armed.flatMap((at) => this.#watchers[kind].get(at) ?? []) };
    }
    const watchers = this.#watchers[kind].get(path) ?? [];
    this.#watchers[kind].delete(path);
    this.#size -= watchers.length;
    return { event, watchers };
  }

  /** Forgets a watcher. If it was the last, the server's watch is to be disarmed; an event that comes all the same is ignored. */
  forget(watcher: SessionRequest<C>): void {
    const spec = armedBy(watcher.body);
    if (spec === undefined) return;
    const watchers = this.#watchers[spec.kind].get(spec.path);
    const position = watchers?.indexOf(watcher) ?? -1;
    if (watchers === undefined || position < 0) return;
    watchers.splice(position, 1);
    this.#size--;
    if (watchers.length > 0) return;
    this.#watchers[spec.kind].delete(spec.path);
    this.#isUnwanted(spec);
  }

  /** The server has armed a watch that nobody waits for. */
  #isUnwanted(spec: WatchSpec): void {
    this.#unwanted.set(watchKey(spec), spec);
  }

  /**
   * What the server is to disarm. `underWay`: what the server has not answered. It may have armed the watches of these
   * before it reads this, so what they want is left for later.
   */
  takeDisarms(underWay: () => Iterable<SessionRequest<C>>): Disarm[] {
    if (this.#unwanted.size === 0) return [];
    const later = new Set<string>();
    for (const { body } of underWay()) {
      const spec = armedBy(body);
      if (spec !== undefined) later.add(watchKey(spec));
    }
    const watches: WatchSpec[] = [];
    for (const [key, spec] of this.#unwanted) {
      if (later.has(key)) continue;
      this.#unwanted.delete(key);
      if (!this.#watchers[spec.kind].has(spec.path)) watches.push(spec);
    }
    return portions(watches).map((portion) => ({ type: "disarm", watches: portion }));
  }

  /**
   * The messages that arm everything again on a new connection, which has nothing armed. All carry the same zxid: what one
   * of them makes fire must not hide from the next what happened before.
   */
  rearm(attachedAt: Zxid): SetWatches[] {
    this.#unwanted.clear();
    this.#attachedAt = attachedAt;
    this.#rearmed = false;
    this.#early = [];
    const watches = watchKinds.flatMap((kind) => [...this.#watchers[kind].keys()].map((path) => ({ kind, path })));
    const relativeZxid = this.#toldUpTo;
    if (watches.length === 0) this.caughtUp();
    return portions(watches).map((portion) => ({ type: "setWatches", relativeZxid, watches: portion }));
  }

  /**
   * The server answered something that was sent after SetWatches: so it has sent the events of the past, those up to the
   * attachment. Before this nothing counts as told: were the connection to break, the next arming would skip it. Now all
   * is told that came meanwhile, in the order of the changes.
   *
   * The server arms one watch after another, and sends one event of a change to all recursive ones above it. Those that
   * were armed after the change do not know what was before it: they are told by their own `resync`, and of nothing that
   * is not newer.
   */
  caughtUp(): readonly Fired<C>[] {
    this.#rearmed = true;
    this.#told(this.#attachedAt);
    if (this.#early.length === 0) return [];
    const early = this.#early.sort((a, b) => a.zxid - b.zxid);
    this.#early = [];
    const lateTo = new Map<string, Zxid>();
    for (const event of early) if (event.type === "resync") lateTo.set(watchKey(event), event.zxid);
    return early.map((event) => this.#fired(event, lateTo));
  }

  /**
   * The server gave an answer that shows the state at `zxid`: an event comes before any answer that may show its change.
   * Returns what is to be told before that answer.
   */
  answered(zxid: Zxid): readonly Fired<C>[] {
    const fired = this.caughtUp();
    this.#told(zxid);
    return fired;
  }

  #told(zxid: Zxid): void {
    if (zxid > this.#toldUpTo) this.#toldUpTo = zxid;
  }
}

/** Cut so that each part fits in a message: by number and, unless one path alone is longer, by bytes. */
function portions(watches: readonly WatchSpec[]): readonly (readonly WatchSpec[])[] {
  const all: WatchSpec[][] = [];
  let portion: WatchSpec[] = [];
  let bytes = 0;
  for (const spec of watches) {
    // Three bytes of UTF-8 for a UTF-16 unit is the most there can be.
    const size = 3 * spec.path.length + 16;
    const full = portion.length === limits.setWatchesMax || bytes + size > sessionLimits.setWatchesBytesMax;
    if (portion.length > 0 && full) {
      all.push(portion);
      portion = [];
      bytes = 0;
    }
    portion.push(spec);
    bytes += size;
  }
  if (portion.length > 0) all.push(portion);
  return all;
}
