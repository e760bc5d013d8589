/** Servers of another life of the cluster: of the same names and numbers, with another history. */
import { concatBytes } from "../../src/base/bytes.ts";
import { BackupWriter } from "../../src/protocol/backup-file.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Configuration, Index } from "../../src/raft/types.ts";
import type { Row } from "../../src/storage/disk.ts";
import type { Identity } from "../../src/storage/open.ts";
import { Restoration } from "../../src/storage/restore.ts";

/** The instance of that life; that of a simulated cluster is another with all but certainty. */
export const otherInstance = 4_242_424_242;

/** No term of a run comes near those of the other life: so it shows where one was heard of. */
export const otherTerm = 1_000_000_000;

/** What such a server says to one whose log ends at `lastIndex`. */
export function messageOfOtherLife(says: "vote" | "heartbeat", lastIndex: Index): PeerMessage {
  const term = otherTerm;
  return says === "vote"
    ? {
        type: "RequestVote",
        term,
        lastLogIndex: lastIndex + 1000,
        lastLogTerm: term - 1,
        preVote: false,
        leadershipTransfer: true,
      }
    : {
        type: "AppendEntries",
        term,
        prevLogIndex: 0,
        prevLogTerm: 0,
        entries: [],
        leaderCommit: 0,
        readRound: 0,
        noReply: false,
      };
}

/** Of the backup that {@link restoredRows} come from. */
const otherOrigin = 77;

/**
 * What is on the disk of a server of such a life that was restored from a backup. `unnamed`: by a build that did not write
 * down what the data began with.
 */
export function restoredRows(identity: Identity, configuration: Configuration, unnamed: boolean): readonly Row[] {
  const numbers = { index: 50, term: 3, timeMs: 1, znodes: 4, sessions: 0, segments: 0 };
  const summary = { clusterId: "backed up", serverId: 1, takenMs: 1, ...numbers };
  const writer = new BackupWriter();
  const restoration = new Restoration();
  restoration.push(concatBytes([writer.header(summary, 1, configuration), writer.trailer()]));
  const { operations } = restoration.end({ ...identity, origin: unnamed ? 0 : otherOrigin }, configuration);
  return operations.flatMap((operation) => (operation.type === "put" ? [operation] : []));
}
