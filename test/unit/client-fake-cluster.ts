/**
 * The servers' side of the session protocol over one flat tree in memory, for tests of the client: exactly-once writes,
 * fencing, watches and an endless change history. Answers at once; the tests delay and lose what it says.
 */
import { type Credential, openAcl } from "../../src/base/acl.ts";
import { unreachable } from "../../src/base/assert.ts";
import { emptyBytes } from "../../src/base/bytes.ts";
import type { Failure, MultiPart, Operation, PartResult, Result, Stat } from "../../src/base/operations.ts";
import type { Read, WatchEvent, WatchKind } from "../../src/base/reads.ts";
import { isAt, staysArmed, watchedPaths } from "../../src/base/watch-rules.ts";
import type { ClientMessage, Request, ServerMessage, SetWatches } from "../../src/protocol/client-messages.ts";

interface FakeNode {
  data: Uint8Array;
  stat: Stat;
}

interface FakeSession {
  readonly password: Uint8Array;
  lastRequestId: number;
  readonly answers: Map<number, { zxid: number; result: Result }>;
  connection: number;
}

/** Watches of a connection that are armed one after another; what it says behind them waits. */
interface Arming {
  readonly message: SetWatches;
  armed: number;
  readonly events: WatchEvent[];
  readonly behind: ClientMessage[];
}

export interface FakeChange {
  readonly type: WatchEvent["type"];
  readonly path: string;
  readonly zxid: number;
}

const kindsOf: Readonly<Record<WatchEvent["type"], readonly WatchKind[]>> = {
  created: ["data", "exist", "persistent", "recursive"],
  deleted: ["data", "exist", "children", "persistent", "recursive"],
  dataChanged: ["data", "exist", "persistent", "recursive"],
  childrenChanged: ["children", "persistent"],
  resync: [],
};

export class FakeCluster {
  zxid = 100;
  quorum = true;
  /** From so many names on the children of a znode do not fit in one answer. */
  namesPerAnswerMax = Number.POSITIVE_INFINITY;
  readonly nodes = new Map<string, FakeNode>();
  readonly sessions = new Map<number, FakeSession>();
  /** Every change so far. */
  readonly history: FakeChange[] = [];
  /** Every write of a session that took effect, in order. */
  /** Credentials, as they came: with a connection, or in requests. */
  readonly shown: Credential[] = [];
  readonly applied: { sessionId: number; requestId: number; operation: Operation }[] = [];
  /** Connect messages, in order. */
  readonly connects: (ClientMessage & { type: "connect" })[] = [];
  /** Unless it returns undefined, a request is answered with its failure and not carried out. */
  refuses: (request: Request) => Failure | undefined = () => undefined;
  /** Changes of a multi under way. */
  #held: Omit<FakeChange, "zxid">[] | undefined;
  /** How many watches of a client that was elsewhere are armed at once; the rest by {@link arm}. */
  armsAtOnce = Number.POSITIVE_INFINITY;
  readonly #watches = new Map<number, Set<string>>();
  /** By connection. */
  readonly #arming = new Map<number, Arming>();
  readonly #attached = new Map<number, number>();
  readonly #send: (connection: number, message: ServerMessage) => void;

  constructor(send: (connection: number, message: ServerMessage) => void) {
    this.#send = send;
    this.#put("/", emptyBytes, 0);
  }

