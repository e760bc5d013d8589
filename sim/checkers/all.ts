/** The checkers of a run. */
import { AccessMarks } from "../marks/access.ts";
import { ClientMarks } from "../marks/clients.ts";
import { DiskMarks } from "../marks/disks.ts";
import { ElectionMarks } from "../marks/elections.ts";
import type { Marks } from "../marks/marks.ts";
import { MembershipMarks } from "../marks/membership.ts";
import { QuotaMarks } from "../marks/quotas.ts";
import { ReplicationMarks } from "../marks/replication.ts";
import { TransactionMarks } from "../marks/transactions.ts";
import { ZnodeKindMarks } from "../marks/znode-kinds.ts";
import type { Observer } from "../world/observer.ts";
import { AccessControl } from "./access-control.ts";
import { ApplyTurns } from "./apply-turns.ts";
import { CertainSessions } from "./certain-sessions.ts";
import { CheckpointEquality } from "./checkpoint-equality.ts";
import { ClientTimes } from "./client-times.ts";
import { ClientTries } from "./client-tries.ts";
import { CommitDurability } from "./commit-durability.ts";
import { CommittedProposals } from "./committed-proposals.ts";
import { Copies } from "./copies.ts";
import { DeposedLeaders } from "./deposed-leaders.ts";
import { DiskBound } from "./disk-bound.ts";
import { DiskRoomRules } from "./disk-room.ts";
import { DiskThrift } from "./disk-thrift.ts";
import { DueInTime } from "./due-in-time.ts";
import { DurableBeforeVisible } from "./durable-before-visible.ts";
import { DurableState } from "./durable-state.ts";
import { ElectionSafety } from "./election-safety.ts";
import { ElectionTimeouts } from "./election-timeouts.ts";
import { ExactlyOnce } from "./exactly-once.ts";
import { FairReads } from "./fair-reads.ts";
import { FollowerAnswers } from "./follower-answers.ts";
import { HeardLeaders } from "./heard-leaders.ts";
import { HungDisk } from "./hung-disk.ts";
import { KeptLog } from "./kept-log.ts";
import { LeaderAppendOnly } from "./leader-append-only.ts";
import { LeaderCompleteness } from "./leader-completeness.ts";
import { LeaderProgress } from "./leader-progress.ts";
import { Linearizability } from "./linearizability.ts";
import { LogBound } from "./log-bound.ts";
import { LogMatching } from "./log-matching.ts";
import { LostProposals } from "./lost-proposals.ts";
import { LoyalFollowers } from "./loyal-followers.ts";
import { MembershipRules } from "./membership.ts";
import { ModelFeed } from "./model-feed.ts";
import { Monotonic } from "./monotonic.ts";
import { NeedlessAppends } from "./needless-appends.ts";
import { OtherLife } from "./other-life.ts";
import { PreVotes } from "./pre-vote.ts";
import { PromptAppends } from "./prompt-appends.ts";
import { PromptProposals } from "./prompt-proposals.ts";
import { PromptSnapshots } from "./prompt-snapshots.ts";
import { ProposalWindow } from "./proposal-window.ts";
import { RaftHistory } from "./raft-history.ts";
import { Recovery } from "./recovery.ts";
import { ReplicaEquality } from "./replica-equality.ts";
import { SegmentReader } from "./segments.ts";
import { SendWindow } from "./send-window.ts";
import { SequentialNames } from "./sequential-names.ts";
import { SequentialReads } from "./sequential-reads.ts";
import { SessionExpiry } from "./session-expiry.ts";
import { SettledProposals } from "./settled-proposals.ts";
import { Shown } from "./shown.ts";
import { SparingReports } from "./sparing-reports.ts";
import { SparingSnapshots } from "./sparing-snapshots.ts";
import { StampRules } from "./stamps.ts";
import { StateMachineSafety } from "./state-machine-safety.ts";
import { ToldTerms } from "./told-terms.ts";
import { UnappliedBytes } from "./unapplied-bytes.ts";
import { VainTimers } from "./vain-timers.ts";
import { WaitingBytes } from "./waiting-bytes.ts";
import { Watches } from "./watches.ts";
import { WipedServers } from "./wiped-servers.ts";

