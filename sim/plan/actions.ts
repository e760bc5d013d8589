/** What a fault can do, and when: the vocabulary of plans. Times are virtual milliseconds, rates probabilities. */
import { either, flag, type Infer, integer, list, number, optional, tagged, word } from "./schema.ts";

/** No plan runs longer, ms. */
export const horizonMaxMs = 3_600_000;

const time = number(0, horizonMaxMs);
const rate = number(0, 1);

/** A server by id. */
const serverId = integer(1, 255);

/**
 * Servers by what they are at that moment: `leader` (of the highest term that has one), `oldLeader` (one that still
 * believes it leads, though a later term has begun), `follower` (some running non-leader), `lastVoter` (whoever
 * granted a vote last), `lastCandidate` (whoever asked for votes last), `laggard` (a running follower with the shortest
 * log), `freshest` (a running follower with the longest log), `random` (any that runs), `down` (some crashed one).
 */
export const symbols = word(
  "leader",
  "oldLeader",
  "follower",
  "lastVoter",
  "lastCandidate",
  "laggard",
  "freshest",
  "random",
  "down",
);

/** A server, by id or by what it is when the fault strikes. */
export const serverTarget = either(serverId, symbols, 'a server id or a symbolic target such as "leader"');
export type ServerTarget = Infer<typeof serverTarget>;
export type Symbolic = Infer<typeof symbols>;

/** One end of links: one server, or all. */
const linkEnd = either(serverTarget, word("any"), 'a server id, a symbolic target, or "any"');

/** A client by number (from 1), one drawn, or all. */
const clientTarget = either(integer(1, 1000), word("random", "all"), 'a client number, "random" or "all"');
export type ClientTarget = Infer<typeof clientTarget>;

const link = { from: optional(linkEnd, "any"), to: optional(linkEnd, "any") };

/** Kinds of messages that a trigger can count; `any` is each. */
export const messageTypes = word(
  "any",
  "RequestVote",
  "RequestVoteReply",
  "AppendEntries",
  "AppendEntriesReply",
  "ReadIndex",
  "ReadIndexReply",
  "TimeoutNow",
  "InstallSnapshot",
  "InstallSnapshotReply",
  "Forward",
  "TouchSessions",
  "SessionsHeard",
  "WallClock",
  "DiskFull",
  "Hello",
  "HelloReply",
);

/**
 * What a client takes from a server. `early`: an event before the server has answered anything that came behind the
 * attachment: so perhaps before all watches are armed again.
 */
export const heardKinds = word("any", "connected", "early", "event", "reply", "pong");

/**
 * When a fault strikes: at a time, or at the nth time that something happens on a server, counted from `atMs` on.
 * `receives`: before the server handles a message of the kind. `sends`: when it hands one to the network, before it
 * goes out. `writes`: when it has handed a batch to the disk. `persists`: when a batch is on stable storage and the
 * server does not know yet. `answers`: when it hands an answer to a client's stream, before it goes out. `commits`: as
 * leader it has found entries committed, and neither told nor answered anybody. `elected`: the server has become leader.
 * `hears`: a client has taken something from the server; a fault of a client that is drawn is one of this client then.
 */
export const when = tagged({
  at: { atMs: time },
  receives: {
    server: optional(linkEnd, "any"),
    message: optional(messageTypes, "any"),
    nth: optional(integer(1, 1e6), 1),
    atMs: optional(time, 0),
  },
  sends: {
    server: optional(linkEnd, "any"),
    message: optional(messageTypes, "any"),
    nth: optional(integer(1, 1e6), 1),
    atMs: optional(time, 0),
  },
  writes: { server: optional(linkEnd, "any"), nth: optional(integer(1, 1e6), 1), atMs: optional(time, 0) },
  persists: { server: optional(linkEnd, "any"), nth: optional(integer(1, 1e6), 1), atMs: optional(time, 0) },
  commits: { server: optional(linkEnd, "any"), nth: optional(integer(1, 1e6), 1), atMs: optional(time, 0) },
  answers: { server: optional(linkEnd, "any"), nth: optional(integer(1, 1e6), 1), atMs: optional(time, 0) },
  elected: { server: optional(linkEnd, "any"), nth: optional(integer(1, 1e6), 1), atMs: optional(time, 0) },
  hears: {
    server: optional(linkEnd, "any"),
    what: optional(heardKinds, "any"),
    nth: optional(integer(1, 1e6), 1),
    atMs: optional(time, 0),
  },
});
export type When = Infer<typeof when>;

