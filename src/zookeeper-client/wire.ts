/** A connection that frames of ZooKeeper's protocol go over. What is in them is the business of whoever has it. */
import { connect, type Socket } from "node:net";
import { FrameSplitter } from "../zookeeper/frames.ts";
import { JuteWriter } from "../zookeeper/jute.ts";
import { ConnectionError } from "./failures.ts";

/** The largest frame that is taken of a server, which may send longer ones than it takes: a list of children. Bytes. */
const frameBytesMax = 64 * 1024 * 1024;

/** How to connect. */
export interface WireOptions {
  /** How long it may take, milliseconds; default: as long as the system lets it. */
  readonly timeoutMs?: number | undefined;
}

/** One connection. */
export class ZooKeeperWire {
  readonly address: string;
  /** Called with each frame, in order, which is not to be kept: it is a part of what the network gave. */
  onFrame: (frame: Uint8Array) => void = () => {};
  /** Called after the frames that have come together. */
  onPause: () => void = () => {};
  /** Called once, when the connection is no more; `why` says what was wrong with what came, if something was. */
  onClose: (why: string | undefined) => void = () => {};
  readonly #socket: Socket;
  readonly #frames = new FrameSplitter(frameBytesMax);
  #out: JuteWriter | undefined;
  #why: string | undefined;
  #closed = false;

  private constructor(address: string, socket: Socket) {
    this.address = address;
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(chunk));
    // What failed is of no interest: "close" follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.onClose(this.#why);
    });
  }

  /** Connects to `host:port`. Rejects with a {@link ConnectionError}. */
  static open(address: string, { timeoutMs }: WireOptions = {}): Promise<ZooKeeperWire> {
    const colon = address.lastIndexOf(":");
    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(address.slice(colon + 1)), noDelay: true });
      const failed = (why: string): void => {
        socket.destroy();
        reject(new ConnectionError("unreachable", address, why));
      };
      if (timeoutMs !== undefined) socket.setTimeout(timeoutMs, () => failed("nothing answers there in time"));
      const refused = (error: Error): void => failed(reasonOf(error));
      socket.once("error", refused);
      socket.once("connect", () => {
        socket.off("error", refused);
        socket.setTimeout(0);
        resolve(new ZooKeeperWire(address, socket));
      });
    });
  }

  /** Whether the connection is no more, or is about to be. */
  get closed(): boolean {
    return this.#closed || this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Sends a frame of what `write` writes. What one turn of the event loop has to say leaves together. */
  send(write: (to: JuteWriter) => void): void {
    if (this.#out === undefined) {
      this.#out = new JuteWriter();
      setImmediate(() => this.#flush());
    }
    const start = this.#out.beginFrame();
    write(this.#out);
    this.#out.endFrame(start);
  }

  /** Sends bytes as they are, at once. */
  sendBytes(bytes: Uint8Array): void {
    this.#flush();
    this.#socket.write(bytes);
  }

  /** Reads nothing any more, like a client that hangs; {@link resume} ends that. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection. */
  destroy(why?: string): void {
    this.#why ??= why;
    this.#socket.destroy();
  }

  #flush(): void {
    const out = this.#out;
    this.#out = undefined;
    if (out !== undefined) this.#socket.write(out.finish());
  }

  #take(chunk: Uint8Array): void {
    this.#frames.push(chunk);
    for (;;) {
      const frame = this.#frames.next();
      if (frame === undefined) break;
      if (frame === "refused") return this.destroy("it sends what is no frame of ZooKeeper's protocol");
      this.onFrame(frame);
      if (this.#socket.destroyed) return;
    }
    this.onPause();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host cannot be looked up",
  EHOSTUNREACH: "no way leads to that host",
  ENETUNREACH: "no way leads to that network",
  ETIMEDOUT: "nothing answers there in time",
};

function reasonOf(error: Error): string {
  return reasons["code" in error ? String(error.code) : ""] ?? error.message;
}
