/** The client's own limits and times; those that it shares with servers are in `base/limits.ts`. */
export const sessionLimits = {
  /** Requests without an answer, sent or waiting; beyond it TOO_MANY_REQUESTS. */
  requestsMax: 100_000,
  /** Their bytes. */
  requestBytesMax: 256 * 1024 * 1024,
  /** Bytes sent to the attached server and not answered; one request may exceed it alone. */
  outstandingBytesMax: 8 * 1024 * 1024,
  /** Requests sent at once after an attachment; each answer allows one more, up to the server's limit. */
  firstWindow: 8,
  /** Watchers registered; servers arm no more for a connection. */
  watchersMax: 100_000,
  /** Bytes of one SetWatches message: it must fit in a frame. */
  setWatchesBytesMax: 1024 * 1024,
  /** Bytes after which a turn's messages go on in another frame. */
  frameBytesTarget: 1024 * 1024,
  /** How long to wait for a silent server with requests under way before asking whether it has a quorum, milliseconds. */
  probeMs: 500,
  /** Pause after all endpoints were tried in vain, milliseconds; doubles from the first to the second. */
  backoffMinMs: 50,
  backoffMaxMs: 500,
  /** An attachment that held this long counts as a success: the next break starts a new round without a pause. */
  settledAfterMs: 1_000,
  /** A server that says that it has no quorum is left after this, or a quarter of the session timeout, milliseconds. */
  noQuorumMs: 1_500,
  /** A part of the session timeout, given up so that a holder learns in time that its session may be gone. */
  lostMargin: 0.1,
  /** Pings of which it is remembered when they were sent. */
  pingsKept: 16,
  /** A server that owes an answer is left after so many times what is usual, but not before so many milliseconds. */
  silenceFactor: 3,
  silenceMinMs: 1_000,
  /** A timer that rings so late tells that this process stood still, milliseconds: servers may have spoken meanwhile. */
  stoodStillMs: 250,
  /** Endpoints that a server may tell of. */
  learnedMax: 255,
  /** Least time to wait for an attachment, milliseconds: time enough for a server to say that it has no quorum. */
  attachMinMs: 1_500,
} as const;
