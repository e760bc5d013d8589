/** A client's session stream over gRPC: a frame of client.proto is a message of the call. */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { ClientStreams } from "../doors/client-streams.ts";
import type { ClientStream } from "../doors/door.ts";
import { admitted, Identities, type IdentityOptions, ipOf } from "../doors/identities.ts";
import { decodeClientFrame, encodeServerFrame, serverMessageBytes } from "../protocol/client-codec.ts";
import type { ClientMessage } from "../protocol/client-messages.ts";
import { asBuffer } from "./grpc.ts";

export type SessionCall = ServerDuplexStream<Buffer, Buffer>;

/** Carries a call that was just opened. */
export function carrySession(call: SessionCall, streams: ClientStreams, options: IdentityOptions = {}): void {
  const identities = new Identities(ipOf(hostOf(call.getPeer())), options);
  const stream: ClientStream = {
    sizeOf: serverMessageBytes,
    write: (messages, taken) => void call.write(asBuffer(encodeServerFrame(messages)), taken),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end: () => void call.end(),
    destroy: () => void call.destroy(),
  };
  const link = streams.open(stream);
  if (link === undefined) return;
  call.on("data", (bytes: Buffer) => {
    if (!link.isOpen()) return;
    let messages: readonly ClientMessage[];
    try {
      messages = decodeClientFrame(bytes);
    } catch (error) {
      return link.garbled(error);
    }
    link.received(messages.map((message) => admitted(message, identities)));
  });
  call.on("end", () => link.ended());
  for (const event of ["cancelled", "close"]) call.on(event, () => link.gone());
}

/** The address of a peer's name, `address:port`. */
function hostOf(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(":")));
}
