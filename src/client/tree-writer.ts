/** What a client can change in the tree: a method for each operation, with the check of what its caller passes. */
import { emptyBytes } from "../base/bytes.ts";
import type { Operation, Stat, Success, Zxid } from "../base/operations.ts";
import { checkedCreate, checkedWrites } from "./checked-writes.ts";
import { checkOptions } from "./checks.ts";
import { ClientAccess } from "./client-access.ts";
import type { Created, CreateOptions, RequestOptions, VersionOptions } from "./options.ts";
import { field, type RequestSender } from "./request-sender.ts";
import { everyRequest } from "./requests.ts";
import { Transaction } from "./transaction.ts";

/** The part of a client that changes the tree, and reads it. */
export class TreeWriter extends ClientAccess {
  readonly #sender: RequestSender;

  /** `sender`: of the client's session. */
  constructor(sender: RequestSender) {
    super(sender);
    this.#sender = sender;
  }

  /**
   * Creates a znode.
   *
   * Rejects with NODE_EXISTS, NO_NODE (its parent is missing), NO_AUTH (the parent's list gives the client no CREATE),
   * INVALID_ACL, NO_CHILDREN_FOR_EPHEMERALS, BAD_ARGUMENTS, DATA_TOO_LARGE.
   *
   * ```ts
   * const { path } = await client.create("/queue/item-", "payload", { sequential: true }); // /queue/item-0000000007
   * ```
   */
  create(path: string, data: Uint8Array | string = emptyBytes, options: CreateOptions = {}): Promise<Created> {
    return this.#write(() => checkedCreate(path, data, options), options, created);
  }

  /**
   * Replaces a znode's data. Rejects with NO_NODE, NO_AUTH (WRITE), BAD_VERSION, DATA_TOO_LARGE.
   *
   * ```ts
   * const { data, stat } = await client.get("/counter");
   * await client.set("/counter", String(Number(new TextDecoder().decode(data)) + 1), { version: stat.version });
   * ```
   */
  set(path: string, data: Uint8Array | string, options: VersionOptions = {}): Promise<Stat> {
    return this.#write(() => checkedWrites.setData(path, data, options), options, newStat);
  }

  /**
   * Deletes a znode. Rejects with NO_NODE, NO_AUTH (DELETE, of the parent), NOT_EMPTY, BAD_VERSION.
   *
   * ```ts
   * await client.delete("/greeting");
   * ```
   */
  delete(path: string, options: VersionOptions = {}): Promise<void> {
    return this.#write(
      () => checkedWrites.delete(path, options),
      options,
      () => undefined,
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

  #write<T>(
    operation: () => Operation,
    options: RequestOptions,
    convert: (success: Success, zxid: Zxid) => T,
  ): Promise<T> {
    return this.#sender.send(() => ({ type: "write", operation: operation() }), options, convert);
  }
}

function created({ path, stat }: Success, zxid: Zxid): Created {
  return { path: field(path, "path"), stat: field(stat, "stat"), zxid };
}

function newStat({ stat }: Success): Stat {
  return field(stat, "stat");
}
