/** Takes a backup of a running server: the segments of a checkpoint that holds all that is applied now. */
import { TerrariumError } from "../base/errors.ts";
import { BackupWriter } from "../protocol/backup-file.ts";
import type { Disk, DiskView, KeyRange, Row } from "../storage/disk.ts";
import { headKey, segmentName, segmentRange } from "../storage/layout.ts";
import { decodeHead } from "../storage/records.ts";
import { unseal } from "../storage/sealed.ts";

/** About how much is read at a time, bytes. */
const readBytes = 1024 * 1024;

/** Where a backup comes from. */
export interface BackupSource {
  readonly disk: Disk;
  readonly clusterId: string;
  readonly serverId: number;
  /** Calls back once all that is applied now is in the checkpoint on disk. */
  checkpoint(done: () => void): void;
}

/** The bytes of a backup file, in pieces. Throws what the disk throws, and CORRUPT. */
export async function* backup(source: BackupSource): AsyncGenerator<Uint8Array> {
  await new Promise<void>((resolve) => source.checkpoint(resolve));
  const view = source.disk.view();
  try {
    const [row] = await read(view, { gte: headKey, lt: new Uint8Array([...headKey, 0]) });
    if (row === undefined) throw new TerrariumError("OVERLOADED", "the server has nothing to back up yet");
    const { generation, configuration, ...head } = decodeHead(row.value);
    const { clusterId, serverId } = source;
    const writer = new BackupWriter();
    yield writer.header({ clusterId, serverId, takenMs: Date.now(), ...head }, generation, configuration);
    for (let next = 1; ; ) {
      const rows = await read(view, segmentRange(generation, next));
      if (rows.length === 0) break;
      for (const { key, value } of rows) {
        const number = segmentName(key)?.number ?? 0;
        unseal(value, `segment ${number} of the checkpoint`);
        next = number + 1;
        yield writer.segment(number, value);
      }
    }
    yield writer.trailer();
  } finally {
    view.close();
  }
}

function read(view: DiskView, range: KeyRange): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    view.read(range, readBytes, (error, rows) => (error === undefined ? resolve(rows) : reject(error)));
  });
}
