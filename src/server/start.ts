/** Puts a real server together: disk, node, streams to peers and clients, HTTP. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Logger } from "pino";
import { CollectingLog } from "../doors/door-log.ts";
import { FileGauge } from "../doors/file-gauge.ts";
import { type FileBudget, fileBudget, openFilesMax } from "../doors/files.ts";
import { createMetrics } from "../http/metrics.ts";
import { refusedByBrowsers } from "../http/refused-ports.ts";
import { Node } from "../node/node.ts";
import { defaultNodeOptions } from "../node/options.ts";
import type { Clock, Disk } from "../node/ports.ts";
import type { Configuration } from "../raft/types.ts";
import type { ServerIntroduction } from "../rpc/probe.ts";
import { type LevelDisk, openLevelDisk } from "../storage/level-disk.ts";
import { type Identity, noCluster, openStorage, type Recovered } from "../storage/open.ts";
import { checkAddresses } from "./addresses.ts";
import { DiskGauge } from "./disk-gauge.ts";
import { closeDoors, doorStats, openDoors } from "./doors.ts";
import { Host } from "./host.ts";
import { findCluster } from "./join.ts";
import { leaveInOrder } from "./leave.ts";
import { roleLogger } from "./log.ts";
import type { LogOutput } from "./log-output.ts";
import { Lookout } from "./lookout.ts";
import { followMembership } from "./membership.ts";
import type { ServeOptions } from "./options.ts";
import { QuotaWatch } from "./quota-watch.ts";
import { unlessAborted } from "./stopping.ts";
import { timedDisk } from "./timed-disk.ts";
import { clientStreams, doorsOf, type Inside, peerTransport } from "./wiring.ts";

const clock: Clock = { now: () => performance.now(), wallClock: () => Date.now() };

/** A server that runs. */
export interface RunningServer {
  /** Hands leadership over, if this server leads; then ends all streams, stops listening and closes the disk. */
  stop(): Promise<void>;
}

/** What a server lives in. */
export interface Surroundings {
  readonly log: Logger;
  /** Where the log goes. */
  readonly output: Pick<LogOutput, "dropped">;
  /** Aborts when the process is asked to end: a start stops then, and lets go of what it holds. */
  readonly signal: AbortSignal;
  /** The server cannot go on and must not write again: end the process. */
  readonly fatal: (error: Error) => void;
}

/**
 * Starts a server and resolves once it listens; it joins its cluster by itself. Rejects with the reason of the signal if
 * that aborts first.
 *
 * @throws TerrariumError DATA_DIR_UNUSABLE, WRONG_DATA_DIR, CORRUPT, NOT_A_MEMBER, ADDRESS_IN_USE, USAGE
 */
export async function startServer(options: ServeOptions, surroundings: Surroundings): Promise<RunningServer> {
  const { log, signal } = surroundings;
  const hasPages = options.dashboard && options.httpAddress !== undefined;
  const files = fileBudget(openFilesMax(), hasPages, options.zookeeperAddress !== undefined);
  // What can be wrong outside of the data directory is found out first: a server that cannot start leaves it untouched.
  await checkAddresses([options.clientAddress, options.peerAddress, options.zookeeperAddress, options.httpAddress]);
  const unseen = hasPages && options.httpAddress !== undefined ? refusedByBrowsers(options.httpAddress) : undefined;
  // Metrics and probes are served all the same: those who ask for these are rarely browsers.
  if (unseen !== undefined) log.warn({ httpAddress: options.httpAddress }, unseen);
  const host = options.join.length === 0 ? undefined : await unlessAborted(findCluster(options.join, log), signal);
  const clusterId = options.clusterId || (host?.clusterId ?? "");
  if (clusterId === "" && isFresh(options.dataDir)) throw noCluster();
  signal.throwIfAborted();
  const level = await openLevelDisk(resolve(options.dataDir));
  try {
    signal.throwIfAborted();
    const recovered = await recover(interruptible(level, signal), options, clusterId);
    signal.throwIfAborted();
    return await serve(options, surroundings, files, level, recovered, host?.members ?? []);
  } catch (error) {
    await level.close();
    throw error;
  }
}

/** Whether nothing is there yet: then nothing is to be made there either before the server can begin. */
function isFresh(dataDir: string): boolean {
  try {
    return readdirSync(dataDir).length === 0;
  } catch {
    // If it is not missing, opening it says what is wrong.
    return !existsSync(dataDir);
  }
}

