/** What a door is, and what it brings to carry clients. */
import type { AdmittedMessage, ServerMessage } from "../protocol/client-messages.ts";
import type { GateStats } from "./gate.ts";

/** A way into the server. */
export interface Door {
  /**
   * Lets in who comes to `address` (host:port; port 0 takes a free one); resolves to the port.
   *
   * @throws TerrariumError ADDRESS_IN_USE, USAGE
   */
  listen(address: string): Promise<number>;
  /** What has become of those who came. */
  readonly stats: GateStats;
  /** Lets nobody in any more, and ends what there is. */
  close(): Promise<void>;
}

/**
 * One client's stream, as its door carries it: the codec and the framing, no more. What waits for the client, how much of
 * that there may be, and when it is cut off is the same for all doors (`client-queue.ts`).
 */
export interface ClientStream {
  /** What a message will take on the wire, bytes; may be estimated, but not by much. */
  sizeOf(message: ServerMessage): number;
  /** Sends messages, in order, as one frame if there are frames. Calls `taken` once the socket has taken them. */
  write(messages: readonly ServerMessage[], taken: () => void): void;
  /** Hears nothing from the client until {@link resume}: what it sends waits in the network. */
  pause(): void;
  resume(): void;
  /** Ends the stream behind what was written. */
  end(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** What a door tells of a stream that was let in. */
export interface ClientLink {
  /** False once the stream is ended or refused: what the client says then is heard by nobody, and not worth decoding. */
  isOpen(): boolean;
  /** The client has said something. */
  received(messages: readonly AdmittedMessage[]): void;
  /** What it said cannot be understood: `error` says why, with a code if it is a TerrariumError. It is told and cut off. */
  garbled(error: unknown): void;
  /** It says nothing more. */
  ended(): void;
  /** The stream is no more. */
  gone(): void;
}
