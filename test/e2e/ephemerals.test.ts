import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";

describe("ephemerals", () => {
  let cluster: LocalCluster;
  let observer: TerrariumClient;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
    observer = await TerrariumClient.connect({ endpoints: cluster.endpoints, sessionTimeoutMs: 60_000 });
  });
  afterAll(async () => {
    await observer.close();
    await cluster.destroy();
  });

  const gone = (path: string) => expect.poll(() => observer.exists(path), { timeout: 60_000 }).toBeUndefined();

  it("disappears when its client dies, after the session timeout", async () => {
    const kvctl = fileURLToPath(new URL("../../bin/kvctl.js", import.meta.url));
    const args = ["create", "/dying", "-e", "--endpoints", cluster.endpoints.join(",")];
    const child = spawn(process.execPath, [kvctl, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    expect(await observer.exists("/dying")).toMatchObject({ dataLength: 0 });
    child.kill("SIGKILL");
    await gone("/dying");
  });

  it("disappears at once when its client closes", async () => {
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints, sessionTimeoutMs: 60_000 });
    await client.create("/closing", "", { ephemeral: true });
    await client.close();
    expect(await observer.exists("/closing")).toBeUndefined();
  });

  it("stays when another client takes the session over; the one that had it is told", async () => {
    const one = await TerrariumClient.connect({ endpoints: cluster.endpoints, sessionTimeoutMs: 60_000 });
    await one.create("/taken", "", { ephemeral: true });
    const other = await TerrariumClient.connect({ endpoints: cluster.endpoints, session: one.session });
    expect(await other.exists("/taken")).toBeDefined();
    await expect(one.create("/late", "")).rejects.toMatchObject({ code: "SESSION_TAKEN" });
    await other.create("/after", "");
    expect(await other.exists("/late")).toBeUndefined();
    await one.close();
    await other.close();
    expect(await observer.exists("/taken")).toBeUndefined();
  });

  it("stays when its client's server dies and the client moves", async () => {
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints, sessionTimeoutMs: 4000 });
    await client.create("/moving", "", { ephemeral: true });
    const server = cluster.servers.find((s) => s.endpoint === client.endpoint);
    if (server === undefined) throw new Error("the client names a server of the cluster");
    await cluster.signal(server.id, "SIGKILL");
    await client.sync({ timeoutMs: 60_000 });
    const movedMs = Date.now();
    while (Date.now() - movedMs < 6000) {
      expect(await observer.exists("/moving")).toBeDefined();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    cluster.startServer(server.id);
    await client.close();
    expect(await observer.exists("/moving")).toBeUndefined();
  });
});
