/** What both gRPC services share: channel options and raw methods. */
import { type ChannelOptions, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";

// What goes wrong reaches us as an error and is told in our own words.
setLogVerbosity(logVerbosity.NONE);

/** Messages cross gRPC as bytes; the codecs of `src/protocol` give them meaning. */
export const rawBytes = (bytes: Buffer): Buffer => bytes;

/** The same bytes as a `Buffer`, which gRPC wants; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Options of every server and channel. Bookkeeping that nobody reads (channelz, retries) is off, since it costs on every
 * message, and proxies are never asked.
 *
 * @param keepaliveMs how long a silent connection lives before it is probed, and how long the probe may take
 * @param frameBytesMax largest message in either direction
 */
export function channelOptions(keepaliveMs: number, frameBytesMax: number): ChannelOptions {
  return {
    "grpc.max_receive_message_length": frameBytesMax,
    "grpc.max_send_message_length": frameBytesMax,
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveMs,
    "grpc.keepalive_permit_without_calls": 1,
  };
}

/** An error's message up to the first line break. */
export function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