  receive(connection: number, message: ClientMessage): void {
    const arming = this.#arming.get(connection);
    if (arming !== undefined) return void arming.behind.push(message);
    switch (message.type) {
      case "connect":
        this.connects.push(message);
        return this.#connect(connection, message.sessionId, message.password, message.timeoutMs);
      case "ping":
        this.#send(connection, { type: "pong", number: message.number, quorum: this.quorum });
        if (this.quorum && this.#attached.has(connection))
          this.#send(connection, { type: "heard", ping: message.number });
        return;
      case "disarm":
        for (const { kind, path } of message.watches) this.#watches.get(connection)?.delete(`${kind} ${path}`);
        return;
      case "setWatches":
        this.#arming.set(connection, { message, armed: 0, events: [], behind: [] });
        return this.arm(this.armsAtOnce);
      case "request": {
        const sessionId = this.#attached.get(connection);
        const session = sessionId === undefined ? undefined : this.sessions.get(sessionId);
        if (sessionId !== undefined && session !== undefined) this.#request(connection, sessionId, session, message);
      }
    }
  }

  /** Arms so many watches of each client that was elsewhere. Once all are, it is told what they have missed, and heard on. */
  arm(count: number): void {
    for (const [connection, arming] of [...this.#arming]) {
      const { message, events, behind } = arming;
      const next = message.watches.slice(arming.armed, arming.armed + count);
      arming.armed += next.length;
      for (const { kind, path } of next) {
        const missed = this.firstChange(kind, path, message.relativeZxid);
        if (missed === undefined || staysArmed(kind)) this.#arm(connection, kind, path);
        if (missed === undefined) continue;
        events.push(staysArmed(kind) ? { type: "resync", path, zxid: this.zxid, kind } : { ...missed, kind });
      }
      if (arming.armed < message.watches.length) continue;
      this.#arming.delete(connection);
      for (const event of events.sort((a, b) => a.zxid - b.zxid)) this.#send(connection, { type: "event", event });
      for (const waiting of behind) this.receive(connection, waiting);
    }
  }

  /** Says so to every client, as servers do. */
  setQuorum(quorum: boolean): void {
    this.quorum = quorum;
    for (const connection of this.#attached.keys()) this.#send(connection, { type: "pong", number: 0, quorum });
  }

  /** What is armed for a session: `kind path`. */
  armed(sessionId: number): readonly string[] {
    return [...(this.#watches.get(this.sessions.get(sessionId)?.connection ?? 0) ?? [])].sort();
  }

  /** The connection is gone. */
  closed(connection: number): void {
    this.#watches.delete(connection);
    this.#arming.delete(connection);
    this.#attached.delete(connection);
  }

  /** Ends a session, as the leader does to a silent one. */
  expire(sessionId: number): void {
    const connection = this.sessions.get(sessionId)?.connection;
    this.sessions.delete(sessionId);
    this.zxid++;
    if (connection !== undefined && this.#attached.get(connection) === sessionId)
      this.#refuse(connection, "SESSION_EXPIRED");
  }

  /** The change that fires a watch whose client knows everything up to `zxid`. */
  firstChange(kind: WatchKind, path: string, zxid: number): FakeChange | undefined {
    return this.changes(kind, path, zxid)[0];
  }

  /** The changes after `zxid` that concern a watch. */
  changes(kind: WatchKind, path: string, zxid: number): FakeChange[] {
    return this.history.filter(
      (change) => change.zxid > zxid && isAt(kind, path, change.path) && kindsOf[change.type].includes(kind),
    );
  }

  /** Carries out a change, whoever asked for it. */
  apply(operation: Operation): Result {
    this.zxid++;
    return operation.op === "multi" ? this.#multi(operation.parts) : this.#applyPart(operation);
  }

  /** On a copy of the znodes, which is dropped where a part is refused. */
  #multi(parts: readonly MultiPart[]): Result {
    const before = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
    this.#held = [];
    const results: PartResult[] = [];
    for (const [i, part] of parts.entries()) {
      const result = this.#applyPart(part);
      if (result.failure !== undefined) {
        this.nodes.clear();
        for (const [path, node] of before) this.nodes.set(path, node);
        this.#held = undefined;
        return { failure: { ...result.failure, failedPart: i } };
      }
      results.push(result);
    }
    const held = this.#held;
    this.#held = undefined;
    for (const { type, path } of held) this.#change(type, path);
    return { results };
  }

  #applyPart(operation: MultiPart): Result {
    if (operation.op === "unsupported") return failed("UNIMPLEMENTED");
    // It knows no lists: whoever has one may do everything.
    if (operation.op === "createWithAcl") return this.#applyPart(operation.create);
    const { path } = operation;
    const node = this.nodes.get(path);
    if (operation.op === "create" || operation.op === "createContainer" || operation.op === "createTtl") {
      if (node !== undefined) return failed("NODE_EXISTS");
      this.#put(path, operation.data, this.zxid);
      this.#change("created", path);
      this.#touchParent(path, 1);
      return { path, stat: this.#stat(path) };
    }
    if (node === undefined) return failed("NO_NODE");
    if (operation.op === "setAcl") {
      node.stat = { ...node.stat, aversion: node.stat.aversion + 1 };
      return { stat: node.stat };
    }
    if (operation.version !== -1 && operation.version !== node.stat.version) return failed("BAD_VERSION");
    if (operation.op === "delete") {
      this.nodes.delete(path);
      this.#change("deleted", path);
      this.#touchParent(path, -1);
      return {};
    }
    if (operation.op === "check") return {};
    node.data = operation.data;
    node.stat = { ...node.stat, mzxid: this.zxid, version: node.stat.version + 1, dataLength: operation.data.length };
    this.#change("dataChanged", path);
    return { stat: node.stat };
  }

  #connect(connection: number, wanted: number, password: Uint8Array, timeoutMs: number): void {
    if (!this.quorum) return this.#refuse(connection, "NO_QUORUM");
    this.zxid++;
    const sessionId = wanted === 0 ? this.zxid : wanted;
    if (wanted === 0) {
      const secret = Uint8Array.of(this.zxid & 0xff, 7);
      this.sessions.set(sessionId, { password: secret, lastRequestId: 0, answers: new Map(), connection });
    }
    const session = this.sessions.get(sessionId);
    if (session === undefined) return this.#refuse(connection, "SESSION_EXPIRED");
    if (wanted !== 0 && String(password) !== String(session.password)) return this.#refuse(connection, "AUTH_FAILED");
    if (session.connection !== connection) this.#attached.delete(session.connection);
    session.connection = connection;
    this.#attached.set(connection, sessionId);
    const { lastRequestId } = session;
    const zxid = this.zxid;
    this.#send(connection, {
      type: "connected",
      sessionId,
      password: session.password,
      timeoutMs,
      serverId: 1,
      lastRequestId,
      zxid,
      clusterId: "fake",
      instance: 0,
    });
  }

  #request(connection: number, sessionId: number, session: FakeSession, request: Request): void {
    const { xid, body } = request;
    const refusal = this.refuses(request);
    if (refusal !== undefined) {
      this.#send(connection, { type: "reply", xid, zxid: this.zxid, result: { failure: refusal } });
    } else if (body.type === "auth") {
      this.shown.push(body.credential);
      this.#send(connection, { type: "reply", xid, zxid: this.zxid, result: {} });
    } else if (body.type === "read") {
      const result = this.#read(connection, body.read);
      this.#send(connection, { type: "reply", xid, zxid: this.zxid, result });
    } else if (body.type === "close") {
      this.sessions.delete(sessionId);
      this.zxid++;
      this.#send(connection, { type: "reply", xid, zxid: this.zxid, result: {} });
      this.#refuse(connection, "SESSION_EXPIRED");
    } else {
      this.#send(connection, {
        type: "reply",
        xid,
        ...this.#once(session, sessionId, request.requestId, body.operation),
      });
    }
  }

  #once(
    session: FakeSession,
    sessionId: number,
    requestId: number,
    operation: Operation,
  ): { zxid: number; result: Result } {
    const former = session.answers.get(requestId);
    if (former !== undefined) return former;
    if (requestId !== session.lastRequestId + 1) throw new Error(`write ${requestId} after ${session.lastRequestId}`);
    session.lastRequestId = requestId;
    const result = this.apply(operation);
    const answer = { zxid: this.zxid, result };
    session.answers.set(requestId, answer);
    this.applied.push({ sessionId, requestId, operation });
    return answer;
  }

  #read(connection: number, read: Read): Result {
    if (read.kind === "multiRead") {
      const results = (read.parts ?? []).map((part) => this.#read(connection, { ...part, watch: false, local: true }));
      return { results: results as PartResult[] };
    }
    if (read.kind === "getEphemerals")
      return { children: [...this.nodes.keys()].filter((path) => path.startsWith(read.path)).sort() };
    if (read.kind === "addWatch" || read.kind === "addRecursiveWatch") {
      this.#arm(connection, read.kind === "addWatch" ? "persistent" : "recursive", read.path);
      return {};
    }
    if (read.kind === "removeWatches" || read.kind === "checkWatches") return failed("NO_WATCHER");
    const node = this.nodes.get(read.path);
    if (node === undefined && read.kind !== "sync") {
      if (read.watch && read.kind === "exists") this.#arm(connection, "exist", read.path);
      return failed("NO_NODE");
    }
    if (read.kind === "sync") return {};
    if (read.kind === "getAcl") return { acl: openAcl, stat: this.#stat(read.path) };
    if (read.kind === "getAllChildrenNumber") {
      const prefix = read.path === "/" ? "/" : `${read.path}/`;
      return { count: [...this.nodes.keys()].filter((path) => path !== "/" && path.startsWith(prefix)).length };
    }
    const stat = this.#stat(read.path);
    switch (read.kind) {
      case "exists":
        if (read.watch) this.#arm(connection, "exist", read.path);
        return { stat };
      case "getData":
        if (read.watch) this.#arm(connection, "data", read.path);
        return { data: node?.data ?? emptyBytes, stat };
      case "getChildren": {
        if (read.watch) this.#arm(connection, "children", read.path);
        const prefix = read.path === "/" ? "/" : `${read.path}/`;
        const below = [...this.nodes.keys()].filter((path) => path !== "/" && path.startsWith(prefix));
        const { limit = 0, after = "" } = read;
        const children = below.map((path) => path.slice(prefix.length)).sort();
        if (limit === 0)
          return children.length > this.namesPerAnswerMax ? failed("REPLY_TOO_LARGE") : { children, stat };
        const behind = children.filter((name) => name > after);
        const page = behind.slice(0, Math.min(limit, this.namesPerAnswerMax));
        return page.length < behind.length ? { children: page, more: true, stat } : { children: page, stat };
      }
      default:
        return unreachable(read.kind);
    }
  }

  #arm(connection: number, kind: WatchKind, path: string): void {
    const watches = this.#watches.get(connection) ?? new Set();
    watches.add(`${kind} ${path}`);
    this.#watches.set(connection, watches);
  }

  #change(type: FakeChange["type"], path: string): void {
    if (this.#held !== undefined) {
      this.#held.push({ type, path });
      return;
    }
    this.history.push({ type, path, zxid: this.zxid });
    for (const kind of kindsOf[type]) {
      for (const [connection, watches] of this.#watches) {
        const fired = [...watchedPaths(kind, path)].map((at) => `${kind} ${at}`).filter((key) => watches.has(key));
        if (fired.length === 0) continue;
        if (!staysArmed(kind)) for (const key of fired) watches.delete(key);
        const event: WatchEvent = { type, path, zxid: this.zxid, kind };
        const arming = this.#arming.get(connection);
        if (arming === undefined) this.#send(connection, { type: "event", event });
        else arming.events.push(event);
      }
    }
  }

  #put(path: string, data: Uint8Array, zxid: number): void {
    const stat: Stat = {
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: 0,
      mtime: 0,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0,
      dataLength: data.length,
      numChildren: 0,
    };
    this.nodes.set(path, { data, stat });
  }

  #touchParent(path: string, children: number): void {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    const node = this.nodes.get(parent);
    if (node === undefined) return;
    const { cversion, numChildren } = node.stat;
    node.stat = { ...node.stat, pzxid: this.zxid, cversion: cversion + 1, numChildren: numChildren + children };
    this.#change("childrenChanged", parent);
  }

  #stat(path: string): Stat {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Error(`no ${path}`);
    return node.stat;
  }

  #refuse(connection: number, code: Failure["code"]): void {
    this.closed(connection);
    this.#send(connection, { type: "refused", failure: { code, message: code } });
  }
}

function failed(code: Failure["code"]): Result {
  return { failure: { code, message: code } };
}
