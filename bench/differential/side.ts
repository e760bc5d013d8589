/** One of the two servers: what its clients are told as they take their steps. */
import { openAcl } from "../../src/base/acl.ts";
import { hex, utf8 } from "../../src/base/bytes.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { requests } from "../../src/zookeeper/records.ts";
import { ZkClient, type ZkHeard, type ZkReply } from "../../test/support/zookeeper-client.ts";
import { anything, bodyOf, spoiltBodyOf } from "./bodies.ts";
import { Places } from "./places.ts";
import { Seat } from "./seat.ts";
import { type Ask, clients, type Rejoin, type Step } from "./steps.ts";
import { type Line, Words } from "./words.ts";

const changing: ReadonlySet<Ask["op"]> = new Set([
  ...(["create", "create2", "createContainer", "createTtl", "delete", "setData", "setAcl", "multi"] as const),
]);

const unknownSession = 0x7ffffffffn;

/** How a handshake is answered that brings along a session that there is not: no timeout, no session, no password. */
const noSession = `${"00".repeat(4 + 4 + 8)}00000010${"00".repeat(16)}`;

/** Of a zxid that no server has come to yet. */
const farAhead = 2 ** 52;

/** Runs steps against one server. */
export class Side {
  readonly #address: string;
  #seats: Seat[] = [];
  #lines: Line[] = [];
  #places = new Places("");
  #owners = new Map<string, number>();
  #words = new Words(this.#places, this.#owners);

  constructor(address: string) {
    this.#address = address;
  }

  /** Takes the steps, below a znode of their own, and tells what was heard. */
  async run(name: string, steps: readonly Step[]): Promise<readonly Line[]> {
    this.#places = new Places(name);
    await this.#seatAnew();
    const first = this.#seat(0).client;
    for (const path of [this.#places.folder, this.#places.root]) {
      const made = await first.ask(opcode.create, requests.create, { path, data: utf8(""), acls: openAcl, flags: 0 });
      if (made?.err !== 0) throw new Error(`${this.#address}: ${path} could not be made`);
    }
    await this.#settle();
    this.#lines = [];
    for (const [i, step] of steps.entries()) {
      this.#say(`${i}: ${JSON.stringify(step)}`);
      const from = this.#lines.length;
      await this.#take(step);
      await this.#settle();
      // In which order the ephemerals of a session go is not said.
      if (step.type !== "ask" && step.type !== "rejoin") this.#sort(from);
    }
    return this.#lines;
  }

  /** Ends all connections. */
  end(): void {
    for (const { client } of this.#seats) client.destroy();
    this.#seats = [];
  }

  #say(text: string): void {
    this.#lines.push({ text, zxids: [] });
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
    this.#words = new Words(this.#places, this.#owners);
    this.#seats = [];
    for (let n = 0; n < clients; n++) await this.#replace(n);
  }

  #seat(n: number): Seat {
    const seat = this.#seats[n];
    if (seat === undefined) throw new Error(`there is no client ${n}`);
    return seat;
  }

  async #take(step: Step): Promise<void> {
    const seat = this.#seat(step.client);
    switch (step.type) {
      case "ask":
        return await this.#ask(seat, step.asks);
      case "rejoin":
        return await this.#rejoin(step);
      case "close": {
        for (const ask of step.behind ?? []) this.#send(seat, ask);
        await seat.client.ask(opcode.closeSession, requests.nothing, {});
        await seat.client.until(() => seat.client.closed);
        this.#tell(step.client, seat);
        return await this.#replace(step.client);
      }
      case "auth": {
        const { scheme, credential } = step;
        const body = { type: 0, scheme, auth: utf8(credential) };
        const reply = await seat.client.ask(opcode.auth, requests.auth, body, -4);
        seat.told = seat.client.heard.length;
        this.#say(`auth ${reply?.err} zxid ${reply?.zxid}`);
        if (reply?.err === 0) return;
        await seat.client.until(() => seat.client.closed);
        return await this.#closeFromElsewhere(step.client);
      }
      case "garbled": {
        const reply = await seat.client.ask(step.opcode, anything, (to) => to.bytes(Uint8Array.from(step.body)));
        seat.told = seat.client.heard.length;
        this.#say(reply === undefined ? "hung up" : `err ${reply.err}`);
        // What it came to be understood as has been seen, and is of no further interest.
        if (reply?.err === 0 || step.opcode === 101 || step.opcode === 105) seat.forgetAll();
        return await this.#afterwards(step.client, reply);
      }
      case "spoilt": {
        const { ask } = step;
        const xid = seat.client.send(opcode[ask.op], anything, spoiltBodyOf(ask, this.#places, step));
        seat.asked.set(xid, ask);
        const answer = (): ZkReply | undefined => repliesOf(seat.client).find((reply) => reply.xid === xid);
        await seat.client.until(() => answer() !== undefined);
        const reply = answer();
        this.#tell(step.client, seat);
        if (reply === undefined) this.#say("hung up");
        return await this.#afterwards(step.client, reply);
      }
      case "knock":
        return await this.#knock(step.with, step.bytes);
    }
  }

  /** Behind a request that may have cost the client its connection. */
  async #afterwards(n: number, reply: ZkReply | undefined): Promise<void> {
    const { client } = this.#seat(n);
    // An operation that nobody knows ends the connection, some time behind its answer.
    if (reply?.zxid === -1) await client.until(() => client.closed);
    else await client.ask(opcode.ping, requests.nothing, {}, -2);
    // Its session would end some time, at one server before the other.
    if (client.closed) await this.#closeFromElsewhere(n);
  }

