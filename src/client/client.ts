import { TerrariumError } from "../base/errors.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import type { OneShotKind, WatchEvent } from "../base/reads.ts";
import { badArgument, checkOptions } from "./checks.ts";
import type { SessionDriver } from "./driver.ts";
import { checkTimeout } from "./endpoints.ts";
import { openSession } from "./opening.ts";
import type { AddWatchOptions, ClientOptions, ReadOptions, SessionInfo, WatchOptions } from "./options.ts";
import { RequestSender } from "./request-sender.ts";
import { addWatchRequest, everyRequest } from "./requests.ts";
import type { SessionState } from "./session.ts";
import { Transaction } from "./transaction.ts";
import { checkedWrites, TreeWriter } from "./tree-writer.ts";
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
   * Begins a transaction: changes that are made together, or not at all, each on what those before it leave. At most
   * 1,000 steps and 2 MiB: MULTI_TOO_LARGE.
   *
   * ```ts
   * const { stat } = await client.get("/config");
   * const [, backup] = await client
   *   .transaction()
   *   .check("/leader", { version: 4 })
   *   .create("/config/old-", "1", { sequential: true })
   *   .set("/config", "2", { version: stat.version })
   *   .commit();
   * console.log(backup.path);
   * ```
   */
  transaction(): Transaction {
    return new Transaction((parts, options, convert) =>
      this.#sender.ask(
        () => {
          checkOptions(options, everyRequest);
          return { type: "write", operation: checkedWrites.multi(parts) };
        },
        options,
        convert,
      ),
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
