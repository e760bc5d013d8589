/** Turns what callers ask into requests of the session, and answers into what promises resolve with. */
import { TerrariumError } from "../base/errors.ts";
import type { Result, Success, Zxid } from "../base/operations.ts";
import type { RequestBody } from "../protocol/client-messages.ts";
import type { AskPage } from "./child-pages.ts";
import type { Call, SessionDriver } from "./driver.ts";
import type { ReadOptions } from "./options.ts";
import { pageRequest, requestOptions } from "./requests.ts";

export class RequestSender {
  /** How long a request may take that does not say so itself, milliseconds. */
  readonly timeoutMs: number;
  readonly #driver: SessionDriver;

  constructor(driver: SessionDriver, timeoutMs: number) {
    this.#driver = driver;
    this.timeoutMs = timeoutMs;
  }

  /** Asks for pages of a znode's children. */
  page(path: string): AskPage {
    return (options, after) =>
      this.send(
        () => pageRequest(path, options, after),
        options,
        ({ children = [], more = false, stat }, zxid) => ({ children, more, stat: field(stat, "stat"), zxid }),
      );
  }

  /** Sends a request whose failure is the caller's. `body` may throw: so everything wrong rejects the promise. */
  send<T>(body: () => RequestBody, options: ReadOptions, convert: (success: Success, zxid: Zxid) => T): Promise<T> {
    return this.ask(body, options, (result, zxid) => convert(succeeded(result), zxid));
  }

  /** The same, where a failure may be an answer. */
  ask<T>(
    body: () => RequestBody,
    options: ReadOptions,
    convert: (result: Result, zxid: Zxid) => T | Promise<T>,
  ): Promise<T> {
    // What the checks throw, here or in `body`, rejects the promise.
    return new Promise((resolve, reject) => {
      const { timeoutMs, signal } = requestOptions(options, this.timeoutMs);
      this.#driver.request(body(), timeoutMs, signal, new Asked(options.watch, convert, resolve, reject));
    });
  }
}

/** The promise of a request. A class, since there is one for each: its methods are there once. */
class Asked<T> implements Call {
  readonly watcher: ReadOptions["watch"];
  release: (() => void) | undefined = undefined;
  readonly #convert: (result: Result, zxid: Zxid) => T | Promise<T>;
  readonly #resolve: (value: T | Promise<T>) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    watcher: ReadOptions["watch"],
    convert: (result: Result, zxid: Zxid) => T | Promise<T>,
    resolve: (value: T | Promise<T>) => void,
    reject: (error: unknown) => void,
  ) {
    this.watcher = watcher;
    this.#convert = convert;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answer(result: Result, zxid: Zxid): void {
    try {
      this.#resolve(this.#convert(result, zxid));
    } catch (error) {
      this.#reject(error);
    }
  }

  fail(error: TerrariumError): void {
    this.#reject(error);
  }
}

/** The result of a request that went well; throws its failure otherwise. */
export function succeeded(result: Result): Success {
  if (result.failure !== undefined) throw new TerrariumError(result.failure.code, result.failure.message);
  return result;
}

/** A field that the answer must have; PROTOCOL_ERROR if it has not. */
export function field<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new TerrariumError("PROTOCOL_ERROR", `the server's answer has no ${name}`);
  return value;
}
