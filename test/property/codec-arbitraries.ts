/** Any value of each type that has a wire form. */
import fc from "fast-check";
import { errorCodes } from "../../src/base/errors.ts";
import type { Operation, Result } from "../../src/base/operations.ts";
import type { WatchSpec } from "../../src/base/reads.ts";
import type { ClientMessage, RequestBody, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Configuration, Entry } from "../../src/raft/types.ts";
import type { CommandBody } from "../../src/znode/commands.ts";

const edges = [0, 1, 127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 42, 2 ** 49, 2 ** 53 - 1];
export const number = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(...edges));
const uint32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const int32 = fc.oneof(fc.integer({ min: -2, max: 130 }), fc.integer());
const serverId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "binary", maxLength: 200 }));
const bool = fc.boolean();
const position = fc.integer({ min: 1, max: 2 ** 53 - 1 });

const acl = fc.array(fc.record({ perms: int32, scheme: text, id: text }), { maxLength: 3 });

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constant("create" as const), path: text, data: bytes, ephemeral: bool, sequential: bool }),
  fc.record({ op: fc.constant("delete" as const), path: text, version: int32 }),
  fc.record({ op: fc.constant("setData" as const), path: text, data: bytes, version: int32 }),
  fc.record({ op: fc.constant("setAcl" as const), path: text, acl, version: int32 }),
  fc.record({
    op: fc.constant("createWithAcl" as const),
    acl,
    create: fc.oneof(
      fc.record({ op: fc.constant("create" as const), path: text, data: bytes, ephemeral: bool, sequential: bool }),
      fc.record({ op: fc.constant("createContainer" as const), path: text, data: bytes }),
    ),
  }),
);

export const commandBody: fc.Arbitrary<CommandBody> = fc.oneof(
  fc.record({ type: fc.constant("createSession" as const), password: bytes, timeoutMs: uint32, holder: number }),
  fc.record(
    {
      type: fc.constant("attachSession" as const),
      sessionId: number,
      password: bytes,
      timeoutMs: uint32,
      holder: number,
      takeover: fc.constant(true),
    },
    { requiredKeys: ["type", "sessionId", "password", "timeoutMs", "holder"] },
  ),
  fc.record({ type: fc.constant("closeSession" as const), sessionId: number, attachment: number, requestId: number }),
  fc.record({
    type: fc.constant("expireSessions" as const),
    sessions: fc.array(fc.record({ sessionId: number, attachment: number }), { maxLength: 5 }),
  }),
  fc.record(
    {
      type: fc.constant("write" as const),
      sessionId: number,
      attachment: number,
      requestId: number,
      ackedRequestId: number,
      operation,
      identities: fc.array(fc.record({ scheme: text, id: text }), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ["type", "sessionId", "attachment", "requestId", "ackedRequestId", "operation"] },
  ),
);

export const configuration: fc.Arbitrary<Configuration> = fc
  .uniqueArray(serverId, { minLength: 1, maxLength: 7 })
  .chain((ids) => {
    const some = fc.subarray(ids.toSorted((a, b) => a - b));
    return fc.record({
      members: fc.tuple(
        ...ids.map((id) =>
          fc.record(
            { id: fc.constant(id), peerAddress: text, clientAddress: text, incarnation: position },
            { requiredKeys: ["id", "peerAddress", "clientAddress"] },
          ),
        ),
      ),
      voters: fc.subarray(
        ids.toSorted((a, b) => a - b),
        { minLength: 1 },
      ),
      oldVoters: some,
      learners: some,
      wantedVoters: some,
      retired: fc.uniqueArray(serverId, { maxLength: 4 }),
    });
  })
  .map(({ wantedVoters, retired, ...plain }) => {
    // Absent when empty; nobody is a member and retired.
    const gone = retired.filter((id) => plain.members.every((member) => member.id !== id)).toSorted((a, b) => a - b);
    return {
      ...plain,
      ...(wantedVoters.length > 0 ? { wantedVoters } : {}),
      ...(gone.length > 0 ? { retired: gone } : {}),
    };
  });

export const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constant("noop" as const), index: position, term: position }),
  fc.record({ kind: fc.constant("command" as const), index: position, term: position, data: bytes }),
  fc.record({ kind: fc.constant("configuration" as const), index: position, term: position, configuration }),
);

/** Entries that follow on `prevLogIndex` and `prevLogTerm`. */
const appendEntries = fc
  .record({
    prevLogIndex: fc.nat(2 ** 40),
    prevLogTerm: fc.nat(2 ** 40),
    steps: fc.array(fc.tuple(fc.nat(3), entry), { maxLength: 6 }),
    newer: fc.nat(3),
    leaderCommit: number,
    readRound: number,
    noReply: bool,
  })
  .map(({ prevLogIndex, prevLogTerm, steps, newer, ...rest }) => {
    let term = prevLogTerm + 1;
    const entries = steps.map(([step, any], i): Entry => {
      term += step;
      return { ...any, index: prevLogIndex + 1 + i, term };
    });
    const type = "AppendEntries" as const;
    return { type, term: term + newer, prevLogIndex, prevLogTerm, entries, ...rest };
  });

