/** All labs, in the order of the book. */
import { commit } from "./commit/lab.ts";
import { countTheVotes } from "./count-the-votes/lab.ts";
import { electionTimer } from "./election-timer/lab.ts";
import { eventQueue } from "./event-queue/lab.ts";
import { fencedLock } from "./fenced-lock/lab.ts";
import { findWhereTheyPart } from "./find-where-they-part/lab.ts";
import { grantAVote } from "./grant-a-vote/lab.ts";
import { heldBack } from "./held-back/lab.ts";
import type { Lab } from "./lab.ts";
import { makeAZnode } from "./make-a-znode/lab.ts";
import { matchTheLogs } from "./match-the-logs/lab.ts";
import { onceMeansOnce } from "./once-means-once/lab.ts";
import { reArm } from "./re-arm/lab.ts";
import { readIndex } from "./read-index/lab.ts";
import { snapshotOrLog } from "./snapshot-or-log/lab.ts";
import { twoMajorities } from "./two-majorities/lab.ts";
import { whatFires } from "./what-fires/lab.ts";

export const allLabs: readonly Lab[] = [
  eventQueue,
  electionTimer,
  grantAVote,
  countTheVotes,
  matchTheLogs,
  findWhereTheyPart,
  commit,
  heldBack,
  snapshotOrLog,
  readIndex,
  onceMeansOnce,
  makeAZnode,
  whatFires,
  reArm,
  twoMajorities,
  fencedLock,
];
