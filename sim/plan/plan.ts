/** A plan is data: everything that a run depends on, as plain JSON. The same plan gives the same run on any machine. */
import { limits } from "../../src/base/limits.ts";
import { defaultReadWork } from "../../src/node/clients/read-turns.ts";
import { defaultCheckpointOptions, defaultSnapshotPace } from "../../src/node/options.ts";
import { writeChoices, writeSteps } from "../operations.ts";
import { action, horizonMaxMs, when } from "./actions.ts";
import {
  flag,
  type Infer,
  integer,
  list,
  number,
  object,
  optional,
  PlanError,
  shapeOf,
  tagged,
  text,
  word,
} from "./schema.ts";

/** Version of the plan's format. */
export const planVersion = 1;

const spread = (min: number, typical: number, max: number) => {
  const us = integer(0, 60_000_000);
  return optional(object({ min: us, typical: us, max: us }), { min, typical, max });
};

const bytes = integer(0, 2 ** 40);
const checkpoints = object({
  dirtyBytes: optional(bytes, defaultCheckpointOptions.dirtyBytes),
  logBytes: optional(bytes, defaultCheckpointOptions.logBytes),
  tailBytes: optional(bytes, defaultCheckpointOptions.tailBytes),
  awayBytes: optional(bytes, defaultCheckpointOptions.awayBytes),
  heldBytes: optional(bytes, defaultCheckpointOptions.heldBytes),
  segmentBytes: optional(bytes, defaultCheckpointOptions.segmentBytes),
  cleanBytes: optional(bytes, defaultCheckpointOptions.cleanBytes),
  slackBytes: optional(bytes, defaultCheckpointOptions.slackBytes),
});

const units = integer(1, 2 ** 31);
const readWork = object({
  turn: optional(units, defaultReadWork.turn),
  visit: optional(units, defaultReadWork.visit),
  ahead: optional(units, defaultReadWork.ahead),
});

const snapshotPace = object({
  bytesPerSecond: optional(integer(1, 2 ** 40), defaultSnapshotPace.bytesPerSecond),
  pacedMsMax: optional(integer(0, horizonMaxMs), defaultSnapshotPace.pacedMsMax),
});

const config = object({
  servers: optional(integer(1, 9), 3),
  /** Servers that are no members at first and wait to be added, with the ids behind the others. */
  spares: optional(integer(0, 4), 0),
  clients: optional(integer(0, 100), 4),
  /** So many of them, the last ones, know one endpoint only, behind which any server may answer: a load balancer. */
  balanced: optional(integer(0, 100), 0),
  /** The others know at first only those servers that are members from the start, and learn of the rest. */
  learning: optional(flag, false),
  /** How long faults may strike, virtual ms. */
  horizonMs: optional(integer(100, horizonMaxMs), 30_000),
  /** Each follower draws its election timeout from this to twice this. */
  electionTimeoutMs: optional(integer(20, 60_000), 1_000),
  heartbeatMs: optional(integer(5, 10_000), 250),
  /** What clients ask for. */
  sessionTimeoutMs: optional(integer(2_000, 60_000), 6_000),
  /** Payload of one AppendEntries, bytes, one entry at least; small ones let followers have a part of what is sent. */
  appendBytesMax: optional(integer(1, 4 * 1024 * 1024), 512 * 1024),
  /** AppendEntries with entries in flight to one follower. */
  appendsInFlightMax: optional(integer(1, 1_000), 32),
  /** How long entries that fill no AppendEntries wait for the one before to be acknowledged, ms. */
  appendHoldMs: optional(integer(0, 10_000), 0),
  /** Entries that are not on a server's disk, bytes; beyond it none are taken. */
  undurableBytesMax: optional(integer(1, 2 ** 40), limits.undurableBytesMax),
  /** Entries of a leader that are not committed, bytes; beyond it none are taken. */
  uncommittedBytesMax: optional(integer(1, 2 ** 40), limits.uncommittedBytesMax),
  /** Entries that a server has not applied, while some of them are committed, bytes; beyond it none are taken. */
  unappliedBytesMax: optional(integer(1, 2 ** 40), limits.unappliedBytesMax),
  /** Forwarded commands that the leader's log has no room for, bytes; at least as large as the largest command. */
  forwardedBytesMax: optional(integer(4_000, 2 ** 40), limits.forwardedBytesMax),
  /** Commands of a server's own clients that are on their way to the leader, bytes; one command may exceed it alone. */
  proposedWindowBytes: optional(integer(1, 2 ** 40), limits.proposedWindowBytes),
  /** Chunks of a snapshot on their way to the follower's disk, bytes; one chunk may exceed it alone. */
  stagedBytesMax: optional(integer(1, 2 ** 40), limits.stagedBytesMax),
  /** When checkpoints are made and what stays of the log, bytes (see the node's `CheckpointOptions`). */
  checkpoints: optional(checkpoints, checkpoints.check({}, "checkpoints")),
  /** How many reads a server answers at a time, in units of work (see the node's `ReadWork`). */
  readWork: optional(readWork, readWork.check({}, "readWork")),
  /** How much of what is committed a server applies, and tells of, in one turn, in units of work (`NodeOptions.applyWork`). */
  applyWork: optional(units, limits.applyWorkPerTurn),
  /** How many changes a server remembers, to tell of them to clients that were elsewhere. */
  changeHistoryMax: optional(integer(1, 1_000_000), limits.changeHistoryMax),
  /** Messages that a client has not taken from its stream, from which on its server lets its reads wait until half of them are. */
  clientAhead: optional(integer(1, 1_000_000), 1_000_000),
  /** Messages in one frame between a client and a server: of more the stream makes several, between which it may break. */
  frameMessages: optional(integer(1, 1_000_000), 1_000_000),
  /** How fast snapshots leave (see the node's `SnapshotPace`). */
  snapshotPace: optional(snapshotPace, snapshotPace.check({}, "snapshotPace")),
  /** One way between servers, microseconds. */
  networkUs: spread(200, 600, 50_000),
  /** One way between a client and a server, microseconds. */
  clientUs: spread(100, 400, 50_000),
  /** A synced write, microseconds. */
  diskUs: spread(100, 1_000, 100_000),
  /** How often a node's turn takes in more than one input, and how long it then waits at most, microseconds. */
  lateFlush: optional(number(0, 1), 0.3),
  lateFlushUs: optional(integer(0, 1_000_000), 1_000),
  /** A server's wall clock is off by up to this much either way, ms. */
  wallSkewMs: optional(integer(0, horizonMaxMs), 50),
  /** Servers know the addresses of clients: 10.0.0.1 and so on. */
  addresses: optional(flag, false),
  /** Every frame between servers, and between them and clients, travels as bytes instead of as an object. */
  bytes: optional(flag, false),
});

