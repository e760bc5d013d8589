/** Several nodes in one process, in step: time moves by milliseconds, every message arrives in the next one. */
import { present } from "../../src/base/assert.ts";
import { keyedRandom } from "../../src/base/random.ts";
import { Node } from "../../src/node/node.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/options.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { decodePeerFrame, encodePeerFrame } from "../../src/protocol/peer-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import { openStorage } from "../../src/storage/open.ts";
import { MemoryDisk } from "./memory-disk.ts";

/** A message between two servers. */
export interface Travelling {
  readonly from: number;
  readonly to: number;
  readonly message: PeerMessage;
}

export class NodeCluster {
  readonly nodes = new Map<number, Node>();
  readonly disks = new Map<number, MemoryDisk>();
  /** Connections that the servers ended, as `server/connection`. */
  readonly closed = new Set<string>();
  /** Decides which messages are lost. */
  loses: (travelling: Travelling) => boolean = () => false;
  nowMs = 1000;
  #travelling: Travelling[] = [];
  readonly #toFlush = new Set<number>();
  readonly #said = new Map<string, ServerMessage[]>();
  readonly #size: number;
  readonly #seed: number;
  readonly #options: Partial<NodeOptions>;
  /** Connections whose clients do not read what they are sent. */
  readonly congested = new Set<number>();

  constructor(size: number, seed = 1, options: Partial<NodeOptions> = {}) {
    this.#size = size;
    this.#seed = seed;
    this.#options = options;
    for (let id = 1; id <= size; id++) this.#start(id);
  }

  node(id: number): Node {
    return present(this.nodes.get(id), `node ${id}`);
  }

  /** Lets `ms` milliseconds pass. */
  run(ms: number): void {
    for (let i = 0; i < ms; i++) this.#step();
  }

  /** Waits until a server leads and is ready; returns its id. */
  leader(): number {
    for (let i = 0; i < 20_000; i++) {
      this.#step();
      for (const [id, node] of this.nodes)
        if (node.raft.isLeader && node.status().ready) {
          this.run(300);
          if (node.raft.isLeader) return id;
        }
    }
    throw new Error("no leader in 20 s");
  }

  /** A server that is not the leader. */
  otherThan(id: number): number {
    return (id % this.#size) + 1;
  }

  /** A client says something on one of its connections. */
  say(server: number, connection: number, ...messages: ClientMessage[]): void {
    this.node(server).clientMessages(connection, messages);
  }

  /** What a client was told since it was last asked. */
  heard(server: number, connection: number): readonly ServerMessage[] {
    const key = `${server}/${connection}`;
    const messages = this.#said.get(key) ?? [];
    this.#said.set(key, []);
    return messages;
  }

  /** Opens a session; returns what the server says. */
  connect(server: number, connection: number, session?: { sessionId: number; password: Uint8Array }): ServerMessage {
    this.say(server, connection, {
      type: "connect",
      protocol: 1,
      sessionId: session?.sessionId ?? 0,
      password: session?.password ?? new Uint8Array(),
      timeoutMs: 10_000,
      lastZxid: 0,
      holder: 1,
      takeover: false,
      instance: 0,
    });
    this.run(50);
    return present(this.heard(server, connection)[0], "an answer to connect");
  }

  #start(id: number): void {
    const disk = new MemoryDisk();
    this.disks.set(id, disk);
    const ids = Array.from({ length: this.#size }, (_, i) => i + 1);
    const members = ids.map((member) => ({ id: member, peerAddress: `p${member}:1`, clientAddress: `c${member}:1` }));
    const configuration = { members, voters: ids, oldVoters: [], learners: [] };
    openStorage(disk, { clusterId: "test", serverId: id }, configuration, (error, recovered) => {
      if (error !== undefined) throw error;
      this.nodes.set(
        id,
        new Node(
          { ...defaultNodeOptions, ...this.#options, id, clusterId: "test" },
          this.#ports(id, disk),
          present(recovered, "a log"),
        ),
      );
      this.#toFlush.add(id);
    });
  }

  #ports(id: number, disk: MemoryDisk): ConstructorParameters<typeof Node>[1] {
    const random = keyedRandom(this.#seed, `node ${id}`);
    return {
      disk,
      network: {
        send: (to, messages) => {
          for (const message of messages) {
            const travelling = { from: id, to, message };
            if (!this.loses(travelling)) this.#travelling.push(travelling);
          }
        },
      },
      clock: { now: () => this.nowMs, wallClock: () => Math.floor(this.nowMs) },
      clients: {
        send: (connection, messages) => {
          const key = `${id}/${connection}`;
          this.#said.set(key, [...(this.#said.get(key) ?? []), ...messages]);
        },
        close: (connection) => this.closed.add(`${id}/${connection}`),
        isCongested: (connection) => this.congested.has(connection),
      },
      random,
      secret: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
      requestFlush: () => this.#toFlush.add(id),
      fatal: (error) => {
        throw error;
      },
    };
  }

  #step(): void {
    this.nowMs++;
    for (const node of this.nodes.values()) if (node.nextDeadline() <= this.nowMs) node.tick();
    this.#flush();
    const arriving = this.#travelling;
    this.#travelling = [];
    for (const { from, to, message } of arriving)
      this.nodes.get(to)?.receivePeer(from, decodePeerFrame(encodePeerFrame([message])), 0);
    this.#flush();
  }

  #flush(): void {
    for (const id of [...this.#toFlush].sort((a, b) => a - b)) {
      this.#toFlush.delete(id);
      this.nodes.get(id)?.flush();
    }
  }
}
