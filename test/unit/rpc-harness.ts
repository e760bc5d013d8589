/** Fakes for the tests of the gRPC adapters. */
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import type { DoorLog } from "../../src/doors/door-log.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import { asBuffer, rawBytes } from "../../src/rpc/grpc.ts";
import type { PeerHandlers } from "../../src/rpc/peer-acceptor.ts";

/** A log that remembers its lines. */
export class MemoryLog implements DoorLog {
  readonly lines: string[] = [];
  readonly debug = this.keep;
  readonly info = this.keep;
  readonly warn = this.keep;
  readonly error = this.keep;

  private keep(fields: object, message: string): void {
    this.lines?.push(`${message} ${JSON.stringify(fields)}`);
  }
}

/** A node that remembers what it was told. */
export class FakePeerNode implements PeerHandlers {
  readonly received: { from: number; message: PeerMessage }[] = [];
  readonly connected: number[] = [];
  readonly disconnected: number[] = [];
  /** The senders' instances, message by message. */
  readonly instances: number[] = [];

  receivePeer(from: number, messages: readonly PeerMessage[], instance: number): void {
    this.instances.push(...messages.map(() => instance));
    for (const message of messages) this.received.push({ from, message });
  }

  peerConnected(to: number): void {
    this.connected.push(to);
  }

  peerDisconnected(from: number): void {
    this.disconnected.push(from);
  }

  /** `readId` of all ReadIndex messages received. */
  get readIds(): number[] {
    return this.received.flatMap(({ message }) => (message.type === "ReadIndex" ? [message.readId] : []));
  }
}

/** How a call of {@link callPeer} ended. */
export interface CallEnd {
  readonly code: number;
  readonly details: string;
}

/** Opens a peer stream with this metadata, sends these frames, and resolves when the server ends the call. */
export function callPeer(
  port: number,
  metadata: Readonly<Record<string, string>>,
  frames: readonly Uint8Array[] = [],
): Promise<CallEnd> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
  const headers = new Metadata();
  for (const [key, value] of Object.entries(metadata)) headers.set(key, value);
  return new Promise((resolve) => {
    const call = client.makeClientStreamRequest("/terrarium.Peer/Messages", rawBytes, rawBytes, headers, (error) => {
      client.close();
      resolve({ code: error?.code ?? 0, details: error?.details ?? "" });
    });
    for (const frame of frames) call.write(asBuffer(frame));
  });
}

/** Opens a session stream. The caller closes both. */
export function openSession(port: number): { client: Client; stream: ClientDuplexStream<Buffer, Buffer> } {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
  const stream = client.makeBidiStreamRequest("/terrarium.Client/Session", rawBytes, rawBytes);
  stream.on("error", () => {});
  return { client, stream };
}
