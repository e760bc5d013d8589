/**
 * Messages that wait for one peer, in two lanes. Small ones (votes, replies, reads) go first; AppendEntries and
 * forwarded proposals keep their order among themselves. An AppendEntries without entries waits in the second lane too:
 * overtaking the entries before it, it would not match the follower's log, and those entries are as good a sign of life.
 */
import { limits } from "../base/limits.ts";
import { peerMessageBytes } from "../protocol/peer-codec.ts";
import type { PeerMessage } from "../protocol/peer-messages.ts";

/** A frame takes no further message once it is this large, so nothing small waits behind more than that. Bytes. */
export const frameTargetBytes: number = limits.appendBytesMax;

/** Small messages that are kept for a peer that cannot be reached; older ones are dropped. */
export const keptOfflineMax = 32;

interface Waiting {
  readonly message: PeerMessage;
  readonly bytes: number;
}

/** Whether a message may be large, and so must not delay others. */
function isBulk(message: PeerMessage): boolean {
  return message.type === "AppendEntries" || message.type === "Forward" || message.type === "InstallSnapshot";
}

/** The two lanes; bounded by `limits.peerQueueBytesMax`. */
export class PeerQueue {
  readonly #bytesMax: number;
  #small: Waiting[] = [];
  #bulk: Waiting[] = [];
  #queuedBytes = 0;
  #dropped = 0;

  constructor(bytesMax: number = limits.peerQueueBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Estimated bytes that wait. */
  get bytes(): number {
    return this.#queuedBytes;
  }

  /** Messages dropped so far because the queue was full or the peer away. */
  get droppedMessages(): number {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#small.length === 0 && this.#bulk.length === 0;
  }

  /** Adds messages; what does not fit is dropped, as a network may. */
  push(messages: readonly PeerMessage[]): void {
    for (const message of messages) {
      const bytes = peerMessageBytes(message);
      if (this.#queuedBytes + bytes > this.#bytesMax) {
        this.#dropped += 1;
        continue;
      }
      this.#queuedBytes += bytes;
      (isBulk(message) ? this.#bulk : this.#small).push({ message, bytes });
    }
  }

  /** Adds messages for a peer that cannot be reached: the newest small ones are kept, for the moment when it can. */
  pushOffline(messages: readonly PeerMessage[]): void {
    this.push(messages);
    this.dropStale();
  }

  /** Forgets what is of no use after the stream broke: all bulk, and all but the newest small messages. */
  dropStale(): void {
    this.#dropped += this.#bulk.length + Math.max(0, this.#small.length - keptOfflineMax);
    this.#bulk = [];
    this.#small = this.#small.slice(-keptOfflineMax);
    this.#queuedBytes = this.#small.reduce((sum, waiting) => sum + waiting.bytes, 0);
  }

  /** Takes the messages of the next frame: small ones first, then bulk, until {@link frameTargetBytes} is reached. */
  takeFrame(): PeerMessage[] {
    const frame: PeerMessage[] = [];
    let bytes = 0;
    for (const lane of [this.#small, this.#bulk]) {
      let taken = 0;
      for (const waiting of lane) {
        if (frame.length > 0 && bytes + waiting.bytes > frameTargetBytes) break;
        frame.push(waiting.message);
        bytes += waiting.bytes;
        taken += 1;
      }
      lane.splice(0, taken);
    }
    this.#queuedBytes -= bytes;
    return frame;
  }
}
