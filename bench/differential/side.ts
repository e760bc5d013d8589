/** One of the two servers: what its clients are told as they take their steps, in words that do not depend on which it is. */
import { openAcl } from "../../src/base/acl.ts";
import { hex, utf8 } from "../../src/base/bytes.ts";
import type { Stat } from "../../src/base/operations.ts";
import {
  buffer as bufferCodec,
  type Codec,
  id as idCodec,
  JuteReader,
  type JuteWriter,
  vector,
} from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { acl, multiHeader, replies, requests } from "../../src/zookeeper/records.ts";
import { ZkClient, type ZkHeard, type ZkReply } from "../../test/support/zookeeper-client.ts";
import { type Ask, asks, clients, ownFolder, ownPlace, type Step } from "./steps.ts";

/** A line of a transcript; `#` in the text stands for a zxid. */
export interface Line {
  readonly text: string;
  readonly zxids: readonly number[];
}

/** What an answer within that of a multi says it is of. */
const operationNames = new Map(asks.map((op) => [Number(opcode[op]), op]));

const aclList = vector(acl);

/** A body that writes itself. */
const anything: Codec<(writer: JuteWriter) => void> = { least: 0, read: () => () => {}, write: (to, body) => body(to) };

const acls = openAcl;

/** A client, and what it would have to do to come back. */
interface Seat {
  client: ZkClient;
  sessionId: bigint;
  passwd: Uint8Array;
  lastZxid: number;
  /** Armed watches, as `kind path`. */
  readonly watches: Set<string>;
  /** How many of what the client heard are in the transcript. */
  told: number;
  /** What was asked and has no answer in the transcript yet. */
  readonly asked: Map<number, Ask>;
}

/** Runs steps against one server. */
export class Side {
  readonly #address: string;
  #seats: Seat[] = [];
  #lines: Line[] = [];
  #folder = "";
  #prefix = "";
  /** Sessions by id, numbered in the order in which they were opened in a run. */
  #owners = new Map<string, number>();

  constructor(address: string) {
    this.#address = address;
  }

  /** Takes the steps, below a znode of their own, and tells what was heard. */
  async run(name: string, steps: readonly Step[]): Promise<readonly Line[]> {
    // Below a znode of its own, since the first one's siblings are created, too.
    this.#folder = `/${name}`;
    this.#prefix = `${this.#folder}/t`;
    await this.#seatAnew();
    const first = this.#seat(0).client;
    for (const path of [this.#folder, this.#prefix]) {
      const made = await first.ask(opcode.create, requests.create, { path, data: utf8(""), acls, flags: 0 });
      if (made?.err !== 0) throw new Error(`${this.#address}: ${path} could not be made`);
    }
    await this.#settle();
    this.#lines = [];
    for (const [i, step] of steps.entries()) {
      this.#lines.push({ text: `${i}: ${JSON.stringify(step)}`, zxids: [] });
      const from = this.#lines.length;
      await this.#take(step);
      await this.#settle();
      // In which order the ephemerals of a session go is not said.
      if (step.type !== "ask" && step.type !== "rejoin") this.#sort(from);
    }
    return this.#lines;
  }

  /** A parent of several is told of once here, and by ZooKeeper for each. */
  #sort(from: number): void {
    const lines = this.#lines.splice(from).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
    const again = ({ text }: Line, i: number): boolean => text.includes(" event 4 ") && text === lines[i - 1]?.text;
    this.#lines.push(...lines.filter((line, i) => !again(line, i)));
  }

  /** Opens sessions of which nothing is known, and closes those of the last sequence, if they have not expired by now. */
  async #seatAnew(): Promise<void> {
    await Promise.all(this.#seats.map(({ client }) => client.ask(opcode.closeSession, requests.nothing, {})));
    this.#owners = new Map();
    this.#seats = [];
    for (let n = 0; n < clients; n++) await this.#replace(n);
  }

  /** Ends all connections. */
  end(): void {
    for (const { client } of this.#seats) client.destroy();
    this.#seats = [];
  }

  #seat(n: number): Seat {
    const seat = this.#seats[n];
    if (seat === undefined) throw new Error(`there is no client ${n}`);
    return seat;
  }

  async #open(): Promise<Seat> {
    const client = await ZkClient.open(this.#address);
    const session = await client.connect({ readOnly: false });
    if (session === undefined || session.timeOut === 0) throw new Error(`${this.#address} gives no session`);
    const { sessionId, passwd } = session;
    return { client, sessionId, passwd, lastZxid: 0, watches: new Set(), told: 0, asked: new Map() };
  }

