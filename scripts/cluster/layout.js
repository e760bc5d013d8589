// Where a local cluster keeps its things and which ports it takes.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { root, self } from "./words.js";

/** Folder of data, logs and process ids. */
export const home = resolve(process.env.TERRARIUM_HOME || join(root, ".cluster"));

export const sizes = [1, 3, 5, 7];
const defaultBasePort = 7100;
const envFile = join(home, "cluster.env");

/** A failure that a user can act on: one sentence, a hint, an exit code. */
export class Complaint extends Error {
  constructor(message, hint = "", exitCode = 2) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

function basePortFromEnvironment() {
  const text = process.env.TERRARIUM_BASE_PORT;
  if (text === undefined || text === "") return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_000) return port;
  throw new Complaint(
    `TERRARIUM_BASE_PORT: '${text}' is not a port`,
    "give a number from 1 to 65000, or unset it for 7100",
  );
}

/** Whether there is a folder `path`. Complains where none can be. */
function isFolder(path) {
  try {
    if (statSync(path).isDirectory()) return true;
  } catch (error) {
    if (error.code === "ENOENT") return false;
    if (error.code !== "ENOTDIR") throw error;
  }
  throw new Complaint(
    `TERRARIUM_HOME: ${home} is, or is below, something that is no folder`,
    "set it to a folder, or to one that can be made, or unset it",
  );
}

/** Not `mkdirSync` with `recursive`: in some places where nothing can be made (`/proc`), Node 20 tries for ever. */
function makeFolder(path) {
  if (isFolder(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/**
 * The cluster that exists here; undefined without one. `size`: of its first membership, servers 1 to size. `ids`: the
 * members that we handle, as the cluster told last (see `knowledge.js`). `lastId`: the highest id ever used.
 */
export function readCluster() {
  const wanted = basePortFromEnvironment();
  if (!isFolder(home) || !existsSync(envFile)) return undefined;
  const values = {};
  for (const line of readFileSync(envFile, "utf8").split("\n")) {
    const match = /^([A-Z_]+)=(.*)$/.exec(line.trim());
    if (match !== null) values[match[1]] = match[2];
  }
  const size = Number(values.SIZE);
  const ids = values.SERVERS === undefined ? firstIds(size) : values.SERVERS.split(",").map(Number);
  const lastId = Number(values.LAST_ID ?? size);
  const cluster = { size, ids, lastId, basePort: Number(values.BASE_PORT), clusterId: values.CLUSTER_ID };
  const sound = ids.length > 0 && ids.every((id) => Number.isInteger(id) && id > 0) && Number.isInteger(lastId);
  if (!sound || !sizes.includes(cluster.size) || !(cluster.basePort > 0) || cluster.clusterId === undefined) {
    throw new Complaint(`${envFile} is damaged`, `delete ${home} if its data is of no use any more`);
  }
  if (wanted !== undefined && wanted !== cluster.basePort) {
    throw new Complaint(
      `the cluster in ${home} uses base port ${cluster.basePort}, not ${wanted}`,
      "unset TERRARIUM_BASE_PORT, or set TERRARIUM_HOME to another folder for a second cluster",
    );
  }
  return cluster;
}

/** Like {@link readCluster}, for commands that need one. */
export function existingCluster() {
  const cluster = readCluster();
  if (cluster !== undefined) return cluster;
  throw new Complaint("there is no cluster here yet", `start one with ${self} 5`, 1);
}

/** Notes that there is a cluster now. */
export function createCluster(size) {
  const basePort = basePortFromEnvironment() ?? defaultBasePort;
  const clusterId = `local-${Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0")}`;
  makeFolder(home);
  const cluster = { size, ids: firstIds(size), lastId: size, basePort, clusterId };
  saveCluster(cluster);
  return cluster;
}

/** Notes what the cluster is now. Whoever reads meanwhile, or after we were killed here, finds the old or the new. */
export function saveCluster({ size, ids, lastId, basePort, clusterId }) {
  const grown = ids.join() === firstIds(size).join() && lastId === size ? "" : `SERVERS=${ids}\nLAST_ID=${lastId}\n`;
  const own = `${envFile}.${process.pid}`;
  writeFileSync(own, `SIZE=${size}\nBASE_PORT=${basePort}\nCLUSTER_ID=${clusterId}\n${grown}`, { flush: true });
  renameSync(own, envFile);
}

/** Forgets the cluster, and what a write of it may have left. */
export function forgetCluster() {
  for (const name of readdirSync(home))
    if (name === "cluster.env" || /^cluster\.env\.\d+$/.test(name)) rmSync(join(home, name), { force: true });
}

/** Ids of the servers that the cluster begins with. */
export function firstIds(size) {
  return Array.from({ length: size || 0 }, (_, i) => i + 1);
}

/**
 * Ids of all servers that may run or have data here: the members, and those that have a folder, which is made before a
 * server is started for the first time and goes only when its data are deleted. So those of an `add` or a `remove` that
 * was interrupted are among them.
 */
export function everyId(cluster) {
  const folders = isFolder(home)
    ? readdirSync(home).flatMap((name) => /^server-([1-9]\d*)$/.exec(name)?.[1] ?? [])
    : [];
  return [...new Set([...cluster.ids, ...folders.map(Number)])].sort((a, b) => a - b);
}

/** Ports and files of server `id`. */
export function serverLayout(cluster, id) {
  const folder = join(home, `server-${id}`);
  const at = (port) => `127.0.0.1:${port}`;
  const { basePort } = cluster;
  return {
    id,
    folder,
    dataDir: join(folder, "data"),
    log: join(folder, "log"),
    pidFile: join(folder, "pid"),
    ports: {
      clients: basePort + id,
      peers: basePort + 100 + id,
      http: basePort + 200 + id,
      zookeeper: basePort + 300 + id,
    },
    clientAddress: at(basePort + id),
    peerAddress: at(basePort + 100 + id),
    httpAddress: at(basePort + 200 + id),
    zookeeperAddress: at(basePort + 300 + id),
  };
}

/** Checks the form of what a user types as servers: numbers of servers that are or were here, or "leader". */
export function checkServerWords(cluster, words) {
  const known = everyId(cluster);
  for (const word of words)
    if (word !== "leader" && !(/^[1-9]\d*$/.test(word) && known.includes(Number(word))))
      throw new Complaint(
        `'${word}' is not a server of this cluster`,
        `its servers are ${known.join(", ")}, or "leader"`,
      );
}
