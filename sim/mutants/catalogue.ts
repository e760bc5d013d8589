/** All mutants, and known bugs of other implementations whose mechanism does not exist here. */
import { access } from "./access.ts";
import { attachments } from "./attachments.ts";
import { checkpoints } from "./checkpoints.ts";
import { clients } from "./clients.ts";
import { commit } from "./commit.ts";
import { diskSpace } from "./disk-space.ts";
import { election } from "./election.ts";
import { history } from "./history.ts";
import { leftovers } from "./leftovers.ts";
import { membership } from "./membership.ts";
import { messages } from "./messages.ts";
import type { Mutant, NotApplicable } from "./mutant.ts";
import { persistence } from "./persistence.ts";
import { promptness } from "./promptness.ts";
import { proposals } from "./proposals.ts";
import { quotas } from "./quotas.ts";
import { reads } from "./reads.ts";
import { refusals } from "./refusals.ts";
import { replication } from "./replication.ts";
import { sessions } from "./sessions.ts";
import { shown } from "./shown.ts";
import { shownMembers } from "./shown-members.ts";
import { snapshots } from "./snapshots.ts";
import { standingWatches } from "./standing-watches.ts";
import { storage } from "./storage.ts";
import { strangers } from "./strangers.ts";
import { thrift } from "./thrift.ts";
import { time } from "./time.ts";
import { transactions } from "./transactions.ts";
import { watches } from "./watches.ts";
import { znodeKinds } from "./znode-kinds.ts";
import { znodes } from "./znodes.ts";

/** A chapter of the catalogue. */
export interface MutantGroup {
  readonly title: string;
  readonly mutants: readonly Mutant[];
}

export const groups: readonly MutantGroup[] = [
  { title: "Elections", mutants: election },
  { title: "Replication", mutants: replication },
  { title: "Commitment", mutants: commit },
  { title: "Durable before visible", mutants: persistence },
  { title: "Log blocks and recovery", mutants: storage },
  { title: "Reads", mutants: reads },
  { title: "Sessions", mutants: sessions },
  { title: "Proposals on their way", mutants: proposals },
  { title: "What waits for nothing", mutants: promptness },
  { title: "What is done in vain", mutants: thrift },
  { title: "Attachments and the client's session", mutants: attachments },
  { title: "What clients are told", mutants: clients },
  { title: "Time", mutants: time },
  { title: "Watches", mutants: watches },
  { title: "Watches that stay armed", mutants: standingWatches },
  { title: "The change history", mutants: history },
  { title: "Znodes", mutants: znodes },
  { title: "Clients that do not keep to the protocol", mutants: strangers },
  { title: "Transactions", mutants: transactions },
  { title: "Containers and times to live", mutants: znodeKinds },
  { title: "Access control", mutants: access },
  { title: "Quotas", mutants: quotas },
  { title: "Membership and transfer", mutants: membership },
  { title: "The members, as they are told", mutants: shownMembers },
  { title: "What operators are refused", mutants: refusals },
  { title: "What people are shown", mutants: shown },
  { title: "Snapshots", mutants: snapshots },
  { title: "Checkpoints", mutants: checkpoints },
  { title: "Disk space", mutants: diskSpace },
  { title: "Messages and their bytes", mutants: messages },
  { title: "What a server lets go of", mutants: leftovers },
];

/** Every mutant, in the order of the groups. */
export const allMutants: readonly Mutant[] = groups.flatMap((group) => group.mutants);

/** With the reason. */
export const notApplicable: readonly NotApplicable[] = [
  {
    id: "C7",
    title: "the one-voter shortcut while joint or not voting",
    reason: "no such shortcut: one voter is a quorum like any other",
  },
  {
    id: "S1",
    title: "a torn tail keeps the node from starting",
    reason: "LevelDB drops a torn batch below the Disk port; the port is atomic (test/unit/storage-wal.test.ts)",
  },
  { id: "S2", title: "append after a torn tail", reason: "as S1" },
  {
    id: "S8",
    title: "serves before the replay ends",
    reason: "no replay before serving: a client is attached by an entry of the log, which comes after all older ones",
  },
  { id: "L5", title: "a lease outlives a paused or drifting clock", reason: "no leases: every read asks a majority" },
  { id: "L6", title: "the lease is kept during a transfer", reason: "no leases: every read asks a majority" },
];