/** Peer messages; `encode` makes the bytes of forwarded commands. */
export function peerMessage(encode: (body: CommandBody) => Uint8Array): fc.Arbitrary<PeerMessage> {
  return fc.oneof(
    fc.record({
      type: fc.constant("RequestVote" as const),
      term: number,
      lastLogIndex: number,
      lastLogTerm: number,
      preVote: bool,
      leadershipTransfer: bool,
    }),
    fc.record({ type: fc.constant("RequestVoteReply" as const), term: number, voteGranted: bool, preVote: bool }),
    appendEntries,
    fc.record({
      type: fc.constant("AppendEntriesReply" as const),
      term: number,
      success: bool,
      matchIndex: number,
      rejectedIndex: number,
      hintIndex: number,
      hintTerm: number,
      readRound: number,
    }),
    fc
      .record({
        term: number,
        snapshotId: number,
        lastIncludedIndex: number.map((n) => Math.max(1, n)),
        included: number,
        previous: number,
        position: number,
        data: fc.uint8Array({ maxLength: 60 }),
        done: bool,
      })
      .map(({ included, term, ...rest }) => ({
        type: "InstallSnapshot" as const,
        ...rest,
        // Of a term no later than the sender's.
        term: Math.max(1, term),
        lastIncludedTerm: Math.max(1, Math.min(included, term)),
      })),
    fc.record({
      type: fc.constant("InstallSnapshotReply" as const),
      term: number,
      snapshotId: number,
      position: number,
    }),
    fc.record({ type: fc.constant("ReadIndex" as const), term: number, readId: number }),
    fc.record({ type: fc.constant("ReadIndexReply" as const), term: number, readId: number, index: number }),
    fc.record({ type: fc.constant("TimeoutNow" as const), term: number }),
    fc.record({ type: fc.constant("Hello" as const), incarnation: number }),
    fc.record({
      type: fc.constant("HelloReply" as const),
      asker: number,
      known: number,
      incarnation: number,
      instance: number,
      admitted: fc.boolean(),
      origin: number,
    }),
    fc.record({ type: fc.constant("Forward" as const), commands: fc.array(commandBody.map(encode), { maxLength: 4 }) }),
    fc.record({
      type: fc.constant("TouchSessions" as const),
      round: number,
      sessionIds: fc.array(number, { maxLength: 30 }),
    }),
    fc.record({ type: fc.constant("SessionsHeard" as const), round: number }),
    fc.record({ type: fc.constant("WallClock" as const), wallClockMs: number, diskLow: fc.boolean() }),
    fc.record({ type: fc.constant("DiskFull" as const) }),
  );
}

const watch: fc.Arbitrary<WatchSpec> = fc.record({
  kind: fc.constantFrom("data" as const, "exist" as const, "children" as const),
  path: text,
});

const readKinds = ["getData", "exists", "getChildren", "sync", "getEphemerals", "getAllChildrenNumber"] as const;

const requestBody: fc.Arbitrary<RequestBody> = fc.oneof(
  fc.record({ type: fc.constant("write" as const), operation }),
  fc.record({
    type: fc.constant("read" as const),
    read: fc
      .record({
        kind: fc.constantFrom(...readKinds),
        path: text,
        watch: bool,
        local: bool,
        limit: fc.oneof(fc.constant(0), uint32),
        after: text,
      })
      // Without a limit there is no page, and no place for it to begin.
      .map(({ limit, after, ...read }) => ({
        ...read,
        ...(limit === 0 ? {} : after === "" ? { limit } : { limit, after }),
      })),
  }),
  fc.record({ type: fc.constant("close" as const) }),
);

export const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant("connect" as const),
    protocol: uint32,
    sessionId: number,
    password: bytes,
    timeoutMs: uint32,
    lastZxid: number,
    holder: number,
    takeover: fc.boolean(),
    instance: number,
  }),
  fc.record({
    type: fc.constant("request" as const),
    xid: number,
    requestId: number,
    ackedRequestId: number,
    body: requestBody,
  }),
  fc.record({
    type: fc.constant("setWatches" as const),
    relativeZxid: number,
    watches: fc.array(watch, { maxLength: 8 }),
  }),
  fc.record({ type: fc.constant("ping" as const), number }),
  fc.record({ type: fc.constant("disarm" as const), watches: fc.array(watch, { maxLength: 5 }) }),
);

const failure = fc.record({ code: fc.constantFrom(...errorCodes), message: text });

const stat = fc.record({
  czxid: number,
  mzxid: number,
  pzxid: number,
  ctime: number,
  mtime: number,
  version: int32,
  cversion: int32,
  aversion: int32,
  ephemeralOwner: number,
  dataLength: uint32,
  numChildren: uint32,
});

const result: fc.Arbitrary<Result> = fc.oneof(
  fc.record({ failure }),
  fc.record({ path: text, stat, data: bytes, children: fc.array(text, { maxLength: 8 }) }, { requiredKeys: [] }),
  fc.record({ children: fc.array(text, { maxLength: 8 }), more: fc.constant(true), stat }),
);

export const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    type: fc.constant("connected" as const),
    sessionId: number,
    password: bytes,
    timeoutMs: uint32,
    serverId,
    lastRequestId: number,
    zxid: number,
    clusterId: fc.string(),
    instance: number,
  }),
  fc.record({ type: fc.constant("refused" as const), failure }),
  fc.record({ type: fc.constant("reply" as const), xid: number, zxid: number, result }),
  fc.record({
    type: fc.constant("event" as const),
    event: fc.record({
      type: fc.constantFrom(
        "created" as const,
        "deleted" as const,
        "dataChanged" as const,
        "childrenChanged" as const,
        "resync" as const,
      ),
      path: text,
      zxid: number,
      kind: fc.constantFrom("data" as const, "exist" as const, "children" as const),
    }),
  }),
  fc.record({ type: fc.constant("pong" as const), number, quorum: bool }),
  fc.record({ type: fc.constant("heard" as const), ping: number }),
  fc.record({
    type: fc.constant("members" as const),
    members: fc.array(fc.record({ id: fc.nat(), clientAddress: text }), { maxLength: 4 }),
  }),
);
