/** The client: one session with a cluster, as promises. */
import { emptyBytes } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import type { OneShotKind, SessionId, Stat, Success, WatchEvent, Zxid } from "../base/operations.ts";
import { badArgument, checkOptions } from "./checks.ts";
import { allPages, pagesOf } from "./child-pages.ts";
import type { SessionDriver } from "./driver.ts";
import { checkTimeout } from "./endpoints.ts";
import { type MultiReadOptions, multiReadRequest, type PartAnswers, partAnswers, type ReadPart } from "./multi-read.ts";
import { openSession } from "./opening.ts";
import type {
  AddWatchOptions,
  ChildPage,
  ChildPagesOptions,
  ClientOptions,
  CountOptions,
  EphemeralsOptions,
  NodeChildren,
  NodeCount,
  NodeData,
  OwnEphemerals,
  ReadOptions,
  RequestOptions,
  SessionInfo,
  WatchOptions,
} from "./options.ts";
import { field, RequestSender, succeeded } from "./request-sender.ts";
import { addWatchRequest, countRequest, ephemeralsRequest, readRequest, syncRequest } from "./requests.ts";
import type { SessionState } from "./session.ts";
import { TreeWriter } from "./tree-writer.ts";
import { watchChanges } from "./watch.ts";

/**
 * A session with a cluster.
 *
 * Requests may be sent without waiting for earlier ones: they are carried out, and answered, in the order of the
 * calls. When the server goes away the client moves to another one by itself and sends again what has no answer yet;
 * a write takes effect once however often it was sent. A promise rejects with a {@link TerrariumError}, whose `code` says
 * why: BAD_ARGUMENTS or USAGE where the arguments are wrong, whatever types the caller has, and nothing was sent.
 *
 * ```ts
 * const client = await TerrariumClient.connect({ endpoints: ["127.0.0.1:7101"] });
 * client.on("state", (state) => console.log(`session is ${state}`));
 * await client.create("/lock", "me", { ephemeral: true });
 * await client.close(); // removes /lock
 * ```
 */
export class TerrariumClient extends TreeWriter {
  readonly #driver: SessionDriver;
  readonly #sender: RequestSender;

  private constructor(driver: SessionDriver, sender: RequestSender) {
    super(sender);
    this.#driver = driver;
    this.#sender = sender;
  }

  /**
   * Opens a session, or resumes one, at any of the endpoints.
   *
   * Rejects with USAGE (an endpoint is not `host:port`, a time is no positive number), BAD_ARGUMENTS (another option is
   * wrong), NO_SERVER, NO_QUORUM, OVERLOADED, PROTOCOL_ERROR (what answers is not a Terrarium client port), ABORTED,
   * WRONG_CLUSTER (the endpoints that answer are of two clusters; the session is closed again), and for a resumed session SESSION_EXPIRED or AUTH_FAILED.
   *
   * ```ts
   * const client = await TerrariumClient.connect({
   *   endpoints: ["127.0.0.1:7101", "127.0.0.1:7102", "127.0.0.1:7103"],
   *   sessionTimeoutMs: 6_000,
   * });
   * ```
   */
  static async connect(options: ClientOptions): Promise<TerrariumClient> {
    const { driver, requestTimeoutMs } = await openSession(options);
    return new TerrariumClient(driver, new RequestSender(driver, requestTimeoutMs));
  }

  /** The session's id; the same for its whole life. */
  get sessionId(): SessionId {
    return this.#driver.session.identity.sessionId;
  }

  /**
   * What another process needs to resume the session.
   *
   * ```ts
   * const { sessionId, password } = client.session;
   * client.detach();
   * const again = await TerrariumClient.connect({ endpoints, session: { sessionId, password } });
   * ```
   */
  get session(): SessionInfo {
    const { sessionId, password, timeoutMs, lastZxid, instance } = this.#driver.session.identity;
    return { sessionId, password, timeoutMs, lastZxid, instance };
  }

  /**
   * Where the session stands: see {@link SessionState}. By the clock, so it says `lost` in time also to a process that has
   * stood still and whose listeners were not called yet.
   */
  get state(): SessionState {
    return this.#driver.session.stateAt(performance.now());
  }

  /**
   * For how long the session is certain to live yet, milliseconds, by this process's monotonic clock; 0 while it is not
   * `connected` or `suspended`. What the session owns, such as a lock, is its own for that long; whoever does something
   * that takes time on the strength of a lock looks here before.
   *
   * ```ts
   * if (client.certainForMs < 2_000) throw new Error("the lock may be lost before this is done");
   * ```
   */
  get certainForMs(): number {
    return this.#driver.session.certainMs(performance.now());
  }

