/**
 * What is to be sent to one client waits here, not in its door's library: messages of many turns then share a frame, and a
 * client that does not read, or slowly, costs little more than its limit: while so much waits, it is not heard either.
 */
import { type ErrorCode, errorMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { ServerMessage } from "../protocol/client-messages.ts";
import type { ClientStream } from "./door.ts";

/** Frames handed to the stream that the socket has not taken yet. */
const framesInFlightMax = 2;
/** How long a stream that is to end waits for its client to read. Milliseconds. */
const lingerMsMax = 10_000;
/** A frame takes no further message once it is this large. Bytes. */
const frameTargetBytes = 256 * 1024;

/** What waits for one client. */
export class ClientQueue {
  readonly #stream: ClientStream;
  readonly #bytesMax: number;
  readonly #stallMsMax: number;
  readonly #onOverload: () => void;
  #queue: ServerMessage[] = [];
  /** Of `queue`, position by position. */
  #sizes: number[] = [];
  #queuedBytes = 0;
  /** When the client last took a frame, or had nothing to take. Monotonic ms. */
  #lastTakenMs = performance.now();
  #framesInFlight = 0;
  /** Whether nothing is read from the client until it has taken more. */
  #paused = false;
  /** Whether the server was told that the client is congested, and not yet that it is no more. */
  #awaited = false;
  #state: "open" | "ending" | "ended" = "open";

  /** @param onOverload the client does not read: more than `bytesMax` waits, and it took nothing for `stallMsMax` */
  constructor(stream: ClientStream, onOverload: () => void, bytesMax: number, stallMsMax: number) {
    this.#stallMsMax = stallMsMax;
    this.#stream = stream;
    this.#onOverload = onOverload;
    this.#bytesMax = bytesMax;
  }

  /** Calls `onReady` once the client has taken most of what waits, after `isCongested` was true. */
  onReady: () => void = () => undefined;

  /** Whether so much waits that whatever can wait should. Who is told so hears of the end by {@link onReady}. */
  get isCongested(): boolean {
    if (this.#state === "open" && this.#queuedBytes > limits.clientAheadBytesMax) this.#awaited = true;
    return this.#awaited;
  }

  /** Queues messages; {@link flush} sends them. */
  push(messages: readonly ServerMessage[]): void {
    if (this.#state !== "open") return;
    // What the answers of one turn come to says nothing about the client: it had no time to read them.
    const stalled = this.#queuedBytes > this.#bytesMax && performance.now() - this.#lastTakenMs > this.#stallMsMax;
    if (this.#queuedBytes === 0) this.#lastTakenMs = performance.now();
    for (const message of messages) {
      const bytes = this.#stream.sizeOf(message);
      this.#queue.push(message);
      this.#sizes.push(bytes);
      this.#queuedBytes += bytes;
    }
    if (stalled) this.#onOverload();
    else if (!this.#paused && this.#queuedBytes > this.#bytesMax) {
      this.#paused = true;
      this.#stream.pause();
    }
  }

  /** Hands queued messages to the stream, as far as it keeps up. */
  flush(): void {
    while (this.#state !== "ended" && this.#queue.length > 0 && this.#framesInFlight < framesInFlightMax) {
      this.#framesInFlight += 1;
      this.#stream.write(this.#takeFrame(), () => {
        this.#framesInFlight -= 1;
        this.#lastTakenMs = performance.now();
        this.flush();
      });
    }
    if (this.#state === "ending" && this.#queue.length === 0) {
      this.#state = "ended";
      this.#stream.end();
    }
  }

  /** Ends the stream once what was pushed has been handed over. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    // A client that does not read its last answers must not keep them in memory for ever.
    setTimeout(() => this.#stream.destroy(), lingerMsMax).unref();
    this.flush();
  }

  /** Drops what waits, says why, and ends the stream. */
  refuse(code: ErrorCode, message: string = errorMessage(code)): void {
    if (this.#state !== "open") return;
    this.#queue = [];
    this.#sizes = [];
    this.#queuedBytes = 0;
    this.push([{ type: "refused", failure: { code, message } }]);
    this.end();
  }

  /** The stream is gone. */
  gone(): void {
    this.#state = "ended";
    this.#queue = [];
    this.#sizes = [];
  }

  #takeFrame(): ServerMessage[] {
    let taken = 0;
    let bytes = 0;
    for (const size of this.#sizes) {
      if (taken > 0 && bytes + size > frameTargetBytes) break;
      bytes += size;
      taken += 1;
    }
    this.#queuedBytes -= bytes;
    if (this.#paused && this.#queuedBytes <= this.#bytesMax / 2) {
      this.#paused = false;
      this.#stream.resume();
    }
    if (this.#awaited && this.#queuedBytes <= limits.clientAheadBytesMax / 2) {
      this.#awaited = false;
      this.onReady();
    }
    if (taken === this.#queue.length) {
      const all = this.#queue;
      this.#queue = [];
      this.#sizes = [];
      return all;
    }
    this.#sizes.splice(0, taken);
    return this.#queue.splice(0, taken);
  }
}
