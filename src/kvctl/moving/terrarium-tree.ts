/** The tree of a Terrarium cluster, as znodes are moved from it and to it. */

import { type Acl, openAcl } from "../../base/acl.ts";
import { TerrariumError } from "../../base/errors.ts";
import type { Stat } from "../../base/operations.ts";
import { kindOf } from "../../base/znode-kinds.ts";
import { childPath } from "../arguments.ts";
import { firstPage, pageNames } from "../children.ts";
import { hasCode } from "../failures.ts";
import type { Context, KvSession } from "../ports.ts";
import type { AnyTransaction } from "../transaction-lines.ts";
import {
  counting,
  everHadOf,
  type MovedZnode,
  movedAcl,
  type SeenZnode,
  type SourceTree,
  type TargetTree,
  type ThereZnode,
  ZnodeRefusal,
} from "./trees.ts";

/** A request may wait behind many others, milliseconds. */
const patienceMinMs = 30_000;
/** Children that are made and removed by one transaction. */
const countsAtOnce = 400;

/** Errors that are of one znode and its request; with others there is no going on. */
const ofOneZnode: readonly string[] = [
  "BAD_ARGUMENTS",
  "DATA_TOO_LARGE",
  "INVALID_ACL",
  "NO_AUTH",
  "NO_CHILDREN_FOR_EPHEMERALS",
  "REPLY_TOO_LARGE",
  "UNIMPLEMENTED",
];

/** Reads are those of the attached server, once it has what was there when the move began. */
export class TerrariumTree implements SourceTree, TargetTree {
  readonly #session: KvSession;
  readonly #timeoutMs: number;

  private constructor(session: KvSession, timeoutMs: number) {
    this.#session = session;
    this.#timeoutMs = timeoutMs;
  }

  static async open(context: Context): Promise<TerrariumTree> {
    const session = await context.session();
    await session.sync();
    return new TerrariumTree(session, Math.max(context.timeoutMs, patienceMinMs));
  }

  get #local() {
    return { local: true, timeoutMs: this.#timeoutMs };
  }

  async count(path: string): Promise<number | undefined> {
    return await unlessGone(async () => (await this.#session.countBelow(path, this.#local)).count);
  }

  look(path: string): Promise<SeenZnode | undefined> {
    return unlessGone(async () => {
      const [{ stat, children, more }, acl] = await Promise.all([
        firstPage(this.#session, path, { ...this.#local, limit: pageNames }),
        this.#acl(path),
      ]);
      const { dataLength: dataBytes, numChildren } = stat;
      return { ...kindFields(stat), acl, dataBytes, numChildren, children, more, everHad: everHadOf(stat) };
    });
  }

  moreChildren(path: string, after: string): Promise<Pick<SeenZnode, "children" | "more"> | undefined> {
    return unlessGone(() => firstPage(this.#session, path, { ...this.#local, limit: pageNames, after }));
  }

  data(path: string): Promise<Uint8Array | undefined> {
    return unlessGone(async () => (await this.#session.get(path, this.#local)).data);
  }

  read(path: string): Promise<ThereZnode | undefined> {
    return unlessGone(async () => {
      const [{ data, stat }, acl] = await Promise.all([this.#session.get(path, this.#local), this.#acl(path)]);
      const { version, aversion } = stat;
      return { ...kindFields(stat), acl, data, version, aversion, everHad: everHadOf(stat) };
    });
  }

  async #acl(path: string): Promise<Acl | undefined> {
    return movedAcl((await this.#session.getAcl(path, this.#local)).acl);
  }

  async create({ path, data, kind, ttlMs, acl }: MovedZnode): Promise<"created" | "exists" | "missing"> {
    const options = { container: kind === "container", ttlMs: kind === "ttl" ? ttlMs : undefined, acl };
    try {
      await refusing(this.#session.create(path, data, { ...options, timeoutMs: this.#timeoutMs }));
      return "created";
    } catch (error) {
      if (hasCode(error, "NODE_EXISTS")) return "exists";
      if (hasCode(error, "NO_NODE")) return "missing";
      throw error;
    }
  }

  set(path: string, data: Uint8Array, version: number): Promise<boolean> {
    return ifVersion(this.#session.set(path, data, { version, timeoutMs: this.#timeoutMs }));
  }

  setAcl(path: string, acl: Acl = openAcl, version = -1): Promise<boolean> {
    return ifVersion(this.#session.setAcl(path, acl, { version, timeoutMs: this.#timeoutMs }));
  }

  async countOn(path: string, by: number): Promise<void> {
    const name = childPath(path, counting);
    for (let left = by; left > 0; left -= countsAtOnce) {
      let steps: AnyTransaction = this.#session.transaction();
      for (let i = 0; i < Math.min(left, countsAtOnce); i++) steps = steps.create(name).delete(name);
      await refusing(steps.commit({ timeoutMs: this.#timeoutMs }));
    }
  }
}

function kindFields(stat: Stat): Pick<ThereZnode, "kind" | "ttlMs"> {
  return { kind: kindOf(stat), ttlMs: stat.ttlMs ?? 0 };
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await refusing(read());
  } catch (error) {
    if (hasCode(error, "NO_NODE")) return undefined;
    throw error;
  }
}

/** Whether the version was that one. */
async function ifVersion(answer: Promise<unknown>): Promise<boolean> {
  try {
    await refusing(answer);
    return true;
  } catch (error) {
    if (hasCode(error, "BAD_VERSION") || hasCode(error, "NO_NODE")) return false;
    throw error;
  }
}

async function refusing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TerrariumError && ofOneZnode.includes(error.code)) throw new ZnodeRefusal(error.message);
    throw error;
  }
}
