import { describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import type { Configuration, Entry } from "../../src/raft/types.ts";
import { admissionKey, hardStateKey, identityKey, logBlockIndex } from "../../src/storage/layout.ts";
import { decodeLogBlock } from "../../src/storage/log-block.ts";
import { decodeAdmission, decodeHardState, decodeIdentity } from "../../src/storage/records.ts";
import type { Recovered } from "../../src/storage/recovery.ts";
import { aloneOperations, survivorOf } from "../../src/storage/survivor.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";

const member = (id: number) => ({ id, peerAddress: `p${id}:1`, clientAddress: `c${id}:1`, incarnation: 10 + id });
const plain: Configuration = { members: [1, 2, 3].map(member), voters: [1, 2, 3], oldVoters: [], learners: [] };
/** Server 2 is being replaced by 4. */
const joint: Configuration = {
  members: [1, 2, 3, 4].map(member),
  voters: [1, 3, 4],
  oldVoters: [1, 2, 3],
  learners: [],
  retired: [9],
};
const without3: Configuration = { members: [1, 2].map(member), voters: [1, 2], oldVoters: [], learners: [] };
const life = { incarnation: 77, instance: 88, peerAddress: undefined, clientAddress: undefined };

const configured = (index: number, term: number, configuration: Configuration): Entry => {
  return { kind: "configuration", index, term, configuration };
};

/** What server 3 has, whose log begins behind entry 10. */
function remains(entries: readonly Entry[], rest: Partial<Recovered> = {}): Recovered {
  const base = { index: 10, term: 2, configuration: plain };
  const hardState = { currentTerm: 5, votedFor: 1 };
  const admission = { acquaintances: new Map([[1, 11]]), instance: 66, pending: false };
  const identity = { clusterId: "c", serverId: 3, incarnation: 13, origin: 7 };
  const log = { hardState, entries, base, appliedIndex: 10 };
  return { identity, admission, log, machine: new ZnodeMachine(), ...rest } as Recovered;
}

/** What its disk says afterwards. */
function afterwards(recovered: Recovered, addresses: { peerAddress?: string; clientAddress?: string } = {}) {
  const operations = aloneOperations(survivorOf(recovered), { ...life, ...addresses });
  const values = operations.map((operation) => {
    if (operation.type !== "put") throw new Error("nothing is deleted");
    return operation;
  });
  const rowAt = (key: Uint8Array) => present(values.find((put) => put.key === key)?.value, "a row");
  const block = present(
    values.find(({ key }) => logBlockIndex(key) !== undefined),
    "a log block",
  );
  const { prevTerm, entries } = decodeLogBlock(logBlockIndex(block.key) ?? 0, block.value);
  const [entry] = entries;
  if (entry?.kind !== "configuration") throw new Error("no configuration");
  return {
    identity: decodeIdentity(rowAt(identityKey)),
    admission: decodeAdmission(rowAt(admissionKey)),
    hardState: decodeHardState(rowAt(hardStateKey)),
    prevTerm,
    entry,
  };
}

describe("a survivor", () => {
  it("goes on behind its log, in a new term and life, alone; all others are retired", () => {
    const { identity, admission, hardState, prevTerm, entry } = afterwards(
      remains([{ kind: "noop", index: 11, term: 4 }]),
    );
    expect(identity).toEqual({ clusterId: "c", serverId: 3, incarnation: 77 });
    expect(admission).toEqual({ acquaintances: new Map(), instance: 88, pending: false });
    expect(hardState).toEqual({ currentTerm: 6, votedFor: 0 });
    expect([entry.index, entry.term, prevTerm]).toEqual([12, 6, 4]);
    expect(entry.configuration).toEqual({
      members: [{ ...member(3), incarnation: 77 }],
      voters: [3],
      oldVoters: [],
      learners: [],
      retired: [1, 2],
    });
  });

  it("of a log without entries goes on behind where that begins", () => {
    const { prevTerm, entry } = afterwards(remains([]));
    expect([entry.index, prevTerm]).toEqual([11, 2]);
  });

  it("amid a joint change retires the members of both sides, and nobody twice", () => {
    const { entry } = afterwards(remains([configured(11, 5, joint)]));
    expect(entry.configuration).toMatchObject({ voters: [3], oldVoters: [], retired: [1, 2, 4, 9] });
  });

  it("takes the newest configuration of its log, committed or not: one that was not may have been the cluster's last", () => {
    const survivor = survivorOf(remains([configured(11, 4, plain), configured(12, 5, joint)]));
    expect(survivor.configuration).toEqual(joint);
    expect([survivor.lastIndex, survivor.lastTerm, survivor.currentTerm]).toEqual([12, 5, 5]);
  });

  it("is none where the newest configuration, committed or not, does not name it", () => {
    const recovered = remains([configured(11, 4, plain), configured(12, 5, without3)]);
    expect(() => survivorOf(recovered)).toThrow(expect.objectContaining({ code: "NOT_A_MEMBER" }));
  });

  it("is none before it was taken into the cluster", () => {
    const pending = { acquaintances: new Map(), instance: 66, pending: true };
    for (const admission of [undefined, pending])
      expect(() => survivorOf(remains([], { admission }))).toThrow(expect.objectContaining({ code: "NOT_A_MEMBER" }));
  });

  it("may be reached at other addresses", () => {
    const { entry } = afterwards(remains([]), { peerAddress: "new:1", clientAddress: "new:2" });
    expect(entry.configuration.members[0]).toMatchObject({ id: 3, peerAddress: "new:1", clientAddress: "new:2" });
  });
});
