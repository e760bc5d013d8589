/** One connection of a ZooKeeper client: its socket, and what is said there. */
import type { Socket } from "node:net";
import type { ClientStreams } from "../doors/client-streams.ts";
import type { ClientLink, ClientStream } from "../doors/door.ts";
import { nameOf } from "../doors/gate.ts";
import { Identities, type IdentityOptions, ipOf } from "../doors/identities.ts";
import { Attendance } from "./attendance.ts";
import { bytesOf, Conversation, type Facts } from "./conversation.ts";
import { FrameSplitter, frameBytesMax, handshakeBytesMax } from "./frames.ts";
import type { Ending } from "./handshake.ts";
import { JuteWriter } from "./jute.ts";
import type { AskedMembers } from "./reconfig.ts";
import { type ForeignProtocol, strangerOf } from "./strangers.ts";
import { Traffic } from "./traffic.ts";

/** How long a client may take to hang up once it was told the last. Milliseconds. */
const lingerMs = 2000;

/** Why the server ended a connection. */
export type Reason = Ending | ForeignProtocol | "frameTooLarge";

/** What a connection belongs to. */
export interface ConnectionSurroundings {
  readonly streams: ClientStreams;
  readonly facts: Facts;
  readonly traffic: Traffic;
  readonly identities?: IdentityOptions | undefined;
  /** The client has said who it is; call what is returned when the connection is no more. */
  readonly began: (socket: Socket, attendance: Attendance) => () => void;
  /** The server ends the connection. */
  readonly ends: (socket: Socket, reason: Reason) => void;
  /**
   * Changes the membership, unless a code says already what is wrong with that: ZooKeeper's code for how it ended. What
   * is begun goes on when `signal` aborts.
   */
  readonly reconfigure: (asked: AskedMembers | number, socket: Socket, signal: AbortSignal) => Promise<number>;
  /** Answers a four-letter word. */
  readonly word: (word: string) => Promise<string>;
}

/** Carries a connection that was just let in. */
export function carryZooKeeper(socket: Socket, surroundings: ConnectionSurroundings): void {
  new ZooKeeperConnection(socket, surroundings).begin();
}

class ZooKeeperConnection implements ClientStream {
  readonly #socket: Socket;
  readonly #surroundings: ConnectionSurroundings;
  readonly #frames = new FrameSplitter();
  readonly #conversation: Conversation;
  readonly #attendance: Attendance;
  /** Undefined until the first frame. */
  #link: ClientLink | undefined;
  #ended: () => void = () => {};
  readonly #gone = new AbortController();
  /** The client takes nothing, so that nothing is heard from it. */
  #slow = false;
  #over = false;

  constructor(socket: Socket, surroundings: ConnectionSurroundings) {
    this.#socket = socket;
    this.#surroundings = surroundings;
    const attendance = new Attendance(nameOf(socket), new Traffic(surroundings.traffic));
    this.#attendance = attendance;
    this.#conversation = new Conversation(
      surroundings.facts,
      attendance,
      new Identities(ipOf(socket.remoteAddress), surroundings.identities),
    );
  }

  begin(): void {
    const socket = this.#socket;
    socket.on("data", (chunk) => {
      if (this.#over) return;
      this.#frames.push(chunk);
      this.#listen();
    });
    socket.on("end", () => this.#link?.ended());
    socket.on("close", () => {
      this.#over = true;
      this.#gone.abort();
      this.#conversation.over();
      this.#ended();
      this.#link?.gone();
    });
  }

  sizeOf = bytesOf;

  write(messages: Parameters<ClientStream["write"]>[0], taken: () => void): void {
    const writer = new JuteWriter();
    const reason = this.#over ? undefined : this.#conversation.tell(messages, writer);
    this.#socket.write(writer.finish(), taken);
    if (reason !== undefined) this.#end(reason);
    // There may be room for what waited for answers.
    else this.#listen();
  }

  pause(): void {
    this.#slow = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#slow = false;
    this.#listen();
  }

  end(): void {
    this.#over = true;
    this.#socket.end();
    // What the client still says is read and dropped: unread, it would keep the socket open, or have the last answer lost.
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), lingerMs).unref();
  }

  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  /** Takes up the frames that are there, as far as there is room; what does not fit waits in the network. */
  #listen(): void {
    const before = this.#over ? undefined : this.#conversation.heardBefore();
    if (before !== undefined) this.#link?.received([before]);
    while (!this.#over && !this.#slow && this.#conversation.hears) {
      if (this.#link === undefined && this.#isNoClient()) return;
      const frame = this.#frames.next();
      if (frame === undefined) break;
      if (frame === "refused") return this.#end("frameTooLarge");
      this.#take(frame);
    }
    if (this.#over) return;
    if (this.#slow || !this.#conversation.hears) this.#socket.pause();
    else this.#socket.resume();
  }

  #take(frame: Uint8Array): void {
    const heard = this.#conversation.hear(frame);
    if ("end" in heard) return this.#end(heard.end);
    if ("reconfigure" in heard) return void this.#reconfigure(heard.reconfigure);
    if (this.#link === undefined) {
      this.#ended = this.#surroundings.began(this.#socket, this.#attendance);
      this.#link = this.#surroundings.streams.open(this);
    }
    this.#link?.received(heard.messages);
  }

  async #reconfigure(asked: AskedMembers | number): Promise<void> {
    // Meanwhile pings are not answered, and the client must not give its server up.
    const signal = AbortSignal.any([this.#gone.signal, AbortSignal.timeout(this.#attendance.timeoutMs / 2)]);
    const code = await this.#surroundings.reconfigure(asked, this.#socket, signal);
    if (this.#over) return;
    this.#link?.received(this.#conversation.reconfigured(code));
    this.#listen();
  }

  /** Whether the first bytes begin no handshake, but maybe a four-letter word, which is answered, or another protocol. */
  #isNoClient(): boolean {
    const { head } = this.#frames;
    if (head === undefined) return false;
    const stranger = strangerOf(head);
    if (stranger === undefined) {
      if (head <= handshakeBytesMax || head > frameBytesMax) return false;
      this.#end("malformed");
      return true;
    }
    const { word, reason } = stranger;
    if (word === undefined) this.#end(reason);
    else void this.#answer(word, reason);
    return true;
  }

  async #answer(word: string, reason: ForeignProtocol): Promise<void> {
    // What comes behind a word is of no interest.
    this.#over = true;
    this.#socket.write(await this.#surroundings.word(word));
    this.#surroundings.ends(this.#socket, reason);
    this.end();
  }

  #end(reason: Reason): void {
    if (this.#over) return;
    this.#over = true;
    this.#surroundings.ends(this.#socket, reason);
    if (this.#link === undefined) this.end();
    else this.#link.ended();
  }
}
