/** Marks of disks, crashes and recovery, of checkpoints and snapshots. */
import { TerrariumError } from "../../src/base/errors.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { logBaseKey } from "../../src/storage/layout.ts";
import { checksum, checksumBytes } from "../../src/storage/sealed.ts";
import type { RaftHistory } from "../checkers/raft-history.ts";
import type { Observer, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { Marks } from "./marks.ts";

/** What was last seen of a server. */
interface Seen {
  /** Batches under way to its disk. */
  writing: number;
  /** Virtual time of the newest batch that became durable, µs. */
  durableUs: number;
  /** Its newest transfer of a snapshot, with chunks and without an end. */
  receiving: number;
  /** Virtual time of that transfer's first chunk, µs. */
  receivingSinceUs: number;
  lastIndex: Index;
  reading: boolean;
}

/** A crash within this of a write's completion hits a server that has told nobody yet, µs. */
const momentUs = 100;

/** A snapshot that is on its way for so many election timeouts takes long. */
const longTimeouts = 3;

export class DiskMarks implements Observer {
  readonly name = "disk marks";
  readonly #marks: Marks;
  readonly #history: RaftHistory;
  readonly #seen: Seen[] = [];
  #world: World | undefined;
  /** Whether the plan damages chunks at all. */
  #garbles = false;

  constructor(marks: Marks, history: RaftHistory) {
    this.#marks = marks;
    this.#history = history;
  }

  begin(world: World): void {
    this.#world = world;
    this.#garbles = world.plan.faults.some(({ what }) => what.kind === "garble");
    for (const { id } of world.allServers)
      this.#seen[id] = {
        writing: 0,
        durableUs: -momentUs,
        receiving: 0,
        receivingSinceUs: 0,
        lastIndex: 0,
        reading: false,
      };
  }

  get #now(): number {
    return this.#world?.now ?? 0;
  }

  get #electionTimeoutUs(): number {
    return 1000 * (this.#world?.plan.config.electionTimeoutMs ?? 0);
  }

  writing({ id, node }: ServerView, batch: readonly DiskOperation[]): void {
    const seen = this.#seen[id];
    if (seen !== undefined) seen.writing++;
    if (
      node !== undefined &&
      batch.some(({ type, key }) => type === "put" && key.length === 1 && key[0] === logBaseKey[0])
    )
      this.#marks.hit("log-compacted");
  }

  step({ node }: ServerView): void {
    const encoding = node?.encodingIndex;
    if (encoding !== undefined && node !== undefined && node.machine.appliedIndex > encoding)
      this.#marks.hit("checkpoint-overtaken");
  }

  durable({ id }: ServerView): void {
    const seen = this.#seen[id];
    if (seen === undefined) return;
    seen.writing = Math.max(0, seen.writing - 1);
    seen.durableUs = this.#now;
  }

  effects({ id, node }: ServerView, { installed, write }: Effects): void {
    const seen = this.#seen[id];
    if (seen === undefined) return;
    if (installed !== undefined) {
      this.#marks.hit("snapshot-installed");
      if (seen.receiving !== 0 && this.#now - seen.receivingSinceUs > longTimeouts * this.#electionTimeoutUs)
        this.#marks.hit("snapshot-takes-long");
      if ((node?.raft.configuration.oldVoters.length ?? 0) > 0) this.#marks.hit("snapshot-while-joint");
      seen.receiving = 0;
    }
    // Entries that the committed log does not have up to there, or any behind it, are in the way.
    if (write?.snapshot !== undefined && seen.lastIndex > write.snapshot.index)
      this.#marks.hit("snapshot-over-conflict");
    seen.lastIndex = this.#history.log(id).lastIndex;
  }

  delivered(_from: ServerId, to: ServerView, message: PeerMessage): void {
    const seen = this.#seen[to.id];
    if (message.type !== "InstallSnapshot" || seen === undefined) return;
    if (this.#world?.plan.config.bytes) this.#marks.hit("snapshot-as-bytes");
    if (message.previous > 0) this.#marks.hit("snapshot-in-chunks");
    if (this.#garbles && isDamaged(message.data)) this.#marks.hit("chunk-damaged");
    if (seen.receiving !== 0 && seen.receiving !== message.snapshotId) this.#marks.hit("snapshot-begun-anew");
    if (seen.receiving !== message.snapshotId) seen.receivingSinceUs = this.#now;
    seen.receiving = message.snapshotId;
  }

  starting({ id }: ServerView): void {
    const seen = this.#seen[id];
    if (seen !== undefined) seen.reading = true;
  }

  started({ id, recovered }: ServerView): void {
    const seen = this.#seen[id];
    if (seen === undefined || recovered === undefined) return;
    seen.reading = false;
    seen.lastIndex = this.#history.log(id).lastIndex;
    if (recovered.machine.appliedIndex > 0) this.#marks.hit("restart-from-checkpoint");
    if (recovered.log.entries.length > 0 && seen.lastIndex > recovered.machine.appliedIndex)
      this.#marks.hit("restart-replays");
  }

  stopped(server: ServerView, error: Error): void {
    const code = error instanceof TerrariumError ? error.code : "";
    if (code === "DISK_FAILED") this.#marks.hit("disk-fails");
    else if (code === "CORRUPT") this.#damaged(server);
    else if (code === "WIPED") this.#marks.hit("wiped-server-refused");
    this.#ended(server);
  }

  crashed(server: ServerView): void {
    const seen = this.#seen[server.id];
    if (seen !== undefined) {
      if (seen.writing > 0) this.#marks.hit("crash-loses-write");
      if (this.#now - seen.durableUs < momentUs) this.#marks.hit("crash-before-telling");
      if (seen.reading) this.#marks.hit("dies-while-recovering");
    }
    this.#ended(server);
  }

  #damaged({ disk }: ServerView): void {
    this.#marks.hit("damage-stops-server");
    if (disk.lost === "missing") this.#marks.hit("missing-row-stops-server");
    if (disk.lost === "older") this.#marks.hit("older-row-stops-server");
  }

  #ended({ id }: ServerView): void {
    const seen = this.#seen[id];
    if (seen === undefined) return;
    if (seen.receiving !== 0) this.#marks.hit("receiver-dies-amid-snapshot");
    seen.writing = 0;
    seen.receiving = 0;
    seen.reading = false;
    if (this.#world?.allServers.every(({ state }) => state === "down")) this.#marks.hit("nobody-runs");
  }
}

/** Whether its checksum is wrong, as that of whatever was not written so. */
function isDamaged(value: Uint8Array): boolean {
  return checksum(value.subarray(checksumBytes)).some((byte, i) => byte !== value[i]);
}
