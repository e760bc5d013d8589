/**
 * "Sometimes" properties: situations that a good hunt reaches at times. Invariants that nothing ever put to the test
 * would prove nothing; so a hunt counts which of these it has seen, and `npm test` fails if one was never reached.
 */

/** Every mark with the situation that it stands for. */
export const markSentences = {
  // Elections.
  "split-vote": "two servers campaigned in one term and neither won",
  "vote-refused": "a server refused its vote",
  "pre-vote-refused": "a server refused a PreVote, so that no term was disturbed",
  "candidate-gives-way": "a candidate followed the leader that was elected in its own term",
  "leader-deposed": "a leader heard of a higher term and stepped down",
  "leader-without-quorum": "a leader stepped down by itself, since no majority answered",
  "leader-with-hung-disk": "a leader stepped down by itself, since its disk hung while a majority answered",
  "deposed-leader-asks": "a server was asked for its vote by the very leader that it followed",
  "disk-backlog": "so much waited for a server's disk that it took no more",
  "apply-backlog": "committed entries that a server had not applied took more than half of what may wait for that",
  "forwarded-backlog": "commands that other servers forwarded filled half of the room that a leader has for them",
  "forwarded-again": "a leader was sent again a command that it had in its log and had not applied",
  "proposal-window-half-full":
    "commands on their way from a server to its leader took more than half of what may be under way",
  "committed-and-not-here":
    "a server knew for longer than its patience with proposals that more is committed than its log has, while it waited for some",
  "proposal-offered-again": "a server offered its leader again what it had not seen applied",
  "staged-backlog": "chunks of a snapshot on their way to a server's disk took more than half of what may",
  "clock-ahead-at-leader":
    "a leader stamped a command with a time well behind its own clock, which ran ahead of the others'",
  "two-leaders": "two servers led at once, in different terms",
  "leader-steps-down-with-tail": "a leader stepped down with entries that were not committed",
  "vote-kept-over-restart": "a server refused its vote because of one that it gave before it crashed",
  "dead-leader-returns": "a server that died as leader came back and found another one leading",
  "leader-dies-with-tail": "a leader died with entries that were not committed",
  // Replication.
  "follower-truncates": "a server cut entries off its log",
  "old-leader-truncates": "a server cut off entries that it had itself appended as a leader",
  "majority-entry-lost": "an entry that a majority had, but nobody had committed, was overwritten (Figure 8)",
  "append-refused": "a follower refused an AppendEntries, since the logs did not match before it",
  "backs-up-far": "one refusal took a leader back by more than one entry",
  "append-of-old-term": "an AppendEntries of a deposed leader arrived",
  "append-of-earlier-reign":
    "a server that follows a leader got an AppendEntries of an earlier term of that same leader",
  "append-known-already": "an AppendEntries arrived whose entries the follower had",
  "append-out-of-order": "an AppendEntries arrived before the one that it continues",
  "append-pipelined": "a leader sent entries behind entries that were not acknowledged",
  "append-window-full": "a follower had not acknowledged as many messages with entries as a leader sends ahead",
  "held-append-let-go": "an entry that waited behind what was not acknowledged left when that was (Nagle's rule)",
  "held-append-in-time": "an entry that waited behind what was not acknowledged left when it had waited long enough",
  "forward-to-no-leader": "a follower sent proposals to a server that led no more",
  "log-takes-no-more": "a leader had more to append than its log had room for",
  // Commitment.
  "old-term-entry-committed": "an entry was committed in a later term than its own (§5.4.2)",
  "commits-with-server-down": "an entry was committed while a server was down",
  "leader-commits-before-its-disk": "a majority made an entry committed while the leader's own disk was still busy",
  // Disk, crash and recovery.
  "crash-loses-write": "a server died with a write to disk under way",
  "crash-before-telling": "a server died right after a write, before anybody heard of it",
  "dies-while-recovering": "a server died while it read its disk after a crash",
  "disk-fails": "a server stopped since its disk failed",
  "damage-stops-server": "a server refused to start from a disk with damaged data",
  "missing-row-stops-server": "a server refused to start, since a row of its disk was missing",
  "older-row-stops-server": "a server refused to start, since a row of its disk was an older copy",
  "restart-replays": "a server started with entries to apply again",
  "restart-from-checkpoint": "a server started from a checkpoint",
  "nobody-runs": "all servers were down at once",
  // Checkpoints and snapshots.
  "log-compacted": "a server dropped the beginning of its log",
  "checkpoint-cleaned": "a checkpoint was mostly waste, and its oldest segments were cleaned",
  "row-replaced": "a checkpoint wrote anew what an earlier one had",
  "checkpoint-due": "a checkpoint was made since as much of the log was applied as makes one due",
  "write-refused-for-room": "a write was refused since a disk was almost full",
  "write-refused-for-leader": "a server with room on its disk refused a write, since its leader said so",
  "delete-without-room": "a delete took effect while the disk of the server that proposed it was almost full",
  "checkpoint-overtaken": "entries were applied while a checkpoint was being encoded",
  "snapshot-installed": "a server took over a snapshot",
  "snapshot-in-chunks": "a snapshot went over in several chunks",
  "chunk-window-full": "a follower had not acknowledged as many chunks of a snapshot as a leader sends ahead",
  "log-dropped-amid-snapshot":
    "a leader dropped a part of its log while a snapshot was on its way to a follower that answers",
  "snapshot-takes-long": "a snapshot was on its way for several election timeouts, and arrived",
  "chunk-damaged": "a chunk of a snapshot came damaged",
  "snapshot-begun-anew": "a transfer of a snapshot was given up and another one begun",
  "receiver-dies-amid-snapshot": "a server died with a part of a snapshot",
  "snapshot-over-conflict": "a snapshot replaced a log with entries behind it or in conflict with it",
  "snapshot-as-bytes": "a chunk of a snapshot went through the codec, in a run whose messages travel as bytes",
  "snapshot-while-joint": "a snapshot was installed whose configuration is joint",
  "chunk-is-paced": "a follower that needed a snapshot waited for nothing but the pace",
  // Membership and transfer.
  "joint-consensus": "a joint configuration was committed",
  "configuration-truncated": "a configuration was cut off the log and the one before was in force again",
  "learner-promoted": "a learner became a voter",
  "learner-waits": "a learner was sent entries, and not those that were not committed yet",
  "leader-leaves": "a leader committed a configuration without itself",
  "observer-answers": "a learner answered a client",
  "members-told": "a watch told a client that other servers are members now",
  "members-of-a-step": "a client read who the members are while a change had a step to go",
  "leaver-campaigns":
    "a server asked for votes that its newest configuration, not committed yet, leaves out (thesis §4.2.2)",
  "change-loses-voters": "most of the servers that a change was to leave as voters were down before it had gone joint",
  "removed-server-campaigns": "a server that is no voter asked for votes",
  "wiped-server-refused": "a server that lost its disk was kept out",
  "other-life-speaks": "a server that takes part was spoken to by one of an earlier life of the cluster",
  "other-origin-met": "a first member met one whose data began with a backup that it does not have, or with none",
  "unknown-origin-met":
    "a first member met one whose data an older build restored, without a word of what they began with",
  "first-members-disagree": "two first members had met different data of some member",
  "transfer-succeeds": "a leader handed leadership over and the other won",
  "transfer-fails": "a leader tried to hand leadership over and goes on leading",
  // Reads.
  "follower-reads": "a follower was told a read index",
  "read-waits-for-apply": "a read index came for entries that the follower had not applied",
  "read-asks-no-leader": "a read index was asked of a server that led no more",
  "reads-batched": "several reads were served by one round",
  "page-goes-on": "a page of children began behind the one before",
  "page-behind-deleted-name": "a page of children began behind a name that had gone meanwhile",
  "reads-wait-for-next-turn": "a server had more reads to answer than belong in one turn",
  "entries-wait-for-next-turn": "more was committed than a server applies in one turn",
  "events-wait-for-next-turn": "a server was to tell of more changes than belong in one turn",
  "reads-wait-for-events": "reads waited until the events were told of what they would have shown",
  "local-read-is-old": "a local read was answered from a state behind what was committed",
  // Sessions.
  "requests-crowd": "a client had very many operations without an answer, and went on asking",
  "duplicate-write": "a write came through the log a second time",
  "write-too-early": "a write came through the log before an earlier one of its session",
  "write-of-old-attachment": "a write came through the log after its session had moved on",
  "write-of-ended-session": "a write came through the log after its session had ended",
  "session-taken": "a client was told that another has taken its session over",
  "session-inherited": "a process went on with the session of one that had ended",
  "session-misled": "a server said what was not so, and its client ended the session rather than go on with it",
  "session-expires": "a session expired through the log, with ephemerals",
  "expiry-too-late": "an expiry came through the log after the session had attached anew",
  "attach-repeated": "the same attachment came through the log twice",
  "session-moves": "a session went on at another server",
  "request-resent": "a client sent a request again over a new connection",
  "operation-lost": "a session ended before an operation was answered",
  "session-lost": "a client was told that its session may be gone",
  "lost-session-lives": "a session that might have been gone turned out to live",
  "reads-fill-turn": "a turn of a server answered as many reads as it may",
  "reader-waits-for-others": "a client waited with a read that nothing held up while others' reads were answered",
  "request-window-grown": "a client had more requests under way than it may at first",
  "pinged-after-a-third": "a client that waited for nothing pinged when a third of its timeout had passed",
  "server-left-for-silence": "a client left a server that said nothing for as long as it may",
  "client-rests": "a client had tried every endpoint in vain, and rested before it went on",
  "server-left-without-quorum": "a client left a server that said for as long as it may that it has no quorum",
  "client-stood-still": "a server spoke to a client whose process stood still",
  "session-heard": "a client was told that the leader had heard of its session",
  "member-learned": "a client went to a server of which another had told it",
  "client-read-again": "a client took what it had not taken, for which its server had let its reads wait",
  "no-quorum-told": "a server told a client that it knows no quorum",
  // Access control.
  "list-refuses": "a write was refused by an access control list",
  "list-hides": "a read was refused by an access control list",
  "list-lets-in": "a write was let in by a list that does not let in everybody",
  "super-passes": "a write was let in past a list, since its client may do everything",
  "list-of-own-multi-refuses": "a part of a multi was refused by the list that one before it had set",
  "auth-stands-for-its-author": "a list was set for whoever its author had shown to be",
  "standing-watch-keeps-back": "a watch that stays armed kept back what its client may not read",
  "identity-comes-along": "a client wrote at a server that it had moved to as who it had shown to be before",
  // Transactions.
  "multi-done": "a multi of several parts took effect",
  "multi-refused": "a multi was refused for the sake of a part behind the first",
  "multi-part-sees-another": "a part of a multi concerned a znode that a part before it had changed",
  "multi-repeated": "a multi came through the log a second time",
  "multi-read": "a multiRead answered some of its parts, and others not",
  // Quotas.
  "quota-set": "a quota was set on znodes that were there already",
  "quota-refuses": "a hard limit of a quota refused a write",
  "quota-refuses-part": "a hard limit of a quota refused a multi for the sake of a part behind the first",
  "quota-counts-ends": "a session ended with ephemerals that a quota counts",
  "soft-limit-passed": "a write went beyond a soft limit of a quota, and was done",
  "quota-read": "a client read what a quota counts",
  // Containers and times to live.
  "container-removed": "a container that had lost its last child was removed",
  "ttl-over": "a znode was removed when its time to live was over",
  "ttl-renewed": "a znode with a time to live was set, and removed later",
  "ttl-with-children-over": "a znode with a time to live that had had children was removed",
  "removal-too-late": "a znode was in use again, or gone, when its removal came through the log",
  // Watches.
  "watch-fires": "a watch fired",
  "watch-re-armed": "a client re-armed watches at another server",
  "re-armed-watch-fires-at-once": "a re-armed watch told of a change that its client had missed",
  "watch-resync": "a re-armed watch could only say that something may have changed",
  "watches-armed-in-turns": "a server needed several turns to arm a client's watches again",
  "stranger-refused": "a client that did not keep to the protocol was refused",
  "watch-disarmed": "a client gave up a watch, and its server disarmed it",
  "standing-watch-fires": "a persistent watch fired for the second time",
  "recursive-watch-below": "a recursive watch told of a znode that is two levels deep, at least",
  "standing-watch-resync": "a watch that stays armed, armed again, told that something may have happened meanwhile",
  "watch-events-of-one-entry": "one entry fired several watches of a session",
} as const satisfies Readonly<Record<string, string>>;

export type Mark = keyof typeof markSentences;

/** All marks, in the order of the list. */
export const allMarks = Object.keys(markSentences).filter(isMark);

/** Whether a text names a mark. */
export function isMark(text: string): text is Mark {
  return Object.hasOwn(markSentences, text);
}

/** The marks that were hit. */
export class Marks {
  readonly #hit = new Set<Mark>();

  hit(mark: Mark): void {
    this.#hit.add(mark);
  }

  has(mark: Mark): boolean {
    return this.#hit.has(mark);
  }

  get size(): number {
    return this.#hit.size;
  }

  /** In the order of the list. */
  all(): Mark[] {
    return allMarks.filter((mark) => this.#hit.has(mark));
  }

  missing(): Mark[] {
    return allMarks.filter((mark) => !this.#hit.has(mark));
  }

  add(marks: readonly Mark[]): void {
    for (const mark of marks) this.#hit.add(mark);
  }
}