/** The disk of a server that starts: reading all that is on it may take long, and ends when it is not wanted any more. */
function interruptible(disk: Disk, signal: AbortSignal): Disk {
  return {
    write: (batch, done) => disk.write(batch, done),
    view: () => disk.view(),
    scan: (range, visit, done) =>
      disk.scan(
        range,
        (key, value) => {
          signal.throwIfAborted();
          visit(key, value);
        },
        done,
      ),
  };
}

async function recover(disk: Disk, options: ServeOptions, clusterId: string): Promise<Recovered> {
  const joining = options.join.length > 0;
  const identity: Identity = { clusterId, serverId: options.id, incarnation: newIncarnation(), joining };
  const bootstrap: Configuration = {
    members: options.members,
    voters: options.members.map((member) => member.id),
    oldVoters: [],
    learners: [],
  };
  return await new Promise<Recovered>((resolve, reject) => {
    openStorage(disk, identity, joining ? undefined : bootstrap, (error, recovered) => {
      if (recovered !== undefined) resolve(recovered);
      else reject(error ?? new Error("the storage opened with neither a result nor an error"));
    });
  });
}

/** A number from 1 to 2^48: no two data directories draw the same. */
export function newIncarnation(): number {
  return randomBytes(6).readUIntBE(0, 6) + 1;
}

async function serve(
  options: ServeOptions,
  { log, output, signal, fatal }: Surroundings,
  files: FileBudget,
  level: LevelDisk,
  recovered: Recovered,
  hosts: ServerIntroduction["members"],
): Promise<RunningServer> {
  const collecting = new CollectingLog(log);
  const lookout = new Lookout({ options, clock, node: () => node, peers: () => peers, log: collecting });
  const quotas = new QuotaWatch(() => node.machine.quotas(), collecting);
  const metrics = createMetrics({
    status: () => node.status(),
    peers: () => peers.linkStats(),
    doors: () => doorStats(doors),
    logDropped: () => output.dropped,
    outOfFiles: () => fileGauge.failed,
    quotas: () => quotas.figures,
  });
  const logRoles = roleLogger(collecting);
  const host = new Host({
    clock,
    afterTurn: (durationMs) => {
      metrics.observeTurn(durationMs);
      lookout.turned(durationMs);
      logRoles(node.raft);
      follow();
    },
  });
  const { clusterId, incarnation = 0 } = recovered.identity;
  const inside: Inside = {
    ...{ options, clusterId, incarnation, files, level, lookout, metrics, log: collecting },
    node: () => node,
  };
  const peers = peerTransport(inside);
  const streams = clientStreams(inside);
  const doors = doorsOf(inside, streams, peers);
  const node = new Node(
    {
      ...defaultNodeOptions,
      id: options.id,
      clusterId,
      electionTimeoutMs: options.electionTimeoutMs,
      heartbeatMs: options.heartbeatMs,
    },
    {
      disk: timedDisk(level, clock, (durationMs, bytes) => {
        metrics.observeDiskWrite(durationMs, bytes);
        lookout.diskWrite(durationMs);
      }),
      network: peers,
      clock,
      clients: streams,
      random: Math.random,
      secret: (length) => randomBytes(length),
      requestFlush: host.requestFlush,
      checkpointTook: metrics.observeCheckpointTurn,
      applied: (command, applied) => {
        quotas.applied(applied);
        lookout.applied(command, applied);
      },
      fatal,
    },
    recovered,
  );
  const gauge = new DiskGauge({
    directory: resolve(options.dataDir),
    limits: options.disk,
    measured: (low) => {
      node.setDiskLow(low);
      if (low !== undefined) level.reclaim();
    },
    log: collecting,
  });
  const fileGauge = new FileGauge(collecting);
  const follow = followMembership(node, peers, hosts, log);
  const stop = async (): Promise<void> => {
    await gauge.stop();
    fileGauge.stop();
    await leaveInOrder(node, options.electionTimeoutMs, log);
    host.stop();
    streams.end();
    await closeDoors(doors);
    await level.close();
    collecting.end();
  };
  try {
    const ports = await openDoors(doors);
    lookout.listens(ports.http, ports.zookeeper);
    signal.throwIfAborted();
    follow();
    await gauge.start();
    fileGauge.start();
    host.start(node);
    log.info({ clusterId, ports, dataDir: options.dataDir, pid: process.pid, files }, "serving");
  } catch (error) {
    streams.end();
    await closeDoors(doors);
    throw error;
  }
  return { stop };
}
