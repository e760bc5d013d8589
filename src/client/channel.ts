/** The channels over which a client speaks gRPC: one for each session stream and each call. */
import { type ChannelOptions, Client, credentials } from "@grpc/grpc-js";
import { limits } from "../base/limits.ts";

/**
 * A channel lives as long as one stream. It shares nothing with others (local pool), so that a server that just came back
 * is tried at once instead of after gRPC's back-off; the session has its own.
 */
const channelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": limits.frameBytesMax,
  "grpc.max_send_message_length": limits.frameBytesMax,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.min_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 500,
  "grpc.enable_retries": 0,
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
};

/** The longest that a timer of the platform can wait, ms; it takes more for nothing. */
export const timerMaxMs = 2 ** 31 - 1;

/** A channel to `host:port`; whoever opens it closes it. */
export function openChannel(address: string): Client {
  return new Client(address, credentials.createInsecure(), channelOptions);
}

/** Messages cross gRPC as bytes; `protocol/client-codec.ts` gives them meaning. */
export function rawBytes(bytes: Buffer): Buffer {
  return bytes;
}

/** The same bytes as a `Buffer`, which gRPC wants; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
