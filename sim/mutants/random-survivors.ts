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
  "32ad2a45": {
    kind: "cost",
    why: "A follower offers a proposal again one entry too early. The leader has it on its way, and drops the copy.",
  },
  "578b3a89": {
    kind: "cost",
    why: "What a client has missed is told with the next answer or ping, a third of the session's timeout later at most, and in the same order.",
  },
  "8e43f3a3": {
    kind: "cost",
    why: "When the list of servers has changed, a client that looks for one begins at another place of it.",
  },
  b9e0dd17: {
    kind: "open",
    why: "As E7 of the catalogue, which other seeds find: a leader that hears of no majority goes on leading. Its clients leave it, since no read is confirmed; what is missing is a checker that counts for how long it has heard of none.",
  },
  eb52218a: {
    kind: "open",
    why: "A client that has closed its session is never told that it is closed, and then that it has expired. Since then it is checked that who closes a session hears of no other end, which finds it in the fourth run (G11).",
  },
  ba57c6db: { kind: "cost", why: "A message more that arms no watch, when a client attaches." },
  "964bb102": {
    kind: "cost",
    why: "A leader sends ahead before it knows where the logs agree. A refusal takes it back as ever; where entries are no more in its log, the next turn finds that again.",
  },
  bdfeae39: {
    kind: "open",
    why: "What a proposal takes of the window is given back twice, so that a server sends more ahead to its leader than it may. Nobody counts what is under way there: a checker would have to.",
  },
};
