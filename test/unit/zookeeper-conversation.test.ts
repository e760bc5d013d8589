import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { WatchEvent } from "../../src/base/reads.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { Conversation } from "../../src/zookeeper/conversation.ts";
import { FrameSplitter } from "../../src/zookeeper/frames.ts";
import { encode, JuteReader, JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { connectRequest, replyHeader, requestHeader, requests } from "../../src/zookeeper/records.ts";

const pingXid = -2;
const setWatchesXid = -8;

/** A client, the conversation with it, and the node behind that, whose messages the test makes up. */
class Session {
  /** Newest zxid that the server has applied. */
  applied: number;
  /** What the client takes for the newest zxid it has seen: as the C client does, of frames of any kind. */
  seen: number;
  readonly #conversation = new Conversation({ appliedIndex: () => this.applied });
  #nodeXid = 0;
  #pings = 0;

  constructor({ seen, applied }: { readonly seen: number; readonly applied: number }) {
    this.seen = seen;
    this.applied = applied;
    const passwd = new Uint8Array(16);
    const asked = { protocolVersion: 0, lastZxidSeen: seen, timeOut: 1000, sessionId: 5n, passwd };
    this.#conversation.hear(encode(connectRequest, asked));
    const connected = { type: "connected", sessionId: 5, password: passwd, timeoutMs: 1000, serverId: 1 } as const;
    const rest = { lastRequestId: 0, zxid: applied, clusterId: "c", instance: 0 };
    this.#conversation.tell([{ ...connected, ...rest }], new JuteWriter());
  }

  /** Pings; returns the node's answer, which is to be told at some time. */
  ping(): ServerMessage {
    return this.#ask(pingXid, opcode.ping);
  }

  /** Arms watches again; returns the node's answer, from the state at `zxid`, to the request behind them. */
  setWatches(zxid: number, data = ["/a"]): ServerMessage {
    const watches = { relativeZxid: this.seen, data, exist: [], child: [] };
    this.#ask(setWatchesXid, opcode.setWatches, encode(requests.setWatches, watches));
    this.#nodeXid += 1;
    return { type: "reply", xid: this.#nodeXid, zxid, result: {} };
  }

  /** Whether another frame would be taken up. */
  get hears(): boolean {
    return this.#conversation.hears;
  }

  /** Reads; returns the node's answer from the state at `zxid`. */
  read(zxid: number): ServerMessage {
    this.#ask(1, opcode.exists, encode(requests.read, { path: "/a", watch: false }));
    this.#nodeXid += 1;
    return { type: "reply", xid: this.#nodeXid, zxid, result: { failure: { code: "NO_NODE", message: "" } } };
  }

  /** The header of the frame that the message becomes, as the client takes it. */
  tell(message: ServerMessage): { readonly xid: number; readonly zxid: number } {
    const writer = new JuteWriter();
    expect(this.#conversation.tell([message], writer)).toBeUndefined();
    const splitter = new FrameSplitter();
    splitter.push(writer.finish());
    const frame = splitter.next();
    if (!(frame instanceof Uint8Array)) throw new Error(`${message.type} became no frame`);
    const { xid, zxid } = replyHeader.read(new JuteReader(frame));
    if (zxid > 0) this.seen = zxid;
    return { xid, zxid };
  }

  #ask(xid: number, operation: number, body: Uint8Array = new Uint8Array()): ServerMessage {
    const heard = this.#conversation.hear(Buffer.concat([encode(requestHeader, { xid, opcode: operation }), body]));
    if (!("messages" in heard)) throw new Error(`it comes to ${JSON.stringify(heard)}`);
    if (heard.messages.some(({ type }) => type === "ping")) this.#pings += 1;
    return { type: "pong", number: this.#pings, quorum: true };
  }
}

function event(path: string, zxid: number): ServerMessage {
  const told: WatchEvent = { type: "deleted", kind: "data", path, zxid };
  return { type: "event", event: told };
}

describe("the zxid of what answers no request", () => {
  it("is the newest of the answers when a pong leaves amid the events of an entry", () => {
    const session = new Session({ seen: 0, applied: 12 });
    session.tell(session.read(12));
    session.applied = 13;
    session.tell(event("/n1", 13));
    expect(session.tell(session.ping())).toEqual({ xid: pingXid, zxid: 12 });
    session.tell(event("/n2", 13));
    expect(session.seen).toBe(12);
    session.tell(session.read(13));
    expect(session.tell(session.ping()).zxid).toBe(13);
  });

  it("does not rise while a pong waits to be written", () => {
    const session = new Session({ seen: 0, applied: 12 });
    session.tell(session.read(12));
    const pong = session.ping();
    session.applied = 20;
    expect(session.tell(pong).zxid).toBe(12);
  });

  it("never falls", () => {
    const session = new Session({ seen: 0, applied: 20 });
    session.tell(session.read(20));
    session.tell(session.read(15));
    expect(session.tell(session.ping()).zxid).toBe(20);
  });

  it("is what the client had seen when it came, until it is answered: not that of its attachment", () => {
    const session = new Session({ seen: 7, applied: 30 });
    expect(session.tell(session.ping()).zxid).toBe(7);
    const armed = session.setWatches(30);
    session.tell(event("/a", 8));
    expect(session.tell(session.ping()).zxid).toBe(7);
    expect(session.tell(armed)).toEqual({ xid: setWatchesXid, zxid: 30 });
  });

  it("is 0, which clients pass over, where nothing was seen", () => {
    const session = new Session({ seen: 0, applied: 30 });
    expect(session.tell(session.ping()).zxid).toBe(0);
  });
});

describe("a client that reads nothing, whose watches are not armed therefore", () => {
  /** What is taken up before no more is heard; and that it is heard again once all is answered. */
  function takenUp(ask: (session: Session) => ServerMessage): number {
    const session = new Session({ seen: 0, applied: 10 });
    const answers: ServerMessage[] = [];
    while (session.hears && answers.length < 10_000) answers.push(ask(session));
    for (const answer of answers) session.tell(answer);
    expect(session.hears).toBe(true);
    return answers.length;
  }

  it("is not heard beyond some pings", () => {
    expect(takenUp((session) => session.ping())).toBe(limits.outstandingRequestsMax / 2);
  });

  it("is not heard beyond some bytes of watches", () => {
    const paths = Array.from({ length: 100 }, (_, i) => `/${String(i).padStart(4000, "x")}`);
    const bytes = takenUp((session) => session.setWatches(10, paths)) * 100 * 4000;
    expect(bytes).toBeLessThan(limits.outstandingBytesMax / 2 + 1024 * 1024);
    expect(bytes).toBeGreaterThan(limits.outstandingBytesMax / 2 - 1024 * 1024);
  });
});

describe("a connection that breaks", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("apply" as const), events: fc.nat(4) }),
    fc.record({ do: fc.constantFrom("tell", "read", "ping", "setWatches", "pong" as const) }),
  );

  it("leaves no event untold that the client takes for seen", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(3), (steps, behind) => {
        const session = new Session({ seen: 10 - behind, applied: 10 });
        /** In order, as the node says them: events of changes, and the last of an entry before any later answer. */
        const events: number[] = [];
        for (let missed = 11 - behind; missed <= 10; missed++) events.push(missed);
        const pongs: ServerMessage[] = [];
        let told = 0;
        for (const one of steps) {
          if (one.do === "apply") {
            session.applied += 1;
            for (let i = 0; i < one.events; i++) events.push(session.applied);
          } else if (one.do === "tell") {
            const zxid = events.shift();
            if (zxid !== undefined) session.tell(event(`/n${++told}`, zxid));
          } else if (one.do === "read" || one.do === "setWatches") {
            if (events.length === 0) session.tell(session[one.do](session.applied));
          } else if (one.do === "pong") {
            const pong = pongs.shift();
            if (pong !== undefined) session.tell(pong);
          } else pongs.push(session.ping());
          expect(events[0] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(session.seen);
        }
      }),
      { numRuns: 500 },
    );
  });
});