  /** `host:port` of where the client may go: the endpoints given, and the members that servers have told of. */
  get endpoints(): readonly string[] {
    return this.#driver.session.endpoints;
  }

  /** Newest zxid that this client has seen; never goes back. */
  get lastZxid(): Zxid {
    return this.#driver.session.identity.lastZxid;
  }

  /** `host:port` of the server attached to, or undefined while there is none. */
  get endpoint(): string | undefined {
    return this.#driver.session.endpoint;
  }

  /**
   * Calls `listener` at each change of state. Returns a function that stops it. Whoever holds something by an ephemeral
   * stops at `lost`, which comes before anybody else can hold it.
   *
   * ```ts
   * const stop = client.on("state", (state) => { if (state === "lost" || state === "expired") process.exit(1); });
   * ```
   */
  on(event: "state", listener: (state: SessionState) => void): () => void {
    if (event !== "state") throw new TerrariumError("USAGE", `there is no event named ${String(event)}`);
    if (typeof listener !== "function") throw badArgument("listener", listener, "a function");
    return this.#driver.onState(listener);
  }

  /**
   * Reads a znode's data. Rejects with NO_NODE.
   *
   * ```ts
   * const { data, stat } = await client.get("/greeting", { watch: (event) => console.log(event.type) });
   * console.log(new TextDecoder().decode(data), stat.version);
   * ```
   */
  get(path: string, options: ReadOptions = {}): Promise<NodeData> {
    return this.#sender.send(() => readRequest("getData", path, options), options, nodeData);
  }