const weight = number(0, 1000);

/** By choice of an operation: how often it is drawn. */
const writeWeights = shapeOf(writeChoices, ({ weight: byDefault }) => optional(weight, byDefault));

/** What a client may do, with how often relative to each other. */
const mix = object({
  ...writeWeights,
  getData: optional(weight, 12),
  exists: optional(weight, 6),
  getChildren: optional(weight, 6),
  /** Of the reads, how many of 100 are local, and how many leave a watch. */
  localPercent: optional(integer(0, 100), 50),
  watchPercent: optional(integer(0, 100), 30),
  /** Of the getChildren, how many of 100 ask for a page of a few names. */
  pagePercent: optional(integer(0, 100), 0),
  sync: optional(weight, 2),
  /** Reads of several paths together. */
  multiRead: optional(weight, 0),
  /** Of the session's own ephemerals; of how many znodes there are below one. */
  getEphemerals: optional(weight, 0),
  getAllChildrenNumber: optional(weight, 0),
  /** Of lists; and to show another of the credentials that there are. */
  getAcl: optional(weight, 0),
  auth: optional(weight, 0),
  /** Watches that stay armed. */
  addWatch: optional(weight, 0),
  /** Who the members are: the data of /zookeeper/config. */
  getMembers: optional(weight, 0),
  /** What a quota counts. */
  getQuota: optional(weight, 0),
  /** Ends the session in good order and opens another. */
  close: optional(weight, 0.5),
  /** Drops the connection. */
  reconnect: optional(weight, 1),
  /** Drops the connection for one to another server. */
  move: optional(weight, 1),
  /** Gives up a request that has no answer, or a watch. */
  abort: optional(weight, 0),
  /** Asks for what no server could even take in: the library says so at once. */
  blunder: optional(weight, 0),
  /** Its process ends without a word, and another begins: with a session of its own, or with this one. */
  vanish: optional(weight, 0),
  inherit: optional(weight, 0),
});