/**
 * Fresh checkers, in the order in which they watch: those that keep a record come before those that judge it. With
 * `marks`, those who note what the run reaches come along.
 */
export function allCheckers(marks?: Marks): Observer[] {
  const history = new RaftHistory();
  const durable = new DurableState(history);
  const election = new ElectionSafety(history, durable);
  const commit = new CommitDurability(history, durable);
  const membership = new MembershipRules(history, durable);
  const feed = new ModelFeed();
  const diskBound = new DiskBound(marks);
  const diskThrift = new DiskThrift(marks);
  const logBound = new LogBound(diskThrift, marks);
  const keptLog = new KeptLog(marks);
  const once = new ExactlyOnce(feed);
  const certain = new CertainSessions(feed);
  const replication = marks === undefined ? [] : [new ReplicationMarks(marks, history, durable)];
  const changes = marks === undefined ? [] : [new MembershipMarks(marks, history)];
  const clients = marks === undefined ? [] : [new ClientMarks(marks, feed)];
  const transactions = marks === undefined ? [] : [new TransactionMarks(marks, feed), new QuotaMarks(marks, feed)];
  const access = marks === undefined ? [] : [new AccessMarks(marks, feed)];
  const kinds = marks === undefined ? [] : [new ZnodeKindMarks(marks, feed)];
  history.watch([
    ...replication,
    ...changes,
    ...clients,
    ...kinds,
    election,
    new LeaderAppendOnly(history),
    new LogMatching(history),
    new LeaderCompleteness(history),
    commit,
    membership,
    new StateMachineSafety(history),
    logBound,
    keptLog,
    feed,
    ...transactions,
    ...access,
    once,
    certain,
  ]);
  return [
    durable,
    history,
    election,
    commit,
    membership,
    new WipedServers(),
    new OtherLife(),
    new DurableBeforeVisible(history, durable),
    new LeaderProgress(history, durable),
    new DeposedLeaders(),
    new PreVotes(),
    new LoyalFollowers(),
    new ToldTerms(),
    new HeardLeaders(),
    new DueInTime(),
    new ElectionTimeouts(),
    new VainTimers(),
    new StampRules(marks),
    new SparingReports(),
    new HungDisk(history, durable, marks),
    new WaitingBytes(marks),
    new UnappliedBytes(marks),
    new SendWindow(marks),
    new NeedlessAppends(),
    new PromptProposals(marks),
    new PromptAppends(history),
    new SparingSnapshots(),
    new PromptSnapshots(marks),
    keptLog,
    new FollowerAnswers(durable),
    new ProposalWindow(feed, marks),
    new CommittedProposals(feed, marks),
    new LostProposals(feed, marks),
    new CheckpointEquality(),
    diskBound,
    diskThrift,
    logBound,
    new SegmentReader([diskBound, diskThrift, logBound]),
    new DiskRoomRules(feed, marks),
    new Monotonic(),
    new Recovery(history, durable),
    new AccessControl(feed),
    new Linearizability(feed),
    new SequentialReads(feed),
    once,
    new ReplicaEquality(feed),
    new SettledProposals(feed),
    new Copies(marks),
    new SequentialNames(feed),
    new SessionExpiry(feed),
    certain,
    new ClientTimes(marks),
    new ClientTries(marks),
    new FairReads(marks),
    new ApplyTurns(feed),
    new Watches(feed),
    new Shown(),
    ...replication,
    ...changes,
    ...clients,
    ...transactions,
    ...access,
    ...(marks === undefined ? [] : [new ElectionMarks(marks, history), new DiskMarks(marks, history)]),
  ];
}
