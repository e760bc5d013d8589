/** `terrarium recover`: when a majority is lost for good, one server that is left goes on as a cluster of its own. */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { isEndpoint } from "../base/endpoint.ts";
import { TerrariumError } from "../base/errors.ts";
import { instanceOf } from "../node/peers/instance.ts";
import { diskError } from "../storage/disk-hints.ts";
import { type LevelDisk, openLevelDisk } from "../storage/level-disk.ts";
import { type Recovered, readStorage } from "../storage/open.ts";
import { aloneOperations, type Survivor, survivorOf } from "../storage/survivor.ts";
import { newIncarnation } from "./start.ts";

/** The flags as commander hands them over. */
export interface RecoverFlags {
  readonly dataDir?: string;
  readonly peerAddress?: string;
  readonly clientAddress?: string;
  readonly yes?: boolean;
}

/** What was made. */
export interface RecoveredAlone {
  readonly survivor: Survivor;
  readonly dataDir: string;
}

/**
 * Makes the server whose data are in the directory the only member of its cluster. `confirm` is shown what will be done
 * and says whether to go on; it is not asked with `--yes`. Nothing is changed before. Afterwards all is changed, by one
 * batch: a crash leaves the data as they were or as they will be.
 *
 * @throws TerrariumError USAGE, NOT_A_MEMBER, CORRUPT, DATA_DIR_UNUSABLE (also: a server runs on it), DISK_FAILED, ABORTED
 */
export async function recoverAlone(
  flags: RecoverFlags,
  confirm: (survivor: Survivor, dataDir: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<RecoveredAlone> {
  const { peerAddress, clientAddress } = flags;
  checkAddress("--peer-address", peerAddress);
  checkAddress("--client-address", clientAddress);
  const hint = "name the directory of the server that is left, such as --data-dir data/3";
  if (flags.dataDir === undefined) throw new TerrariumError("USAGE", "--data-dir is missing", hint);
  const dataDir = resolve(flags.dataDir);
  // Opening it would make a database of what is none.
  if (!hasData(dataDir))
    throw new TerrariumError("DATA_DIR_UNUSABLE", `there are no data of a server in ${dataDir}`, hint);
  const disk = await openLevelDisk(dataDir);
  try {
    signal.throwIfAborted();
    const survivor = survivorOf(await read(disk));
    if (flags.yes !== true && !(await confirm(survivor, dataDir)))
      throw new TerrariumError("ABORTED", "nothing was changed", "give --yes, or type the word, if you mean it");
    signal.throwIfAborted();
    const incarnation = newIncarnation();
    const instance = instanceOf(new Map([[survivor.id, incarnation]]), 0);
    await write(disk, survivor, { incarnation, instance, peerAddress, clientAddress });
    return { survivor, dataDir };
  } finally {
    await disk.close();
  }
}

/** What an operator has to know before. */
export function recoverWarning({ clusterId, id, configuration, lastIndex, lastTerm }: Survivor): string {
  const others = configuration.members.map((member) => member.id).filter((other) => other !== id);
  const gone = others.length === 0 ? "no others" : `server ${others.join(", ")}`;
  return `WARNING: this makes server ${id} the only member of cluster "${clusterId}" and gives up ${gone}, for good.
  It is for one case alone: a majority is lost and never comes back. While one can be started, start that instead.
  - Its log ends with entry ${lastIndex} of term ${lastTerm}. What the cluster acknowledged and this server does not have
    is lost. What nobody was told is done, but is in its log, becomes part of the state.
  - Of several servers that are left take the one with the highest term, then the highest entry, by this line.
  - Sessions of clients end: they are told SESSION_EXPIRED, as after a restore.
  - The other servers must never run again: together they might serve the old cluster beside this one. Delete their data.
    Their ids are never used again.
  - Copy the data directory first; there is no way back.
`;
}

function read(disk: LevelDisk): Promise<Recovered> {
  return new Promise((done, fail) =>
    readStorage(disk, (error, recovered) => (recovered === undefined ? fail(error) : done(recovered))),
  );
}

async function write(disk: LevelDisk, survivor: Survivor, life: Parameters<typeof aloneOperations>[1]): Promise<void> {
  await new Promise<void>((done, fail) =>
    disk.write(aloneOperations(survivor, life), (error) =>
      error === undefined ? done() : fail(diskError(error, "the new configuration could not be written")),
    ),
  );
}

function hasData(directory: string): boolean {
  try {
    // LevelDB's own name for the file that tells which tables there are.
    return readdirSync(directory).includes("CURRENT");
  } catch {
    return false;
  }
}

function checkAddress(flag: string, address: string | undefined): void {
  if (address === undefined || isEndpoint(address)) return;
  throw new TerrariumError("USAGE", `${flag}: "${address}" is malformed`, "write HOST:PORT, such as 127.0.0.1:7201");
}
