import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { MultiPart, Operation, Result, Success } from "../../src/base/operations.ts";
import type { Read, ReadPart } from "../../src/base/reads.ts";
import { decodeClientFrame, encodeClientFrame } from "../../src/protocol/client-codec.ts";
import { decodeCommand, encodeCommand } from "../../src/protocol/command-codec.ts";
import { encodeProto } from "../support/schema.ts";
import { codeOf, create, del, Harness, ok, set, written } from "./znode-harness.ts";

const multi = (...parts: MultiPart[]): Operation => ({ op: "multi", parts });
const part = (operation: Operation): MultiPart => {
  if (operation.op === "multi") throw new Error("a multi has no multi");
  return operation;
};
const check = (path: string, version = -1): MultiPart => ({ op: "check", path, version });

function start() {
  const harness = new Harness();
  const session = harness.open();
  return { harness, session, write: (operation: Operation) => harness.write(session, operation) };
}

/** Where a multi was refused, and why: what a client of ZooKeeper makes a code for each part of. */
function refusalOf({ failure }: Result) {
  return failure === undefined ? undefined : [failure.failedPart, failure.code];
}

function resultsOf(result: Result): NonNullable<Success["results"]> {
  return ok(result).results ?? [];
}

describe("multi", () => {
  it("does all of its parts at one zxid, each on what those before it leave", () => {
    const { harness, session } = start();
    const { zxid, outcome, changes } = harness.next(
      session,
      multi(
        part(create("/a", { data: "1" })),
        part(set("/a", "22", 0)),
        check("/a", 1),
        part(create("/a/s-", { sequential: true })),
        part(create("/a/s-", { sequential: true })),
        part(del("/a/s-0000000000")),
      ),
    );
    const { result } = written(outcome);
    expect(resultsOf(result).map(({ path }) => path)).toEqual([
      "/a",
      undefined,
      undefined,
      "/a/s-0000000000",
      "/a/s-0000000001",
      undefined,
    ]);
    expect(harness.stat("/a")).toMatchObject({ czxid: zxid, mzxid: zxid, pzxid: zxid, version: 1, numChildren: 1 });
    expect(harness.stat("/a/s-0000000001")).toMatchObject({ czxid: zxid });
    expect(changes.map(({ type, path }) => `${type} ${path}`)).toEqual([
      "created /a",
      "childrenChanged /",
      "dataChanged /a",
      "created /a/s-0000000000",
      "childrenChanged /a",
      "created /a/s-0000000001",
      "childrenChanged /a",
      "deleted /a/s-0000000000",
      "childrenChanged /a",
    ]);
    expect(changes.every((change) => change.zxid === zxid)).toBe(true);
  });

  it("leaves no trace when a part is refused, and names it", () => {
    const { harness, session, write } = start();
    write(create("/q"));
    const before = harness.stat("/q");
    const { outcome, changes } = harness.next(
      session,
      multi(
        part(create("/q/s-", { sequential: true })),
        part(create("/e", { ephemeral: true })),
        part(set("/q", "x")),
        check("/q", 7),
        part(del("/nowhere")),
      ),
    );
    expect(refusalOf(written(outcome).result)).toEqual([3, "BAD_VERSION"]);
    expect(changes).toEqual([]);
    expect(harness.stat("/q")).toEqual(before);
    expect(harness.machine.stat("/e")).toBeUndefined();
    expect(harness.machine.session(session)?.ephemeralCount).toBe(0);
    // Nor is a sequence number gone.
    expect(ok(write(create("/q/s-", { sequential: true }))).path).toBe("/q/s-0000000000");
  });

  it("is refused for the first part that fails, in the order of the parts", () => {
    const { write } = start();
    expect(refusalOf(write(multi(check("/"), part(del("/b")), part(create("/a/b")))))).toEqual([1, "NO_NODE"]);
    expect(refusalOf(write(multi(part(create("/a")), part(create("/a")))))).toEqual([1, "NODE_EXISTS"]);
    expect(refusalOf(write(multi(check("a"))))).toEqual([0, "BAD_ARGUMENTS"]);
  });

  it("of nothing succeeds", () => {
    expect(resultsOf(start().write(multi()))).toEqual([]);
  });

  it("answers the same when it comes again, done or refused", () => {
    const { harness, session } = start();
    const done = multi(part(create("/a/s-".slice(0, 2))), part(create("/a/s-", { sequential: true })));
    const refused = multi(part(create("/a/s-", { sequential: true })), check("/a", 9));
    const first = [harness.request(session, 1, done), harness.request(session, 2, refused)];
    const digest = () => harness.machine.read({ kind: "getChildren", path: "/a", watch: false, local: true });
    const children = digest();
    const again = [harness.request(session, 1, done), harness.request(session, 2, refused)];
    for (const [i, { outcome, changes }] of again.entries()) {
      const former = written(first[i]?.outcome ?? outcome);
      expect(written(outcome)).toEqual({ ...former, duplicate: true });
      expect(changes).toEqual([]);
    }
    expect(digest()).toEqual(children);
  });

  it("an unsupported operation within multi refuses that multi only", () => {
    const { write } = start();
    // A later version's client sends a part of a kind that this one has no field for.
    const unknown = new Uint8Array([0x7a, 0x02, 0x08, 0x01]);
    const known = encodeProto("MultiPart", { create: { path: "/a" } });
    const request = { xid: 1, requestId: 1, write: { multi: { parts: [] } } };
    const [empty] = decodeClientFrame(encodeProto("ClientFrame", { messages: [{ request }] }));
    expect(empty).toMatchObject({ body: { operation: { op: "multi", parts: [] } } });
    const nested = (field: number, bytes: Uint8Array) => Uint8Array.of((field << 3) | 2, bytes.length, ...bytes);
    const inner = Uint8Array.of(...nested(1, known), ...nested(1, unknown));
    const frame = nested(1, nested(2, Uint8Array.of(0x08, 1, 0x10, 1, ...nested(4, nested(4, inner)))));
    const [message] = decodeClientFrame(frame);
    if (message?.type !== "request" || message.body.type !== "write") throw new Error("expected a write");
    const { operation } = message.body;
    expect(operation).toMatchObject({ op: "multi", parts: [{ op: "create", path: "/a" }, { op: "unsupported" }] });
    // Through the log, it is as unknown to everybody.
    const again = decodeClientFrame(encodeClientFrame([message]));
    expect(again).toEqual([message]);

    expect(refusalOf(write(operation))).toEqual([1, "UNIMPLEMENTED"]);
    expect(codeOf(write(multi(part(create("/a")))))).toBeUndefined();
  });

  it("is not taken from the log by a server that does not know a part which its origin knew", () => {
    const command = (part: MultiPart) =>
      encodeCommand(
        { type: "write", sessionId: 1, attachment: 1, requestId: 1, ackedRequestId: 0, operation: multi(part) },
        1,
        1,
      );
    // An origin that did not know it either left it empty.
    expect(decodeCommand(command({ op: "unsupported" })).body).toMatchObject({
      operation: { op: "multi", parts: [{ op: "unsupported" }] },
    });
    const bytes = command(check("/a"));
    const at = bytes.findIndex((_, i) =>
      [0x22, 0x06, 0x0a, 0x02, 0x2f, 0x61].every((byte, j) => bytes[i + j] === byte),
    );
    expect(at).toBeGreaterThan(0);
    bytes[at] = 0x7a; // field 15 instead of 4
    expect(() => decodeCommand(bytes)).toThrow("a multi part of no known kind");
  });

  it("has at most so many parts, and so many bytes", () => {
    const { write } = start();
    const parts = (count: number) => multi(...Array.from({ length: count }, () => check("/")));
    expect(codeOf(write(parts(limits.multiPartsMax)))).toBeUndefined();
    expect(refusalOf(write(parts(limits.multiPartsMax + 1)))).toEqual([undefined, "MULTI_TOO_LARGE"]);
    const half = "x".repeat(limits.multiBytesMax / 2 - 1);
    write(create("/a"));
    expect(codeOf(write(multi(part(set("/a", half.slice(1))), part(set("/a", half.slice(1))))))).toBeUndefined();
    expect(codeOf(write(multi(part(set("/a", half)), part(set("/a", half)))))).toBe("MULTI_TOO_LARGE");
  });

  it("counts towards the answers that a session may leave without acknowledgement, part by part", () => {
    const { harness, session } = start();
    const half = multi(...Array.from({ length: limits.outstandingRequestsMax / 2 }, () => check("/")));
    harness.request(session, 1, half);
    harness.request(session, 2, half);
    expect(harness.request(session, 3, create("/a"), 0).outcome).toMatchObject({
      type: "dropped",
      failure: { code: "TOO_MANY_REQUESTS" },
    });
    expect(written(harness.request(session, 3, create("/a"), 1).outcome).result.failure).toBeUndefined();
    // One that is refused is remembered as one answer.
    harness.request(session, 4, multi(check("/nowhere"), check("/")), 3);
    expect(written(harness.request(session, 5, multi(check("/"), check("/")), 3).outcome).requestId).toBe(5);
  });

  it("its ephemerals end with their session in the order of their paths, whoever made them first", () => {
    const { harness, session } = start();
    const ephemeral = (path: string) => part(create(path, { ephemeral: true }));
    harness.write(session, ephemeralOperation("/z"));
    harness.write(session, multi(ephemeral("/c"), ephemeral("/a"), ephemeral("/b"), part(del("/c")), ephemeral("/c")));
    harness.write(session, ephemeralOperation("/0"));
    const { changes } = harness.apply({
      type: "expireSessions",
      sessions: [{ sessionId: session, attachment: session }],
    });
    const deleted = changes.filter(({ type }) => type === "deleted").map(({ path }) => path);
    expect(deleted).toEqual(["/z", "/a", "/b", "/c", "/0"]);
  });
});