/**
 * What a client gets wrong: `early`: it asks before it has a session. `twice`: it connects twice. `version`: it speaks
 * another version. `password`: a password that is too long. `theft`: somebody else's session without its password.
 * `thief`, `twin`: one whose password it has, to take it over, or as if it had it alone. `otherLife`: its session is of another life of the cluster. `xid`, `requestId`: a number left out. `path`, `data`: what
 * no znode has. `flood`: too much at once. `unread`: it acknowledges no answer. `again`, `closeAgain`: the number of a
 * write that was answered. `watch`, `watches`: it arms what cannot be, or too many. `haste`: nothing, but it does not wait
 * until its watches are armed. `lists`: access control lists that are empty, too long, too large. `parts`: more parts than go
 * together, more bytes than they may have, a part that nobody knows. `pile`: requests of more bytes than may wait. `pings`: too
 * many, behind watches. `characters`: watches whose paths are too much together. `credential`: of a kind that there is not.
 * `unwatch`: it gives up a watch that it does not have. `members`: it may do everything, and writes what the servers alone
 * write.
 */
export const mistakes = [
  "early",
  "twice",
  "version",
  "password",
  "theft",
  "otherLife",
  "xid",
  "requestId",
  "path",
  "data",
  "flood",
  "unread",
  "again",
  "closeAgain",
  "watch",
  "watches",
  "haste",
  "lists",
  "parts",
  "pile",
  "pings",
  "characters",
  "credential",
  "unwatch",
  "thief",
  "twin",
  "members",
] as const;
export type Mistake = (typeof mistakes)[number];

/**
 * What a server says to a client that is not so. `twice`: it attaches the session a second time. `reply`, `pong`, `heard`: it
 * answers what was not asked. `early`: it answers before the session is attached. `otherSession`, `noSession`: it attaches
 * another, or none. `otherCluster`: it is of another. `otherPast`: it is behind what the session has seen. `moreWrites`: it
 * knows a write that the session never made. `taken`: another client has the session. `stray`: it is of another cluster, after
 * all. `unable`: in place of an answer, that it has no quorum.
 */
export const lies = [
  "twice",
  "reply",
  "pong",
  "heard",
  "early",
  "otherSession",
  "noSession",
  "otherCluster",
  "otherPast",
  "moreWrites",
  "taken",
  "stray",
  "unable",
] as const;
export type Lie = (typeof lies)[number];

