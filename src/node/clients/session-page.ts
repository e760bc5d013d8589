/** Live sessions page by page, for those who look at the cluster. */
import type { SessionId } from "../../base/operations.ts";
import type { SessionView } from "../../znode/sessions.ts";

/** What one server knows of a session. */
export interface SessionRow {
  readonly id: SessionId;
  /** Negotiated at the last attachment, milliseconds. */
  readonly timeoutMs: number;
  /** When it was opened, Unix ms; 0: not known. */
  readonly openedMs: number;
  /** Newest write that took its place in the session's order; 0 = none. */
  readonly lastRequestId: number;
  readonly ephemeralCount: number;
  /** Paths of the first ones; none where a page names long ones before. */
  readonly ephemerals: readonly string[];
  /** Its client is connected to this server. */
  readonly attachedHere: boolean;
  /** What its client watches here. */
  readonly watches: number;
  /** At the leader: for how long it was not heard of, milliseconds. */
  readonly silentMs?: number;
}

/** Some sessions, oldest first, and whether there are more behind them. */
export interface SessionPage {
  readonly sessions: readonly SessionRow[];
  readonly more: boolean;
}

/** Ephemerals of a session that are named, and characters of all the paths that a page names. */
const ephemeralsNamedMax = 10;
const namedCharactersMax = 16 * 1024;

/** The first `max` of `sessions`, which are in order, behind `after`; `standing` tells what the replicated state does not. */
export function sessionPage(
  sessions: Iterable<SessionView>,
  after: SessionId,
  max: number,
  standing: (id: SessionId) => {
    readonly attachedHere: boolean;
    readonly watches: number;
    readonly silentMs: number | undefined;
  },
): SessionPage {
  const rows: SessionRow[] = [];
  let left = namedCharactersMax;
  for (const session of sessions) {
    if (session.id <= after) continue;
    if (rows.length >= max) return { sessions: rows, more: true };
    const { id, timeoutMs, openedMs, lastRequestId, ephemeralCount } = session;
    const { silentMs, ...here } = standing(id);
    const ephemerals: string[] = [];
    for (const path of session.ephemeralPaths(ephemeralsNamedMax)) {
      if (path.length > left) break;
      left -= path.length;
      ephemerals.push(path);
    }
    const heard = silentMs === undefined ? {} : { silentMs: Math.round(silentMs) };
    rows.push({ id, timeoutMs, openedMs, lastRequestId, ephemeralCount, ephemerals, ...here, ...heard });
  }
  return { sessions: rows, more: false };
}
