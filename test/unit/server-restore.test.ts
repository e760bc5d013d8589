import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concatBytes } from "../../src/base/bytes.ts";
import { TerrariumError } from "../../src/base/errors.ts";
import { BackupWriter } from "../../src/protocol/backup-file.ts";
import { restore } from "../../src/server/restore.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-restore-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a restore that is broken off", () => {
  it("leaves nothing in the directory, wherever it was", async () => {
    const file = join(folder, "backup");
    const writer = new BackupWriter();
    const numbers = { serverId: 1, takenMs: 1, index: 2, term: 1, timeMs: 1, znodes: 4, sessions: 0, segments: 0 };
    const configuration = { members: [], voters: [], oldVoters: [], learners: [] };
    const header = writer.header({ clusterId: "c", ...numbers }, 1, configuration);
    writeFileSync(file, concatBytes([header, writer.trailer()]));
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