const path = text(4096);
/** One thing that a client does. */
const step = tagged({
  ...writeSteps,
  read: {
    path,
    read: optional(
      word("getData", "exists", "getChildren", "getEphemerals", "getAllChildrenNumber", "getAcl"),
      "getData",
    ),
    local: optional(flag, false),
    watch: optional(flag, false),
    /** getChildren: names of the page, which begins behind a name; 0 for all. */
    limit: optional(integer(0, 10_000), 0),
    after: optional(text(4096), ""),
  },
  /** Data and children of each path, all of one state. */
  multiRead: { paths: list(path, 20), local: optional(flag, false) },
  /** A watch that stays armed; recursive: of all below, too. */
  addWatch: { path, recursive: optional(flag, false), local: optional(flag, false) },
  /** The client shows who it is: "user:password". */
  auth: { credential: text(1_000) },
  sync: {},
  close: {},
  reconnect: {},
  move: {},
  /** The one that comes first behind so many others, round and round: requests in the order asked, then watches. */
  abort: { behind: optional(integer(0, 1_000), 0) },
  blunder: {},
  vanish: {},
  inherit: {},
});
export type Step = Infer<typeof step>;

const workload = object({
  /** Drawn operations of each client a virtual second; 0 = only those listed. */
  perSecond: optional(number(0, 10_000), 2),
  /** Operations of a client that wait for an answer. */
  outstanding: optional(integer(1, 1000), 8),
  /** How many paths clients contend for. */
  paths: optional(integer(1, 1000), 8),
  mix: optional(mix, mix.check({}, "mix")),
  /** Data that a set stores are longer by so many bytes: large and soon replaced beside what is created, small and there to stay. */
  setBytes: optional(integer(0, 4000), 0),
  /** For how long clients wait for the answer to a request before they give it up, ms; 0 = as long as it takes. */
  patienceMs: optional(integer(0, 600_000), 0),
  /** The first so many clients only read: their answers never wait for a write. */
  readers: optional(integer(0, 100), 0),
  /** Listed operations: what a shrunk plan has in place of drawn ones. */
  operations: optional(list(object({ client: integer(1, 100), atMs: number(0, horizonMaxMs), step }), 100_000), []),
});

const fault = object({ when, what: action });
export type Fault = Infer<typeof fault>;

const plan = object({
  version: optional(integer(planVersion, planVersion), planVersion),
  seed: integer(0, 2 ** 32 - 1),
  config: optional(config, config.check({}, "config")),
  workload: optional(workload, workload.check({}, "workload")),
  faults: optional(list(fault, 10_000), []),
});

export type Config = Infer<typeof config>;
export type Workload = Infer<typeof workload>;
export type Mix = Infer<typeof mix>;
export type PlannedOperation = Workload["operations"][number];
export type Plan = Infer<typeof plan>;

/** Checks a plan read from JSON and fills in what it leaves out. Throws {@link PlanError} with a sentence. */
export function checkPlan(value: unknown): Plan {
  const checked = plan.check(value, "plan");
  checkTargets(checked);
  return checked;
}

/** Reads a plan from the text of a file. Throws {@link PlanError}. */
export function parsePlan(json: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new PlanError("plan is not valid JSON.");
  }
  return checkPlan(value);
}

/** All servers, the spare ones included. */
export function serverCount({ servers, spares }: Pick<Config, "servers" | "spares">): number {
  return servers + spares;
}

function checkTargets(checked: Plan): void {
  const { clients, electionTimeoutMs, heartbeatMs } = checked.config;
  const servers = serverCount(checked.config);
  if (heartbeatMs >= electionTimeoutMs) {
    throw new PlanError("plan.config.heartbeatMs must be less than plan.config.electionTimeoutMs.");
  }
  checked.faults.forEach(({ when, what }, i) => {
    for (const part of [when, what]) {
      for (const [field, value] of Object.entries(part)) {
        checkTarget(`plan.faults[${i}] (${part.kind}).${field}`, field, value, servers, clients);
      }
    }
  });
  checked.workload.operations.forEach(({ client, step: { kind } }, i) => {
    checkTarget(`plan.workload.operations[${i}] (${kind}).client`, "client", client, servers, clients);
  });
}

function checkTarget(where: string, field: string, value: unknown, servers: number, clients: number): void {
  if (field === "client" && typeof value === "number" && value > clients) {
    throw new PlanError(`${where} is client ${value}, but the plan has only ${clients} clients.`);
  }
  const ids: readonly unknown[] =
    field === "server" || field === "from" || field === "to"
      ? [value]
      : field === "servers" && Array.isArray(value)
        ? value
        : [];
  for (const id of ids) {
    if (typeof id === "number" && id > servers) {
      throw new PlanError(`${where} is server ${id}, but the plan has only ${servers} servers.`);
    }
  }
}