  /**
   * The znode's stat, or undefined if it does not exist. A watch is armed in both cases.
   *
   * ```ts
   * if ((await client.exists("/lock")) === undefined) await client.create("/lock");
   * ```
   */
  exists(path: string, options: ReadOptions = {}): Promise<Stat | undefined> {
    return this.#sender.ask(
      () => readRequest("exists", path, options),
      options,
      (result) => {
        if (result.failure?.code === "NO_NODE") return undefined;
        return succeeded(result).stat;
      },
    );
  }

  /**
   * The names of a znode's children. Rejects with NO_NODE.
   *
   * They are those of one state, that at `zxid`, if they fit in one answer, which has room for some 240,000 names of
   * twelve letters. More are put together from pages, `timeoutMs` for each: {@link childPages} tells what such a list
   * shows. Its `stat` and `zxid` are those of the first page: all that happened up to there shows in it, and a watch tells
   * of the first change behind it.
   *
   * ```ts
   * for (const name of (await client.children("/queue")).children) console.log(name);
   * ```
   */
  children(path: string, options: ReadOptions = {}): Promise<NodeChildren> {
    return this.#sender.ask(
      () => readRequest("getChildren", path, options),
      options,
      (result, zxid) => {
        if (result.failure?.code === "REPLY_TOO_LARGE") return allPages(this.#sender.page(path), options);
        const { children = [], stat } = succeeded(result);
        return { children, stat: field(stat, "stat"), zxid };
      },
    );
  }

  /**
   * The names of a znode's children, page by page, however many they are: each page is asked for when the loop comes to
   * it. The iteration throws NO_NODE, also when the znode goes between two pages.
   *
   * Each page is of one state, that at its `zxid`, which never goes back; pages may be of different ones. A child that is
   * there all the time is in exactly one page, no name is in two, and one that comes or goes meanwhile may show or not.
   * Where all pages have the same `stat.czxid` and `stat.pzxid`, together they are one state. A `watch` is armed with
   * the first page: its event comes before any page that shows a change behind the first.
   *
   * ```ts
   * for await (const { children } of client.childPages("/jobs", { limit: 1_000 })) console.log(children.join("\n"));
   * ```
   */
  childPages(path: string, options: ChildPagesOptions = {}): AsyncIterableIterator<ChildPage> {
    return pagesOf(this.#sender.page(path), options);
  }

  /**
   * How many znodes there are below one, however deep. Rejects with NO_NODE.
   *
   * ```ts
   * const { count } = await client.countBelow("/jobs");
   * ```
   */
  countBelow(path: string, options: CountOptions = {}): Promise<NodeCount> {
    return this.#sender.send(
      () => countRequest(path, options),
      options,
      ({ count }, zxid) => ({ count: field(count, "count"), zxid }),
    );
  }

  /**
   * The paths of the ephemerals that this session owns, sorted: those that begin with `prefix`. Rejects with
   * REPLY_TOO_LARGE if they fill more than a frame.
   *
   * ```ts
   * for (const path of (await client.ephemerals({ prefix: "/workers/" })).paths) console.log(path);
   * ```
   */
  ephemerals(options: EphemeralsOptions = {}): Promise<OwnEphemerals> {
    return this.#sender.send(
      () => ephemeralsRequest(options),
      options,
      ({ children }, zxid) => ({ paths: field(children, "children"), zxid }),
    );
  }

  /**
   * Reads several znodes together: all of one state, that at `zxid`, each with its own answer or error. At most 1,000:
   * MULTI_TOO_LARGE; rejects with REPLY_TOO_LARGE if the answers together fill more than a frame.
   *
   * ```ts
   * const [config, workers] = await client.multiRead([
   *   { kind: "getData", path: "/config" },
   *   { kind: "getChildren", path: "/workers" },
   * ]);
   * if (!(workers instanceof TerrariumError)) console.log(workers.children);
   * ```
   */
  multiRead<const P extends readonly ReadPart[]>(parts: P, options: MultiReadOptions = {}): Promise<PartAnswers<P>> {
    return this.#sender.ask(
      () => multiReadRequest(parts, options),
      options,
      (result, zxid) => partAnswers(parts, result, zxid),
    );
  }

  /**
   * Waits until the attached server has applied all that was committed in the cluster when it was asked: a quorum
   * round. Later local reads show at least that. Returns the newest zxid applied.
   *
   * ```ts
   * await client.sync();
   * await client.get("/config", { local: true });
   * ```
   */
  sync(options: RequestOptions = {}): Promise<Zxid> {
    return this.#sender.send(
      () => syncRequest(options),
      options,
      (_success, zxid) => zxid,
    );
  }

  /**
   * The changes of a znode, for ever: a one-shot watch that is armed again after each event. However much changes while an
   * event is handled, two more events come of it at most; so the last event is never older than the znode's last change; a znode
   * that came and went in between looks unchanged.
   *
   * An event comes before any answer that shows its change, as for callbacks (`watch` of {@link ReadOptions}): its promise
   * is settled before those of answers that a server sent later.
   *
   * The watch is armed at the call. Breaking out of the loop, `return()` or aborting `signal` ends it, at any time, and
   * disarms it at the server. The iteration throws NO_NODE
   * if the znode is missing at first (kinds `data` and `children`), SESSION_EXPIRED or SESSION_CLOSED when the session ends.
   *
   * ```ts
   * for await (const event of client.watch("/members", "children")) {
   *   console.log(event.type, (await client.children("/members")).children);
   * }
   * ```
   */
  watch(path: string, kind: OneShotKind, options: WatchOptions = {}): AsyncIterableIterator<WatchEvent> {
    return watchChanges(this.#driver, path, kind, options);
  }

  /**
   * Watches a path until `signal` aborts, which disarms the watch at the server, or the session ends: be the znode there or
   * not. `listener` is called for each change, in their order and before any answer that shows it: the znode was created, set
   * or deleted, or its children changed. With `recursive` also for all znodes below; then `childrenChanged` is left out,
   * since the child itself is told of. If the session had to go to another server, and something happened
   * meanwhile, it is told as one `resync` with the watch's path. Resolves with the zxid from which on it tells.
   *
   * ```ts
   * await client.addWatch("/services", ({ type, path }) => console.log(type, path), { recursive: true });
   * ```
   */
  addWatch(path: string, listener: (event: WatchEvent) => void, options: AddWatchOptions = {}): Promise<Zxid> {
    const { recursive: _, ...request } = options ?? {};
    return this.#sender.send(
      () => addWatchRequest(path, listener, options),
      { ...request, watch: listener },
      (_success, zxid) => zxid,
    );
  }

  /**
   * Waits for the requests under way, then ends the session: its ephemerals are removed at once. If that takes longer
   * than `timeoutMs` (default: the request timeout) the session is left to expire. Never rejects for lack of a server.
   *
   * ```ts
   * await client.close();
   * ```
   */
  async close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    const { timeoutMs = this.#sender.timeoutMs } = checkOptions(options, ["timeoutMs"]);
    await this.#driver.close(checkTimeout("timeoutMs", timeoutMs));
  }

  /**
   * Lets go of the server without ending the session: it can be resumed until it times out. Requests under way reject
   * with SESSION_CLOSED.
   *
   * ```ts
   * client.detach();
   * ```
   */
  detach(): void {
    this.#driver.detach();
  }
}

function nodeData({ data = emptyBytes, stat }: Success, zxid: Zxid): NodeData {
  return { data, stat: field(stat, "stat"), zxid };
}
