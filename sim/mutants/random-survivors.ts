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
  "8e43f3a3": {
    kind: "cost",
    why: "When the list of servers has changed, a client that looks for one begins at another place of it.",
  },
  "964bb102": {
    kind: "cost",
    why: "A leader sends ahead before it knows where the logs agree. A refusal takes it back as ever; where entries are no more in its log, the next turn finds that again.",
  },
  f99aa4bb: {
    kind: "cost",
    why: "As R15 of the catalogue, which the hunt finds by other refusals: an old refusal takes the leader back to a place where the logs agree, and the next answer brings it forward again.",
  },
  "6eebf118": {
    kind: "cost",
    why: "A question of a connection that has gone waits on for its read index, for nobody, and is forgotten with the answer.",
  },
  "61bdea44": {
    kind: "open",
    why: "A write of a log that a snapshot has replaced vouches for entries that are gone. None of 100 runs installs a snapshot while a write that was asked for behind its last chunk is under way; entries that come beside the chunks of a snapshot would get there.",
  },
  "9f0acc66": {
    kind: "open",
    why: "As N1 of the catalogue, but for logs whose newest entry is a configuration: a follower gives up for a snapshot what it has acknowledged. That needs a leader that knows nothing of a follower, and loses its stream before the first answer.",
  },
  "300ac92d": {
    kind: "cost",
    why: "All stamps are as far behind the clocks of a majority as they may be, a second: ages and times to live are told and kept that much later. Since then that is checked (D6).",
  },
  "0563ba3c": {
    kind: "open",
    why: "A client asks for more at a time than a server takes. No simulated client has so many requests: the limit is none of those that are drawn.",
  },
  "905aaf2c": {
    kind: "open",
    why: "A removal that fills its segment is counted for the next one, so that its own may go while an older row of the znode is left. That needs an older segment that outlives it: segments go from the oldest on.",
  },
  "2bf1a8bf": { kind: "equal", why: "No caller adds a name that is there." },
  "48964a42": {
    kind: "cost",
    why: "A follower offers a proposal again one entry too early, and the leader drops the copy.",
  },
  "12747d28": {
    kind: "cost",
    why: "A new leader sends each follower its last entry, which most have: merging it changes nothing. Since then that is checked (R33).",
  },
  "320dd9dd": {
    kind: "open",
    why: "A leader always takes its own clients' writes before those of others. Where the log takes no more for long, the others starve; no run is so long that a client of another server loses anything by it. It would take a crowd at the leader and a checker that nobody's write is overtaken for ever.",
  },
  "4114fe06": {
    kind: "open",
    why: "A snapshot that was staged is installed though the log has come to hold all of it. It would take a follower whose log grows past a snapshot while its last chunk is written: entries of a new leader that knows nothing of it.",
  },
  a482025c: {
    kind: "open",
    why: "When entries are cut off that wait for a batch, one too many stays. It would take a follower that is given other entries by a new leader while a batch holds up some of the old ones.",
  },
  e0f8462c: {
    kind: "equal",
    why: "No server sends entries that do not follow each other; the codec's fuzz test does, and nothing in the simulator.",
  },
  "34a08d81": {
    kind: "cost",
    why: "A leader remembers of a server that was removed that its disk was almost full: a number. Those who vote are asked, and it does not.",
  },
  "530922f6": {
    kind: "cost",
    why: "A leader remembers of a learner that was removed how far it had caught up: a few numbers, until it leads no more.",
  },
  a311618b: {
    kind: "equal",
    why: "Who starts a server on an empty folder with no word of its cluster is told so. The simulator's servers are given one; a unit test does otherwise.",
  },
  e6aad8a5: {
    kind: "open",
    why: "A checkpoint that lacks a znode above others is taken to be whole. In the simulator whole segments are lost or damaged, and their own sums tell first; a unit test has such a tree.",
  },
  "11a563fc": {
    kind: "cost",
    why: "What a client asked behind the arming of its watches is looked at with its next visit, and not in this one.",
  },
  "494631a9": {
    kind: "cost",
    why: "Blocks of names that have shrunk are joined with the one on their right alone: more blocks than need be.",
  },
};
