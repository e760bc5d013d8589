/** What Prometheus may scrape: names and units by its conventions, filled from the node's status at each scrape. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { NodeStatus } from "../node/status.ts";

/** Counters of the link to one peer. */
export interface PeerCounters {
  readonly connected: boolean;
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly droppedMessages: number;
  readonly queuedBytes: number;
}

/** What has become of the connections of one door. */
export interface DoorCounters {
  readonly open: number;
  readonly max: number;
  readonly refused: number;
  readonly silent: number;
  readonly outOfFiles: number;
  /** Connections that the server ended for what was said there, by reason; left out: the door does not tell. */
  readonly ended?: ReadonlyMap<string, number>;
}

/** What is read when Prometheus asks. */
export interface MetricsSource {
  status(): NodeStatus;
  /** By peer id. */
  peers(): ReadonlyMap<number, PeerCounters>;
  /** By the door's name. */
  doors(): Readonly<Record<string, DoorCounters>>;
  /** Lines of the log that were lost. */
  logDropped(): number;
  /** Quotas whose soft limits are passed now; since the start, how often one was, and writes that hard ones refused. */
  quotas(): { readonly over: number; readonly passed: number; readonly refused: number };
  /** Looks at which no file could be opened. */
  outOfFiles(): number;
}

export interface Metrics {
  /** A turn of the node's loop took this long, milliseconds. */
  observeTurn(durationMs: number): void;
  /** A checkpoint took this much of a turn, milliseconds. */
  observeCheckpointTurn(durationMs: number): void;
  /** A durable write took this long, milliseconds. */
  observeDiskWrite(durationMs: number, bytes: number): void;
  /** MIME type of {@link Metrics.scrape}. */
  readonly contentType: string;
  /** The metrics in Prometheus' text format. */
  scrape(): Promise<string>;
}

const durationBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const roles = ["follower", "preCandidate", "candidate", "leader"] as const;

/** Gauges that come straight from the status: name, help, value. */
const statusGauges: readonly (readonly [string, string, (status: NodeStatus) => number])[] = [
  ["terrarium_ready", "1 while the server can serve, 0 otherwise.", (s) => (s.ready ? 1 : 0)],
  ["terrarium_raft_term", "Current term.", (s) => s.term],
  ["terrarium_raft_leader_id", "Id of the leader that the server follows; 0 when it knows none.", (s) => s.leader ?? 0],
  ["terrarium_raft_commit_index", "Index of the newest entry known to be committed.", (s) => s.commitIndex],
  ["terrarium_raft_applied_index", "Index of the newest entry applied to the tree.", (s) => s.appliedIndex],
  ["terrarium_raft_last_index", "Index of the newest entry in the log.", (s) => s.lastIndex],
  ["terrarium_raft_durable_index", "Index of the newest entry on this server's disk.", (s) => s.durableIndex],
  [
    "terrarium_disk_stalled_seconds",
    "For how long the disk has owed a write and written nothing; 0 when it owes none.",
    (s) => (s.diskStalledMs ?? 0) / 1000,
  ],
  ["terrarium_disk_low", "1 while the server's disk is almost full, 0 otherwise.", (s) => (s.diskLow === true ? 1 : 0)],
  [
    "terrarium_writes_refused",
    "1 while creates and setDatas of the server's clients are refused for want of disk, 0 otherwise.",
    (s) => (s.writesRefused === undefined ? 0 : 1),
  ],
  ["terrarium_sessions", "Open sessions of the cluster.", (s) => s.sessions],
  ["terrarium_znodes", "Znodes in the tree.", (s) => s.znodes],
  ["terrarium_watches", "Watches of the clients attached to this server.", (s) => s.watches],
  ["terrarium_client_connections", "Clients attached to this server.", (s) => s.connections],
];

/** Makes the metrics of one server, with a registry of its own. */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauges = statusGauges.map(([name, help, read]) => ({ gauge: new Gauge({ name, help, registers }), read }));
  const role = new Gauge({
    name: "terrarium_raft_role",
    help: "1 for the role that the server has now.",
    labelNames: ["role"],
    registers,
  });
  const lag = new Gauge({
    name: "terrarium_raft_follower_lag_entries",
    help: "Entries that a member is behind; known to the leader only.",
    labelNames: ["peer"],
    registers,
  });
  const skew = new Gauge({
    name: "terrarium_clock_skew_seconds",
    help: "How far a member's wall clock is ahead of those of a majority; known to the leader only.",
    labelNames: ["peer"],
    registers,
  });
  const peers = peerMetrics(registry);
  const doors = doorMetrics(registry);
  const turns = new Histogram({
    name: "terrarium_turn_duration_seconds",
    help: "Time that one turn of the node's loop took.",
    buckets: durationBuckets,
    registers,
  });
  const checkpointTurns = new Histogram({
    name: "terrarium_checkpoint_turn_duration_seconds",
    help: "Time that a checkpoint took of one turn of the node's loop.",
    buckets: durationBuckets,
    registers,
  });
  const writes = new Histogram({
    name: "terrarium_disk_write_duration_seconds",
    help: "Time from handing a batch to the disk until it was durable.",
    buckets: durationBuckets,
    registers,
  });
  const writtenBytes = new Counter({
    name: "terrarium_disk_written_bytes_total",
    help: "Bytes of keys and values handed to the disk.",
    registers,
  });

  const logDropped = new Counter({
    name: "terrarium_log_dropped_lines_total",
    help: "Lines of the log that were lost, since nobody read them or the disk took none.",
    registers,
  });

  const outOfFiles = new Counter({
    name: "terrarium_out_of_files_total",
    help: "Looks, one a second, at which the process could open no file; new connections are closed unheard then.",
    registers,
  });

  const quotas = quotaMetrics(registry);

  const fill = (): void => {
    quotas(source.quotas());
    outOfFiles.reset();
    outOfFiles.inc(source.outOfFiles());
    logDropped.reset();
    logDropped.inc(source.logDropped());
    const status = source.status();
    for (const { gauge, read } of gauges) gauge.set(read(status));
    for (const name of roles) role.set({ role: name }, status.role === name ? 1 : 0);
    lag.reset();
    for (const member of status.members) if (member.lag !== undefined) lag.set({ peer: member.id }, member.lag);
    skew.reset();
    for (const { id, clockSkewMs } of status.members)
      if (clockSkewMs !== undefined) skew.set({ peer: id }, clockSkewMs / 1000);
    peers(source.peers());
    doors(source.doors());
  };
  return {
    observeTurn: (durationMs) => turns.observe(durationMs / 1000),
    observeCheckpointTurn: (durationMs) => checkpointTurns.observe(durationMs / 1000),
    observeDiskWrite: (durationMs, bytes) => {
      writes.observe(durationMs / 1000);
      writtenBytes.inc(bytes);
    },
    contentType: registry.contentType,
    scrape: () => {
      fill();
      return registry.metrics();
    },
  };
}

