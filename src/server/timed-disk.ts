/** The Disk port with a stopwatch. */
import type { Clock, Disk } from "../node/ports.ts";
import type { DiskOperation } from "../storage/disk.ts";

/** Reports how long each durable write of `disk` took, milliseconds, and its bytes. */
export function timedDisk(disk: Disk, clock: Clock, observe: (durationMs: number, bytes: number) => void): Disk {
  return {
    write(batch, done) {
      const startedMs = clock.now();
      disk.write(batch, (error) => {
        if (error === undefined) observe(clock.now() - startedMs, batchBytes(batch));
        done(error);
      });
    },
    view: () => disk.view(),
    scan: (range, visit, done) => disk.scan(range, visit, done),
  };
}

function batchBytes(batch: readonly DiskOperation[]): number {
  let bytes = 0;
  for (const operation of batch) {
    bytes += operation.key.length + (operation.type === "put" ? operation.value.length : 0);
  }
  return bytes;
}
