/**
 * The open league: planted bugs that no random plan of the hunter finds in reasonable time, and what it would take. Whoever
 * writes a plan, a fault, a schedule of the hunter or a checker that kills one has made the suite better.
 */

/** A bug that is open. */
export interface LeagueEntry {
  /** The mutant. */
  readonly id: string;
  /** What is missing: a plan is data, a fault can strike, a schedule draws plans, a checker watches. */
  readonly needs: "plan" | "schedule" | "fault" | "checker";
  /** What it would take, for somebody who knows the simulator a little. */
  readonly takes: string;
  /** A kept plan (sim/regressions/NAME.json) that kills it: what is still open then is that the hunter finds it. */
  readonly plan?: string;
}

/** The bugs of the open league, in the order in which docs/open-league.md tells of them. */
export const league: readonly LeagueEntry[] = [
  {
    id: "L11",
    needs: "plan",
    takes:
      "A follower asks for a read index, dies, comes back within the same term and asks again, under the number that it used before. The answer to the first question arrives then. It must be late by a restart, while the follower lags; `delay` on the link from the leader to it, begun just before the answer leaves, and `crash` on what it `sends`.",
  },
  {
    id: "L14",
    needs: "schedule",
    takes:
      "A leader is deposed and elected again, and an old message of it comes in its new term; then a reader finds it cut off while the others go on. The plan is there, and `drawLedAgain` (sim/hunter/schedules.ts) draws its like, but among other faults it seldom comes to all of it: the mark append-of-earlier-reign counts how often the first half does.",
    plan: "stale-read-after-reelection",
  },
  {
    id: "L20",
    needs: "checker",
    takes:
      "Everybody is answered in the end. `fair-reads` counts who is passed over while nothing holds up what it asks for, and for that a client has to have local reads alone in front at a server where another never stops asking: a workload of such clients, more of them than a turn has visits.",
  },
  {
    id: "A5",
    needs: "fault",
    takes:
      "Two clients that hold one session. A fault that hands a client's session, id and password, to another one while the first still uses it, as a second process with the same file does; and a workload in which both go on. exactly-once and linearizability watch already.",
  },
  {
    id: "W13",
    needs: "plan",
    takes:
      "The connection breaks between the server's `connected` and the first event behind it. Both are sent in one turn, so the break has to fall between two frames that travel together: `resetClient` triggered by `answers`, in a cluster where clients are slow.",
  },
  {
    id: "W17",
    needs: "schedule",
    takes:
      "A change that fires a watch of a client while that client's other watches are being armed again in turns. Many watches for one client (`readWork` with one unit a turn makes the turns long), then `moveClient`, and a write to one of the paths in the very same milliseconds.",
  },
  {
    id: "W19",
    needs: "schedule",
    takes:
      "As W17, and the next watch in line has missed something older than what fires. A schedule that writes to several watched paths while their client is away, and to one of them again as it comes back.",
  },
  {
    id: "W20",
    needs: "plan",
    takes:
      "The connection breaks between the answer to a ping and the last of the watches that were sent before it. It needs a client with many watches and `readWork` of one unit, and a `resetClient` right behind an `answers`.",
  },
  {
    id: "O10",
    needs: "schedule",
    takes:
      "The plan is there. `slowArming` (sim/hunter/ranges.ts) draws its like, with recursive watches within each other; a schedule that writes below the lower one while its client comes back, in the very turns in which the watches are armed, would find it by itself.",
    plan: "recursive-watch-before-its-resync",
  },
  {
    id: "O11",
    needs: "schedule",
    takes:
      "An event for a watch that is armed already, while those above it are not, and a break of the connection before they are: what was told then counts as all that there was. `slowArming` (sim/hunter/ranges.ts) with recursive watches within each other draws the first half; a schedule that writes below them just as their client comes back, and resets it once more behind the first event, would draw the second.",
  },
  {
    id: "O12",
    needs: "schedule",
    takes:
      "As O11: the connection breaks while events are put aside, and the next server tells of the same changes. Whoever was told twice shows only if the change lies behind what it knew when it asked.",
  },
  {
    id: "M19",
    needs: "schedule",
    takes:
      "An operator gives up the newcomer of a replacement while it catches up, or when it has died in the middle of that. A schedule with `member` `replace`, a slow or dead newcomer, and `giveUp` right behind it.",
  },
  {
    id: "N10",
    needs: "plan",
    takes:
      "A chunk is on its way from the leader's disk when the leader is deposed, and the follower hears its successor before the chunk. Snapshots of many chunks (`segmentBytes` small, large znodes), a slow disk at the leader, and `partition` of the leader while it sends.",
  },
  {
    id: "N13",
    needs: "schedule",
    takes:
      "A follower that is far behind applies one unit a turn (`applyWork` 1) when it is cut off, and has not caught up when a snapshot of what it missed comes. Turns take no virtual time to speak of; a server that is busy for a while, as a `pause` in short pieces, might do.",
  },
  {
    id: "K21",
    needs: "plan",
    takes:
      "Many znodes are deleted between two checkpoints (small `segmentBytes`, so that their removals fill several segments), one of the last is created anew, and it is changed in the very turns in which the checkpoint is encoded.",
  },
  {
    id: "K14",
    needs: "plan",
    takes:
      "Checkpoints of many segments, of which much is replaced between two sweeps: small `segmentBytes` and `cleanBytes`, a large tree, and clients that overwrite all of it in turn. The checker disk-bound watches what a directory takes.",
  },
  {
    id: "K12",
    needs: "plan",
    takes:
      "A snapshot is installed while a checkpoint of the old state is being written. The tree must have shrunk, so that the snapshot has fewer chunks than the checkpoint has turns: many large znodes, a checkpoint, then deletes, and a follower that is cut off over all of it.",
  },
  {
    id: "G9",
    needs: "checker",
    takes:
      "Two touches of an idle client go lost in a row, and its session is ended although it spoke. The checker of expiries keeps still as soon as the network loses anything. One that counts what was lost of a client's touches, and speaks up when fewer went lost than may, would kill it.",
  },
  {
    id: "D5",
    needs: "schedule",
    takes:
      "A stamp that no command carries, since the log refuses commands behind a disk that hangs, while the clocks are wrong. The plan is there; `drawWrongClocks` and `drawHungDisks` would have to be drawn together, in this order.",
    plan: "stamp-of-a-refused-command",
  },
  {
    id: "X18",
    needs: "schedule",
    takes:
      "Hundreds of requests at one server whose leader has little room for what others forward, and large commands among them, so that each try brings few; and nothing else that makes the leader new. The plan is there; the hunter draws crowds, and little room, but seldom both with a window that is as large as in production.",
    plan: "patience-with-an-idle-leader",
  },
  {
    id: "V13",
    needs: "schedule",
    takes:
      "A leader proposes to remove a container or a znode whose time is up, is cut off before that entry leaves it, and leads again in a cluster to which nobody writes: so nothing fills its log up to the index of the entry that was cut off, for which it waits. A quiet workload, a leader isolated when it `writes` just then, and a `transfer` back to it.",
  },
];
