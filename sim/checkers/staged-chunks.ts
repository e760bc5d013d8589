/**
 * Chunks of snapshots, as they were sent and as they got to disks. A number alone says little: each server has segments of
 * its own under the same numbers, and of other transfers.
 */
import { crc32c } from "../../src/base/crc32c.ts";
import type { InstallSnapshot } from "../../src/raft/messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { segmentName } from "../../src/storage/layout.ts";

/** Checksums by position. */
type Chunks = Map<number, number>;

export class StagedChunks {
  /** By snapshot id, as sent; positions rise. */
  readonly #sent = new Map<number, Chunks>();
  /** By server id and generation: what has been on the disk. It may be gone when its answer leaves. */
  readonly #onDisk: (Map<number, Chunks> | undefined)[] = [];

  sent({ snapshotId, position, data, done }: InstallSnapshot): void {
    if (!done) chunksOf(this.#sent, snapshotId).set(position, crc32c(data));
  }

  durable(server: ServerId, batch: readonly DiskOperation[]): void {
    for (const operation of batch) {
      const name = segmentName(operation.key);
      if (operation.type !== "put" || name === undefined) continue;
      const generations = this.#onDisk[server] ?? new Map<number, Chunks>();
      this.#onDisk[server] = generations;
      chunksOf(generations, name.generation).set(name.number, crc32c(operation.value));
    }
  }

  /** Of the chunks up to `position`, one that no single generation on the disk has beside the others; or nothing. */
  missing(server: ServerId, snapshotId: number, position: number): number | undefined {
    const promised = [...(this.#sent.get(snapshotId) ?? [])].filter(([at]) => at <= position);
    if (position > 0 && !promised.some(([at]) => at === position)) return position;
    let missing: number | undefined = promised[0]?.[0];
    for (const chunks of [...(this.#onDisk[server]?.values() ?? [])].reverse()) {
      const [lacks] = promised.find(([at, checksum]) => chunks.get(at) !== checksum) ?? [];
      if (lacks === undefined) return undefined;
      missing = Math.max(missing ?? 0, lacks);
    }
    return missing;
  }
}

function chunksOf(map: Map<number, Chunks>, key: number): Chunks {
  const known = map.get(key);
  if (known !== undefined) return known;
  const chunks: Chunks = new Map();
  map.set(key, chunks);
  return chunks;
}
