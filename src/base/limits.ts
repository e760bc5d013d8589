/**
 * The limits that users may meet; no flag changes them. Reaching one gives a typed error, backpressure or, between servers,
 * lost messages, never more memory.
 */
export const limits = {
  /** A server's id. None is used twice in the life of a cluster, so that there must be many: replacing one a day, for millennia. */
  serverIdMax: 2 ** 31 - 1,
  /** Data of a znode, bytes. */
  dataBytesMax: 1024 * 1024,
  /** A path, bytes of UTF-8. */
  pathBytesMax: 4096,
  /** Requests of one connection that wait for their answer; a multi counts as one for each of its parts. */
  outstandingRequestsMax: 1000,
  /** Parts of a multi, or of a multiRead. */
  multiPartsMax: 1000,
  /** Paths and data of all parts of a multi, bytes. */
  multiBytesMax: 2 * 1024 * 1024,
  /** Requests of one connection that wait for their answer, with all their parts, bytes. */
  outstandingBytesMax: 16 * 1024 * 1024,
  /** Committed entries that are applied in one turn. */
  appliedPerTurnMax: 5_000,
  /**
   * Work of applying them, and of telling clients of it, in one turn: an entry, or each part of its multi, 16 KiB of it,
   * a change that it makes, a session that it ends, and an event of a watch are a unit each. One entry may exceed it alone.
   */
  applyWorkPerTurn: 20_000,
  /** Changes that are looked at to know whether a watch that stays armed missed one; beyond, it may have. */
  missedLookedAtMax: 5_000,
  /** Time to live of a znode, milliseconds: as in ZooKeeper. */
  ttlMinMs: 1,
  ttlMaxMs: 2 ** 40 - 1,
  /** Containers and znodes with a time to live that a leader looks at in one tick, to find those that nobody uses. */
  unusedLookedAtMax: 2_000,
  /** Unused znodes that are removed by one entry, and the bytes of their paths. */
  unusedPerRemovalMax: 500,
  unusedPathBytesMax: 64 * 1024,
  /** Ephemerals of one session, which all go in one entry when it ends. */
  ephemeralsPerSessionMax: 100_000,
  /** Sessions that are ended by one entry, however few ephemerals they own. */
  sessionsPerExpiryMax: 5_000,
  /** Session timeout, milliseconds. */
  sessionTimeoutMinMs: 2_000,
  sessionTimeoutMaxMs: 60_000,
  sessionTimeoutDefaultMs: 10_000,
  /** A gRPC message between client and server, in either direction, bytes. */
  frameBytesMax: 4 * 1024 * 1024,
  /** A gRPC message between servers, bytes: whatever fits in a client's frame also fits here, as an entry of the log. */
  peerFrameBytesMax: 4 * 1024 * 1024 + 64 * 1024,
  /** Names of one page of a znode's children, and about their bytes. */
  childrenPageMax: 10_000,
  childrenPageBytesMax: 256 * 1024,
  /**
   * Reads that a server answers in one turn, and for one connection before others have their turn, and that it takes up
   * ahead of their answers: in units of work, about a small read each, or sixteen names of children, or 16 KiB of data.
   */
  readWorkPerTurn: 2_000,
  readWorkPerVisit: 250,
  readWorkAhead: 1_000,
  /** Unsent bytes to one client from which on its reads wait until it has taken half of them. */
  clientAheadBytesMax: 2 * 1024 * 1024,
  /** A session's password as a client sends it, bytes; those that servers make have 16. */
  passwordBytesMax: 64,
  /** Payload of one AppendEntries, bytes; one entry may exceed it alone. */
  appendBytesMax: 512 * 1024,
  /** AppendEntries with entries in flight to one follower. */
  appendsInFlightMax: 32,
  /** How long a part of an AppendEntries waits, milliseconds, for the one before to be acknowledged, so that it carries more. */
  appendHoldMs: 20,
  /** A checkpoint is due when so much of the state has changed, bytes: a batch that the log waits for only shortly. */
  checkpointDirtyBytes: 1024 * 1024,
  /** A checkpoint is due when so much of the log was applied since the last one, bytes: what a restart replays. */
  checkpointLogBytes: 16 * 1024 * 1024,
  /** What stays of the log behind a checkpoint, bytes: short-lived, most of it never gets beyond Level's own log. */
  logTailBytes: 2 * 1024 * 1024,
  /** What stays of it at a leader that misses a server: so that it need not send a snapshot to one that restarts. */
  logAwayBytes: 32 * 1024 * 1024,
  /** What stays of it at most for followers that are there and catch up, bytes. */
  logHeldBytes: 256 * 1024 * 1024,
  /** A segment of a checkpoint, and so a chunk of a snapshot, bytes; a larger row is one alone. */
  segmentBytes: 256 * 1024,
  /** What is written anew at a time to clean old segments, bytes; waste that is not worth it. */
  checkpointCleanBytes: 512 * 1024,
  checkpointSlackBytes: 1024 * 1024,
  /** For so many election timeouts a snapshot is kept ready for a follower that fell silent while it was sent. */
  snapshotKeptTimeouts: 20,
  /** Chunks of a snapshot in flight to one follower. */
  snapshotChunksInFlightMax: 4,
  /** Chunks at the follower that are on their way to its disk, bytes; beyond it further ones are lost. */
  stagedBytesMax: 16 * 1024 * 1024,
  /** A snapshot takes its time, so that the others go on: bytes a second … */
  snapshotBytesPerSecond: 4 * 1024 * 1024,
  /** … but more if it would take longer than this, and without a limit after it: the log that grows has to be kept. */
  snapshotPacedMsMax: 30_000,
  /** Entries at the leader that are not committed yet, bytes. */
  uncommittedBytesMax: 64 * 1024 * 1024,
  /** Entries at any server that are not on its own disk yet, bytes: a disk that hangs holds up all that lies behind. */
  undurableBytesMax: 64 * 1024 * 1024,
  /** Entries at any server that it has not applied yet, while some of them are committed, bytes: it may be slower than others. */
  unappliedBytesMax: 64 * 1024 * 1024,
  /** Messages to other servers that wait for the disk, such as votes and acknowledgements; beyond it new ones are lost. */
  heldMessagesMax: 1000,
  /** Commands that other servers forwarded and the leader's log has no room for, bytes; their origins send them again. */
  forwardedBytesMax: 64 * 1024 * 1024,
  /** Commands of one server's own clients that are on their way into the log, bytes; then further ones are refused. */
  proposedBytesMax: 128 * 1024 * 1024,
  /** Of these, what is on its way to another server at a time, bytes; one command may exceed it alone. */
  proposedWindowBytes: 4 * 1024 * 1024,
  /** Messages that wait for one peer, bytes; beyond it new ones are dropped, as the network may. */
  peerQueueBytesMax: 16 * 1024 * 1024,
  /** Unsent bytes to one client; beyond it the server closes the connection. */
  clientQueueBytesMax: 16 * 1024 * 1024,
  /** With less free on its disk a server takes no creates and no new data, unless told otherwise: bytes. */
  diskFreeMinBytes: 64 * 1024 * 1024,
  /** A time stamp is at most so far ahead of, or behind, the clocks of a majority of the voters, milliseconds. */
  clockSkewMaxMs: 1_000,
  /** Sessions of the cluster. */
  sessionsMax: 100_000,
  /** Client connections of one server. */
  connectionsMax: 10_000,
  /** Whom the client of one connection may show to be. */
  identitiesMax: 100,
  /** … and their bytes together: each of its writes carries them on top of what fits in a client's frame. */
  identitiesBytesMax: 16 * 1024,
  /** A credential, bytes. */
  credentialBytesMax: 1024,
  /** Items of an access control list, those that `auth` stands for counted one by one, and their bytes together. */
  aclItemsMax: 1_000,
  aclBytesMax: 64 * 1024,
  /** Watches of one connection. */
  watchesPerConnectionMax: 100_000,
  /** … and the characters of their paths together. */
  watchCharactersPerConnectionMax: 32 * 1024 * 1024,
  /** Watches in one SetWatches message, whose events come in the order of the changes. */
  setWatchesMax: 100_000,
  /** Changed paths that a server remembers, to tell re-armed watches what they missed. */
  changeHistoryMax: 100_000,
  /** Pages that one server keeps up to date with the cluster (`/events`), if it may have as many files open. */
  livePagesMax: 200,
  /** What one such page may have unread; it misses what comes on top, and goes on with the next. Bytes. */
  livePageBytesMax: 256 * 1024,
  /** Events of each kind that a server remembers for pages that are opened later. */
  feedMax: 100,
  /** Sessions, and watched paths, of one answer of `/sessions` and `/watches`. */
  observedRowsMax: 100,
  /** Children, and bytes of data, of one answer of `/tree`. */
  treeChildrenMax: 200,
  treeBytesMax: 64 * 1024,
} as const;
