import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { TerrariumClient, TerrariumError, type Transaction, TransactionError } from "../../src/client/index.ts";
import { FakeServers } from "./client-fake-server.ts";

let servers: FakeServers;
let client: TerrariumClient;

beforeEach(async () => {
  servers = new FakeServers();
  await servers.add();
  client = await TerrariumClient.connect({ endpoints: servers.endpoints });
});

afterEach(() => {
  client.detach();
  servers.stop();
});

/** What a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected an error");
}

describe("a transaction", () => {
  it("answers each step in its own type, at one zxid", async () => {
    const [made, set, checked, deleted, other] = await client
      .transaction()
      .create("/a", "one")
      .set("/a", "two", { version: 0 })
      .check("/a", { version: 1 })
      .delete("/a", { version: 1 })
      .create("/b", new Uint8Array([1]))
      .commit();
    expect(made).toMatchObject({ path: "/a", stat: { version: 0, czxid: made.zxid } });
    expect(set.version).toBe(1);
    expect([checked, deleted]).toEqual([undefined, undefined]);
    expect(other.zxid).toBe(made.zxid);
    expect(await client.exists("/a")).toBeUndefined();
    expect(await client.exists("/b")).toMatchObject({ czxid: made.zxid });
  });

  it("that is refused names the step, and nothing is done", async () => {
    await client.create("/a", "one");
    const error = await errorOf(
      client.transaction().create("/b").set("/a", "two", { version: 7 }).delete("/b").commit(),
    );
    if (!(error instanceof TransactionError)) throw error;
    expect(error).toMatchObject({ name: "TerrariumError", code: "BAD_VERSION", failedIndex: 1, reason: "BAD_VERSION" });
    expect(error.message).toBe("nothing of the transaction was done: step 2 of 3 (setData /a): BAD_VERSION");
    expect(await client.exists("/b")).toBeUndefined();
    expect(fromUtf8((await client.get("/a")).data)).toBe("one");
  });

  it("does not change: each step gives a new one", async () => {
    const one = client.transaction().create("/a");
    const [two, three] = [one.create("/a/b"), one.create("/a/c")];
    expect([one.length, two.length, three.length]).toEqual([1, 2, 2]);
    await three.commit();
    expect((await client.children("/a")).children).toEqual(["c"]);
  });

  it("of no steps is done", async () => {
    expect(await client.transaction().commit()).toEqual([]);
  });

  it("refuses at once what a step cannot be", () => {
    const refused = (step: (transaction: Transaction) => unknown, words: string) =>
      expect(() => step(client.transaction())).toThrow(words);
    refused((t) => t.create("a"), "path");
    refused((t) => t.set("/a", 5 as never), "data");
    refused((t) => t.check("/a", { version: 0.5 }), "version");
    refused((t) => t.delete("/a", { timeoutMs: 5 } as never), "no option");
    refused((t) => t.create("/a", "", { ephemeral: 1 } as never), "ephemeral");
  });

  it("is refused before it is sent when it is too large", async () => {
    let many: Transaction<undefined[]> = client.transaction();
    for (let i = 0; i <= limits.multiPartsMax; i++) many = many.check("/");
    expect(await errorOf(many.commit())).toMatchObject({ code: "MULTI_TOO_LARGE" });
    const half = new Uint8Array(limits.multiBytesMax / 2);
    expect(await errorOf(client.transaction().set("/", half).set("/", half).commit())).toMatchObject({
      code: "MULTI_TOO_LARGE",
    });
    expect(await errorOf(client.transaction().commit({ timeout: 5 } as never))).toMatchObject({
      code: "BAD_ARGUMENTS",
    });
    expect(servers.cluster.applied).toEqual([]);
  });

  it("counts as one request for each step: large ones wait for each other, and all are answered", async () => {
    let checks: Transaction<undefined[]> = client.transaction();
    for (let i = 0; i < 600; i++) checks = checks.check("/");
    const all = [checks.commit(), client.create("/a"), checks.commit(), checks.commit()];
    const sizes = (await Promise.all(all)).map((answer) => (Array.isArray(answer) ? answer.length : 1));
    expect(sizes).toEqual([600, 1, 600, 600]);
  });
});

describe("countBelow and ephemerals", () => {
  it("are asked for by path and by prefix, and checked before anything is sent", async () => {
    for (const path of ["/c", "/c/a", "/c/a/b"]) await client.create(path, "");
    expect(await client.countBelow("/c", { local: true })).toMatchObject({ count: 2 });
    expect(await errorOf(client.countBelow("/none"))).toMatchObject({ code: "NO_NODE" });
    expect((await client.ephemerals({ prefix: "/c/" })).paths).toEqual(["/c/a", "/c/a/b"]);
    expect(await errorOf(client.countBelow("c"))).toMatchObject({ code: "BAD_ARGUMENTS" });
    expect(await errorOf(client.ephemerals({ prefix: 7 } as never))).toMatchObject({ code: "BAD_ARGUMENTS" });
    expect(await errorOf(client.ephemerals({ watch: () => {} } as never))).toMatchObject({ code: "BAD_ARGUMENTS" });
  });
});

describe("multiRead", () => {
  it("answers each part by itself, in its own type", async () => {
    await client.create("/a", "one");
    const [data, children, nothing] = await client.multiRead([
      { kind: "getData", path: "/a" },
      { kind: "getChildren", path: "/" },
      { kind: "getData", path: "/none" },
    ]);
    if (data instanceof TerrariumError || children instanceof TerrariumError) throw new Error("expected answers");
    expect(fromUtf8(data.data)).toBe("one");
    expect(children.children).toEqual(["a"]);
    expect(children.zxid).toBe(data.zxid);
    expect(nothing).toMatchObject({ code: "NO_NODE" });
  });

  it("refuses what it cannot read", async () => {
    expect(await errorOf(client.multiRead([{ kind: "exists", path: "/" }] as never))).toMatchObject({
      code: "BAD_ARGUMENTS",
      message: 'parts[0].kind is "exists", not "getData" or "getChildren"',
    });
    expect(await errorOf(client.multiRead("/" as never))).toMatchObject({ code: "BAD_ARGUMENTS" });
    expect(await errorOf(client.multiRead([{ kind: "getData", path: "a" }]))).toMatchObject({ code: "BAD_ARGUMENTS" });
    expect(await errorOf(client.multiRead([], { watch: () => {} } as never))).toMatchObject({ code: "BAD_ARGUMENTS" });
    const many = Array.from({ length: limits.multiPartsMax + 1 }, () => ({ kind: "getData", path: "/" }) as const);
    expect(await errorOf(client.multiRead(many))).toMatchObject({ code: "MULTI_TOO_LARGE" });
  });
});
