/** The stream of a backup, as a server sends it. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { TerrariumError } from "../base/errors.ts";
import { readBackupPart, writeBackupRequest } from "../protocol/generated/client.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { onAbort } from "./abort.ts";
import { asBuffer, openChannel, rawBytes, timerMaxMs } from "./channel.ts";
import { callError } from "./channel-failures.ts";

const backupMethod = "/terrarium.Client/Backup";

/**
 * Has the server at `address` send a backup; `take` is given its bytes in order, and the next ones not before it has
 * taken them. Rejects with NO_SERVER (also when nothing comes for `idleMs`), PROTOCOL_ERROR, OVERLOADED, ABORTED, and
 * with what `take` throws.
 */
export async function fetchBackup(
  address: string,
  idleMs: number,
  signal: AbortSignal | undefined,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  if (signal?.aborted) throw new TerrariumError("ABORTED");
  const channel = openChannel(address);
  const request = asBuffer(encodeMessage(writeBackupRequest, {}));
  const call = channel.makeServerStreamRequest(backupMethod, rawBytes, rawBytes, request, new Metadata());
  const release = onAbort(signal, () => call.cancel());
  let idle = false;
  const giveUp = (): void => {
    idle = true;
    call.cancel();
  };
  const patienceMs = Math.min(idleMs, timerMaxMs);
  let timer = setTimeout(giveUp, patienceMs);
  try {
    for await (const part of call) {
      clearTimeout(timer);
      await take(partBytes(part));
      timer = setTimeout(giveUp, patienceMs);
    }
  } catch (error) {
    if (signal?.aborted) throw new TerrariumError("ABORTED");
    if (idle) throw new TerrariumError("NO_SERVER", `${address}: nothing came for ${idleMs} ms`);
    if (isServiceError(error)) throw backupError(address, error);
    throw error;
  } finally {
    clearTimeout(timer);
    release();
    call.cancel();
    channel.close();
  }
}

function partBytes(part: unknown): Uint8Array {
  if (!(part instanceof Uint8Array)) throw new TerrariumError("PROTOCOL_ERROR");
  try {
    return decodeMessage(readBackupPart, part).data;
  } catch {
    throw new TerrariumError("PROTOCOL_ERROR", "what came is no part of a backup");
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

function backupError(address: string, { code, details }: ServiceError): TerrariumError {
  if (code === status.RESOURCE_EXHAUSTED) return new TerrariumError("OVERLOADED", `${address}: ${details}`);
  return callError(address, code, details);
}
