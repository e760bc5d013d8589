/**
 * The Network port over gRPC: a stream to each peer, and the streams that peers open to us.
 *
 * A server that is in no configuration known here is heard all the same, and answered over a stream that is opened for
 * this: the configuration here may be the older one (§6; thesis 4.1).
 */
import { type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Door } from "../doors/door.ts";
import type { DoorLog } from "../doors/door-log.ts";
import type { GateStats } from "../doors/gate.ts";
import type { Network } from "../node/ports.ts";
import type { PeerMessage } from "../protocol/peer-messages.ts";
import type { ServerId } from "../raft/types.ts";
import { GrpcDoor, type GrpcDoorOptions } from "./grpc-door.ts";
import { PeerAcceptor, type PeerCall, type PeerHandlers, peerService } from "./peer-acceptor.ts";
import { PeerLink, type PeerLinkStats } from "./peer-link.ts";
import { answerObserve, type Question } from "./peer-observe.ts";
import { answerIntroduce } from "./peer-probe.ts";

export type { PeerHandlers } from "./peer-acceptor.ts";
export type { PeerLinkStats } from "./peer-link.ts";

/** A silent connection is probed after this long and given up after as long again. */
const peerKeepaliveMs = 2000;

/** How long another address is asked who is there, for somebody else. */
const probeTimeoutMs = 1000;

/** Another server and where it listens for peers (host:port). */
export interface PeerAddress {
  readonly id: ServerId;
  readonly address: string;
}

export interface PeerTransportOptions {
  readonly clusterId: string;
  /** This server. */
  readonly id: ServerId;
  /** Of this server's data directory (`src/node/peers/admission.ts`); 0: it has none. */
  readonly incarnation: number;
  /** Whether this server waits to be admitted to the cluster. */
  readonly waiting: () => boolean;
  /** Which life of the cluster this server belongs to; 0: none yet. After a change call {@link PeerTransport.redial}. */
  readonly instance: () => number;
  /** The incarnation under which another server is known; 0 = not known. */
  readonly knownIncarnation: (id: ServerId) => number;
  readonly handlers: PeerHandlers;
  readonly random: Random;
  readonly log: DoorLog;
  /** Connections of other servers: see {@link GrpcDoorOptions}. */
  readonly door?: Partial<GrpcDoorOptions>;
}

interface PeerConnection {
  readonly address: string;
  /** Dialled back only because the peer, which this server's configuration does not name, dialled it. */
  readonly back: boolean;
  readonly link: PeerLink;
}

/** Connections of other servers, members or not, unless told otherwise. */
const peerConnectionsMax = 512;

/** Servers that are dialled back at a time, beyond those of the configuration. */
const strangersMax = 64;

