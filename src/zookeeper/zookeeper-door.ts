/** The door of clients that speak ZooKeeper's protocol (docs/zookeeper.md). */
import type { Socket } from "node:net";
import type { AdminReply } from "../base/admin.ts";
import { limits } from "../base/limits.ts";
import type { ClientStreams } from "../doors/client-streams.ts";
import type { Door } from "../doors/door.ts";
import type { DoorLog } from "../doors/door-log.ts";
import { Gate, type GateStats, nameOf } from "../doors/gate.ts";
import type { IdentityOptions } from "../doors/identities.ts";
import { Listener } from "../doors/listener.ts";
import type { Attendance } from "./attendance.ts";
import { carryZooKeeper, type Reason } from "./connection.ts";
import type { Facts } from "./conversation.ts";
import { zkError } from "./errors.ts";
import { answerWord, type Word, type WordFacts } from "./four-letter-words.ts";
import { type AskedMembers, codeOfChange } from "./reconfig.ts";
import { Traffic } from "./traffic.ts";

export interface ZooKeeperDoorOptions {
  /** Where sessions go. */
  readonly streams: ClientStreams;
  readonly facts: Facts;
  readonly log: DoorLog;
  readonly identities?: IdentityOptions;
  readonly connectionsMax?: number;
  readonly perAddressMax?: number;
  /** How long a new connection may take for its handshake, milliseconds; default 10,000. */
  readonly handshakeMs?: number;
  /**
   * Changes the membership for a client; gives up when `signal` aborts. Left out: clients may not, and are told
   * RECONFIGDISABLED.
   */
  readonly reconfigure?: ((asked: AskedMembers, signal: AbortSignal) => Promise<AdminReply>) | undefined;
  /** Four-letter words that are answered. */
  readonly words: readonly Word[];
  /** What they are answered with. */
  readonly wordFacts: Omit<WordFacts, "attending" | "connections" | "traffic">;
}

/** What this door has seen. */
export interface ZooKeeperDoorStats extends GateStats {
  /** Connections that the server ended, by reason. */
  readonly ended: ReadonlyMap<Reason, number>;
}

/** What the log says of those whom it may concern. The rest are ends of sessions, as there are many. */
const complaints: { readonly [reason in Reason]?: string } = {
  grpc: "a gRPC client came to the ZooKeeper port: the client address is another one",
  http: "an HTTP client came to the ZooKeeper port: the HTTP address is another one",
  tls: "a TLS client came to the ZooKeeper port, where nothing is encrypted",
  frameTooLarge: "a ZooKeeper client sent a frame that is too large",
  malformed: "a ZooKeeper client sent what is no frame of its protocol",
  authFailed: "a ZooKeeper client shows a credential that is none, or more than there is room for",
  unknownOperation: "a ZooKeeper client asked for an operation that nobody knows",
};

/** Serves clients that speak ZooKeeper's protocol. */
export class ZooKeeperDoor implements Door {
  readonly #log: DoorLog;
  readonly #gate: Gate;
  readonly #listener: Listener;
  readonly #attending = new Set<Attendance>();
  readonly #ended = new Map<Reason, number>();

  constructor(options: ZooKeeperDoorOptions) {
    const {
      streams,
      facts,
      log,
      connectionsMax = limits.connectionsMax,
      perAddressMax,
      handshakeMs = 10_000,
    } = options;
    this.#log = log;
    const name = "zookeeper";
    // One that has a session is heard for as long as that lives; what it says is the session's affair.
    this.#gate = new Gate({ name, connectionsMax, perAddressMax, firstWordMs: handshakeMs, idleMs: 60_000, log });
    const { words, wordFacts } = options;
    const traffic = new Traffic();
    const told: WordFacts = {
      ...wordFacts,
      connections: () => this.#gate.stats,
      attending: () => this.#attending,
      traffic,
    };
    const surroundings = {
      streams,
      facts,
      traffic,
      identities: options.identities,
      began: (socket: Socket, attendance: Attendance) => {
        const ended = this.#gate.began(nameOf(socket));
        this.#attending.add(attendance);
        return () => {
          this.#attending.delete(attendance);
          ended();
        };
      },
      ends: (socket: Socket, reason: Reason) => this.#ends(socket, reason),
      reconfigure: (asked: AskedMembers | number, socket: Socket, signal: AbortSignal) =>
        this.#reconfigure(options.reconfigure, asked, nameOf(socket), signal),
      word: async (word: string) => {
        try {
          return await answerWord(word, words, told);
        } catch (err) {
          log.error({ err, word }, "could not answer a four-letter word");
          return "";
        }
      },
    };
    this.#listener = new Listener(this.#gate, (socket) => carryZooKeeper(socket, surroundings));
  }

  listen(address: string): Promise<number> {
    return this.#listener.listen(address);
  }

  get stats(): ZooKeeperDoorStats {
    return { ...this.#gate.stats, ended: this.#ended };
  }

  /** Lets nobody in any more. Sessions are to be ended first: {@link ClientStreams.end}. */
  async close(): Promise<void> {
    await this.#listener.close();
    this.#gate.close();
  }

  async #reconfigure(
    reconfigure: ZooKeeperDoorOptions["reconfigure"],
    asked: AskedMembers | number,
    address: string,
    signal: AbortSignal,
  ): Promise<number> {
    if (asked === zkError.MARSHALLINGERROR) return asked;
    const asks = "a ZooKeeper client asks for other members (reconfig)";
    if (reconfigure === undefined) {
      const how = "start the servers with --zookeeper-reconfig to allow it, or use `kvctl member`";
      this.#log.warn({ address }, `${asks}, which is not allowed here: ${how}`);
      return zkError.RECONFIGDISABLED;
    }
    if (asked === zkError.NOAUTH) {
      const how = "it has to show the server's --super-digest, or to be given WRITE on /zookeeper/config";
      this.#log.warn({ address }, `${asks}, which it may not: ${how}`);
    }
    if (typeof asked === "number") return asked;
    this.#log.info({ address, asked }, asks);
    try {
      const reply = await reconfigure(asked, signal);
      if (reply.type === "failed")
        this.#log.warn({ address, code: reply.code, reason: reply.message }, "the members are not changed, or not yet");
      return codeOfChange(reply);
    } catch (err) {
      this.#log.error({ err, address }, "could not change the members");
      return zkError.SYSTEMERROR;
    }
  }

  #ends(socket: Socket, reason: Reason): void {
    this.#ended.set(reason, (this.#ended.get(reason) ?? 0) + 1);
    const complaint = complaints[reason];
    if (complaint !== undefined) this.#log.warn({ address: nameOf(socket), reason }, complaint);
  }
}
