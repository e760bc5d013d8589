/** Several changes that are made together, or not at all: put together step by step, then committed. */

import type { AclItem } from "../base/acl.ts";
import { emptyBytes } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import { inShort } from "../base/operation-traits.ts";
import type { MultiPart, PartResult, Result, Stat, Zxid } from "../base/operations.ts";
import { checkOptions, checkPath, checkVersion } from "./checks.ts";
import type { Created, CreateOptions, RequestOptions, VersionOptions } from "./options.ts";
import { field, succeeded } from "./request-sender.ts";
import { checkedCreate, checkedWrites } from "./tree-writer.ts";

/** What a step of a transaction answers: `create` and `set` as alone, `delete` and `check` nothing. */
export type TransactionResult = Created | Stat | undefined;

/** What kind of znode a step creates. */
export type StepCreateOptions = Pick<CreateOptions, "ephemeral" | "sequential" | "container" | "ttlMs" | "acl">;

/** On which version of its znode a step depends. */
export type StepVersionOptions = Pick<VersionOptions, "version">;

/**
 * A transaction was refused, and nothing of it was done. `code` is that of the step for whose sake; there is none such
 * step (`failedIndex` is undefined) where all of it is too large, or a disk too full.
 */
export class TransactionError extends TerrariumError {
  /** The step that was refused, from 0: those before it would have gone well, those after it were not looked at. */
  readonly failedIndex: number | undefined;
  /** Why it was, in the words of the same operation alone. */
  readonly reason: string;

  constructor({ code, message, failedPart }: NonNullable<Result["failure"]>, parts: readonly MultiPart[]) {
    const part = failedPart === undefined ? undefined : parts[failedPart];
    const step =
      part === undefined || failedPart === undefined
        ? ""
        : `step ${failedPart + 1} of ${parts.length} (${inShort(part)}): `;
    super(code, `nothing of the transaction was done: ${step}${message}`);
    this.failedIndex = failedPart;
    this.reason = message;
  }
}

/** Sends the parts of a multi, and gives its result and zxid. */
export type SendMulti = (
  parts: readonly MultiPart[],
  options: RequestOptions,
  convert: (result: Result, zxid: Zxid) => readonly TransactionResult[],
) => Promise<readonly TransactionResult[]>;

interface Step {
  readonly part: MultiPart;
  readonly convert: (result: PartResult, zxid: Zxid) => TransactionResult;
}

/**
 * Changes that are made together, or not at all, at one zxid. Each sees those before it. A step throws BAD_ARGUMENTS at
 * once if its arguments are wrong; nothing is sent before `commit`. A transaction does not change: each step gives a new one.
 */
export class Transaction<R extends readonly TransactionResult[] = []> {
  readonly #send: SendMulti;
  readonly #steps: readonly Step[];

  /** Programs get theirs from `client.transaction()`. */
  constructor(send: SendMulti, steps: readonly Step[] = []) {
    this.#send = send;
    this.#steps = steps;
  }

  /** How many steps there are. */
  get length(): number {
    return this.#steps.length;
  }

  /** Creates a znode: see `client.create`. */
  create(
    path: string,
    data: Uint8Array | string = emptyBytes,
    options: StepCreateOptions = {},
  ): Transaction<[...R, Created]> {
    checkOptions(options, ["ephemeral", "sequential", "container", "ttlMs", "acl"]);
    return this.#with(checkedCreate(path, data, options), (answer, zxid) => ({
      path: field(answer.path, "path"),
      stat: field(answer.stat, "stat"),
      zxid,
    }));
  }

  /** Replaces a znode's data: see `client.set`. */
  set(path: string, data: Uint8Array | string, options: StepVersionOptions = {}): Transaction<[...R, Stat]> {
    checkOptions(options, ["version"]);
    return this.#with(checkedWrites.setData(path, data, options), ({ stat }) => field(stat, "stat"));
  }

  /** Replaces a znode's list: see `client.setAcl`. */
  setAcl(path: string, acl: readonly AclItem[], options: StepVersionOptions = {}): Transaction<[...R, Stat]> {
    checkOptions(options, ["version"]);
    return this.#with(checkedWrites.setAcl(path, acl, options), ({ stat }) => field(stat, "stat"));
  }

  /** Deletes a znode: see `client.delete`. */
  delete(path: string, options: StepVersionOptions = {}): Transaction<[...R, undefined]> {
    checkOptions(options, ["version"]);
    return this.#with(checkedWrites.delete(path, options), () => undefined);
  }

  /** Depends on a znode that does not change: it has to be there, with this version if one is given. */
  check(path: string, options: StepVersionOptions = {}): Transaction<[...R, undefined]> {
    const version = checkVersion(checkOptions(options, ["version"]).version);
    return this.#with({ op: "check", path: checkPath(path), version }, () => undefined);
  }

  /**
   * Makes all the changes, or none; resolves with what each step answers. Rejects with {@link TransactionError}, which
   * names the step that was refused, and with what any write rejects with.
   */
  commit(options: RequestOptions = {}): Promise<R> {
    const steps = this.#steps;
    const parts = steps.map(({ part }) => part);
    const convert = (result: Result, zxid: Zxid): readonly TransactionResult[] => {
      if (result.failure?.failedPart !== undefined) throw new TransactionError(result.failure, parts);
      const results = field(succeeded(result).results, "results");
      if (results.length !== steps.length)
        throw new TerrariumError("PROTOCOL_ERROR", "the server's answer lacks results");
      return steps.map((step, i) => step.convert(field(results[i], "results"), zxid));
    };
    // One result for each step, of the kind that the step's type says.
    return this.#send(parts, options, convert) as unknown as Promise<R>;
  }

  #with<T extends TransactionResult>(
    part: MultiPart,
    convert: (answer: PartResult, zxid: Zxid) => T,
  ): Transaction<[...R, T]> {
    return new Transaction(this.#send, [...this.#steps, { part, convert }]);
  }
}
