/** Hands what a client asks of the leader on to it, over its client port. */
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeAdminReply, encodeAdminRequest } from "../protocol/admin-codec.ts";
import { asBuffer, channelOptions, firstLine, rawBytes } from "./grpc.ts";

/** A server that does not answer at all is given up after this, ms. */
const keepaliveMs = 2_000;

/**
 * What the server whose client port is `address` (host:port) answers to a request. It may be carried out although no answer
 * comes.
 *
 * @throws TerrariumError NO_SERVER when none does, ABORTED when `signal` aborts
 */
export async function askLeader(address: string, request: AdminRequest, signal: AbortSignal): Promise<AdminReply> {
  const client = new Client(address, credentials.createInsecure(), channelOptions(keepaliveMs, limits.frameBytesMax));
  try {
    return decodeAdminReply(await call(client, asBuffer(encodeAdminRequest(request)), address, signal));
  } finally {
    client.close();
  }
}

function call(client: Client, request: Buffer, address: string, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      signal.removeEventListener("abort", cancel);
      if (error === null) resolve(reply ?? new Uint8Array(0));
      else if (signal.aborted) reject(new TerrariumError("ABORTED"));
      else reject(new TerrariumError("NO_SERVER", `no answer from ${address} (${firstLine(error.details)})`));
    };
    const path = "/terrarium.Client/Admin";
    const sent = client.makeUnaryRequest(path, rawBytes, rawBytes, request, new Metadata(), {}, done);
    const cancel = (): void => sent.cancel();
    signal.addEventListener("abort", cancel);
    if (signal.aborted) cancel();
  });
}
