/**
 * A digest of the replicated state, to find replicas that have drifted apart. It is no cryptographic hash: it guards
 * against bugs, not against forgers. What is not ordered by nature (znodes, sessions) is hashed piece by piece and the
 * pieces are added up, so that the order of visiting them does not matter.
 */

import { type Acl, aclEqual, initialAcl } from "../base/acl.ts";
import { present } from "../base/assert.ts";
import type { Result, Stat, Success, Zxid } from "../base/operations.ts";
import { mix32 } from "../base/random.ts";
import { viewOf } from "./data-store.ts";
import type { Session, SessionTable } from "./sessions.ts";
import type { Znode } from "./stat.ts";
import type { Tree } from "./tree.ts";

/** The digest: 16 hexadecimal digits. */
export function digestOf(tree: Tree, sessions: SessionTable, appliedIndex: Zxid, lastTimeMs: number): string {
  const sum = new Sum();
  const hash = new StateHash();
  for (const znode of tree.znodes()) {
    hash.reset();
    addZnode(hash, znode);
    sum.add(hash);
  }
  for (const session of sessions.all()) {
    hash.reset();
    addSession(hash, session);
    sum.add(hash);
  }
  hash.reset();
  hash.text("machine");
  hash.number(appliedIndex);
  hash.number(lastTimeMs);
  hash.number(tree.size);
  hash.number(sessions.size);
  sum.add(hash);
  return sum.toString();
}

/** The children are left out, being znodes themselves, but not the counter, which remembers those that are gone. */
function addZnode(hash: StateHash, znode: Znode): void {
  hash.text("znode");
  hash.text(znode.path);
  hash.bytes(viewOf(znode));
  hash.number(znode.czxid);
  hash.number(znode.mzxid);
  hash.number(znode.pzxid);
  hash.number(znode.ctime);
  hash.number(znode.mtime);
  hash.number(znode.version);
  hash.number(znode.aversion);
  hash.number(znode.childCounter);
  hash.number(znode.ephemeralOwner);
  if (znode.container) hash.text("container");
  if (znode.ttlMs > 0) hash.number(znode.ttlMs);
  if (!aclEqual(znode.acl, initialAcl(znode.path))) addAcl(hash, znode.acl);
}

function addAcl(hash: StateHash, acl: Acl): void {
  hash.number(acl.length);
  for (const { perms, scheme, id } of acl) {
    hash.number(perms);
    hash.text(scheme);
    hash.text(id);
  }
}

/** The ephemerals are left out: their znodes name the owner. */
function addSession(hash: StateHash, session: Session): void {
  hash.text("session");
  hash.number(session.id);
  hash.bytes(session.password);
  hash.number(session.timeoutMs);
  hash.number(session.openedMs);
  hash.number(session.holder);
  hash.number(session.attachment);
  hash.number(session.attachOrigin);
  hash.number(session.attachProposal);
  hash.number(session.lastRequestId);
  hash.number(session.ackedRequestId);
  for (let id = session.ackedRequestId + 1; id <= session.lastRequestId; id++) {
    const { zxid, result } = present(session.results.get(id), "an answer that is not acknowledged");
    hash.number(zxid);
    addResult(hash, result);
  }
}

function addResult(hash: StateHash, result: Result): void {
  if (result.failure !== undefined) {
    hash.text(result.failure.code);
    hash.number(result.failure.failedPart ?? -1);
  } else for (const add of Object.values(addAnswer)) add(hash, result);
}

/** What only reads answer: no session remembers it. */
const ofReads = (): void => {};

/** By field of what a write answers, in this order. */
const addAnswer: { readonly [F in Exclude<keyof Success, "failure">]-?: (hash: StateHash, answer: Success) => void } = {
  path: (hash, { path = "" }) => hash.text(path),
  stat: (hash, { stat }) => {
    if (stat !== undefined) addStat(hash, stat);
  },
  data: ofReads,
  children: ofReads,
  more: ofReads,
  count: ofReads,
  acl: ofReads,
  results: (hash, { results }) => {
    if (results === undefined) return;
    hash.number(results.length);
    for (const result of results) addResult(hash, result);
  },
};

function addStat(hash: StateHash, stat: Stat): void {
  hash.number(stat.czxid);
  hash.number(stat.mzxid);
  hash.number(stat.pzxid);
  hash.number(stat.ctime);
  hash.number(stat.mtime);
  hash.number(stat.version);
  hash.number(stat.cversion);
  hash.number(stat.aversion);
  hash.number(stat.ephemeralOwner);
  hash.number(stat.dataLength);
  hash.number(stat.numChildren);
  if (stat.container === true) hash.text("container");
  if (stat.ttlMs !== undefined) hash.number(stat.ttlMs);
}

const seedA = 0x9747b28c;
const seedB = 0x3c6ef372;

/** Two 32-bit lanes that take in one word at a time. */
class StateHash {
  a = seedA;
  b = seedB;

  reset(): void {
    this.a = seedA;
    this.b = seedB;
  }

  /** An integer between -2^53 and 2^53. */
  number(value: number): void {
    this.#word(value | 0);
    this.#word(Math.floor(value / 2 ** 32));
  }

  text(value: string): void {
    this.#word(value.length);
    for (let i = 0; i < value.length; i++) this.#word(value.charCodeAt(i));
  }

  bytes(value: Uint8Array): void {
    this.#word(value.length);
    for (const byte of value) this.#word(byte);
  }

  #word(word: number): void {
    const a = this.a ^ word;
    this.a = (Math.imul((a << 13) | (a >>> 19), 0x5bd1e995) + 0x6a09e667) | 0;
    const b = ((Math.imul(this.b, 0x01000193) ^ word) + 0x7f4a7c15) | 0;
    this.b = (b << 7) | (b >>> 25);
  }
}

/** Adds up finished hashes; addition does not mind the order. */
class Sum {
  #a = 0;
  #b = 0;

  add(hash: StateHash): void {
    // Each lane is mixed with the other, so that a collision of one alone shows.
    this.#a = (this.#a + mix32(hash.a ^ Math.imul(hash.b, 0x9e3779b1))) >>> 0;
    this.#b = (this.#b + mix32(hash.b + Math.imul(hash.a, 0x85ebca77))) >>> 0;
  }

  toString(): string {
    return this.#a.toString(16).padStart(8, "0") + this.#b.toString(16).padStart(8, "0");
  }
}
