/** A backup over gRPC, sent as fast as its client takes it. */
import { type ServerWritableStream, status } from "@grpc/grpc-js";
import { TerrariumError } from "../base/errors.ts";
import type { DoorLog } from "../doors/door-log.ts";
import { writeBackupPart } from "../protocol/generated/client.ts";
import { encodeMessage } from "../protocol/message.ts";
import { asBuffer, firstLine } from "./grpc.ts";

export type BackupCall = ServerWritableStream<Buffer, Buffer>;

/** Backups at a time; each holds a view of the disk. */
const backupsMax = 2;
/** A backup goes out in parts of at most this, bytes. */
const backupPartBytes = 1024 * 1024;

/** Sends backups. */
export class Backups {
  readonly #backup: () => AsyncGenerator<Uint8Array>;
  readonly #log: DoorLog;
  #running = 0;

  /** `backup` makes the bytes of one of what is applied now. */
  constructor(backup: () => AsyncGenerator<Uint8Array>, log: DoorLog) {
    this.#backup = backup;
    this.#log = log;
  }

  /** Never rejects. */
  async send(call: BackupCall): Promise<void> {
    if (this.#running >= backupsMax) {
      call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "the server sends other backups at this time" });
      return;
    }
    this.#running += 1;
    let gone = false;
    const goes = new Promise<void>((resolve) => {
      for (const event of ["cancelled", "close", "finish"]) {
        call.on(event, () => {
          gone = true;
          resolve();
        });
      }
    });
    try {
      for await (const bytes of this.#backup()) {
        for (let at = 0; at < bytes.length && !gone; at += backupPartBytes) {
          const data = bytes.subarray(at, at + backupPartBytes);
          const part = asBuffer(encodeMessage(writeBackupPart, { data }));
          if (!call.write(part)) await Promise.race([new Promise((resolve) => call.once("drain", resolve)), goes]);
        }
        if (gone) return;
      }
      call.end();
    } catch (error) {
      const details = error instanceof Error ? firstLine(error.message) : String(error);
      this.#log.error({ reason: details }, "a backup failed");
      const overloaded = error instanceof TerrariumError && error.code === "OVERLOADED";
      call.emit("error", { code: overloaded ? status.RESOURCE_EXHAUSTED : status.INTERNAL, details });
    } finally {
      this.#running -= 1;
    }
  }
}
