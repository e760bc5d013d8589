/** A client's connection, as its frames tell, and when the client owes what there: see `client-times.ts`. */

/** Milliseconds: while somebody waits, how long neither side may be silent. */
export const probeMs = 500;
/** How long a server may say that it has no quorum, or a quarter of the timeout. */
const noQuorumMs = 1_500;

/** A connection of a client, from its first word on. Times are milliseconds of the client's clock. */
export interface LinkTimes {
  readonly connection: number;
  readonly openedMs: number;
  /** Since when a server says that the session lives here, and whether the client believes it. */
  attachedMs: number | undefined;
  believed: boolean;
  timeoutMs: number;
  /** The client has stood still meanwhile. */
  excused: boolean;
  /** When anything was last said on it, or the client's timer rang, virtual µs. */
  touchedUs: number;
  sentMs: number;
  receivedMs: number;
  pings: { readonly number: number; readonly atMs: number; readonly prompt: boolean }[];
  pinged: number;
  pingedMs: number;
  /** Whether a ping was answered here. */
  answered: boolean;
  owesSinceMs: number | undefined;
  noQuorumSinceMs: number | undefined;
  /** Requests without an answer, since when there are some, and answers. */
  waiting: number;
  waitsSinceMs: number;
  answers: number;
}

/** Whether somebody waits: for an answer, or for a quorum. */
export function waits({ waiting, noQuorumSinceMs }: LinkTimes): boolean {
  return waiting > 0 || noQuorumSinceMs !== undefined;
}

/** Since when somebody waits and has not asked whether the server is there. */
export function waitsFrom({ noQuorumSinceMs, pingedMs, waitsSinceMs }: LinkTimes): number {
  return noQuorumSinceMs === undefined ? Math.max(pingedMs, waitsSinceMs) : pingedMs;
}

/** When to ask, while somebody waits and nobody says anything. */
export function probeAt(link: LinkTimes): number {
  if (!waits(link)) return Number.POSITIVE_INFINITY;
  return Math.max(waitsFrom(link), Math.min(link.sentMs, link.receivedMs)) + probeMs;
}

/** When to leave a server that knows no quorum. */
export function leaveAt({ noQuorumSinceMs, timeoutMs }: LinkTimes): number {
  if (noQuorumSinceMs === undefined) return Number.POSITIVE_INFINITY;
  return noQuorumSinceMs + Math.min(timeoutMs / 4, noQuorumMs);
}

/** A connection that opens now. */
export function opened(connection: number, nowUs: number): LinkTimes {
  return {
    connection,
    openedMs: nowUs / 1000,
    attachedMs: undefined,
    believed: false,
    timeoutMs: 0,
    excused: false,
    touchedUs: nowUs,
    sentMs: 0,
    receivedMs: 0,
    pings: [],
    pinged: 0,
    pingedMs: 0,
    answered: false,
    owesSinceMs: undefined,
    noQuorumSinceMs: undefined,
    waiting: 0,
    waitsSinceMs: 0,
    answers: 0,
  };
}
