import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { administer, serverStatus } from "../../src/client/index.ts";
import { introduction } from "../../src/rpc/probe.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where the time of day is meant: stamps of znodes and of backups, and what is shown of them, or in ZooKeeper's lists. */
const stamps = [
  "src/kvctl/commands/sessions.ts",
  "src/server/backup.ts",
  "src/server/start.ts",
  "src/zookeeper/attendance.ts",
  "src/zookeeper/word-lists.ts",
];

describe("the wall clock", () => {
  it("is asked for stamps only: whoever waits asks the monotonic one", () => {
    const asking = ["src", "scripts", "sim"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .map((name) => join(folder, name))
        // A planted bug may well be that somebody asks it.
        .filter((name) => /\.[tj]s$/.test(name) && !name.startsWith("sim/mutants/"))
        .filter((name) => /\bDate\.now\b/.test(readFileSync(join(root, name), "utf8"))),
    );
    expect(asking.sort()).toEqual(stamps);
  });
});

describe("waiting while the wall clock jumps", () => {
  let silent: Server;
  let address = "";
  beforeEach(async () => {
    // It takes connections, and never says a word.
    silent = createServer((socket) => socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const bound = silent.address();
    address = `127.0.0.1:${bound !== null && typeof bound === "object" ? bound.port : 0}`;
  });
  afterEach(() => {
    vi.restoreAllMocks();
    silent.close();
  });

  /** From now on the clock is further off each time it is read. Returns what tells how long it is since. */
  function jumping(hours: number): () => number {
    const real = Date.now.bind(Date);
    let offset = 0;
    vi.spyOn(Date, "now").mockImplementation(() => {
      offset += hours * 3_600_000;
      return real() + offset;
    });
    const start = performance.now();
    return () => performance.now() - start;
  }

  const waits: readonly (readonly [string, (timeoutMs: number) => Promise<unknown>])[] = [
    ["a change", (timeoutMs) => administer([address], { type: "transfer", to: 0 }, { timeoutMs })],
    ["a status", (timeoutMs) => serverStatus(address, { timeoutMs })],
    ["an introduction", (timeoutMs) => introduction(address, timeoutMs)],
  ];

  it.each(waits)("%s waits as long as it is told, forwards and backwards", async (_, wait) => {
    for (const hours of [1, -1]) {
      const elapsed = jumping(hours);
      await expect(wait(800)).rejects.toMatchObject({ code: "NO_SERVER" });
      expect(elapsed()).toBeGreaterThan(600);
      vi.restoreAllMocks();
    }
  });
});
