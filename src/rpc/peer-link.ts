/**
 * The stream that this server opens to one peer: dialled again whenever it breaks, at most two frames deep in gRPC, so
 * that what waits is ours to order and to drop.
 */
import { Client, type ClientWritableStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { PeerMessageKind } from "../base/message-kinds.ts";
import type { Random } from "../base/random.ts";
import type { DoorLog } from "../doors/door-log.ts";
import { encodePeerFrame } from "../protocol/peer-codec.ts";
import { peerMessageKind } from "../protocol/peer-message-kind.ts";
import type { PeerMessage } from "../protocol/peer-messages.ts";
import type { ServerId } from "../raft/types.ts";
import { asBuffer, channelOptions, firstLine, rawBytes } from "./grpc.ts";
import { peerMethodPath, streamIdentity } from "./peer-identity.ts";
import { askObserve, type Question } from "./peer-observe.ts";
import { PeerQueue } from "./peer-queue.ts";

/** Frames handed to gRPC that the socket has not taken yet. */
const framesInFlightMax = 2;
const backoffMinMs = 20;
const backoffMaxMs = 1000;
/** A stream that lasted this long was not one of those that two servers with one id take from each other. */
const steadyMs = 10 * backoffMaxMs;
/** A peer that has not accepted the stream by then is dialled anew. */
const acceptTimeoutMs = 2000;

export interface PeerLinkOptions {
  readonly clusterId: string;
  /** This server. */
  readonly self: ServerId;
  /** Of this server's data directory; 0: it has none. */
  readonly incarnation: number;
  /** Whether this server waits to be admitted to the cluster. */
  readonly waiting: () => boolean;
  /** Which life of the cluster this server belongs to; 0: none yet. */
  readonly instance: () => number;
  readonly peer: ServerId;
  /** host:port */
  readonly address: string;
  /** This server's own, for a peer that does not know it; undefined where the peer has dialled first. */
  readonly callback: () => string | undefined;
  readonly keepaliveMs: number;
  /** The stream is open. */
  readonly onConnected: () => void;
  readonly random: Random;
  readonly log: DoorLog;
}

/** What a link has done since the process started. */
export interface PeerLinkStats {
  readonly connected: boolean;
  readonly sentMessages: number;
  /** The same, by what they are for. */
  readonly sentByKind: Readonly<Record<PeerMessageKind, number>>;
  readonly sentBytes: number;
  readonly droppedMessages: number;
  readonly queuedBytes: number;
}

type Stream = ClientWritableStream<Buffer>;

/** One attempt to reach the peer: its own channel, so that no channel's back-off adds to ours. */
interface Attempt {
  readonly client: Client;
  readonly stream: Stream;
  readonly acceptTimer: NodeJS.Timeout;
  /** Monotonic ms; undefined before. */
  acceptedAtMs: number | undefined;
}

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #queue = new PeerQueue();
  #attempt: Attempt | undefined;
  #redialTimer: NodeJS.Timeout | undefined;
  #backoffMs = backoffMinMs;
  /** Back-off where another server with this one's id takes its streams over; unlike the other it outlives a stream. */
  #twinBackoffMs = backoffMinMs;
  #framesInFlight = 0;
  #sentMessages = 0;
  readonly #sentByKind: Record<PeerMessageKind, number> = {
    ...{ vote: 0, append: 0, heartbeat: 0, read: 0, snapshot: 0, other: 0 },
  };
  #sentBytes = 0;
  /** What was last said of this peer in the log, to say it once. */
  #lastComplaint = "";
  #closed = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#dial();
  }

  get stats(): PeerLinkStats {
    return {
      connected: this.#attempt?.acceptedAtMs !== undefined,
      sentMessages: this.#sentMessages,
      sentByKind: this.#sentByKind,
      sentBytes: this.#sentBytes,
      droppedMessages: this.#queue.droppedMessages,
      queuedBytes: this.#queue.bytes,
    };
  }

  /** Queues messages and sends what the stream takes. */
  send(messages: readonly PeerMessage[]): void {
    if (this.#attempt?.acceptedAtMs !== undefined) {
      this.#queue.push(messages);
      this.#pump(this.#attempt);
    } else {
      this.#queue.pushOffline(messages);
    }
  }

  /**
   * Asks the peer, for those who look at the cluster: see {@link askObserve}.
   *
   * @throws TerrariumError NO_SERVER
   */
  async observe(question: Question, timeoutMs: number): Promise<string> {
    const attempt = this.#attempt;
    if (attempt?.acceptedAtMs === undefined) throw new TerrariumError("NO_SERVER", "it cannot be reached");
    return await askObserve(attempt.client, this.#options.clusterId, question, timeoutMs);
  }

  /** The peer is there, since it dialled us: no need to wait out the back-off. */
  dialNow(): void {
    if (this.#redialTimer === undefined) return;
    clearTimeout(this.#redialTimer);
    this.#redialTimer = undefined;
    this.#backoffMs = backoffMinMs;
    this.#dial();
  }

  /** Opens the stream anew: what this server says of itself at its beginning has changed. */
  redial(): void {
    this.#drop();
    this.#dial();
  }

  /** Ends the stream, which tells the peer that this server is leaving. */
  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    clearTimeout(this.#redialTimer);
    this.#redialTimer = undefined;
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    clearTimeout(attempt.acceptTimer);
    if (attempt.acceptedAtMs !== undefined) attempt.stream.end();
    else attempt.stream.cancel();
    // The channel closes once its streams have ended.
    attempt.client.close();
  }

  #dial(): void {
    if (this.#closed || this.#attempt !== undefined) return;
    const { self, incarnation, peer, clusterId, address, keepaliveMs } = this.#options;
    const client = new Client(
      address,
      credentials.createInsecure(),
      channelOptions(keepaliveMs, limits.peerFrameBytesMax),
    );
    const metadata = new Metadata({ waitForReady: false });
    const [waiting, instance, callback] = [this.#options.waiting(), this.#options.instance(), this.#options.callback()];
    const identity = { clusterId, from: self, to: peer, incarnation, instance, waiting, callback };
    for (const [key, value] of streamIdentity(identity)) metadata.set(key, value);
    const stream = client.makeClientStreamRequest(peerMethodPath, rawBytes, rawBytes, metadata, (error) => {
      this.#ended(attempt, error);
    });
    const acceptTimer = setTimeout(() => stream.cancel(), acceptTimeoutMs);
    const attempt: Attempt = { client, stream, acceptTimer, acceptedAtMs: undefined };
    this.#attempt = attempt;
    this.#framesInFlight = 0;
    stream.on("metadata", () => this.#accepted(attempt));
    // The callback above tells of the end; without a listener Node would throw here too.
    stream.on("error", () => {});
  }

  #accepted(attempt: Attempt): void {
    // A refusal arrives as metadata with a status right behind; the stream is then ended before the next turn.
    if (this.#attempt !== attempt || attempt.acceptedAtMs !== undefined) return;
    clearTimeout(attempt.acceptTimer);
    attempt.acceptedAtMs = performance.now();
    this.#backoffMs = backoffMinMs;
    this.#lastComplaint = "";
    this.#options.log.info({ peer: this.#options.peer, address: this.#options.address }, "connected to peer");
    this.#options.onConnected();
    this.#pump(attempt);
  }

  #ended(attempt: Attempt, error: ServiceError | null): void {
    clearTimeout(attempt.acceptTimer);
    attempt.client.close();
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    this.#queue.dropStale();
    this.#complain(attempt, error);
    if (this.#closed) return;
    // A refusal does not heal by itself; an unreachable peer may be back any moment.
    if (error?.code === status.FAILED_PRECONDITION) this.#backoffMs = backoffMaxMs;
    if (error?.code === status.ABORTED) this.#backOffFromTwin(attempt);
    const delay = this.#backoffMs * (0.5 + this.#options.random() / 2);
    this.#backoffMs = Math.min(backoffMaxMs, this.#backoffMs * 2);
    this.#redialTimer = setTimeout(() => {
      this.#redialTimer = undefined;
      this.#dial();
    }, delay);
  }

  /**
   * A newer stream under this server's id took over from one that was not broken: so two servers run under it, and each
   * would take the stream from the other for ever. (One that was restarted begins anew: it does not wait.)
   */
  #backOffFromTwin({ acceptedAtMs }: Attempt): void {
    const { self, peer, address, log } = this.#options;
    if (acceptedAtMs !== undefined && performance.now() - acceptedAtMs > steadyMs) this.#twinBackoffMs = backoffMinMs;
    if (this.#twinBackoffMs === backoffMinMs) {
      const hint = "ids are unique in a cluster: stop one of the two";
      log.error({ peer, address, hint }, `another server uses id ${self}, and took the stream to the peer over`);
    }
    this.#backoffMs = this.#twinBackoffMs;
    this.#twinBackoffMs = Math.min(backoffMaxMs, this.#twinBackoffMs * 2);
  }

  #complain(attempt: Attempt, error: ServiceError | null): void {
    const { peer, address, log } = this.#options;
    const reason = error === null ? "it ended the stream" : firstLine(error.details);
    if (error?.code === status.FAILED_PRECONDITION) {
      if (this.#lastComplaint !== reason) log.error({ peer, address, reason }, "the peer refuses this server");
    } else if (attempt.acceptedAtMs !== undefined) {
      log.info({ peer, address, reason }, "the stream to the peer broke");
    } else if (this.#lastComplaint === "") {
      log.warn({ peer, address, reason }, "the peer cannot be reached; trying on");
    }
    this.#lastComplaint = reason;
  }

  #pump(attempt: Attempt): void {
    while (this.#framesInFlight < framesInFlightMax && !this.#queue.isEmpty) {
      const messages = this.#queue.takeFrame();
      const frame = encodePeerFrame(messages);
      if (frame.length > limits.peerFrameBytesMax) {
        this.#options.log.error({ peer: this.#options.peer, bytes: frame.length }, "dropped a frame over the limit");
        continue;
      }
      this.#framesInFlight += 1;
      this.#sentMessages += messages.length;
      for (const message of messages) this.#sentByKind[peerMessageKind(message)] += 1;
      this.#sentBytes += frame.length;
      attempt.stream.write(asBuffer(frame), () => {
        if (this.#attempt !== attempt) return;
        this.#framesInFlight -= 1;
        this.#pump(attempt);
      });
    }
  }
}