  async #take(step: Step): Promise<void> {
    const seat = this.#seat(step.client);
    switch (step.type) {
      case "ask":
        return await this.#ask(seat, step.asks);
      case "rejoin":
        return await this.#rejoin(seat, this.#seat(step.other), step.meanwhile);
      case "close":
        await seat.client.ask(opcode.closeSession, requests.nothing, {});
        await seat.client.until(() => seat.client.closed);
        return await this.#replace(step.client);
      case "auth": {
        const { scheme, credential } = step;
        const reply = await seat.client.ask(
          opcode.auth,
          requests.auth,
          { type: 0, scheme, auth: utf8(credential) },
          -4,
        );
        seat.told = seat.client.heard.length;
        this.#lines.push({ text: `auth ${reply?.err} zxid ${reply?.zxid}`, zxids: [] });
        if (reply?.err === 0) return;
        await seat.client.until(() => seat.client.closed);
        return await this.#closeFromElsewhere(step.client);
      }
      case "garbled": {
        const reply = await seat.client.ask(step.opcode, anything, (to) => to.bytes(Uint8Array.from(step.body)));
        seat.told = seat.client.heard.length;
        this.#lines.push({ text: reply === undefined ? "hung up" : `err ${reply.err}`, zxids: [] });
        // What it came to be understood as has been seen, and is of no further interest.
        if (reply?.err === 0 || step.opcode === 101) this.#forgetWatches(seat);
        // An operation that nobody knows ends the connection, some time behind its answer.
        if (reply?.zxid === -1) await seat.client.until(() => seat.client.closed);
        else await seat.client.ask(opcode.ping, requests.nothing, {}, -2);
        // Its session would end some time, at one server before the other.
        if (seat.client.closed) await this.#closeFromElsewhere(step.client);
      }
    }
  }

  async #ask(seat: Seat, asked: readonly Ask[]): Promise<void> {
    let last = 0;
    for (const ask of asked) {
      last = this.#send(seat, ask);
      seat.asked.set(last, ask);
    }
    await seat.client.until(() => seat.client.heard.some((one) => "reply" in one && one.reply.xid === last));
  }

  #send({ client }: Seat, ask: Ask): number {
    return client.send(opcode[ask.op], anything, (writer) => this.#body(ask)(writer));
  }

  #path(short: string): string {
    if (short === "/") return this.#prefix;
    if (short.includes(ownPlace)) return short.replace(ownPlace, this.#prefix);
    if (short.includes(ownFolder)) return short.replace(ownFolder, this.#folder);
    return !short.startsWith("/") || short.startsWith("/zookeeper") ? short : this.#prefix + short;
  }

  #body({
    op,
    path: short,
    data,
    version,
    flags,
    mode,
    ttlMs,
    acl: list,
    watch,
    parts = [],
  }: Ask): (writer: JuteWriter) => void {
    const path = this.#path(short);
    switch (op) {
      case "create":
      case "create2":
      case "createContainer":
        return (to) => requests.create.write(to, { path, data: utf8(data), acls: list, flags });
      case "addWatch":
      case "removeWatches":
        return (to) => requests.watch.write(to, { path, type: mode });
      case "createTtl":
        return (to) => requests.createTtl.write(to, { path, data: utf8(data), acls: list, flags, ttlMs });
      case "delete":
      case "check":
        return (to) => requests.delete.write(to, { path, version });
      case "setData":
        return (to) => requests.setData.write(to, { path, data: utf8(data), version });
      case "setAcl":
        return (to) => requests.setAcl.write(to, { path, acls: list, version });
      case "getAcl":
      case "getEphemerals":
      case "getAllChildrenNumber":
      case "sync":
        return (to) => requests.path.write(to, { path });
      case "whoAmI":
        return () => {};
      case "multi":
      case "multiRead":
        return (to) => {
          for (const part of parts) {
            multiHeader.write(to, { type: opcode[part.op], done: false, err: -1 });
            this.#body(part)(to);
          }
          multiHeader.write(to, { type: -1, done: true, err: -1 });
        };
      default:
        return (to) => requests.read.write(to, { path, watch });
    }
  }

  async #rejoin(seat: Seat, other: Seat, meanwhile: Ask | undefined): Promise<void> {
    await this.#settle();
    await this.#forgetSpent(seat);
    seat.client.destroy();
    await seat.client.until(() => seat.client.closed);
    if (meanwhile !== undefined) await this.#ask(other, [meanwhile]);
    const { sessionId, passwd } = seat;
    const client = await ZkClient.open(this.#address);
    const session = await client.connect({ sessionId, passwd, lastZxidSeen: seat.lastZxid, readOnly: false });
    this.#lines.push({ text: `rejoined: ${session !== undefined && session.sessionId === sessionId}`, zxids: [] });
    seat.client = client;
    seat.told = 0;
    const paths = (kind: string): string[] =>
      [...seat.watches].filter((key) => key.startsWith(`${kind} `)).map((key) => key.slice(kind.length + 1));
    const watches = { data: paths("data"), exist: paths("exist"), child: paths("child") };
    const staying = { persistent: paths("0"), recursive: paths("1") };
    const request = { relativeZxid: seat.lastZxid, ...watches, ...staying };
    const reply = await client.ask(opcode.setWatches2, requests.setWatches2, request, -8);
    this.#lines.push({ text: `armed: ${reply?.err}`, zxids: [] });
    this.#tellEvents(seat, true);
    seat.told = client.heard.length;
  }

  /**
   * Forgets watches that were spent in silence, since their client may not read what happened, as far as it shows that they
   * were: to one that is armed again ZooKeeper tells what is otherwise than when it was left, however long ago that came to be.
   */
  async #forgetSpent(seat: Seat): Promise<void> {
    const { client, watches } = seat;
    for (const key of [...watches]) {
      const [kind = "", path = ""] = key.split(" ");
      if (!["data", "exist", "child"].includes(kind)) continue;
      const reply = await client.ask(opcode.exists, requests.read, { path, watch: false });
      if ((reply?.err === 0) === (kind === "exist")) watches.delete(key);
      // What nobody told it is known to it now.
      seat.lastZxid = Math.max(seat.lastZxid, reply?.zxid ?? 0);
    }
  }

  /** Closes the session of a client whose connection was ended. */
  async #closeFromElsewhere(n: number): Promise<void> {
    const { sessionId, passwd } = this.#seat(n);
    const client = await ZkClient.open(this.#address);
    await client.connect({ sessionId, passwd });
    await client.ask(opcode.closeSession, requests.nothing, {});
    await client.until(() => client.closed);
    await this.#replace(n);
  }

  /** A client whose connection has ended gets a session of its own. */
  async #replace(n: number): Promise<void> {
    const seat = await this.#open();
    this.#owners.set(String(seat.sessionId), this.#owners.size);
    this.#seats[n] = seat;
  }

  /** Waits until all clients have heard what was caused so far, and writes it down. */
  async #settle(): Promise<void> {
    const pongs = await Promise.all(this.#seats.map((seat) => seat.client.ask(opcode.ping, requests.nothing, {}, -2)));
    for (const [n, seat] of this.#seats.entries()) {
      this.#tell(n, seat);
      if (pongs[n] === undefined) await this.#replace(n);
    }
  }

  #tell(n: number, seat: Seat): void {
    for (const one of seat.client.heard.slice(seat.told)) {
      if ("event" in one) this.#tellEvent(n, seat, one);
      else if (one.reply.xid !== -2) this.#tellReply(n, seat, one.reply);
      else seat.lastZxid = Math.max(seat.lastZxid, one.reply.zxid);
    }
    seat.told = seat.client.heard.length;
  }

  /** What was missed, whose order is not told. */
  #tellEvents(seat: Seat, sorted: boolean): void {
    const before = this.#lines.length;
    for (const one of seat.client.heard.slice(seat.told)) if ("event" in one) this.#tellEvent(-1, seat, one);
    const missed = this.#lines.splice(before);
    // The same event may come once for each kind of watch.
    const texts = [...new Set(missed.map(({ text }) => text))];
    for (const text of sorted ? texts.sort() : texts) this.#lines.push({ text, zxids: [] });
  }

  #tellEvent(n: number, seat: Seat, one: Extract<ZkHeard, { readonly event: unknown }>): void {
    const { type, state, path } = one.event;
    const short = this.#short(path);
    if (!path.startsWith(this.#prefix)) return;
    if (type !== 4) for (const kind of ["data", "exist"]) seat.watches.delete(`${kind} ${path}`);
    if (type === 4 || type === 2) seat.watches.delete(`child ${path}`);
    this.#lines.push({ text: `  ${n} event ${type} state ${state} ${short}`, zxids: [] });
  }

  #tellReply(n: number, seat: Seat, reply: ZkReply): void {
    const ask = seat.asked.get(reply.xid);
    seat.asked.delete(reply.xid);
    if (ask === undefined) return;
    seat.lastZxid = Math.max(seat.lastZxid, reply.zxid);
    const zxids: number[] = [];
    let text = `  ${n} ${ask.op} ${ask.path}: err ${reply.err}`;
    if (reply.err === 0) {
      text += this.#bodyOf(ask, reply.body, zxids);
      if (
        ["create", "create2", "createContainer", "createTtl", "delete", "setData", "setAcl", "multi"].includes(ask.op)
      ) {
        text += " at #";
        zxids.push(reply.zxid);
      }
    } else if (reply.body.length > 0) text += ` with ${hex(reply.body)}`;
    this.#lines.push({ text, zxids });
    const path = ask.path === "/" ? this.#prefix : this.#prefix + ask.path;
    if (ask.op === "addWatch" && reply.err === 0) seat.watches.add(`${ask.mode} ${path}`);
    if (ask.op === "removeWatches" && reply.err === 0)
      for (const mode of [0, 1]) seat.watches.delete(`${mode} ${path}`);
    if (!ask.watch || !ask.path.startsWith("/") || ask.path.startsWith("/zookeeper")) return;
    if (ask.op === "exists" && reply.err !== 0 && reply.err !== -101) return;
    if (ask.op !== "exists" && reply.err !== 0) return;
    if (ask.op === "exists") seat.watches.add(`${reply.err === 0 ? "data" : "exist"} ${path}`);
    if (ask.op === "getData") seat.watches.add(`data ${path}`);
    if (ask.op === "getChildren" || ask.op === "getChildren2") seat.watches.add(`child ${path}`);
  }

  #bodyOf(ask: Ask, body: Uint8Array, zxids: number[]): string {
    const reader = new JuteReader(body);
    const text = ` ${this.#shown(ask, reader, body, zxids)}`;
    return reader.left === 0 ? text : `${text} and ${reader.left} bytes more`;
  }

  #shown({ op, parts = [] }: Ask, reader: JuteReader, body: Uint8Array, zxids: number[]): string {
    const stat = (): string => {
      const from = body.length - reader.left;
      const read = replies.stat.read(reader).stat;
      return this.#stat(read, body.subarray(from, body.length - reader.left), zxids);
    };
    switch (op) {
      case "create":
      case "sync":
        return this.#short(replies.path.read(reader).path);
      case "create2":
      case "createContainer":
      case "createTtl":
        return `${this.#short(replies.path.read(reader).path)} ${stat()}`;
      case "delete":
      case "check":
      case "removeWatches":
        return "";
      case "addWatch":
        return String(replies.error.read(reader).err);
      case "setData":
      case "setAcl":
      case "exists":
        return stat();
      case "getData":
        return `${hex(bufferCodec.read(reader))} ${stat()}`;
      case "getAcl":
        return `${JSON.stringify(aclList.read(reader))} ${stat()}`;
      case "getChildren":
        return [...replies.children.read(reader).children].sort().join();
      case "getEphemerals":
        return [...replies.children.read(reader).children]
          .map((path) => this.#short(path))
          .sort()
          .join();
      case "getAllChildrenNumber":
        return String(reader.int());
      case "getChildren2":
        return `${[...replies.children.read(reader).children].sort().join()} ${stat()}`;
      case "whoAmI":
        return [...replies.clientInfos.read(reader).clientInfos]
          .map((info) => JSON.stringify(info))
          .sort()
          .join();
      case "multi":
      case "multiRead": {
        const shown: string[] = [];
        for (let i = 0; ; i++) {
          const { type, done, err } = multiHeader.read(reader);
          shown.push(`${type} ${done} ${err}`);
          const part = parts[i];
          if (done || part === undefined) return shown.join("; ");
          const kind = operationNames.get(type) ?? part.op;
          shown.push(type === -1 ? `${reader.int()}` : this.#shown({ ...part, op: kind }, reader, body, zxids));
        }
      }
    }
  }

  #stat(stat: Stat, body: Uint8Array, zxids: number[]): string {
    const { czxid, mzxid, pzxid, ctime, mtime, ephemeralOwner: _, ...rest } = stat;
    // The ids of ZooKeeper's sessions do not fit in a number.
    const id = idCodec.read(new JuteReader(body.subarray(body.length - 24, body.length - 16)));
    const owner = id === 0n ? "nobody" : `session ${this.#owners.get(String(id)) ?? "unknown"}`;
    // What was there from the start has times of its own.
    if (czxid === 0) return `${JSON.stringify(rest)} of ${owner}`;
    zxids.push(czxid, mzxid, pzxid);
    const times = ctime <= mtime && Math.abs(Date.now() - mtime) < 3_600_000;
    return `#,#,# ${JSON.stringify(rest)} of ${owner}${times ? "" : ` at ${ctime}, ${mtime}`}`;
  }

  #short(path: string): string {
    return path.startsWith(this.#prefix) ? path.slice(this.#prefix.length) || "/" : path;
  }

  #forgetWatches(seat: Seat): void {
    seat.watches.clear();
  }
}