/** A door for other servers, and the streams to them. */
export class PeerTransport implements Network, Door {
  readonly #options: PeerTransportOptions;
  readonly #door: GrpcDoor;
  readonly #acceptor: PeerAcceptor;
  /** The peers of the configuration. */
  #peers: ReadonlyMap<ServerId, string> = new Map();
  /** Servers that have dialled this one, and where to dial them back. */
  readonly #callers = new Map<ServerId, string>();
  readonly #links = new Map<ServerId, PeerConnection>();
  /** Where others reach this server, as far as is known. */
  #ownAddress: string | undefined;
  #closed = false;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
    this.#acceptor = new PeerAcceptor({
      clusterId: options.clusterId,
      id: options.id,
      handlers: options.handlers,
      instance: options.instance,
      knownIncarnation: options.knownIncarnation,
      welcome: (from, callback) => this.#welcome(from, callback),
      onLost: (from) => {
        this.#callers.delete(from);
        this.#reconcile();
      },
      log: options.log,
    });
    this.#door = new GrpcDoor({
      name: "peers",
      connectionsMax: peerConnectionsMax,
      log: options.log,
      keepaliveMs: peerKeepaliveMs,
      frameBytesMax: limits.peerFrameBytesMax,
      ...options.door,
    });
    this.#door.serve(peerService, {
      messages: (call: PeerCall, respond: sendUnaryData<Buffer>) => {
        this.#door.began(call);
        this.#acceptor.accept(call, respond);
      },
      introduce: this.#door.unary((call, respond) => {
        const { clusterId, id, incarnation } = options;
        answerIntroduce(call.request, { clusterId, id, incarnation }, probeTimeoutMs).then(
          (reply) => respond(null, reply),
          () => respond({ code: status.INVALID_ARGUMENT, details: "the request cannot be read" }),
        );
      }),
      observe: this.#door.unary((call, respond) => this.#tell(call, respond)),
    });
  }

  /**
   * Accepts streams of peers at `address` (host:port); resolves to the port.
   *
   * @throws TerrariumError ADDRESS_IN_USE, USAGE
   */
  async listen(address: string): Promise<number> {
    const port = await this.#door.listen(address);
    const host = address.slice(0, address.lastIndexOf(":"));
    // Nobody can dial "everywhere": then only the configuration knows.
    if (host !== "0.0.0.0" && host !== "[::]") this.#ownAddress = `${host}:${port}`;
    return port;
  }

  /**
   * Dials exactly these peers from now on, and those who dial this server. Those that stay keep their streams. This
   * server may be among them: that is where others reach it.
   */
  setPeers(peers: readonly PeerAddress[]): void {
    const { id: self } = this.#options;
    this.#ownAddress = peers.find(({ id }) => id === self)?.address ?? this.#ownAddress;
    this.#peers = new Map(peers.flatMap(({ id, address }) => (id === self ? [] : [[id, address]])));
    this.#reconcile();
  }

  /** Opens all streams anew: what this server says of itself has changed. */
  redial(): void {
    for (const { link } of this.#links.values()) link.redial();
  }

  #welcome(from: ServerId, callback: string | undefined): string | undefined {
    if (callback === undefined) this.#callers.delete(from);
    else {
      if (this.#isStranger(from) && !this.#callers.has(from) && this.#strangers() >= strangersMax)
        return "too many servers that are not members call at this time";
      this.#callers.set(from, callback);
    }
    this.#reconcile();
    // It is there: no need to wait out the back-off.
    this.#links.get(from)?.link.dialNow();
    return undefined;
  }

  #tell(call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>): void {
    const { clusterId, handlers, log } = this.#options;
    const { observe } = handlers;
    if (observe === undefined) return respond({ code: status.UNIMPLEMENTED, details: "not told here" });
    try {
      respond(null, answerObserve(call.request, clusterId, observe));
    } catch (error) {
      const known = error instanceof TerrariumError;
      if (!known) log.error({ reason: String(error) }, "could not tell of this server");
      const details = known ? error.message : "the server could not tell";
      respond({ code: known ? status.FAILED_PRECONDITION : status.INTERNAL, details });
    }
  }

  #isStranger(id: ServerId): boolean {
    return !this.#peers.has(id);
  }

  #strangers(): number {
    return [...this.#callers.keys()].filter((id) => this.#isStranger(id)).length;
  }

  /** Opens and closes links, so that they are those that are wanted. */
  #reconcile(): void {
    if (this.#closed) return;
    const wanted = new Map<ServerId, Omit<PeerConnection, "link">>();
    for (const [id, address] of this.#callers) wanted.set(id, { address, back: true });
    for (const [id, address] of this.#peers) wanted.set(id, { address, back: false });
    for (const [id, { address, back, link }] of this.#links) {
      const other = wanted.get(id);
      if (other?.address === address && other.back === back) continue;
      link.close();
      this.#links.delete(id);
    }
    for (const [id, { address, back }] of wanted) {
      if (this.#links.has(id)) continue;
      const { clusterId, incarnation, instance, waiting, handlers, random, log } = this.#options;
      const link = new PeerLink({
        clusterId,
        self: this.#options.id,
        incarnation,
        instance,
        waiting,
        peer: id,
        address,
        // Two servers that only dial each other back would never stop.
        callback: () => (back ? undefined : this.#ownAddress),
        keepaliveMs: peerKeepaliveMs,
        onConnected: () => handlers.peerConnected(id),
        random,
        log,
      });
      this.#links.set(id, { address, back, link });
    }
  }

  /** Queues messages for a peer. They may be lost; a peer that is unknown gets nothing. */
  send(to: ServerId, messages: readonly PeerMessage[]): void {
    this.#links.get(to)?.link.send(messages);
  }

  /**
   * Asks another server, for those who look at the cluster. `timeoutMs`: how long to wait for it.
   *
   * @throws TerrariumError NO_SERVER, with a clause that says why there is no answer
   */
  async observe(id: ServerId, question: Question, timeoutMs: number): Promise<string> {
    const connection = this.#links.get(id);
    if (connection === undefined) throw new TerrariumError("NO_SERVER", "there is no stream to it");
    return await connection.link.observe(question, timeoutMs);
  }

  /** What has become of those who connected. */
  get stats(): GateStats {
    return this.#door.stats;
  }

  /** What each link has done, by peer id in rising order. */
  linkStats(): ReadonlyMap<ServerId, PeerLinkStats> {
    const ids = [...this.#links.keys()].sort((a, b) => a - b);
    const stats = new Map<ServerId, PeerLinkStats>();
    for (const id of ids) {
      const entry = this.#links.get(id);
      if (entry !== undefined) stats.set(id, entry.link.stats);
    }
    return stats;
  }

  /** Ends all streams and stops listening; peers see the streams end. Nothing is reported any more. */
  close(): Promise<void> {
    this.#closed = true;
    for (const { link } of this.#links.values()) link.close();
    this.#links.clear();
    this.#acceptor.close();
    return this.#door.close();
  }
}
