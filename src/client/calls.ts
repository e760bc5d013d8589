/** What a client asks a single server, outside of any session: a request, an answer. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { TerrariumError } from "../base/errors.ts";
import { decodeAdminReply, encodeAdminRequest } from "../protocol/admin-codec.ts";
import {
  readSessionsReply,
  readStatusReply,
  writeSessionsRequest,
  writeStatusRequest,
} from "../protocol/generated/client.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { onAbort } from "./abort.ts";
import { asBuffer, openChannel, rawBytes, timerMaxMs } from "./channel.ts";
import { callError } from "./channel-failures.ts";

const statusMethod = "/terrarium.Client/Status";
const sessionsMethod = "/terrarium.Client/Sessions";
const adminMethod = "/terrarium.Client/Admin";

/** The JSON of a server's status. Rejects with NO_SERVER, PROTOCOL_ERROR, ABORTED. */
export async function fetchStatus(
  address: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const request = encodeMessage(writeStatusRequest, {});
  return statusJson(await unary(address, statusMethod, request, timeoutMs, signal));
}

/** The JSON of live sessions behind `after`. Rejects with NO_SERVER, PROTOCOL_ERROR, OVERLOADED, ABORTED. */
export async function fetchSessions(
  address: string,
  after: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const request = encodeMessage(writeSessionsRequest, { after });
  const reply = await unary(address, sessionsMethod, request, timeoutMs, signal);
  return decodeMessage(readSessionsReply, reply).json;
}

/** A server's answer to an operator's request. Rejects with NO_SERVER, PROTOCOL_ERROR, ABORTED. */
export async function requestAdmin(
  address: string,
  request: AdminRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<AdminReply> {
  return decodeAdminReply(await unary(address, adminMethod, encodeAdminRequest(request), timeoutMs, signal));
}

/** One call over a channel of its own. */
function unary(
  address: string,
  method: string,
  request: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new TerrariumError("ABORTED"));
      return;
    }
    const channel = openChannel(address);
    let late = false;
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      release();
      clearTimeout(timer);
      channel.close();
      if (signal?.aborted) reject(new TerrariumError("ABORTED"));
      else if (error !== null && late) reject(callError(address, status.DEADLINE_EXCEEDED, "no answer in time"));
      else if (error !== null) reject(callError(address, error.code, error.details));
      else resolve(reply ?? new Uint8Array(0));
    };
    const metadata = new Metadata();
    const call = channel.makeUnaryRequest(method, rawBytes, rawBytes, asBuffer(request), metadata, {}, done);
    const release = onAbort(signal, () => call.cancel());
    // gRPC's own deadlines are by the wall clock, which may jump.
    const expire = (): void => {
      late = true;
      call.cancel();
    };
    const timer = timeoutMs > timerMaxMs ? undefined : setTimeout(expire, Math.max(0, timeoutMs));
  });
}

/** The text of a StatusReply, or nothing if it is none. */
function statusJson(reply: Uint8Array): string {
  try {
    return decodeMessage(readStatusReply, reply).json;
  } catch {
    return "";
  }
}
