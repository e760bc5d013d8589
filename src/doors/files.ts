/**
 * How many connections the doors may have open: what the process may hold in open files, less what it needs for itself.
 * Each connection is a file to the system; a server that has none left can neither accept nor write its log.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/**
 * Kept back for Node itself (some 30), LevelDB (its log, its manifest, the tables that a compaction opens: some 20) and
 * the streams to other servers (as many as may come in).
 */
const ownFiles = 64;
/** With fewer connections than these a server is of no use. */
const connectionsMin = 24;
/** Streams of other servers, which have to get in whatever clients do. */
const peersMax = 128;
/** Of those who look how the server is doing … */
const httpMax = 64;
/** … and with pages: three quarters may come from one address, and each page that is open has a connection of its own. */
const httpWithPagesMax = 320;

/** What the open files are for. */
export interface FileBudget {
  /** Open files of the process; Infinity if the system sets no limit. */
  readonly limit: number;
  /** Those that no door may take. */
  readonly reserved: number;
  /** Connections of each door, at most. */
  readonly clients: number;
  /** Of clients that speak ZooKeeper's protocol; 0 where that is not spoken. */
  readonly zookeeper: number;
  readonly peers: number;
  readonly http: number;
}

/**
 * Divides `limit` open files. `hasPages`: people may look at the server with a browser. `hasZooKeeper`: there is a door for
 * ZooKeeper's clients, which gets half of what clients may have.
 *
 * @throws TerrariumError USAGE if a server cannot live with so few
 */
export function fileBudget(limit: number, hasPages: boolean, hasZooKeeper = false): FileBudget {
  const smallest = ownFiles + connectionsMin + Math.ceil(connectionsMin / 3);
  if (limit < smallest) {
    throw new TerrariumError(
      "USAGE",
      `this process may have only ${limit} files open, and a server needs ${smallest}`,
      "allow more (`ulimit -n 4096`, or LimitNOFILE in systemd) and start it again",
    );
  }
  const doors = limit - ownFiles;
  // For each stream that a peer opens, one is opened to it.
  const peers = Math.min(peersMax, Math.floor(doors / 8));
  const http = Math.min(hasPages ? httpWithPagesMax : httpMax, Math.floor(doors / 8));
  const all = Math.min(limits.connectionsMax, doors - 2 * peers - http);
  const zookeeper = hasZooKeeper ? Math.floor(all / 2) : 0;
  return { limit, reserved: ownFiles + peers, clients: all - zookeeper, zookeeper, peers, http };
}

/** How many files this process may have open; Infinity if it cannot be found out. */
export function openFilesMax(): number {
  const text = softLimit();
  const limit = Number(text);
  return Number.isSafeInteger(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** How many files this process has open; undefined if it cannot be found out. */
export function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    // Not Linux.
    return undefined;
  }
}

function softLimit(): string | undefined {
  try {
    return /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  } catch {
    // Not Linux.
  }
  try {
    // A child has the limits of its parent.
    return execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8", timeout: 1000 }).trim();
  } catch {
    return undefined;
  }
}
