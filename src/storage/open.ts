/** Opening a server's data when it starts: its own, whole, or fresh. */
import { TerrariumError } from "../base/errors.ts";
import type { Configuration, Entry, HardState } from "../raft/types.ts";
import type { Disk, DiskOperation } from "./disk.ts";
import { diskError } from "./disk-hints.ts";
import { hardStateKey, identityKey, logBlockKey, type SegmentName, segmentKey, wholeDisk } from "./layout.ts";
import { encodeLogBlock } from "./log-block.ts";
import { encodeHardState, encodeIdentity, type Identity } from "./records.ts";
import { noConfiguration, type Recovered, Rows, withCheckpoint } from "./recovery.ts";

export type { Identity } from "./records.ts";
export type { Recovered } from "./recovery.ts";

/** Segments that one batch deletes. */
const deletionsMax = 500;

/** Exactly one of the two is there. */
export type OpenDone = (error: Error | undefined, recovered?: Recovered) => void;

/**
 * Reads everything on `disk` and calls `done` once. A fresh disk becomes the data of the server `expected` of a cluster
 * that begins with `bootstrap`, or, if it is `joining`, of one that waits to be added to a running cluster; on any
 * other disk neither is looked at, nor is `expected.incarnation`. An empty `expected.clusterId` is not compared.
 *
 * Errors: WRONG_DATA_DIR when the data are another server's or cluster's; CORRUPT when they are damaged;
 * DATA_DIR_UNUSABLE when another version wrote them; DISK_FAILED; on a fresh disk USAGE without `bootstrap`,
 * NOT_A_MEMBER when the server is not in it, and NO_SERVER when it has to know the cluster's id and nobody told it.
 */
export function openStorage(
  disk: Disk,
  expected: Identity,
  bootstrap: Configuration | undefined,
  done: OpenDone,
): void {
  const rows = new Rows();
  disk.scan(
    wholeDisk,
    (key, value) => rows.add(key, value),
    (error) => {
      if (error !== undefined) done(diskError(error, "the data could not be read"));
      else if (rows.empty) begin(disk, expected, bootstrap, done);
      else recover(disk, rows, expected, done);
    },
  );
}

/**
 * Reads the data of whichever server they are of, changes nothing, and calls `done` once. Errors: CORRUPT;
 * DATA_DIR_UNUSABLE when another version wrote them; DISK_FAILED.
 */
export function readStorage(disk: Disk, done: OpenDone): void {
  const rows = new Rows();
  disk.scan(
    wholeDisk,
    (key, value) => rows.add(key, value),
    (error) => {
      if (error !== undefined) return done(diskError(error, "the data could not be read"));
      let recovered: Recovered;
      try {
        // First whose they are: another version may have written all else.
        rows.readIdentity();
        recovered = rows.recover();
      } catch (problem) {
        if (!(problem instanceof TerrariumError)) throw problem;
        return done(problem);
      }
      done(undefined, recovered);
    },
  );
}

function recover(disk: Disk, rows: Rows, expected: Identity, done: OpenDone): void {
  let recovered: Recovered;
  try {
    checkIdentity(rows.readIdentity(), expected);
    recovered = rows.recover();
  } catch (error) {
    if (!(error instanceof TerrariumError)) throw error;
    done(error);
    return;
  }
  deleteSegments(disk, rows.leftovers, (error) => {
    if (error !== undefined) done(diskError(error, "what is left of an older checkpoint could not be deleted"));
    else done(undefined, recovered);
  });
}

/** Deletes segments, a bounded number at a time. */
export function deleteSegments(
  disk: Disk,
  names: readonly SegmentName[],
  done: (error: Error | undefined) => void,
): void {
  if (names.length === 0) return done(undefined);
  const batch: readonly DiskOperation[] = names
    .slice(0, deletionsMax)
    .map((name) => ({ type: "delete", key: segmentKey(name) }));
  disk.write(batch, (error) => {
    if (error === undefined) deleteSegments(disk, names.slice(deletionsMax), done);
    else done(error);
  });
}

function checkIdentity(found: Identity, expected: Identity): void {
  const sameCluster = expected.clusterId === "" || found.clusterId === expected.clusterId;
  if (sameCluster && found.serverId === expected.serverId) return;
  throw new TerrariumError(
    "WRONG_DATA_DIR",
    `the data directory belongs to server ${found.serverId} of cluster "${found.clusterId}", ` +
      `not to server ${expected.serverId} of cluster "${expected.clusterId}"`,
  );
}

/** Writes the first state of a server: all of it in one batch, so that a crash leaves it whole or the disk fresh. */
function begin(disk: Disk, identity: Identity, bootstrap: Configuration | undefined, done: OpenDone): void {
  if (identity.clusterId === "") {
    done(noCluster());
    return;
  }
  if (identity.joining === true) {
    beginJoining(disk, identity, done);
    return;
  }
  if (bootstrap === undefined) {
    done(
      new TerrariumError(
        "USAGE",
        "the data directory is empty, and no membership was given to begin with",
        "give the members of the cluster, or the right data directory",
      ),
    );
    return;
  }
  if (!bootstrap.members.some((member) => member.id === identity.serverId)) {
    done(new TerrariumError("NOT_A_MEMBER", `server ${identity.serverId} is not in the cluster's membership`));
    return;
  }
  const hardState: HardState = { currentTerm: 1, votedFor: 0 };
  const entries: readonly Entry[] = [{ kind: "configuration", index: 1, term: 1, configuration: bootstrap }];
  const block = encodeLogBlock({ currentTerm: 1, prevTerm: 0, entries });
  const base = { index: 0, term: 0, configuration: bootstrap };
  const blocks = [{ firstIndex: 1, entries, bytes: block.length }];
  disk.write(
    [
      { type: "put", key: identityKey, value: encodeIdentity(identity) },
      { type: "put", key: hardStateKey, value: encodeHardState(hardState) },
      { type: "put", key: logBlockKey(1), value: block },
    ],
    (error) => {
      if (error !== undefined) done(diskError(error, "the first write to the data directory failed"));
      else {
        const files = { log: { hardState, entries, base }, stored: { hardState, base, blocks } };
        done(undefined, { ...withCheckpoint(files, undefined), identity, admission: undefined });
      }
    },
  );
}

/** The first state of a server that joins: an empty log. The leader sends it all of its own. */
function beginJoining(disk: Disk, identity: Identity, done: OpenDone): void {
  const hardState: HardState = { currentTerm: 1, votedFor: 0 };
  const base = { index: 0, term: 0, configuration: noConfiguration };
  disk.write(
    [
      { type: "put", key: identityKey, value: encodeIdentity(identity) },
      { type: "put", key: hardStateKey, value: encodeHardState(hardState) },
    ],
    (error) => {
      if (error !== undefined) done(diskError(error, "the first write to the data directory failed"));
      else {
        const files = { log: { hardState, entries: [], base }, stored: { hardState, base, blocks: [] } };
        done(undefined, { ...withCheckpoint(files, undefined), identity, admission: undefined });
      }
    },
  );
}

/** The error of a server without data that nobody told which cluster it is to join. */
export function noCluster(): TerrariumError {
  return new TerrariumError("NO_SERVER", "no server of the cluster to join answers", "check the addresses in --join");
}
