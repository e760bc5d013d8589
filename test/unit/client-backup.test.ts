/** `saveBackup` at a server that sends a backup while the file's name is fought over. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inspectBackup, saveBackup } from "../../src/client/index.ts";
import { ClientStreams } from "../../src/doors/client-streams.ts";
import { BackupWriter } from "../../src/protocol/backup-file.ts";
import { ClientService } from "../../src/rpc/client-service.ts";
import { MemoryLog } from "./rpc-harness.ts";

let folder = "";
let file = "";
let service: ClientService;
let endpoint = "";
/** Called when half of a backup has left. */
let halfway: () => Promise<void> = async () => {};
let backups = 0;

/** A backup that tells by its znodes which it is. */
async function* backup(): AsyncGenerator<Uint8Array> {
  backups += 1;
  const writer = new BackupWriter();
  const numbers = { serverId: 1, takenMs: 1, index: 2, term: 1, timeMs: 1, znodes: backups, sessions: 0, segments: 2 };
  const configuration = { members: [], voters: [], oldVoters: [], learners: [] };
  yield writer.header({ clusterId: "c", ...numbers }, 7, configuration);
  yield writer.segment(1, new Uint8Array(200_000).fill(backups));
  await halfway();
  yield writer.segment(2, new Uint8Array(200_000).fill(backups));
  yield writer.trailer();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-backup-"));
  file = join(folder, "saved");
  halfway = async () => {};
  backups = 0;
  const handlers = {
    clientMessages: () => {},
    clientDisconnected: () => {},
    status: () => {
      throw new Error("not asked");
    },
    backup,
  };
  const log = new MemoryLog();
  service = new ClientService({ streams: new ClientStreams({ handlers, log }), handlers, log });
  endpoint = `127.0.0.1:${await service.listen("127.0.0.1:0")}`;
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("saving a backup", () => {
  it("ends with one whole file when two save to one name", async () => {
    let waiting = 0;
    let release = (): void => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    halfway = async () => {
      waiting += 1;
      if (waiting === 2) release();
      await both;
    };
    const ends = await Promise.allSettled([saveBackup(endpoint, file), saveBackup(endpoint, file)]);
    const [saved, ...more] = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    expect(more).toEqual([]);
    expect(ends.find((end) => end.status === "rejected")?.reason).toMatchObject({
      code: "BACKUP_UNUSABLE",
      message: `cannot write the backup to ${file}: it exists already`,
    });
    expect(await inspectBackup(file)).toEqual(saved);
    expect(readdirSync(folder)).toEqual(["saved"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("leaves alone what gets the name meanwhile, and a FILE.partial", async () => {
    writeFileSync(join(folder, "precious"), "precious");
    symlinkSync("precious", `${file}.partial`);
    halfway = async () => writeFileSync(file, "theirs");
    await expect(saveBackup(endpoint, file)).rejects.toMatchObject({ code: "BACKUP_UNUSABLE" });
    expect(readFileSync(file, "utf8")).toBe("theirs");
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("precious");
    expect(readdirSync(folder).sort()).toEqual(["precious", "saved", "saved.partial"]);
  });

  it("leaves nothing where it is aborted, or the server fails, or the folder goes away", async () => {
    const abort = new AbortController();
    halfway = async () => abort.abort();
    await expect(saveBackup(endpoint, file, { signal: abort.signal })).rejects.toMatchObject({ code: "ABORTED" });
    halfway = () => Promise.reject(new Error("no"));
    await expect(saveBackup(endpoint, file)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(readdirSync(folder)).toEqual([]);
    halfway = async () => rmSync(folder, { recursive: true });
    await expect(saveBackup(endpoint, file)).rejects.toMatchObject({
      code: "BACKUP_UNUSABLE",
      message: `cannot write the backup to ${file}: no such file or directory`,
    });
  });
});
