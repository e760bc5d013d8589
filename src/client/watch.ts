/** One-shot watches made into an endless iteration, which tells of a change before any later answer shows it. */
import { errorMessage, TerrariumError } from "../base/errors.ts";
import type { Failure, Result, Stat, Zxid } from "../base/operations.ts";
import type { OneShotKind, ReadKind, WatchEvent, WatchEventType } from "../base/reads.ts";
import { onAbort } from "./abort.ts";
import type { Call, SessionDriver } from "./driver.ts";
import type { WatchOptions } from "./options.ts";
import { watchArguments } from "./requests.ts";
import type { SessionRequest } from "./session.ts";

/** The changes of a znode: see `TerrariumClient.watch`. */
export function watchChanges(
  driver: SessionDriver,
  path: string,
  kind: OneShotKind,
  options: WatchOptions,
): AsyncIterableIterator<WatchEvent> {
  try {
    const checked = watchArguments(path, kind, options);
    return new ChangeWatch(driver, checked.path, checked.kind, checked.signal);
  } catch (error) {
    return failing(error);
  }
}

/** An iteration that throws: where every other failure of a watch comes too. */
function failing(error: unknown): AsyncIterableIterator<WatchEvent> {
  return {
    next: () => Promise.reject(error),
    return: () => Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What the consumer knows of the znode. */
interface Known {
  readonly exists: boolean;
  /** Every change up to here was told. */
  readonly zxid: Zxid;
}

/** Somebody who waits for the next event. */
interface Waiter {
  resolve(result: IteratorResult<WatchEvent>): void;
  reject(error: Error): void;
}

const done: IteratorResult<WatchEvent> = { done: true, value: undefined };

/**
 * Reads with a watch, waits for its event, and reads again once the consumer has it. What the second read shows beyond the
 * event has changed in between, and is told as one more event.
 *
 * No generator: that would tell of an event some turns of the queue of promises later, after answers that show its change;
 * it would not run its end if it never began; and it could not be ended while it waits.
 *
 * Data is watched by `exists`: it sees the same changes as a read of the data, and creation too. At most two events wait
 * for the consumer: one that a read has shown and one of the watch which that read has armed.
 */
class ChangeWatch implements AsyncIterableIterator<WatchEvent> {
  readonly #driver: SessionDriver;
  readonly #path: string;
  readonly #kind: OneShotKind;
  readonly #events: WatchEvent[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #release: () => void;
  #known: Known | undefined;
  /** The read whose watch has not fired. */
  #armed: SessionRequest<Call> | undefined;
  #ended = false;
  /** Thrown once, behind the last event. */
  #error: Error | undefined;

  constructor(driver: SessionDriver, path: string, kind: OneShotKind, signal: AbortSignal | undefined) {
    this.#driver = driver;
    this.#path = path;
    this.#kind = kind;
    const stopState = driver.onState((state) => {
      if (state === "expired") this.#fail(errorOf(driver.session.trouble)); // or taken over
      if (state === "closed") this.#fail(new TerrariumError("SESSION_CLOSED"));
    });
    const stopSignal = onAbort(signal, () => this.#end());
    this.#release = () => {
      stopState();
      stopSignal();
    };
    if (signal?.aborted) this.#end();
    else this.#arm();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<WatchEvent>> {
    const event = this.#events.shift();
    if (event !== undefined) {
      this.#armAgain();
      return Promise.resolve({ done: false, value: event });
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    if (this.#ended) return Promise.resolve(done);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<WatchEvent>> {
    this.#end();
    return Promise.resolve(done);
  }

  throw(error?: unknown): Promise<IteratorResult<WatchEvent>> {
    this.#end();
    return Promise.reject(error);
  }

  /** Tells of an event, at once if somebody waits. */
  #tell(event: WatchEvent): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#events.push(event);
    else waiter.resolve({ done: false, value: event });
  }

  #armAgain(): void {
    if (this.#armed === undefined && this.#events.length === 0 && !this.#ended) this.#arm();
  }

  #arm(): void {
    // Children of a missing znode cannot be watched: wait for it to be created.
    const children = this.#kind === "children" && this.#known?.exists !== false;
    const kind: ReadKind = children ? "getChildren" : "exists";
    // The first read is linearizable, so that it finds what others have just created.
    // Of the children one name is enough: the Stat tells of all changes.
    const page = children ? { limit: 1 } : {};
    const read = { kind, path: this.#path, watch: true, local: this.#known !== undefined, ...page };
    try {
      this.#armed = this.#driver.request({ type: "read", read }, Number.POSITIVE_INFINITY, undefined, {
        watcher: (event) => this.#fired(event),
        atOnce: true,
        answer: (result, zxid) => this.#answered(children, result, zxid),
        fail: (error) => this.#fail(error),
      });
    } catch (error) {
      this.#fail(error instanceof Error ? error : new TerrariumError("PROTOCOL_ERROR", String(error)));
    }
  }

  #answered(children: boolean, result: Result, zxid: Zxid): void {
    const failure = result.failure;
    if (failure !== undefined && failure.code !== "NO_NODE") return this.#fail(errorOf(failure));
    const stat = result.failure === undefined ? result.stat : undefined;
    const missing = stat === undefined;
    if (missing && this.#known === undefined && this.#kind !== "exist") {
      return this.#fail(errorOf(failure ?? { code: "NO_NODE", message: errorMessage("NO_NODE") }));
    }
    this.#compare(stat, zxid);
    // Not armed: getChildren of a missing node. Armed with the wrong kind: the node whose creation was awaited is there.
    if (children ? missing : !missing && this.#kind === "children") {
      this.#disarm();
      this.#armAgain();
    }
  }

  /** Tells what the read shows beyond what is known. */
  #compare(stat: Stat | undefined, zxid: Zxid): void {
    const known = this.#known;
    const changedAt = stat === undefined ? zxid : this.#kind === "children" ? stat.pzxid : stat.mzxid;
    this.#known = { exists: stat !== undefined, zxid: Math.max(changedAt, known?.zxid ?? 0) };
    if (known === undefined) return;
    const type = changeBetween(known, stat, changedAt, this.#kind);
    if (type !== undefined) this.#tell({ type, path: this.#path, zxid: changedAt, kind: this.#kind });
  }

  #fired(event: WatchEvent): void {
    this.#armed = undefined;
    const existed = this.#known?.exists ?? true;
    // After a resync the consumer knows nothing new before it reads; our next read says whether the node is there.
    const exists = event.type === "resync" ? existed : event.type !== "deleted";
    this.#known = { exists, zxid: event.zxid };
    this.#tell({ ...event, kind: this.#kind });
    this.#armAgain();
  }

  #disarm(): void {
    if (this.#armed !== undefined) this.#driver.forget(this.#armed);
    this.#armed = undefined;
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#error = error;
    else waiter.reject(error);
    this.#finish();
  }

  /** The consumer wants no more. */
  #end(): void {
    this.#events.length = 0;
    this.#error = undefined;
    if (!this.#ended) this.#finish();
  }

  #finish(): void {
    this.#ended = true;
    this.#disarm();
    this.#release();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(done);
  }
}

function changeBetween(
  known: Known,
  stat: Stat | undefined,
  changedAt: Zxid,
  kind: OneShotKind,
): WatchEventType | undefined {
  if (stat === undefined) return known.exists ? "deleted" : undefined;
  if (!known.exists || stat.czxid > known.zxid) return "created";
  if (changedAt <= known.zxid) return undefined;
  return kind === "children" ? "childrenChanged" : "dataChanged";
}

function errorOf(failure: Failure): TerrariumError {
  return new TerrariumError(failure.code, failure.message);
}