  async #ask(seat: Seat, asked: readonly Ask[]): Promise<void> {
    let last = 0;
    for (const ask of asked) last = this.#send(seat, ask);
    await seat.client.until(() => repliesOf(seat.client).some(({ xid }) => xid === last));
  }

  #send(seat: Seat, ask: Ask): number {
    const xid = seat.client.send(opcode[ask.op], anything, bodyOf(ask, this.#places));
    seat.asked.set(xid, ask);
    return xid;
  }

  async #rejoin({ client: n, other, meanwhile, arm = "all", steal = false }: Rejoin): Promise<void> {
    const seat = this.#seat(n);
    await this.#settle();
    await this.#forgetSpent(seat);
    const before = seat.client;
    if (!steal) before.destroy();
    if (!steal) await before.until(() => before.closed);
    if (meanwhile !== undefined) await this.#ask(this.#seat(other), [meanwhile]);
    if (steal) await this.#settle();
    const { sessionId, passwd } = seat;
    const client = await ZkClient.open(this.#address);
    const session = await client.connect({
      ...{ sessionId, passwd, lastZxidSeen: seat.lastZxid },
      ...(arm === "old" ? {} : { readOnly: false }),
    });
    const same = session !== undefined && session.sessionId === sessionId;
    this.#say(`rejoined: ${same}, ${client.handshake?.length} bytes`);
    // The last connection is the one that counts.
    if (steal) await before.until(() => before.closed);
    seat.client = client;
    seat.told = 0;
    if (arm === "none") seat.forgetAll();
    else await this.#armAgain(seat, arm === "old");
    seat.told = client.heard.length;
  }

  /** As clients do that have come back; those from before there were watches that stay do not know of these. */
  async #armAgain(seat: Seat, old: boolean): Promise<void> {
    if (old) seat.forgetAll(["0", "1"]);
    const [data, exist, child] = [seat.watched("data"), seat.watched("exist"), seat.watched("child")];
    const once = { relativeZxid: seat.lastZxid, data, exist, child };
    const all = { ...once, persistent: seat.watched("0"), recursive: seat.watched("1") };
    const { client } = seat;
    const reply = old
      ? await client.ask(opcode.setWatches, requests.setWatches, once, -8)
      : await client.ask(opcode.setWatches2, requests.setWatches2, all, -8);
    this.#say(`armed: ${reply?.err}`);
    this.#tellMissed(seat);
  }

  /**
   * Forgets watches that were spent in silence, since their client may not read what happened, as far as it shows that they
   * were: to one that is armed again ZooKeeper tells what is otherwise than when it was left, however long ago that came to be.
   */
  async #forgetSpent(seat: Seat): Promise<void> {
    for (const { kind, path } of seat.once()) {
      const reply = await seat.client.ask(opcode.exists, requests.read, { path, watch: false });
      if ((reply?.err === 0) === (kind === "exist")) seat.forget(kind, path);
      // What nobody told it is known to it now.
      seat.hasSeen(reply?.zxid ?? 0);
    }
  }

  /** Somebody comes who is no client yet, and is told something, or nothing. */
  async #knock(how: "session" | "zxid" | "bytes", bytes: readonly number[]): Promise<void> {
    const client = await ZkClient.open(this.#address);
    if (how === "bytes") {
      client.sendFrame(Uint8Array.from(bytes));
      await client.until(() => client.handshake !== undefined);
    } else await client.connect(how === "session" ? { sessionId: unknownSession } : { lastZxidSeen: farAhead });
    // ZooKeeper may hang up before the answer that there is no such session has left.
    const none = client.handshake === undefined || hex(client.handshake) === noSession;
    this.#say(`knock: ${none ? "no session" : hex(client.handshake ?? new Uint8Array())}`);
    await client.until(() => client.closed);
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
    const seat = await Seat.open(this.#address);
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
      else seat.hasSeen(one.reply.zxid);
    }
    seat.told = seat.client.heard.length;
  }

  /** What was missed, whose order is not told. */
  #tellMissed(seat: Seat): void {
    const before = this.#lines.length;
    for (const one of seat.client.heard.slice(seat.told)) if ("event" in one) this.#tellEvent(-1, seat, one);
    const missed = this.#lines.splice(before);
    // The same event may come once for each kind of watch.
    for (const text of [...new Set(missed.map(({ text }) => text))].sort()) this.#say(text);
  }

  #tellEvent(n: number, seat: Seat, one: Extract<ZkHeard, { readonly event: unknown }>): void {
    const { type, state, path } = one.event;
    if (!path.startsWith(this.#places.root)) return;
    seat.fired(type, path);
    this.#say(`  ${n} event ${type} state ${state} ${this.#places.short(path)}`);
  }

  #tellReply(n: number, seat: Seat, reply: ZkReply): void {
    const ask = seat.asked.get(reply.xid);
    seat.asked.delete(reply.xid);
    if (ask === undefined) return;
    seat.hasSeen(reply.zxid);
    const { err, body, zxid } = reply;
    const said = `  ${n} ${ask.op} ${ask.path}: err ${err}`;
    const read = err === 0 ? this.#words.of(ask, body) : undefined;
    // Behind the error of a multiRead ZooKeeper sends an end of parts, which nobody reads.
    if (read === undefined) this.#say(body.length > 0 && ask.op !== "multiRead" ? `${said} with ${hex(body)}` : said);
    else if (!changing.has(ask.op)) this.#lines.push({ text: said + read.text, zxids: read.zxids });
    else this.#lines.push({ text: `${said}${read.text} at #`, zxids: [...read.zxids, zxid] });
    const path = this.#places.watched(ask.path);
    if (path !== undefined) seat.answered(ask, path, err);
  }
}

function repliesOf({ heard }: ZkClient): readonly ZkReply[] {
  return heard.flatMap((one) => ("reply" in one ? [one.reply] : []));
}
