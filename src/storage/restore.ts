/** A new cluster's data from a backup: what `terrarium restore` writes into an empty directory. */
import { BackupReader, type BackupSummary } from "../protocol/backup-file.ts";
import type { Configuration } from "../raft/types.ts";
import { CheckpointLoader } from "./checkpoint-loader.ts";
import type { DiskOperation } from "./disk.ts";
import { hardStateKey, headKey, identityKey, logBaseKey, segmentKey } from "./layout.ts";
import {
  type CheckpointHead,
  encodeHardState,
  encodeHead,
  encodeIdentity,
  encodeLogBase,
  type Identity,
} from "./records.ts";

/** Segments are restored under this generation. */
const generation = 1;

/** Turns the bytes of a backup into the rows of a server's database, and sees that they make a state. */
export class Restoration {
  readonly #reader: BackupReader;
  readonly #loader = new CheckpointLoader(generation);
  #ready: DiskOperation[] = [];

  constructor() {
    this.#reader = new BackupReader({
      segment: (number, value) => {
        this.#loader.add(number, value);
        this.#ready.push({ type: "put", key: segmentKey({ generation, number }), value });
      },
    });
  }

  /** Takes bytes of the file; returns what is to be written now. Throws BACKUP_UNUSABLE, CORRUPT. */
  push(bytes: Uint8Array): readonly DiskOperation[] {
    this.#reader.push(bytes);
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /**
   * The file has ended: returns what is to be written last, in one batch: it makes the rows the data of a server of a
   * new cluster, whose log begins behind the backup. All its members begin with the same.
   */
  end(identity: Identity, configuration: Configuration): RestoreEnd {
    const summary = this.#reader.end();
    const { index, term, timeMs, segments, znodes, sessions } = summary;
    const head: CheckpointHead = { generation, index, term, timeMs, configuration, segments, znodes, sessions };
    this.#loader.finish(head);
    const operations: readonly DiskOperation[] = [
      { type: "put", key: hardStateKey, value: encodeHardState({ currentTerm: term, votedFor: 0 }) },
      { type: "put", key: logBaseKey, value: encodeLogBase({ index, term, configuration }) },
      { type: "put", key: headKey, value: encodeHead(head) },
      { type: "put", key: identityKey, value: encodeIdentity(identity) },
    ];
    return { summary, operations };
  }
}

export interface RestoreEnd {
  readonly summary: BackupSummary;
  readonly operations: readonly DiskOperation[];
}
