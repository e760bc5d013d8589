/** `npm run fuzz`: frames that no client would send, by the million, into what reads those of ZooKeeper's clients. */
import { Command, InvalidArgumentError } from "commander";
import { present } from "../src/base/assert.ts";
import { utf8 } from "../src/base/bytes.ts";
import { keyedRandom } from "../src/base/random.ts";
import { Conversation } from "../src/zookeeper/conversation.ts";
import { FrameSplitter } from "../src/zookeeper/frames.ts";
import { type Codec, encode, JuteWriter } from "../src/zookeeper/jute.ts";
import { opcode } from "../src/zookeeper/opcodes.ts";
import { connectRequest, multiHeader, requestHeader, requests } from "../src/zookeeper/records.ts";

/** Frames of one connection at most. */
const perConnection = 30;
const extremes = [-1, -2, -(2 ** 31), 2 ** 31 - 1, 0, 1, 0xfffff, 2 ** 24];
/** Bytes that are no UTF-8: a lone continuation, an overlong slash, half of a pair, the end of a longer one, no byte at all. */
const noText = [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xff]];

/** What is drawn. */
class Lots {
  readonly #draw: () => number;

  constructor(seed: number) {
    this.#draw = keyedRandom(seed, "fuzz");
  }

  /** From 0 to below `end`. */
  int(end: number): number {
    return Math.floor(this.#draw() * end);
  }

  pick<T>(among: readonly T[]): T {
    return present(among[this.int(among.length)], "one to pick");
  }
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

/** A request as clients send it, ready to be spoilt. */
function sound(random: Lots): Uint8Array {
  const text = (): string =>
    random.pick(["", "/", "/a", "/a/b", "a", "/a/../b", "/zookeeper", "digest", "größer", "x".repeat(99)]);
  const data = utf8(text());
  const version = random.int(5) - 1;
  const acls = Array.from({ length: random.int(3) }, () => ({ perms: random.int(32), scheme: "world", id: "anyone" }));
  const paths = () => Array.from({ length: random.int(4) }, text);
  const watches = { relativeZxid: random.int(9), data: paths(), exist: paths(), child: paths() };
  const plain = { path: text(), data, acls, flags: random.int(8) };
  const framed = <T>(operation: number, codec: Codec<T>, value: T): Uint8Array => {
    const to = new JuteWriter();
    requestHeader.write(to, { xid: random.int(9) - 4, opcode: operation });
    codec.write(to, value);
    return to.finish();
  };
  const multi: Codec<number> = {
    least: 0,
    read: () => 0,
    write: (to, parts) => {
      for (let i = 0; i < parts; i++) {
        const type = random.pick([
          opcode.create,
          opcode.create2,
          opcode.delete,
          opcode.check,
          opcode.setData,
          opcode.createTtl,
        ]);
        multiHeader.write(to, { type, done: false, err: -1 });
        if (type === opcode.setData) requests.setData.write(to, { path: text(), data, version });
        else if (type === opcode.createTtl) requests.createTtl.write(to, { ...plain, ttlMs: 5 });
        else if (type === opcode.create || type === opcode.create2) requests.create.write(to, plain);
        else requests.delete.write(to, { path: text(), version });
      }
      multiHeader.write(to, { type: -1, done: true, err: -1 });
    },
  };
  const read = { path: text(), watch: random.int(2) === 0 };
  const ways: readonly (() => Uint8Array)[] = [
    () => framed(random.pick([opcode.create, opcode.create2, opcode.createContainer]), requests.create, plain),
    () => framed(opcode.createTtl, requests.createTtl, { ...plain, ttlMs: random.int(99) }),
    () => framed(random.pick([opcode.delete, opcode.check]), requests.delete, { path: text(), version }),
    () =>
      framed(
        random.pick([opcode.exists, opcode.getData, opcode.getChildren, opcode.getChildren2]),
        requests.read,
        read,
      ),
    () => framed(opcode.setData, requests.setData, { path: text(), data, version }),
    () =>
      framed(
        random.pick([opcode.sync, opcode.getAcl, opcode.getEphemerals, opcode.getAllChildrenNumber]),
        requests.path,
        { path: text() },
      ),
    () => framed(opcode.setAcl, requests.setAcl, { path: text(), acls, version }),
    () =>
      framed(random.pick([opcode.addWatch, opcode.removeWatches, opcode.checkWatches]), requests.watch, {
        path: text(),
        type: random.int(7),
      }),
    () => framed(opcode.auth, requests.auth, { type: 0, scheme: text(), auth: data }),
    () => framed(opcode.setWatches, requests.setWatches, watches),
    () => framed(opcode.setWatches2, requests.setWatches2, { ...watches, persistent: paths(), recursive: paths() }),
    () => framed(random.pick([opcode.multi, opcode.multiRead]), multi, random.int(6)),
    () =>
      framed(opcode.reconfig, requests.reconfig, { joining: text(), leaving: text(), newMembers: text(), configId: 1 }),
    () => framed(random.int(120) - 12, requests.nothing, {}),
  ];
  return random.pick(ways)();
}

/** Some of its bytes are others, too few, too many, or say what cannot be. */
function spoilt(frame: Uint8Array, random: Lots): Uint8Array {
  let bytes = frame.slice();
  for (let n = random.int(4); n > 0 && bytes.length > 0; n--) {
    const at = random.int(bytes.length);
    switch (random.int(5)) {
      case 0:
        bytes[at] = random.int(256);
        break;
      case 1:
        bytes = bytes.slice(0, at);
        break;
      case 2:
        bytes = Uint8Array.of(...bytes, ...Array.from({ length: random.int(20) }, () => random.int(256)));
        break;
      case 3:
        if (bytes.length >= at + 4) new DataView(bytes.buffer).setInt32(at, random.pick(extremes));
        break;
      default:
        bytes.set(random.pick(noText).slice(0, bytes.length - at), at);
    }
  }
  return bytes;
}

class Connection {
  readonly #conversation = new Conversation({ appliedIndex: () => 10 });
  readonly #splitter = new FrameSplitter();
  #answered = 0;

  constructor() {
    const passwd = new Uint8Array(16);
    const hello = { protocolVersion: 0, lastZxidSeen: 0, timeOut: 1000, sessionId: 0n, passwd };
    this.#conversation.hear(encode(connectRequest, hello));
    const session = { type: "connected", sessionId: 5, password: passwd, timeoutMs: 1000, serverId: 1 } as const;
    const connected = { ...session, lastRequestId: 0, zxid: 5, clusterId: "c", instance: 0 };
    this.#conversation.tell([connected], new JuteWriter());
  }

  /** What becomes of a frame: how many requests of it the node gets, or why the connection ends. */
  take(frame: Uint8Array): number | string {
    const bytes = new Uint8Array(4 + frame.length);
    new DataView(bytes.buffer).setInt32(0, frame.length);
    bytes.set(frame, 4);
    this.#splitter.push(bytes);
    const next = this.#splitter.next();
    if (next === undefined || next === "refused") throw new Error("a frame is lost");
    const heard = this.#conversation.hear(next);
    if ("end" in heard) return heard.end;
    const messages = "messages" in heard ? heard.messages : this.#conversation.reconfigured(-123);
    for (const message of messages) {
      if (message.type !== "request") continue;
      const to = new JuteWriter();
      this.#answered = Math.max(this.#answered, message.xid);
      this.#conversation.tell([{ type: "reply", xid: message.xid, zxid: 10, result: {} }], to);
      if (to.length < 20) throw new Error("a request has no answer");
    }
    return this.#conversation.hears ? messages.length : "ended";
  }
}

const program = new Command("fuzz")
  .description(
    "Spoils frames of ZooKeeper's clients and has the server's door read them: it may refuse or end, nothing else.",
  )
  .option("--frames <n>", "how many", whole, 1_000_000)
  .option("--seed <n>", "what is drawn depends on this alone", whole, 1)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
program.parse();
const { frames, seed } = program.opts<{ frames: number; seed: number }>();
const random = new Lots(seed);
const pool = Array.from({ length: 20_000 }, () => sound(random));
const ends = new Map<string, number>();
const began = performance.now();
let connection = new Connection();
let taken = 0;
let slowestMs = 0;
for (let n = 0, ofThis = 0; n < frames; n++) {
  const frame =
    random.int(20) === 0
      ? Uint8Array.from({ length: random.int(60) }, () => random.int(256))
      : spoilt(random.pick(pool), random);
  const start = performance.now();
  let outcome: number | string;
  try {
    outcome = connection.take(frame);
  } catch (error) {
    console.error(`frame ${n} of seed ${seed}: ${Buffer.from(frame).toString("hex")}`);
    throw error;
  }
  slowestMs = Math.max(slowestMs, performance.now() - start);
  if (typeof outcome === "number") taken += outcome;
  else ends.set(outcome, (ends.get(outcome) ?? 0) + 1);
  if (typeof outcome === "number" && ++ofThis < perConnection) continue;
  connection = new Connection();
  ofThis = 0;
}
const seconds = (performance.now() - began) / 1000;
console.log(
  `${frames.toLocaleString("en")} frames in ${seconds.toFixed(1)} s, ${Math.round(frames / seconds).toLocaleString("en")} a second`,
);
console.log(
  `requests for the node: ${taken.toLocaleString("en")}; slowest frame: ${slowestMs.toFixed(1)} ms; heap: ${Math.round(process.memoryUsage().heapUsed / 2 ** 20)} MiB`,
);
for (const [why, count] of ends) console.log(`ended, ${why}: ${count.toLocaleString("en")}`);
