import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concatBytes } from "../../src/base/bytes.ts";
import { TerrariumError } from "../../src/base/errors.ts";
import { BackupWriter } from "../../src/protocol/backup-file.ts";
import { restore } from "../../src/server/restore.ts";
import { openLevelDisk } from "../../src/storage/level-disk.ts";
import { type Recovered, readStorage } from "../../src/storage/open.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-restore-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a restore that is broken off", () => {
  it("leaves nothing in the directory, wherever it was", async () => {
    const file = backupFile("backup", 1);
    const dataDir = join(folder, "data");
    const flags = { id: "1", members: "1=a:1/a:2", dataDir };
    const reason = new TerrariumError("ABORTED", "enough");
    let brokenOff = 0;
    for (;;) {
      let steps = 0;
      // A signal that aborts when it has been looked at so many times.
      const signal = {
        throwIfAborted: () => {
          steps += 1;
          if (steps > brokenOff) throw reason;
        },
      } as AbortSignal;
      const end = await restore(file, flags, signal).catch((error: unknown) => error);
      if (end !== reason) {
        expect(end).toMatchObject({ dataDir });
        break;
      }
      brokenOff += 1;
      expect(existsSync(dataDir) ? readdirSync(dataDir) : []).toEqual([]);
    }
    expect(brokenOff).toBeGreaterThanOrEqual(3);
  });
});

describe("what a restored server's data began with", () => {
  it("is on its disk: the same for servers restored from one file, and another for another file", async () => {
    const origins = [];
    for (const [id, takenMs] of [
      [1, 1],
      [2, 1],
      [1, 2],
    ] as const) {
      const dataDir = join(folder, `origin-${id}-${takenMs}`);
      const file = backupFile(`origin-${takenMs}.backup`, takenMs);
      const members = "1=a:1/a:2,2=b:1/b:2";
      await restore(file, { id: `${id}`, members, dataDir, clusterId: "c" }, new AbortController().signal);
      origins.push(await originOf(dataDir));
    }
    expect(origins[0]).toBeGreaterThan(0);
    expect(origins[1]).toBe(origins[0]);
    expect(origins[2]).not.toBe(origins[0]);
  });

  it("shows the members of the new cluster, whatever the backup says", async () => {
    const dataDir = join(folder, "members");
    const members = "1=a:1/a:2/a:3,2=b:1/b:2";
    await restore(backupFile("members.backup", 1), { id: "1", members, dataDir }, new AbortController().signal);
    const read = { kind: "getData", path: "/zookeeper/config", watch: false, local: true } as const;
    const result = (await recoveredFrom(dataDir)).machine.read(read);
    const text = new TextDecoder().decode(result.failure === undefined ? result.data : undefined);
    expect(text).toBe("server.1=a:1:2:participant;a:3\nserver.2=b:1:2:participant\nversion=2");
  });
});

function backupFile(name: string, takenMs: number): string {
  const file = join(folder, name);
  const writer = new BackupWriter();
  const numbers = { serverId: 1, takenMs, index: 2, term: 1, timeMs: 1, znodes: 4, sessions: 0, segments: 0 };
  const configuration = { members: [], voters: [], oldVoters: [], learners: [] };
  writeFileSync(file, concatBytes([writer.header({ clusterId: "c", ...numbers }, 1, configuration), writer.trailer()]));
  return file;
}

async function originOf(dataDir: string): Promise<number | undefined> {
  return (await recoveredFrom(dataDir)).identity.origin;
}

async function recoveredFrom(dataDir: string): Promise<Recovered> {
  const disk = await openLevelDisk(dataDir);
  try {
    return await new Promise((done, fail) =>
      readStorage(disk, (error, recovered) => (recovered === undefined ? fail(error) : done(recovered))),
    );
  } finally {
    await disk.close();
  }
}