function peerMetrics(registry: Registry): (peers: ReadonlyMap<number, PeerCounters>) => void {
  const options = { labelNames: ["peer"], registers: [registry] };
  const connected = new Gauge({
    name: "terrarium_peer_connected",
    help: "1 while the stream to the peer is open.",
    ...options,
  });
  const queued = new Gauge({
    name: "terrarium_peer_queued_bytes",
    help: "Bytes that wait for the peer.",
    ...options,
  });
  const messages = new Counter({
    name: "terrarium_peer_sent_messages_total",
    help: "Messages sent to the peer.",
    ...options,
  });
  const bytes = new Counter({
    name: "terrarium_peer_sent_bytes_total",
    help: "Bytes of frames sent to the peer.",
    ...options,
  });
  const dropped = new Counter({
    name: "terrarium_peer_dropped_messages_total",
    help: "Messages dropped because the peer was away or its queue full.",
    ...options,
  });
  return (peers) => {
    for (const metric of [connected, queued, messages, bytes, dropped]) metric.reset();
    for (const [peer, counters] of peers) {
      connected.set({ peer }, counters.connected ? 1 : 0);
      queued.set({ peer }, counters.queuedBytes);
      messages.inc({ peer }, counters.sentMessages);
      bytes.inc({ peer }, counters.sentBytes);
      dropped.inc({ peer }, counters.droppedMessages);
    }
  };
}

function doorMetrics(registry: Registry): (doors: Readonly<Record<string, DoorCounters>>) => void {
  const options = { labelNames: ["door"], registers: [registry] };
  const open = new Gauge({ name: "terrarium_open_connections", help: "Connections that are open.", ...options });
  const max = new Gauge({
    name: "terrarium_connections_max",
    help: "Connections that may be open; follows the limit of open files.",
    ...options,
  });
  const refused = new Counter({
    name: "terrarium_refused_connections_total",
    help: "Connections turned away, as there were too many in all or from one address.",
    ...options,
  });
  const silent = new Counter({
    name: "terrarium_silent_connections_total",
    help: "Connections ended, as they said nothing in time.",
    ...options,
  });
  const outOfFiles = new Counter({
    name: "terrarium_failed_accepts_total",
    help: "Times that the system could not accept a connection; most for want of files show in terrarium_out_of_files_total alone.",
    ...options,
  });
  const ended = new Counter({
    name: "terrarium_ended_connections_total",
    help: "Connections of ZooKeeper clients that the server ended, by reason.",
    labelNames: ["door", "reason"],
    registers: [registry],
  });
  return (doors) => {
    for (const metric of [open, max, refused, silent, outOfFiles, ended]) metric.reset();
    for (const [door, counters] of Object.entries(doors)) {
      open.set({ door }, counters.open);
      max.set({ door }, counters.max);
      refused.inc({ door }, counters.refused);
      silent.inc({ door }, counters.silent);
      outOfFiles.inc({ door }, counters.outOfFiles);
      for (const [reason, count] of counters.ended ?? []) ended.inc({ door, reason }, count);
    }
  };
}

function quotaMetrics(registry: Registry): (quotas: ReturnType<MetricsSource["quotas"]>) => void {
  const registers = [registry];
  const over = new Gauge({
    name: "terrarium_quotas_over_soft_limit",
    help: "Quotas of which a soft limit is passed.",
    registers,
  });
  const passed = new Counter({
    name: "terrarium_quota_soft_limit_passed_total",
    help: "Times that a write went beyond a soft limit of a quota; counted at every server.",
    registers,
  });
  const refused = new Counter({
    name: "terrarium_quota_refused_total",
    help: "Writes that a hard limit of a quota refused; counted at every server.",
    registers,
  });
  return (quotas) => {
    over.set(quotas.over);
    passed.reset();
    passed.inc(quotas.passed);
    refused.reset();
    refused.inc(quotas.refused);
  };
}