function ephemeralOperation(path: string): Operation {
  return create(path, { ephemeral: true });
}

describe("multiRead", () => {
  const read = (...parts: ReadPart[]): Read => ({ kind: "multiRead", path: "/", watch: false, local: true, parts });

  it("answers each part by itself", () => {
    const { harness, write } = start();
    write(create("/a", { data: "1" }));
    write(create("/a/b"));
    const result = harness.machine.read(
      read(
        { kind: "getData", path: "/a" },
        { kind: "getData", path: "/none" },
        { kind: "getChildren", path: "/a" },
        { kind: "getChildren", path: "bad" },
      ),
    );
    expect(resultsOf(result)).toMatchObject([
      { data: new Uint8Array([0x31]), stat: { version: 0 } },
      { failure: { code: "NO_NODE" } },
      { children: ["b"], stat: { numChildren: 1 } },
      { failure: { code: "BAD_ARGUMENTS" } },
    ]);
  });

  it("is refused as a whole when it asks for too much", () => {
    const { harness, write } = start();
    write(create("/a", { data: "x".repeat(limits.dataBytesMax) }));
    const times = (count: number, path = "/a") =>
      harness.machine.read(read(...Array.from({ length: count }, () => ({ kind: "getData", path }) as const)));
    expect(codeOf(times(3))).toBeUndefined();
    expect(codeOf(times(4))).toBe("REPLY_TOO_LARGE");
    expect(codeOf(times(limits.multiPartsMax, "/"))).toBeUndefined();
    expect(codeOf(times(limits.multiPartsMax + 1, "/"))).toBe("MULTI_TOO_LARGE");
    expect(harness.machine.workOf(read({ kind: "getData", path: "/a" }, { kind: "getData", path: "/" }))).toBe(67);
  });
});
