/**
 * Why mutants of the kept sample (docs/random-mutants.json) lived, as far as somebody has looked: by their ids. Those that
 * are of a later sample, or of which the line has changed, have other ids.
 */

/** What was seen when it was looked at. */
export interface LookedAt {
  /**
   * - `cost`: no promise breaks; it costs time, traffic or memory within their bounds;
   * - `equal`: the same for everybody who looks, by an argument;
   * - `open`: a promise may break, and nothing in the simulator gets there or looks there.
   */
  readonly kind: "cost" | "equal" | "open";
  /** In a sentence or two: what it does, and for `open` what it would take. */
  readonly why: string;
}

export const lookedAt: Readonly<Record<string, LookedAt>> = {
  f75fee8b: {
    kind: "cost",
    why: "A client that waits and goes on sending asks later whether its server is there: after a third of its timeout at the latest.",
  },
  "0c3ab58f": {
    kind: "cost",
    why: "When the list of servers has changed, a client that looks for one begins at another place of it.",
  },
  "0669e4ab": {
    kind: "cost",
    why: "A candidate that has lost stays one until its election timeout, and campaigns then as it would have done anyway.",
  },
  "531feb36": { kind: "equal", why: "The deadline is the first moment that is too late, or the last that is not." },
  "7c3ae6e2": {
    kind: "open",
    why: "The window of messages that are not acknowledged is never full, so that a leader sends without bound to a follower that is slow. A checker has to count them.",
  },
  c6802ecd: {
    kind: "open",
    why: "No leader ends a session whose client has gone. It was checked that none ends too early, and not that it ends at all. Since then the calm lasts until the sessions that no client holds have ended, which finds it in the first run.",
  },
  "59654416": {
    kind: "open",
    why: "No leader vouches for a session, so that no client is ever certain of it. It is checked that none is certain in vain, and not that any is: in the calm, each client has to be told.",
  },
  bd4a6106: {
    kind: "cost",
    why: "Of several AppendEntries in one turn, the least is acknowledged. The leader hears of the others with the next one.",
  },
  "1e82445b": {
    kind: "open",
    why: "As 7c3ae6e2, for the chunks of a snapshot: a leader sends as many as its pace allows, however few are acknowledged.",
  },
  "1adb99e9": {
    kind: "open",
    why: "A server takes its log for smaller or larger than it is, and makes its checkpoints at other times. That the log on disk stays within its bound is not checked; for the segments of checkpoints it is (disk-bound).",
  },
  "530922f6": {
    kind: "open",
    why: "A change that is given up while its newcomers catch up. A plan has to replace one change by another meanwhile.",
  },
  da18ee9a: {
    kind: "open",
    why: "A chunk of a snapshot that arrives damaged. The simulated network loses and doubles messages, and changes no bytes.",
  },
  acbcb978: { kind: "open", why: "As da18ee9a, found out with the last chunk." },
};
