/**
 * What a picture of a cluster shows at one moment: plain data that can be sent from a worker or a server to a page. A
 * simulated cluster and a live one make the same picture; what the one or the other cannot know is left out.
 */

/** A cluster at one moment. */
export interface Picture {
  /**
   * Milliseconds on the clock by which the picture's other times are given: virtual time, or the clock of the server that
   * tells of a live cluster.
   */
  readonly nowMs: number;
  /** Sorted by id. They stand in a ring in this order. */
  readonly servers: readonly ServerPicture[];
  /** What disturbs links; a link between two servers that is not named here is well. */
  readonly links: readonly LinkPicture[];
  /** Soonest first. */
  readonly messages: readonly MessagePicture[];
  /** What goes from server to server, where that is only known as so much a second. */
  readonly flows: readonly FlowPicture[];
  /** Clients, or sessions whose clients are not known. */
  readonly clients: readonly ClientPicture[];
}

export type RoleInPicture = "follower" | "preCandidate" | "candidate" | "leader";

/**
 * `gone`: it will never come back under this id. `unknown`: nothing was heard of it for a while, which need not mean that
 * it is down.
 */
export type ServerState = "running" | "starting" | "paused" | "down" | "gone" | "unknown";

/**
 * Where a server stands in the membership (§6). `joining`: it votes in the new half of a joint configuration only;
 * `leaving`: it is not in the membership that is wanted; `outside`: it is no member.
 */
export type Membership = "voter" | "observer" | "catchingUp" | "joining" | "leaving" | "outside";

export interface ServerPicture {
  readonly id: number;
  readonly state: ServerState;
  /** A few words on why it is in that state; "" where that says it all. */
  readonly why: string;
  /** Undefined while it does not run, or is not known. */
  readonly role: RoleInPicture | undefined;
  readonly membership: Membership;
  /** Its current term; 0 = not known. */
  readonly term: number;
  /** Who has its vote in that term; 0 = nobody, or not known. */
  readonly votedFor: number;
  /** Whom it follows (itself, if it leads); 0 = nobody. */
  readonly leader: number;
  /** Of a candidate: whose votes it has. */
  readonly votes: readonly number[];
  /** When it will campaign unless it hears from a leader; undefined for one that leads or is not known to have a timer. */
  readonly timer: TimerPicture | undefined;
  readonly log: LogPicture;
  readonly disk: DiskPicture;
  /** Znodes in its tree, sessions in its state; watches and connections of clients that are attached to it. */
  readonly counts: {
    readonly znodes: number;
    readonly sessions: number;
    readonly watches: number;
    readonly clients: number;
  };
  /** Whether it has to do with what went wrong. */
  readonly isLit: boolean;
}

export interface TimerPicture {
  /** On the picture's clock, ms. */
  readonly deadlineMs: number;
  /** From when it was set to the deadline, ms. */
  readonly spanMs: number;
}

/** A log from left to right: applied ≤ committed, and both as well as durable ≤ last. */
export interface LogPicture {
  /** The entry before the first one that is in the log: what is up to there is in a checkpoint; 0 for a whole log. */
  readonly base: number;
  readonly last: number;
  readonly durable: number;
  readonly committed: number;
  readonly applied: number;
  /** Its newest entries, in order up to `last`: as many as are shown, or none where terms are not known. */
  readonly entries: readonly EntryPicture[];
}

export interface EntryPicture {
  readonly index: number;
  readonly term: number;
  /** What is in it, as "create /a"; "" where that is not known. */
  readonly text: string;
}

export interface DiskPicture {
  /** `low`: almost full. `hung`: it owes a completion and makes no progress. `damaged`: something on it does not read back. */
  readonly state: "well" | "slow" | "hung" | "low" | "full" | "damaged";
  /** Writes under way; each with its time on the picture's clock where it is known. */
  readonly writes: readonly { readonly startedMs: number; readonly doneMs: number }[];
}

/** What is wrong with a link, from one server to another. */
export interface LinkPicture {
  readonly from: number;
  readonly to: number;
  /** `cut`: nothing arrives. `held`: nothing arrives until later. `bad`: messages are lost, late, doubled or repeated. */
  readonly state: "cut" | "held" | "bad";
  /** In a few words. */
  readonly why: string;
}

/** A message on its way, between servers or between a client and a server. */
export interface MessagePicture {
  /** Its own while it is on its way. */
  readonly id: string;
  readonly from: Place;
  readonly to: Place;
  readonly kind: MessageKind;
  /** On one line. */
  readonly text: string;
  /** Term that it speaks of; 0 if of none. */
  readonly term: number;
  /** On the picture's clock; it moves evenly from the one to the other. */
  readonly sentMs: number;
  readonly arrivesMs: number;
}

/** Messages from one server to another, as so many a second of late: which of them is where nobody knows. */
export interface FlowPicture {
  readonly from: number;
  readonly to: number;
  /** Of the messages that tell most. */
  readonly kind: MessageKind;
  readonly perSecond: number;
  /** All of them, in words. */
  readonly text: string;
}

export interface Place {
  readonly kind: "server" | "client";
  readonly id: number;
}

/** What a message is for: its colour and shape. */
export type MessageKind = "vote" | "append" | "heartbeat" | "read" | "snapshot" | "client" | "other" | "broken";

export interface ClientPicture {
  /** From 1. */
  readonly id: number;
  /** What stands beside it, as "c1". */
  readonly name: string;
  readonly state: "connected" | "connecting" | "lost";
  /** The server that it is attached to, or tries to reach; 0 = none. */
  readonly server: number;
  /** 0 = none yet. */
  readonly session: number;
  /** Requests without an answer, and what it waits for, as "data /a". */
  readonly pending: number;
  readonly watches: readonly string[];
}

/** What somebody points at in a picture. */
export type Selection =
  | { readonly kind: "server"; readonly id: number }
  | { readonly kind: "client"; readonly id: number }
  | { readonly kind: "message"; readonly id: string }
  | { readonly kind: "link"; readonly from: number; readonly to: number };

/** A line through the picture parts the servers: those on the smaller side of it, by id. */
export interface Parting {
  readonly servers: readonly number[];
}

/** Events that a `<terrarium-scene>` gives: `terrarium-select` and `terrarium-part`, with these details. */
export interface SceneEvents {
  readonly "terrarium-select": CustomEvent<Selection | undefined>;
  readonly "terrarium-part": CustomEvent<Parting>;
}
