import { beforeEach, describe, expect, it } from "vitest";
import { digestId } from "../../src/client/acl.ts";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
  cluster.create("/a", new Uint8Array(), 0, false);
});

const run = (...words: string[]) => kvctl(words, { cluster });

describe("acl", () => {
  it("prints the list, an item a line, and sets another", async () => {
    expect(await run("acl", "get", "/a")).toMatchObject({ exitCode: 0, stdout: "world:anyone:cdrwa\n" });
    expect(await run("acl", "set", "/a", "world:anyone:r", "digest:bob:hash=:awr,ip:10.0.0.0/8:c")).toMatchObject({
      exitCode: 0,
      stdout: "version 1\n",
    });
    expect((await run("acl", "get", "/a")).stdout).toBe("world:anyone:r\ndigest:bob:hash=:rwa\nip:10.0.0.0/8:c\n");
    expect(JSON.parse((await run("acl", "get", "/a", "--json")).stdout)).toMatchObject({
      path: "/a",
      acl: [{ perms: 1, scheme: "world", id: "anyone" }, { perms: 19 }, { perms: 4 }],
    });
    expect(await run("acl", "set", "/a", "auth::r", "--version", "7")).toMatchObject({ exitCode: 1 });
  });

  it.each([
    [["world:anyone:x"], "letters of cdrwa"],
    [["world:anyone"], "scheme:id:permissions"],
    [["anyone:r"], "nobody is named"],
    [["world:bob:r"], "nobody but anyone"],
    [["digest:bob:r"], "USER:HASH"],
    [["ip:10.0.0.1/40:r"], "IPv4"],
    [["sasl:bob:r"], 'no scheme "sasl"'],
  ])("says what is wrong with %j", async (items, reason) => {
    const { exitCode, stderr } = await run("acl", "set", "/a", ...items);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(cluster.acls.size).toBe(0);
  });

  it("says how it goes", async () => {
    for (const [words, reason] of [
      [["acl", "show", "/a"], "'show' is not one of get, set, digest"],
      [["acl", "get"], "acl get <path>"],
      [["acl", "get", "/a", "/b"], "'/b' is too much"],
      [["acl", "set", "/a"], "acl set <path> <item>"],
      [["acl", "digest", "bob"], "user:password"],
    ] as const) {
      const { exitCode, stderr } = await run(...words);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)]);
    }
  });

  it("tells what stands for a password in a list", async () => {
    expect((await run("acl", "digest", "bob:secret")).stdout).toBe(`${digestId("bob:secret")}\n`);
  });
});

describe("who the user is", () => {
  it("is shown with the session: by --auth, and by the environment", async () => {
    await kvctl(["--auth", "digest:bob:secret", "get", "/a", "--auth", "digest:ann:x"], {
      cluster,
      env: { KVCTL_AUTH: "digest:env:y" },
    });
    expect(cluster.shown.map(({ auth }) => auth)).toContain("ann:x");
    expect(cluster.shown.map(({ auth }) => auth)).toContain("env:y");
  });

  it("and a mistake is told without the password", async () => {
    for (const text of ["secret", "digest:secret", "plain:bob:secret"]) {
      const { exitCode, stderr } = await run("get", "/a", "--auth", text);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("digest:USER:PASSWORD");
      expect(stderr).not.toContain("secret");
    }
  });

  it("goes with create and with the lines of a transaction", async () => {
    expect(await run("create", "/b", "x", "--acl", "auth::r", "--acl", "world:anyone:w")).toMatchObject({
      exitCode: 0,
    });
    expect(cluster.acls.get("/b")).toHaveLength(2);
    const lines = "create /c x --acl world:anyone:r\nacl /c auth::cdrwa,world:anyone:r --version 0\n";
    const { stdout, exitCode } = await kvctl(["txn"], { cluster, stdin: lines });
    expect([exitCode, stdout]).toEqual([0, "/c\n/c list version 1\n"]);
  });
});
