/** The four-letter words that list what there is: connections, sessions, ephemerals, watches. */
import type { SessionId } from "../base/operations.ts";
import type { WatchSpec } from "../base/reads.ts";
import type { Attendance } from "./attendance.ts";

/** A session, and what it owns. */
interface ListedSession {
  readonly id: SessionId;
  readonly timeoutMs: number;
  readonly ephemeralCount: number;
  /** Paths of the first `max` of its ephemerals. */
  ephemeralPaths(max: number): readonly string[];
}

/** What the lists are made of. */
export interface ListFacts {
  /** Of this door, those that have said who they are. */
  attending(): Iterable<Attendance>;
  /** All that live. */
  sessions(): Iterable<ListedSession>;
  /** At the leader: for how long a session was not heard of, ms. */
  silentMs(id: SessionId): number | undefined;
  /** What the clients of this server watch. */
  watches(): Iterable<{ readonly sessionId: SessionId; readonly watches: readonly WatchSpec[] }>;
}

/** Lines of one answer: what is more than that is left out. */
const linesMax = 100_000;

class Lines {
  readonly #lines: string[] = [];

  get full(): boolean {
    return this.#lines.length >= linesMax;
  }

  add(line: string): void {
    if (!this.full) this.#lines.push(line);
  }

  toString(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }
}

/** A line for each connection. */
export function connectionLines({ attending }: ListFacts, brief: boolean): string {
  return [...attending()].map((attendance) => attendance.line(brief)).join("");
}

function hex(id: number): string {
  return `0x${id.toString(16)}`;
}

/** Sessions by when they expire, as far as the leader knows, and what they own. */
export function dump({ sessions, silentMs }: ListFacts): string {
  const now = Date.now();
  const byExpiry = new Map<number, SessionId[]>();
  const owners: ListedSession[] = [];
  let total = 0;
  for (const session of sessions()) {
    total += 1;
    if (session.ephemeralCount > 0) owners.push(session);
    const silent = silentMs(session.id);
    if (silent === undefined) continue;
    // To the second: ZooKeeper's sets are of a tick.
    const expires = Math.ceil((now + session.timeoutMs - silent) / 1000) * 1000;
    const set = byExpiry.get(expires);
    if (set === undefined) byExpiry.set(expires, [session.id]);
    else set.push(session.id);
  }
  const lines = new Lines();
  lines.add("SessionTracker dump:");
  lines.add(`Session Sets (${byExpiry.size})/(${total}):`);
  for (const [expires, ids] of [...byExpiry].sort(([a], [b]) => a - b)) {
    lines.add(`${ids.length} expire at ${new Date(expires).toUTCString()}:`);
    for (const id of ids) lines.add(`\t${hex(id)}`);
  }
  lines.add("ephemeral nodes dump:");
  lines.add(`Sessions with Ephemerals (${owners.length}):`);
  for (const owner of owners) {
    if (lines.full) break;
    lines.add(`${hex(owner.id)}:`);
    for (const path of owner.ephemeralPaths(linesMax)) lines.add(`\t${path}`);
  }
  return lines.toString();
}

/** How many znodes end with a session. */
export function ephemeralsOwned({ sessions }: ListFacts): number {
  let owned = 0;
  for (const { ephemeralCount } of sessions()) owned += ephemeralCount;
  return owned;
}

/** How many watch how much. */
export function watchesInShort({ watches }: ListFacts): string {
  const paths = new Set<string>();
  let clients = 0;
  let total = 0;
  for (const { watches: specs } of watches()) {
    if (specs.length === 0) continue;
    clients += 1;
    total += specs.length;
    for (const { path } of specs) paths.add(path);
  }
  return `${clients} connections watching ${paths.size} paths\nTotal watches:${total}\n`;
}

/** Who watches what. */
export function watchesBySession({ watches }: ListFacts): string {
  const lines = new Lines();
  for (const { sessionId, watches: specs } of watches()) {
    if (lines.full) break;
    if (specs.length === 0) continue;
    lines.add(hex(sessionId));
    for (const path of new Set(specs.map((spec) => spec.path))) lines.add(`\t${path}`);
  }
  return `${lines}\n`;
}

/** What is watched by whom. */
export function watchesByPath({ watches }: ListFacts): string {
  const byPath = new Map<string, Set<SessionId>>();
  for (const { sessionId, watches: specs } of watches())
    for (const { path } of specs) {
      const sessions = byPath.get(path);
      if (sessions === undefined) byPath.set(path, new Set([sessionId]));
      else sessions.add(sessionId);
      if (byPath.size >= linesMax) break;
    }
  const lines = new Lines();
  for (const [path, sessions] of byPath) {
    lines.add(path);
    for (const id of sessions) lines.add(`\t${hex(id)}`);
  }
  return `${lines}\n`;
}
