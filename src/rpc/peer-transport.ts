/** The Network port over gRPC: a stream to each peer, and the streams that peers open to us. */
import { Server } from "@grpc/grpc-js";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Network, PeerMessage } from "../node/ports.ts";
import type { ServerId } from "../raft/types.ts";
import { channelOptions, type Log, listen } from "./grpc.ts";
import { PeerAcceptor, type PeerHandlers, peerService } from "./peer-acceptor.ts";
import { PeerLink, type PeerLinkStats } from "./peer-link.ts";

export type { PeerHandlers } from "./peer-acceptor.ts";
export type { PeerLinkStats } from "./peer-link.ts";

/** A silent connection is probed after this long and given up after as long again. */
const peerKeepaliveMs = 2000;

/** Another server and where it listens for peers (host:port). */
export interface PeerAddress {
  readonly id: ServerId;
  readonly address: string;
}

export interface PeerTransportOptions {
  readonly clusterId: string;
  /** This server. */
  readonly id: ServerId;
  readonly handlers: PeerHandlers;
  /** Whether any server of the cluster may speak: this one joins and knows no members yet. */
  readonly welcomesAll?: () => boolean;
  readonly random: Random;
  readonly log: Log;
}

export class PeerTransport implements Network {
  private readonly options: PeerTransportOptions;
  private readonly server: Server;
  private readonly acceptor: PeerAcceptor;
  private readonly links = new Map<ServerId, { readonly address: string; readonly link: PeerLink }>();

  constructor(options: PeerTransportOptions) {
    this.options = options;
    this.acceptor = new PeerAcceptor({
      clusterId: options.clusterId,
      id: options.id,
      knows: (id) => this.links.has(id) || options.welcomesAll?.() === true,
      handlers: options.handlers,
      onAccepted: (from) => this.links.get(from)?.link.dialNow(),
      log: options.log,
    });
    this.server = new Server(channelOptions(peerKeepaliveMs, limits.peerFrameBytesMax));
    this.server.addService(peerService, { messages: this.acceptor.accept });
  }

  /**
   * Accepts streams of peers at `address` (host:port); resolves to the port.
   *
   * @throws TerrariumError ADDRESS_IN_USE, USAGE
   */
  listen(address: string): Promise<number> {
    return listen(this.server, address);
  }

  /** Dials exactly these peers from now on. Those that stay keep their streams. */
  setPeers(peers: readonly PeerAddress[]): void {
    const wanted = new Map(peers.map((peer) => [peer.id, peer.address]));
    for (const [id, { address, link }] of this.links) {
      if (wanted.get(id) === address) continue;
      link.close();
      this.links.delete(id);
    }
    for (const { id, address } of peers) {
      if (this.links.has(id) || id === this.options.id) continue;
      const { clusterId, random, log } = this.options;
      const link = new PeerLink({
        clusterId,
        self: this.options.id,
        peer: id,
        address,
        keepaliveMs: peerKeepaliveMs,
        random,
        log,
      });
      this.links.set(id, { address, link });
    }
  }

  /** Queues messages for a peer. They may be lost; a peer that is unknown gets nothing. */
  send(to: ServerId, messages: readonly PeerMessage[]): void {
    this.links.get(to)?.link.send(messages);
  }

  /** What each link has done, by peer id in rising order. */
  stats(): ReadonlyMap<ServerId, PeerLinkStats> {
    const ids = [...this.links.keys()].sort((a, b) => a - b);
    const stats = new Map<ServerId, PeerLinkStats>();
    for (const id of ids) {
      const entry = this.links.get(id);
      if (entry !== undefined) stats.set(id, entry.link.stats);
    }
    return stats;
  }

  /** Ends all streams and stops listening; peers see the streams end. Nothing is reported any more. */
  close(): Promise<void> {
    for (const { link } of this.links.values()) link.close();
    this.links.clear();
    this.acceptor.close();
    return new Promise((resolve) => {
      // What was written goes out first; a peer that does not answer is not waited for.
      const force = setTimeout(() => this.server.forceShutdown(), 200);
      this.server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }
}
