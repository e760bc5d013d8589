/** Puts the parts of a node together. */
import { limits } from "../base/limits.ts";
import { otherMembers } from "../raft/configuration.ts";
import { Raft } from "../raft/raft.ts";
import type { Configuration } from "../raft/types.ts";
import { LogWriter } from "../storage/log-writer.ts";
import type { Recovered } from "../storage/open.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import { ApplyLine } from "./apply-line.ts";
import { defaultReadWork } from "./clients/read-turns.ts";
import { ClientRouter } from "./clients/router.ts";
import { LogFeed } from "./log-feed.ts";
import { defaultCheckpointOptions, defaultSnapshotPace, type NodeOptions } from "./options.ts";
import type { AdmissionStart } from "./peers/admission.ts";
import { Handshake } from "./peers/handshake.ts";
import { PeerOutbox } from "./peers/peer-outbox.ts";
import { QuorumWatch } from "./peers/quorum-watch.ts";
import { Reports } from "./peers/reports.ts";
import { SessionLiveness } from "./peers/session-liveness.ts";
import { SessionTouches } from "./peers/session-touches.ts";
import { SessionTracker } from "./peers/session-tracker.ts";
import { UnusedZnodes } from "./peers/unused-znodes.ts";
import type { Ports } from "./ports.ts";
import { Proposals } from "./proposals.ts";
import { Checkpoints } from "./snapshots/checkpoints.ts";
import { SnapshotReceiver } from "./snapshots/snapshot-receiver.ts";
import { SnapshotSender } from "./snapshots/snapshot-sender.ts";

/** What the loop of a node drives. */
export interface NodeParts {
  readonly raft: Raft;
  /** Its state machine is another one after a snapshot was installed; `allTold` is the apply line's. */
  readonly replica: { machine: ZnodeMachine; allTold: boolean };
  readonly outbox: PeerOutbox;
  readonly writer: LogWriter;
  readonly proposals: Proposals;
  readonly feed: LogFeed;
  readonly clients: ClientRouter;
  readonly handshake: Handshake;
  readonly reports: Reports;
  readonly liveness: SessionLiveness;
  readonly unused: UnusedZnodes;
  readonly quorum: QuorumWatch;
  readonly sender: SnapshotSender;
  readonly receiver: SnapshotReceiver;
  readonly checkpoints: Checkpoints;
  readonly applyLine: ApplyLine;
}

/** Ticks for which what a server reports of itself counts. */
const reportsKept = 10;

/** The parts of one node. `durable` is told of writes of the log that are on disk. */
export function nodeParts(
  options: NodeOptions,
  ports: Ports,
  recovered: Recovered,
  durable: (token: number) => void,
): NodeParts {
  const { id, clusterId, electionTimeoutMs, sessionTickMs, proposalRetryMs } = options;
  const now = ports.clock.now();
  const raft = newRaft(options, ports, recovered);
  const replica = { machine: recovered.machine, allTold: true };
  const core = { id, raft, replica, ports };
  const outbox = new PeerOutbox();
  const handshake = new Handshake(core, outbox, admissionStart(options, raft.configuration, recovered));
  const writer = new LogWriter(ports.disk, recovered.stored, { durable, failed: (error) => ports.fatal(error) });
  const { checkpoints: checkpointOptions = defaultCheckpointOptions, snapshotPace = defaultSnapshotPace } = options;
  const { segmentBytes } = checkpointOptions;
  const sender = new SnapshotSender(raft, ports, electionTimeoutMs, snapshotPace, segmentBytes);
  const { forwardedBytesMax = limits.forwardedBytesMax, stagedBytesMax = limits.stagedBytesMax } = options;
  const receiver = new SnapshotReceiver(raft, ports, recovered.table.generation, stagedBytesMax);
  const checkpoints = new Checkpoints(
    { raft, ports, writer, options: checkpointOptions, heldIndex: () => sender.heldIndex() },
    recovered.machine,
    recovered.table,
  );
  const reports = new Reports(core, outbox, reportsKept * sessionTickMs);
  const quorum = new QuorumWatch(electionTimeoutMs);
  const firstId = firstIdOfLife(ports.secret(4));
  const { proposedWindowBytes = limits.proposedWindowBytes } = options;
  const proposals = new Proposals(firstId, proposalRetryMs, proposedWindowBytes);
  const feed = new LogFeed(core, proposals, reports, outbox, forwardedBytesMax);
  const touches = new SessionTouches(firstId, proposalRetryMs, limits.sessionTimeoutMinMs);
  const liveness = new SessionLiveness(core, outbox, feed, touches, new SessionTracker(sessionTickMs, now));
  const server = {
    ...{ id, clusterId },
    instance: () => handshake.admission.instance,
    hasQuorum: () => quorum.quorum,
    members: () => raft.configuration.members.map(({ id, clientAddress }) => ({ id, clientAddress })),
    writesRefused: () => reports.writesRefused(),
  };
  const { proposedBytesMax = limits.proposedBytesMax, readWork = defaultReadWork, changeHistoryMax } = options;
  const clients = new ClientRouter({
    ...{ server, replica, proposals, raft, ports, proposedBytesMax, readWork, changeHistoryMax },
    touch: (session, spoken) => liveness.touch(session, spoken),
  });
  const { applyWork = limits.applyWorkPerTurn } = options;
  const applyLine = new ApplyLine({ ...core, clients, checkpoints, liveness, quorum }, applyWork);
  const unused = new UnusedZnodes(core, feed, reports);
  const peers = { outbox, handshake, reports, liveness, unused, quorum };
  return { raft, replica, writer, proposals, feed, clients, ...peers, sender, receiver, checkpoints, applyLine };
}

function newRaft(options: NodeOptions, { clock, random }: Ports, recovered: Recovered): Raft {
  const { id, electionTimeoutMs, heartbeatMs, campaignDelayMaxMs, raftLimits } = options;
  const timing = { electionTimeoutMs, heartbeatMs, campaignDelayMaxMs };
  return new Raft({ id, ...timing, ...raftLimits, random }, recovered.log, clock.now());
}

function admissionStart(options: NodeOptions, first: Configuration, recovered: Recovered): AdmissionStart {
  const { id, heartbeatMs: retryMs } = options;
  const { incarnation = 0, origin = 0, joining = false } = recovered.identity;
  const firstMembers = otherMembers(first, id);
  const { log, machine } = recovered;
  // A directory begins with one entry, the membership.
  const hasData = log.base.index > 0 || log.entries.length > 1 || machine.appliedIndex > 0;
  return { id, incarnation, origin, joining, hasData, record: recovered.admission, firstMembers, retryMs };
}

/** A start in the 2^52 numbers that makes it very unlikely that two lives of a server use the same ones. */
function firstIdOfLife(secret: Uint8Array): number {
  let id = 0;
  for (const byte of secret) id = id * 256 + byte;
  return id * 2 ** 20 + 1;
}
