/** The streams that peers open to this server: checked, decoded, one per peer. */
import { Metadata, type ServerReadableStream, type ServiceDefinition, type sendUnaryData, status } from "@grpc/grpc-js";
import type { DoorLog } from "../doors/door-log.ts";
import { decodePeerFrame } from "../protocol/peer-codec.ts";
import type { PeerMessage } from "../protocol/peer-messages.ts";
import type { ServerId } from "../raft/types.ts";
import { firstLine, rawBytes } from "./grpc.ts";
import { type CheckedIdentity, checkIdentity, peerMethodPath } from "./peer-identity.ts";
import { observeMethod, type Question } from "./peer-observe.ts";
import { introduceMethod } from "./peer-probe.ts";

/** What the node is told about its peers. */
export interface PeerHandlers {
  /** `instance`: the life of the cluster that the sender belongs to, 0 if it takes no part yet. */
  receivePeer(from: ServerId, messages: readonly PeerMessage[], instance: number): void;
  /** The stream to that peer is open: what was sent on an earlier one may be lost. */
  peerConnected(to: ServerId): void;
  /** The stream from that peer broke or ended. */
  peerDisconnected(from: ServerId): void;
  /** Answers what another server asks for those who look at the cluster: JSON. */
  observe?(question: Question): string;
}

export interface PeerAcceptorOptions {
  readonly clusterId: string;
  readonly id: ServerId;
  readonly handlers: PeerHandlers;
  /** Which life of the cluster this server belongs to; 0: none yet. */
  readonly instance: () => number;
  /** The incarnation under which that server is known; 0 = not known. */
  readonly knownIncarnation: (from: ServerId) => number;
  /** A server opened a stream, and may want to be dialled back. Why not, if it is not welcome. */
  readonly welcome: (from: ServerId, callback: string | undefined) => string | undefined;
  /** The stream of that server broke or ended. */
  readonly onLost: (from: ServerId) => void;
  readonly log: DoorLog;
}

/** A stream that a peer opens. */
export type PeerCall = ServerReadableStream<Buffer, Buffer>;

interface IncomingStream {
  readonly from: ServerId;
  readonly incarnation: number;
  readonly instance: number;
  readonly waiting: boolean;
  readonly address: string;
  readonly respond: sendUnaryData<Buffer>;
}

const empty = Buffer.alloc(0);

export const peerService: ServiceDefinition = {
  introduce: introduceMethod,
  observe: observeMethod,
  messages: {
    path: peerMethodPath,
    requestStream: true,
    responseStream: false,
    requestSerialize: rawBytes,
    requestDeserialize: rawBytes,
    responseSerialize: rawBytes,
    responseDeserialize: rawBytes,
  },
};

export class PeerAcceptor {
  readonly #options: PeerAcceptorOptions;
  readonly #active = new Map<ServerId, IncomingStream>();
  #receivedFrames = 0;

  constructor(options: PeerAcceptorOptions) {
    this.#options = options;
  }

  /** Frames received since the process started. */
  get frames(): number {
    return this.#receivedFrames;
  }

  /** Takes or refuses a stream that was just opened. */
  readonly accept = (call: PeerCall, respond: sendUnaryData<Buffer>): void => {
    call.on("error", () => {});
    const checked = checkIdentity((key) => call.metadata.get(key)[0]?.toString(), {
      clusterId: this.#options.clusterId,
      id: this.#options.id,
      instance: this.#options.instance(),
    });
    const refusal =
      "refusal" in checked
        ? checked.refusal
        : (this.#twin(checked) ?? this.#options.welcome(checked.from, checked.callback));
    if ("refusal" in checked || refusal !== undefined) {
      this.#options.log.warn({ address: call.getPeer(), reason: refusal }, "refused a peer stream");
      respond({ code: status.FAILED_PRECONDITION, details: refusal ?? "" });
      return;
    }
    const stream: IncomingStream = {
      from: checked.from,
      incarnation: checked.incarnation,
      instance: checked.instance,
      waiting: checked.waiting,
      address: call.getPeer(),
      respond,
    };
    const replaced = this.#active.get(stream.from);
    this.#active.set(stream.from, stream);
    replaced?.respond({ code: status.ABORTED, details: "a newer stream of the same server took over" });
    // Headers at once: they tell the dialler that it is welcome.
    call.sendMetadata(new Metadata());
    this.#options.log.info({ peer: stream.from, address: stream.address }, "peer connected");
    this.#listenTo(call, stream);
  };

  /**
   * Why a stream may not take over from the one that stands. A server that was restarted has the same data, and replaces
   * its old stream, which may be half-open, at once. One with other data is another server under the same id: it may
   * replace only one that is not the server known here, or, as first members are not known to those that joined later,
   * one that waits to be admitted, which may be anybody. (Where the old stream is dead, it is gone in a few seconds.)
   */
  #twin({ from, incarnation, waiting }: Exclude<CheckedIdentity, { readonly refusal: string }>): string | undefined {
    const standing = this.#active.get(from);
    if (standing === undefined || standing.incarnation === 0 || standing.incarnation === incarnation) return undefined;
    if (standing.waiting && !waiting) return undefined;
    if (incarnation !== 0 && incarnation === this.#options.knownIncarnation(from)) return undefined;
    return `another server uses id ${from}, and is connected: ids are unique in a cluster, stop one of the two`;
  }

  /** Ends all streams. Nothing is reported about them. */
  close(): void {
    const streams = [...this.#active.values()];
    this.#active.clear();
    for (const stream of streams) stream.respond(null, empty);
  }

  #listenTo(call: PeerCall, stream: IncomingStream): void {
    call.on("data", (bytes: Buffer) => {
      if (this.#active.get(stream.from) !== stream) return;
      let messages: readonly PeerMessage[];
      try {
        messages = decodePeerFrame(bytes);
      } catch (error) {
        const reason = error instanceof Error ? firstLine(error.message) : String(error);
        this.#options.log.error({ peer: stream.from, reason }, "the peer sent garbage; its stream is closed");
        stream.respond({ code: status.INVALID_ARGUMENT, details: `malformed frame: ${reason}` });
        this.#lost(stream);
        return;
      }
      this.#receivedFrames += 1;
      this.#options.handlers.receivePeer(stream.from, messages, stream.instance);
    });
    call.on("end", () => {
      stream.respond(null, empty);
      this.#lost(stream);
    });
    call.on("cancelled", () => this.#lost(stream));
    call.on("close", () => this.#lost(stream));
  }

  #lost(stream: IncomingStream): void {
    if (this.#active.get(stream.from) !== stream) return;
    this.#active.delete(stream.from);
    this.#options.log.info({ peer: stream.from }, "the stream from the peer broke");
    this.#options.onLost(stream.from);
    this.#options.handlers.peerDisconnected(stream.from);
  }
}
