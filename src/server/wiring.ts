/** What comes in at each door of a server, and whom it concerns. */
import { resolve } from "node:path";
import { ClientStreams, streamsMax } from "../doors/client-streams.ts";
import type { DoorLog } from "../doors/door-log.ts";
import { type FileBudget, openFiles } from "../doors/files.ts";
import { HttpDoor } from "../http/http-door.ts";
import type { Metrics } from "../http/metrics.ts";
import type { Node } from "../node/node.ts";
import { ClientService } from "../rpc/client-service.ts";
import { PeerTransport } from "../rpc/peer-transport.ts";
import type { LevelDisk } from "../storage/level-disk.ts";
import { ZooKeeperDoor } from "../zookeeper/zookeeper-door.ts";
import { administer } from "./administration.ts";
import { backup } from "./backup.ts";
import { directorySize } from "./disk-gauge.ts";
import type { Doors } from "./doors.ts";
import type { Lookout } from "./lookout.ts";
import type { ServeOptions } from "./options.ts";
import { administerAnywhere } from "./reconfiguration.ts";

/** What is behind the doors. */
export interface Inside {
  readonly options: ServeOptions;
  readonly clusterId: string;
  readonly incarnation: number;
  readonly files: FileBudget;
  readonly level: LevelDisk;
  readonly lookout: Lookout;
  readonly metrics: Metrics;
  readonly log: DoorLog;
  /** Made after its doors, and there before they open. */
  readonly node: () => Node;
}

/** What comes from other servers. */
export function peerTransport({ options, clusterId, incarnation, files, lookout, log, node }: Inside): PeerTransport {
  return new PeerTransport({
    clusterId,
    id: options.id,
    incarnation,
    instance: () => node().instance,
    waiting: () => !node().admitted,
    knownIncarnation: (other) => node().knownIncarnation(other),
    handlers: {
      receivePeer: (from, messages, instance) => node().receivePeer(from, messages, instance),
      peerConnected: (to) => node().peerConnected(to),
      peerDisconnected: (from) => node().peerDisconnected(from),
      observe: (question) => lookout.tell(question),
    },
    random: Math.random,
    log,
    door: { connectionsMax: files.peers },
  });
}

/** What comes from clients, whatever protocol they speak. */
export function clientStreams({ files, lookout, log, node }: Inside): ClientStreams {
  return new ClientStreams({
    handlers: {
      clientMessages: (connection, messages) => node().clientMessages(connection, messages),
      clientDisconnected: (connection) => node().clientDisconnected(connection),
      clientReady: (connection) => node().clientReady(connection),
      asked: (reads, writes) => lookout.asked(reads, writes),
      answered: (kind, durationMs) => lookout.answered(kind, durationMs),
    },
    log,
    streamsMax: streamsMax(files.clients + files.zookeeper),
  });
}

/** All doors, still shut. */
export function doorsOf(inside: Inside, streams: ClientStreams, peers: PeerTransport): Doors {
  const { options } = inside;
  return {
    clients: { door: clientService(inside, streams), address: options.clientAddress },
    peers: { door: peers, address: options.peerAddress },
    zookeeper: { door: zooKeeperDoor(inside, streams), address: options.zookeeperAddress },
    http: { door: httpDoor(inside), address: options.httpAddress },
  };
}

function clientService(inside: Inside, streams: ClientStreams): ClientService {
  const { options, clusterId, files, level, lookout, log, node } = inside;
  return new ClientService({
    streams,
    handlers: {
      status: () => lookout.status(),
      sessions: (after) => lookout.sessions(after),
      administer: (request, signal) => administer(node(), request, signal),
      backup: () =>
        backup({ disk: level, clusterId, serverId: options.id, checkpoint: (done) => node().checkpoint(done) }),
    },
    log,
    identities: options,
    door: { connectionsMax: files.clients },
  });
}

function zooKeeperDoor({ options, files, log, node }: Inside, streams: ClientStreams): ZooKeeperDoor {
  return new ZooKeeperDoor({
    streams,
    facts: {
      appliedIndex: () => node().machine.appliedIndex,
      mayWrite: (path, identities) => node().machine.mayWrite(path, identities),
    },
    log,
    identities: options,
    connectionsMax: files.zookeeper,
    reconfigure: options.zookeeperReconfig ? (asked, signal) => administerAnywhere(node(), asked, signal) : undefined,
    words: options.zookeeperWords,
    wordFacts: {
      status: () => node().status(),
      sessions: () => node().machine.sessions(),
      silentMs: (session) => node().lookers.silentMs(session),
      watches: () => node().lookers.watchers(),
      treeBytes: () => node().machine.dataBytes,
      diskBytes: () => directorySize(resolve(options.dataDir)),
      openFiles,
      openFilesMax: files.limit,
      address: options.zookeeperAddress ?? "",
      dataDir: resolve(options.dataDir),
    },
  });
}

function httpDoor({ files, lookout, metrics, log }: Inside): HttpDoor {
  return new HttpDoor({
    connectionsMax: files.http,
    status: () => lookout.status(),
    metrics,
    site: lookout.site(files),
    onError: (error) => log.error({ err: error }, "an HTTP request failed"),
    log,
  });
}