/** The actions by kind. */
export const action = tagged({
  // Process.
  /** Dies on the spot; each batch in flight to its disk survives with probability `keep`. 0 = down until a `restart`, or the end of the faults. */
  crash: { server: serverTarget, restartAfterMs: optional(time, 1000), keep: optional(rate, 0.5) },
  /** Does nothing for a while, as in a long garbage collection; what arrives waits. */
  pause: { server: serverTarget, forMs: time },
  /**
   * Dies and loses its disk. 0 = out for good; else somebody starts it again, and it has to find out by itself that it
   * must not take part under its old id. Nothing happens to a server that has not taken part yet.
   */
  wipe: { server: serverTarget, restartAfterMs: optional(time, 0) },
  /** Starts a crashed server. */
  restart: { server: serverTarget },
  /** Everything about its machine is well before its time: disk, clocks, a pause; it starts if it was down. */
  mend: { server: serverTarget },
  /**
   * A server of an earlier life of the cluster, which nobody has stopped, speaks to `server` under a drawn member's id:
   * asks for its vote with a longer log, or speaks as its leader. It must not be heard.
   */
  otherLife: { server: serverTarget, says: word("vote", "heartbeat") },
  /**
   * While the cluster is being formed `server` begins with the data of a backup, whatever the others begin with; when the
   * time is over it is emptied and starts afresh. Nothing happens once any server takes part, or to a spare server.
   * `unnamed`: an older build restored it, which did not write down what the data began with.
   */
  restored: { server: serverTarget, forMs: time, unnamed: optional(flag, false) },
  /** While the cluster is being formed the directory of `server` is emptied, and it starts afresh at once. */
  emptied: { server: serverTarget },

  // Network, per direction, for a while.
  /** Each message is lost with probability `rate`. */
  loss: { ...link, rate, forMs: time },
  /** Each message arrives a second time, later, with probability `rate`. */
  duplicate: { ...link, rate, forMs: time },
  /** Messages may overtake each other; `rate` of them take up to `extraMs` longer. */
  delay: { ...link, rate: optional(rate, 1), extraMs: time, forMs: time },
  /** Old packets of the link come again. */
  replay: { ...link, rate, forMs: time },
  /** Each chunk of a snapshot arrives with a turned bit with probability `rate`. */
  garble: { ...link, rate, forMs: time },
  /** Nothing arrives until the end, then all at once. */
  clog: { ...link, forMs: time },
  /** Servers of a drawn subset are clogged one after the other and released in another order. */
  swizzle: { forMs: time },
  /** Streams between the two break: what is under way on them is lost, both are told. */
  break: { ...link },
  /**
   * One message that is on its way from `from` to `to` just then, the nth of them to arrive: it is lost, it comes once
   * more `extraMs` after its time, or it comes `extraMs` later than it would have.
   */
  intercept: {
    ...link,
    nth: optional(integer(1, 1e6), 1),
    does: word("drop", "duplicate", "delay"),
    extraMs: optional(time, 0),
  },
  /** All that disturbs the links in that direction is over, before its time. */
  heal: { ...link },
  /**
   * halves: a drawn minority against the rest, or `servers` against the rest. isolate: the one. oneWay: it is heard by
   * nobody, but hears. deaf: it hears nobody, but is heard. bridge: two halves that share it. ring: everybody talks only
   * to two neighbours. `flapMs` > 0: on and off by turns of this length.
   */
  partition: {
    shape: word("halves", "isolate", "oneWay", "deaf", "bridge", "ring"),
    server: optional(serverTarget, "random"),
    servers: optional(list(serverId, 255), []),
    forMs: time,
    flapMs: optional(time, 0),
  },

  // Client connections.
  /** The connection breaks; with `refuseMs`, servers refuse the client that long. */
  resetClient: { client: clientTarget, refuseMs: optional(time, 0) },
  /** The connection breaks and the next one goes to another server. */
  moveClient: { client: clientTarget },
  /** Nothing passes on the connection for a while, in either direction. */
  stallClient: { client: clientTarget, forMs: time },

  /** The client's process stands still for a while, as in a long garbage collection; what arrives waits. */
  pauseClient: { client: clientTarget, forMs: time },

  /** What the client next hears of a server is not so. */
  falseServer: { client: clientTarget, says: word(...lies) },

  /** A client that does not keep to the protocol comes to `server`, says its piece and goes. */
  strangeClient: { server: optional(serverTarget, "random"), says: word(...mistakes) },

  // Disk.
  /** Each write takes up to this much longer. */
  slowDisk: { server: serverTarget, extraMs: time, forMs: time },
  /** No write completes until the end. */
  stallDisk: { server: serverTarget, forMs: time },
  /** The next write fails; `applied`: though it reached the disk. */
  failWrite: { server: serverTarget, applied: optional(flag, false) },
  /** Every write fails. */
  fullDisk: { server: serverTarget, forMs: time },
  /** It is almost full: nothing fails yet, but the server is to take no more data. */
  lowDisk: { server: serverTarget, forMs: time },
  /** One bit of one stored value turns, found at the next start. `part` narrows what is hit. */
  flipBit: { server: serverTarget, part: optional(word("any", "log", "state"), "any") },

  /**
   * It dies, and one row of what was synced is missing at the next start, or, if `older`, as it was some time before: a
   * kind of damage that a file of the database can do. `part` narrows what is hit. Only rows are hit of which the others
   * tell that they are not as they were left, so not the newest block of the log. 0 = down until a `restart`, or the end
   * of the faults.
   */
  loseRow: {
    server: serverTarget,
    part: optional(word("any", "log", "state"), "any"),
    older: optional(flag, false),
    restartAfterMs: optional(time, 1000),
  },

  // Clocks.
  /** Its clocks run at this pace for a while: 2 is twice as fast. */
  drift: { server: serverTarget, rate: number(0.5, 2), forMs: time },
  /** Its wall clock jumps, back if negative; the monotonic one knows nothing of it. */
  jumpClock: { server: serverTarget, byMs: number(-horizonMaxMs, horizonMaxMs) },

  // Operator: at the leader, which may refuse.
  /**
   * add, observe: a spare server becomes a voter, an observer. remove: `server` leaves. replace: a spare one takes its
   * place. promote: an observer becomes a voter. giveUp: the newcomer that catches up to become one is removed again.
   * move: `server` listens for the others elsewhere. several: as many of these at once as go together, as ZooKeeper's reconfig
   * asks for them. mistake: all that an operator can get wrong.
   */
  member: {
    change: word("add", "observe", "remove", "replace", "promote", "giveUp", "move", "several", "mistake"),
    server: optional(serverTarget, "random"),
    force: optional(flag, false),
  },
  /** Leadership is handed over to `server`; `open`: to whom the leader likes. */
  transfer: { server: optional(serverTarget, "follower"), open: optional(flag, false) },
});
export type Action = Infer<typeof action>;
export type ActionKind = Action["kind"];
/** The action of one kind. */
export type ActionOf<K extends ActionKind> = Extract<Action, { readonly kind: K }>;
