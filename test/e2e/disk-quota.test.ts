/** Servers whose data directories may not grow beyond a quota. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { TerrariumClient, TerrariumError } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";

const quotaBytes = 48 * 1024 * 1024;
const data = new Uint8Array(512 * 1024);

let cluster: LocalCluster | undefined;
let client: TerrariumClient | undefined;
afterEach(async () => {
  await client?.close();
  client = undefined;
  await cluster?.destroy();
  cluster = undefined;
});

/** The code with which a promise is refused; "ok" if it is not. */
async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    if (error instanceof TerrariumError) return error.code;
    throw error;
  }
}

describe("a cluster with a quota of disk", () => {
  it("refuses creates and setDatas near the quota, and takes them again once deletes have made room", async () => {
    cluster = await LocalCluster.start(3, ["--disk-quota", String(quotaBytes)]);
    client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await client.create("/fill");
    await client.create("/small");
    let made = 0;
    let answer = "ok";
    for (; answer === "ok" && made < 1_000; made++) answer = await code(client.create(`/fill/${made}`, data));
    expect(answer).toBe("DISK_FULL");
    const full = made - 1;
    expect(await code(client.set("/small", Uint8Array.of(1)))).toBe("DISK_FULL");
    await expect(client.create("/more")).rejects.toMatchObject({
      message: expect.stringContaining("almost full"),
      hint: expect.stringContaining("make room"),
    });
    const leader = await cluster.leader();
    const health = await fetch(`http://${cluster.server(leader).httpAddress}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ ready: true });

    for (let i = 0; i < full; i++) await client.delete(`/fill/${i}`);
    for (const giveUp = Date.now() + 60_000; ; await sleep(100)) {
      if ((await code(client.set("/small", Uint8Array.of(2)))) === "ok") break;
      if (Date.now() > giveUp) throw new Error("no room again in a minute");
    }
    expect((await client.get("/small")).data).toEqual(Uint8Array.of(2));
    await expect(client.create("/more")).resolves.toBeDefined();
  }, 240_000);
});
