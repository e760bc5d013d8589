/** `cluster.sh add` and `remove`, interrupted: whatever the moment, the cluster and cluster.sh agree afterwards. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

// Each test starts a dozen processes, one after the other.
vi.setConfig({ testTimeout: 600_000 });

import { ClusterSh } from "../support/cluster-sh.ts";

const patience = { timeout: 120_000, interval: 10 };
/** Ids are never used twice. */
let nextId = 4;
let sh: ClusterSh;

beforeAll(async () => {
  sh = await ClusterSh.make();
  expect(await sh.run(["3"])).toMatchObject({ code: 0 });
});
afterAll(() => sh.destroy());

/** What the server at an HTTP port says of itself; undefined if nothing. */
async function ask(
  id: number,
): Promise<{ readonly role: string; readonly members: { readonly id: number }[] } | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${sh.basePort + 200 + id}/status`);
    return (await answer.json()) as { role: string; members: { id: number }[] };
  } catch {
    return undefined;
  }
}

/** The members as the one server that leads names them. */
async function members(): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: nextId - 1 }, (_, i) => ask(i + 1)));
  return answers.find((answer) => answer?.role === "leader")?.members.map(({ id }) => id) ?? [];
}

/** After an interruption: once nothing moves any more, cluster.sh knows what the cluster knows. */
async function agreed(): Promise<readonly number[]> {
  return (await settled()).known;
}

/** The members that both know, and which servers run. */
async function settled(): Promise<{ readonly known: readonly number[]; readonly running: readonly number[] }> {
  return await vi.waitFor(async () => {
    const { servers, served } = await sh.status();
    expect(served).toBe(true);
    expect(servers.some(({ role }) => role === "catching up" || role === "leaving")).toBe(false);
    const known = servers.filter(({ member }) => member).map(({ id }) => id);
    expect(known).toEqual(await members());
    return { known, running: servers.filter(({ state }) => state === "running").map(({ id }) => id) };
  }, patience);
}

/** All that runs is stopped by `stop`, and all members by `./cluster.sh N` started again. */
async function expectHandled(known: readonly number[]): Promise<void> {
  expect((await sh.run(["stop"])).code).toBe(0);
  expect(sh.processes()).toEqual([]);
  const up = await sh.run(["3"]);
  expect(up).toMatchObject({ code: 0, error: "" });
  expect(await settled()).toEqual({ known, running: known });
}

describe("an add that is interrupted", () => {
  const moments: Record<string, (text: () => string, id: number) => Promise<unknown>> = {
    "as it starts the server": (text) => vi.waitFor(() => expect(text()).toContain("starting server"), patience),
    "once the server answers": (_, id) => vi.waitFor(async () => expect(await ask(id)).toBeDefined(), patience),
    "once the server is a member": (_, id) => vi.waitFor(async () => expect(await members()).toContain(id), patience),
  };

  it.each([
    ["as it starts the server", "SIGINT"],
    ["once the server answers", "SIGKILL"],
    ["once the server is a member", "SIGINT"],
    ["once the server is a member", "SIGKILL"],
  ] as const)("%s, by %s, leaves no server that cluster.sh does not know", async (moment, signal) => {
    const id = nextId++;
    const run = sh.start(["add"]);
    await moments[moment]?.(() => run.text, id);
    await run.signal(signal);
    if (signal === "SIGINT" && !run.text.includes("is a member\n"))
      expect(run.text).toMatch(/may have become a member\n|starting server/);
    const known = await agreed();
    if (moment === "once the server is a member") expect(known).toEqual([1, 2, 3, id]);
    await expectHandled(known);
    expect(await sh.run(["remove", String(id)])).toMatchObject({ code: 0, error: "" });
    expect(await agreed()).toEqual([1, 2, 3]);
    expect(existsSync(join(sh.home, `server-${id}`))).toBe(false);
  });

  it("is gone on with by the next one where the server still waits", async () => {
    const id = nextId++;
    const run = sh.start(["add"]);
    await vi.waitFor(async () => expect(await ask(id)).toBeDefined(), patience);
    await run.signal("SIGKILL");
    const known = await agreed();
    if (!known.includes(id)) {
      expect((await sh.status()).notes.join()).toContain(`server ${id} waits to be added`);
      const again = await sh.run(["add"]);
      expect(again.out).toContain(`server ${id} is a member`);
    }
    expect(await agreed()).toEqual([1, 2, 3, id]);
    expect((await sh.run(["remove", String(id)])).code).toBe(0);
  });
});

describe("a remove that is interrupted", () => {
  it.each(["SIGINT", "SIGKILL"] as const)("by %s is brought to its end by another one", async (signal) => {
    const id = nextId++;
    expect(await sh.run(["add"])).toMatchObject({ code: 0 });
    const run = sh.start(["remove", String(id)]);
    await vi.waitFor(async () => expect(await members()).not.toContain(id), patience);
    await run.signal(signal);
    expect(await agreed()).toEqual([1, 2, 3]);
    if (existsSync(join(sh.home, `server-${id}`))) {
      expect((await sh.run(["start", String(id)])).error).toContain(`server ${id} is no member of the cluster`);
      expect(await sh.run(["remove", String(id)])).toMatchObject({ code: 0, error: "" });
    }
    expect(existsSync(join(sh.home, `server-${id}`))).toBe(false);
    await expectHandled([1, 2, 3]);
  });
});

describe("members that others changed", () => {
  it("are known to cluster.sh at once", async () => {
    const id = nextId++;
    expect(await sh.run(["add", "--observer"])).toMatchObject({ code: 0 });
    const { servers } = await sh.status();
    expect(servers.find((server) => server.id === id)?.role).toBe("observer");
    const kvctl = join(ClusterSh.script, "..", "bin", "kvctl.js");
    const removed = await sh.run([kvctl, "member", "remove", String(id)], {}, process.execPath);
    expect(removed.code).toBe(0);
    expect(await agreed()).toEqual([1, 2, 3]);
    const { out, code } = await sh.run(["status"]);
    expect(code).toBe(0);
    expect(out).toContain(`server ${id} is no member`);
    expect((await sh.run(["remove", String(id)])).code).toBe(0);
  });
});
