import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { inspectBackup, saveBackup, TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { runTerrarium } from "../support/run-terrarium.ts";

const patience = { timeout: 90_000, interval: 200 };

describe("a log that does not grow for ever", () => {
  let cluster: LocalCluster;
  let client: TerrariumClient;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
    client = await TerrariumClient.connect({ endpoints: cluster.endpoints, requestTimeoutMs: 60_000 });
  });
  afterAll(async () => {
    await client.close();
    await cluster.destroy();
  });

  const status = async (id: number) => present(await cluster.status(id), `status of server ${id}`);

  /** Sets six znodes of 900 KB in turn: 60 of them are more log than is kept. */
  async function fill(round: string): Promise<void> {
    for (let i = 0; i < 60; i++) {
      const data = new Uint8Array(900_000).fill(i);
      if (i < 6 && round === "first") await client.create(`/large${i}`, data);
      else await client.set(`/large${i % 6}`, data);
    }
    await client.set("/round", round);
  }

  it("a follower that was away for too long gets a snapshot and catches up", async () => {
    await client.create("/round", "");
    await client.create("/held", "", { ephemeral: true });
    const leader = await cluster.leader();
    const away = present(
      cluster.servers.find(({ id, endpoint }) => id !== leader && endpoint !== client.endpoint),
      "another follower",
    ).id;
    await cluster.signal(away, "SIGKILL");
    const { lastIndex } = await status(leader);
    await fill("first");
    await expect.poll(async () => (await status(leader)).firstIndex, patience).toBeGreaterThan(lastIndex + 1);

    cluster.startServer(away);
    await expect
      .poll(async () => {
        const [behind, ahead] = [await cluster.status(away), await status(leader)];
        return behind !== undefined && behind.appliedIndex >= ahead.commitIndex;
      }, patience)
      .toBe(true);
    expect((await status(away)).firstIndex).toBeGreaterThan(lastIndex + 1);
    const { znodes, sessions } = await status(leader);
    expect(await status(away)).toMatchObject({ znodes });
    expect((await status(away)).sessions).toBeGreaterThanOrEqual(sessions);

    const there = await TerrariumClient.connect({ endpoints: [cluster.server(away).endpoint], discover: false });
    expect(Buffer.from((await there.get("/round", { local: true })).data).toString()).toBe("first");
    expect((await there.get("/large5", { local: true })).data.length).toBe(900_000);
    expect(await there.exists("/held")).toMatchObject({ ephemeralOwner: client.sessionId });
    await there.close();
  });

  it("all servers killed at once come back from their checkpoints", async () => {
    await fill("second");
    await Promise.all(cluster.servers.map(({ id }) => cluster.signal(id, "SIGKILL")));
    for (const { id } of cluster.servers) cluster.startServer(id);
    const leader = await cluster.leader();
    expect((await status(leader)).firstIndex).toBeGreaterThan(1);
    expect(Buffer.from((await client.get("/round")).data).toString()).toBe("second");
    for (let i = 0; i < 6; i++) expect((await client.get(`/large${i}`)).data[7]).toBe(54 + i);
    // The session, and what it owns, came back with them.
    expect(await client.exists("/held")).toMatchObject({ ephemeralOwner: client.sessionId });
  });
});

describe("backup and restore", () => {
  let cluster: LocalCluster;
  let home = "";
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "terrarium-backup-"));
    cluster = await LocalCluster.start(3);
  });
  afterAll(async () => {
    await cluster.destroy();
    await rm(home, { recursive: true, force: true });
  });

  it("a backup of any server, restored, is a new cluster with the same tree", async () => {
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await client.create("/tree", "root");
    for (let i = 0; i < 50; i++) await client.create("/tree/n-", `${i}`, { sequential: true });
    await client.create("/mine", "", { ephemeral: true });
    const follower = present(
      cluster.servers.find(({ id }) => id !== 1),
      "a follower",
    );
    await client.sync();
    const there = await TerrariumClient.connect({ endpoints: [follower.endpoint], discover: false });
    await there.sync();
    const file = join(home, "tree.backup");
    const saved = await saveBackup(follower.endpoint, file);
    expect(await inspectBackup(file)).toEqual(saved);
    expect(saved).toMatchObject({ serverId: follower.id, sessions: 2, bytes: (await readFile(file)).length });
    await expect(saveBackup(follower.endpoint, file)).rejects.toMatchObject({ code: "BACKUP_UNUSABLE" });
    expect(await readdir(home)).toEqual(["tree.backup"]);
    await client.set("/tree", "later");
    await client.close();
    await there.close();

    const restored = await restoredCluster(file, 3);
    try {
      const again = await TerrariumClient.connect({ endpoints: restored.endpoints, connectTimeoutMs: 60_000 });
      expect(Buffer.from((await again.get("/tree")).data).toString()).toBe("root");
      expect((await again.children("/tree")).children.length).toBe(50);
      // Counters go on, and sessions of the old cluster run out, with their ephemerals.
      expect((await again.create("/tree/n-", "", { sequential: true })).path).toBe("/tree/n-0000000050");
      await expect.poll(() => again.exists("/mine"), patience).toBeUndefined();
      await again.close();
    } finally {
      await restored.destroy();
    }
  });

  it("what is no backup, or damaged, or a directory that is not empty, is refused and nothing written", async () => {
    const file = join(home, "small.backup");
    await saveBackup(present(cluster.servers[0], "a server").endpoint, file);
    const bytes = await readFile(file);
    const target = join(home, "new");
    const members = "1=127.0.0.1:9001/127.0.0.1:9002";
    const refused = async (content: Uint8Array, message: RegExp) => {
      const bad = join(home, "bad.backup");
      await writeFile(bad, content);
      const { status, output } = await runTerrarium([
        "restore",
        bad,
        "--id",
        "1",
        "--members",
        members,
        "--data-dir",
        target,
      ]);
      expect(output).toMatch(message);
      expect(status).toBe(2);
      await expect(readdir(target)).rejects.toMatchObject({ code: "ENOENT" });
    };
    await refused(bytes.subarray(0, bytes.length - 3), /cut short/);
    const flipped = Buffer.from(bytes);
    flipped[flipped.length >> 1] = present(flipped[flipped.length >> 1], "a byte") ^ 4;
    await refused(flipped, /damaged/);
    await refused(Buffer.from("hello, this is a text and no backup at all"), /no backup of Terrarium/);
    const { status, output } = await runTerrarium([
      "restore",
      file,
      "--id",
      "1",
      "--members",
      members,
      "--data-dir",
      home,
    ]);
    expect(output).toMatch(/is not empty/);
    expect(status).toBe(2);
    expect(
      (await runTerrarium(["restore", file, "--id", "2", "--members", members, "--data-dir", target])).status,
    ).toBe(2);
  });

  /** A cluster of `size` servers, each restored from `file`. */
  async function restoredCluster(file: string, size: number): Promise<LocalCluster> {
    return await LocalCluster.start(size, [], async (members, server) => {
      const { id, dataDirectory } = server;
      const args = ["--id", String(id), "--members", members, "--data-dir", dataDirectory, "--cluster-id", "restored"];
      const { status, output } = await runTerrarium(["restore", file, ...args]);
      expect(output).toContain("restored 56 znodes");
      expect(status).toBe(0);
      return ["--cluster-id", "restored"];
    });
  }
});
