/** What the data take on disk and in a backup when large znodes are set again and again beside small ones that stay. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { present } from "../src/base/assert.ts";
import { saveBackup, TerrariumClient } from "../src/client/index.ts";
import type { LocalCluster } from "../test/support/local-cluster.ts";

const hotZnodes = 20;
const hotBytes = 100_000;
/** Short-lived ones, of which so many live at a time. */
const briefZnodes = 50;
const briefBytes = 2_000;

/** What a mix came to. */
export interface MixFigures {
  readonly sets: number;
  /** Paths and data that the tree holds because of it. */
  readonly liveBytes: number;
  readonly diskBytes: number;
  readonly backupBytes: number;
  /** Of the disk, without the log and LevelDB's own; and of the backup. */
  readonly backupRatio: number;
  readonly diskRatio: number;
}

/** What a server's data take on disk, bytes. */
export async function diskOf(cluster: LocalCluster, id: number): Promise<number> {
  const directory = cluster.server(id).dataDirectory;
  let bytes = 0;
  for (const name of await readdir(directory)) {
    // Files of Level come and go.
    bytes += await stat(join(directory, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

/** Sets large znodes `sets` times; with each, a small one is created that stays and one that is soon deleted. */
export async function mixedSizes(cluster: LocalCluster, id: number, sets: number): Promise<MixFigures> {
  const client = await TerrariumClient.connect({ endpoints: cluster.endpoints, requestTimeoutMs: 120_000 });
  await client.create("/mix", "");
  const value = new Uint8Array(hotBytes).fill(120);
  const brief = new Uint8Array(briefBytes).fill(121);
  for (let i = 0; i < hotZnodes; i++) await client.create(`/mix/hot-${i}`, value);
  let liveBytes = hotZnodes * (hotBytes + "/mix/hot-0".length) + briefZnodes * briefBytes;
  for (let i = 0; i < sets; i++) {
    const kept = `/mix/kept-${i}`;
    liveBytes += kept.length + 1;
    await Promise.all([
      client.set(`/mix/hot-${i % hotZnodes}`, value),
      client.create(kept, "x"),
      client.create(`/mix/brief-${i}`, brief),
      ...(i < briefZnodes ? [] : [client.delete(`/mix/brief-${i - briefZnodes}`)]),
    ]);
  }
  await client.close();
  const file = join(cluster.server(id).dataDirectory, "..", "mix.backup");
  await saveBackup(cluster.server(id).endpoint, file);
  const { size: backupBytes } = await stat(file);
  await rm(file);
  const diskBytes = await diskOf(cluster, id);
  const ratio = (bytes: number): number => Math.round((100 * bytes) / liveBytes) / 100;
  return {
    sets,
    liveBytes,
    diskBytes,
    backupBytes,
    backupRatio: ratio(backupBytes),
    diskRatio: ratio(diskBytes),
  };
}

/** {@link mixedSizes} on a cluster of its own. */
export async function mixOf(start: () => Promise<LocalCluster>, sets: number): Promise<MixFigures> {
  const cluster = await start();
  try {
    return await mixedSizes(cluster, present(cluster.servers[0], "a server").id, sets);
  } finally {
    await cluster.destroy();
  }
}
