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
  eb52218a: {
    kind: "open",
    why: "A client that has closed its session is never told that it is closed, and then that it has expired. Since then it is checked that who closes a session hears of no other end, which finds it in the fourth run (G11).",
  },
  ba57c6db: { kind: "cost", why: "A message more that arms no watch, when a client attaches." },
  "964bb102": {
    kind: "cost",
    why: "A leader sends ahead before it knows where the logs agree. A refusal takes it back as ever; where entries are no more in its log, the next turn finds that again.",
  },
  f99aa4bb: {
    kind: "cost",
    why: "As R15 of the catalogue: an old refusal takes the leader back to a place where the logs agree, and the next answer brings it forward again.",
  },
  "8e80a299": { kind: "cost", why: "A ping leaves one tick of the clock later than it is due." },
  c3c9bccb: {
    kind: "cost",
    why: "A client that waits for nothing pings as often as one that waits: three times as often as it would have to.",
  },
  "79904572": {
    kind: "open",
    why: "A PreVote that claims to be of a transfer is granted by servers that hear their leader, so that a server that was cut off deposes it when it is back. Since then it is checked that nobody asks so unless its leader wants it to lead (E21).",
  },
  "4c95a6b5": {
    kind: "cost",
    why: "A change of learners or addresses alone goes through a joint configuration whose halves are the same voters: one entry more.",
  },
  "6eebf118": {
    kind: "cost",
    why: "A question of a connection that has gone waits on for its read index, for nobody, and is forgotten with the answer.",
  },
  "0d9f6cad": {
    kind: "cost",
    why: "The leader does not heed how short the follower's log is: it gets to where they agree term by term, and within a term entry by entry.",
  },
  "61bdea44": {
    kind: "open",
    why: "A write of a log that a snapshot has replaced vouches for entries that are gone. None of 100 runs installs a snapshot while a write that was asked for behind its last chunk is under way; entries that come beside the chunks of a snapshot would get there.",
  },
  "4ee2b1db": {
    kind: "cost",
    why: "A client waits for a server that says nothing as long as it may, a third of its timeout, from the first time on.",
  },
  "32f7b56c": {
    kind: "cost",
    why: "An endpoint that was learned twice is in the list twice, and tried twice as often.",
  },
  "500761ec": { kind: "cost", why: "A ping more, when a client attaches." },
  "9f0acc66": {
    kind: "open",
    why: "As N1 of the catalogue, but for logs whose newest entry is a configuration: a follower gives up for a snapshot what it has acknowledged. That needs a leader that knows nothing of a follower, and loses its stream before the first answer.",
  },
  "3eb849f7": { kind: "cost", why: "A server reports to its leader each turn, and not once a tick." },
  "300ac92d": {
    kind: "cost",
    why: "All stamps are as far behind the clocks of a majority as they may be, a second: ages and times to live are told and kept that much later.",
  },
  "0563ba3c": {
    kind: "open",
    why: "A client asks for more at a time than a server takes. No simulated client has so many requests: the limit is none of those that are drawn.",
  },
  f45e73bd: {
    kind: "cost",
    why: "Of two messages of one turn the older one's round is confirmed: reads wait for the next heartbeat.",
  },
  "4e00feb4": {
    kind: "open",
    why: "A turn answers more reads than it may, so that heartbeats wait. Work of a turn is counted by the server alone; a checker would have to count the answers of a turn, but for those that waited behind a write.",
  },
  "375d3e51": {
    kind: "cost",
    why: "A client leaves a server without a majority for the later of two reasons, not for the first. By then it has told its user that the session may be lost.",
  },
  "8f81ee4a": { kind: "cost", why: "A heartbeat leaves one tick of the clock later than it is due." },
  d31fa60d: { kind: "cost", why: "A leader tells its followers of a commit again and again, with each turn." },
  "905aaf2c": {
    kind: "open",
    why: "A removal that fills its segment is counted for the next one, so that its own may go while an older row of the znode is left. That needs an older segment that outlives it: segments go from the oldest on.",
  },
  ccc45743: {
    kind: "open",
    why: "A client asks for each watch that it gave up to be disarmed again and again, and remembers all of them. Since then it is checked that clients let go of what nobody waits for, which finds it in the fourth run (Q6).",
  },
  "2bf1a8bf": { kind: "equal", why: "No caller adds a name that is there." },
  "6d642b02": {
    kind: "cost",
    why: "Proposals are offered again in another order than that of their numbers. What comes before its time is not applied, and is offered once more.",
  },
  a70d5045: {
    kind: "cost",
    why: "A follower whose log agrees up to the very base of the leader's gets a snapshot, where the entries behind it would do.",
  },
  f4ed56ca: {
    kind: "cost",
    why: "A client sends as much at once as it may in all, to a server, too, that breaks under many requests.",
  },
  "7556027a": {
    kind: "cost",
    why: "After a restart all counts of quotas are written once more as they are: a few rows in the next checkpoint.",
  },
  "56444d8f": {
    kind: "cost",
    why: "When a leader's stream breaks the first pause between two attempts to be elected is 1 ms, so that votes are split more often; each further pause is longer.",
  },
  "03db8598": {
    kind: "cost",
    why: "What was kept ready for a follower that fell silent is let go of with the next turn that something else brings, not at its own time.",
  },
  "63f80839": {
    kind: "cost",
    why: "A follower refuses a message that begins before the base of its log, and names the base: one round more.",
  },
  "5e44400b": {
    kind: "open",
    why: "What was lost on its way to the leader is not offered again once the proposal that set the time has been answered; the next thing that the server offers brings it up. A client of a server that has nothing else to offer waits; the probes of the calm are something else to offer.",
  },
  "48964a42": {
    kind: "cost",
    why: "As 32ad2a45, by the line as it is now: a follower offers a proposal again one entry too early, and the leader drops the copy.",
  },
  "71b67b06": {
    kind: "open",
    why: "A follower begins an election, or asks again for a read index, with the next tick for sessions instead of at its deadline: half a second late. It would take a checker of whether a server does in time what is due.",
  },
  "5dc2d642": { kind: "cost", why: "As 8e80a299: a ping leaves one tick of the clock later than it is due." },
  "2cc1fb6e": {
    kind: "open",
    why: "Of a list that fills several batches a leader appends all of it once more with the last one. Each copy has no effect but to make the log longer. It would take a checker that a leader appends nothing that it has in its log and has not applied, its own commands included.",
  },
  "07c8aafc": {
    kind: "cost",
    why: "The first batch of a process writes the hard state once more as it is: a row more.",
  },
  "3362eec2": {
    kind: "cost",
    why: "A session whose client acknowledges nothing new is written again with the next checkpoint.",
  },
  "712b3587": {
    kind: "cost",
    why: "A client gives a silent server a third of its session's timeout in any case. It goes to another later than it could, and its session lives on.",
  },
  "12747d28": {
    kind: "cost",
    why: "A new leader sends each follower its last entry, which most have: merging it changes nothing.",
  },
  "579c7c82": {
    kind: "cost",
    why: "A chunk of a paced snapshot leaves with the next turn that something else brings, not at its own time.",
  },
  "7c71aba2": {
    kind: "open",
    why: "Who asks to add a server that is new is told that its id is taken. Refusals to an operator are believed. It would take a checker that knows for each what may be refused, by the configuration of the leader that was asked; unit tests do.",
  },
  "320dd9dd": {
    kind: "open",
    why: "A leader always takes its own clients' writes before those of others. Where the log takes no more for long, the others starve; no run is so long that a client of another server loses anything by it. It would take a crowd at the leader and a checker that nobody's write is overtaken for ever.",
  },
  a9b7dcec: {
    kind: "cost",
    why: "What was proposed for a connection that has gone is offered again until its entry is applied, and leaves then. It has one effect, as its client repeats it elsewhere.",
  },
  "922cddfc": {
    kind: "open",
    why: "Who gives a member an address where one of the two is its old one is told that it is taken, by itself. As 7c71aba2: what an operator is refused is believed. The tests of the paper's §6 know.",
  },
  d32fe15b: {
    kind: "cost",
    why: "The set of containers and of znodes with a lifetime keeps those that are gone, and asks for their removal again: such a command finds nothing. It would take a checker of the size of that set.",
  },
  "83cceadd": {
    kind: "cost",
    why: "Reads outside of visits are answered at once as long as the last visit left units, and count there and not for the next turn: a turn has a little more work.",
  },
  "75eb8e9f": { kind: "cost", why: "A server is told that reads wait when none does, and takes one turn more." },
  "7664e25a": {
    kind: "open",
    why: "In a cluster's first terms a server that may not campaign raises its term to the number of whom it voted for last. It would take a checker that nobody enters a term of which nobody has told it, unless it campaigns.",
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
  "93c8ed02": {
    kind: "cost",
    why: "A server that waits to be let in says Hello to whoever speaks to it, each time, and not once in a while.",
  },
  "6485cbcd": {
    kind: "cost",
    why: "After a refusal the leader sends the entry on which the logs agree once more: merging it changes nothing.",
  },
  bd4a6106: {
    kind: "cost",
    why: "Of several messages of one turn a follower acknowledges the one that reaches least far: the leader hears of the rest with the next answer.",
  },
  "14bfa326": {
    kind: "cost",
    why: "The log is not kept for who is being sent a snapshot: what it needs behind that may be gone by then, and it is sent another one.",
  },
  e6aad8a5: {
    kind: "open",
    why: "A checkpoint that lacks a znode above others is taken to be whole. In the simulator whole segments are lost or damaged, and their own sums tell first; a unit test has such a tree.",
  },
  b1e13a0b: {
    kind: "cost",
    why: "What was proposed is offered again after twice the time: a write that was lost on its way comes later.",
  },
  b4964681: {
    kind: "cost",
    why: "As 7556027a: counts of quotas are written once more as they are, with the next checkpoint.",
  },
  e8d0868c: {
    kind: "cost",
    why: "A leader sends heartbeats whenever its timer wakes it for something else, too. It would take a checker that an idle cluster is quiet.",
  },
  "703ceaf7": {
    kind: "cost",
    why: "A server that sends a snapshot wakes at the time of its next chunk though none has been read, and finds nothing to do.",
  },
  "11a563fc": {
    kind: "cost",
    why: "What a client asked behind the arming of its watches is looked at with its next visit, and not in this one.",
  },
  "494631a9": {
    kind: "cost",
    why: "Blocks of names that have shrunk are joined with the one on their right alone: more blocks than need be.",
  },
  d078b53f: {
    kind: "open",
    why: "A server makes no checkpoint, so that its log grows for ever. Nothing breaks by it in a run; marks are missed, but those are looked at over a whole hunt. It would take a bound of the log on disk, as disk-bound has one for checkpoints.",
  },
};
