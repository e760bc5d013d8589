/** What somebody may try to bring about in the playground, and how to tell that it has come. */
import type { Observer, World } from "../../../sim/world/observer.ts";
import type { ServerView } from "../../../sim/world/view.ts";
import type { Effects } from "../../../src/raft/effects.ts";

/** One thing to try. */
export interface Goal {
  readonly id: string;
  /** What to bring about. */
  readonly title: string;
  /** Where to begin. */
  readonly hint: string;
  /** Sections of the paper on it. */
  readonly paper: string;
  /** Calls `reached` once, when it has come about, with what was seen. */
  readonly watch: (reached: (what: string) => void) => Observer;
}

const leads = ({ node, awake }: ServerView): boolean => awake && node?.raft.isLeader === true;

/** All of them, the easiest first. */
export const goals: readonly Goal[] = [
  {
    id: "replace-leader",
    title: "Have another server elected",
    hint: "Select the leader and crash it. Why does its successor come so much sooner than an election timeout?",
    paper: "§5.2",
    watch: (reached) => {
      let first = 0;
      return {
        name: "goal",
        step: (server) => {
          if (!leads(server)) return;
          if (first === 0) first = server.id;
          else if (first !== server.id) reached(`n${server.id} leads in place of n${first}`);
        },
      };
    },
  },
  {
    id: "two-leaders",
    title: "Make two servers believe that they lead",
    hint: "A leader that hears of no newer term goes on until it misses a quorum. Cut it off from the others, or pause it.",
    paper: "§5.2; thesis 6.2",
    watch: (reached) => {
      let world: World | undefined;
      return {
        name: "goal",
        begin: (begun) => {
          world = begun;
        },
        step: (server) => {
          if (!leads(server)) return;
          const other = world?.allServers.find((one) => one !== server && leads(one));
          if (other?.node === undefined || server.node === undefined) return;
          const terms = `${other.node.raft.currentTerm} and ${server.node.raft.currentTerm}`;
          reached(
            `n${other.id} and n${server.id} both believe that they lead, in the terms ${terms}: only one can commit`,
          );
        },
      };
    },
  },
  {
    id: "split-vote",
    title: "Split the vote",
    hint: "Two servers that campaign in the same term may share the votes. Crash the leader, and delay who asks first.",
    paper: "§5.2",
    watch: (reached) => {
      const campaigned = new Map<number, Set<number>>();
      return {
        name: "goal",
        step: ({ id, node }) => {
          if (node?.raft.role !== "candidate") return;
          const term = node.raft.currentTerm;
          const ids = campaigned.get(term) ?? new Set<number>();
          campaigned.set(term, ids.add(id));
          if (ids.size > 1) reached(`${[...ids].map((one) => `n${one}`).join(" and ")} campaign in term ${term}`);
        },
      };
    },
  },
  {
    id: "lose-entry",
    title: "Lose a write that only a minority has",
    hint: "Cut the leader off, let its client write something, and heal the network when the others have a leader.",
    paper: "§5.3, Figure 7",
    watch: (reached) => {
      const last = new Map<number, number>();
      return {
        name: "goal",
        effects: ({ id }: ServerView, { write }: Effects) => {
          const cut = write?.truncateFrom;
          if (cut !== undefined && cut <= (last.get(id) ?? 0))
            reached(
              `n${id} throws away its entries from ${cut} on: they were never committed, and nobody was told that they were`,
            );
        },
        step: ({ id, node }) => {
          if (node !== undefined) last.set(id, node.raft.status().lastIndex);
        },
      };
    },
  },
  {
    id: "commit-without",
    title: "Commit an entry while two of five servers are down",
    hint: "Crash two servers and let a client write. Then try it with three.",
    paper: "§5.3",
    watch: (reached) => {
      let world: World | undefined;
      const seen = new Map<number, number>();
      return {
        name: "goal",
        begin: (begun) => {
          world = begun;
        },
        step: ({ id, node }) => {
          if (node === undefined || !node.raft.isLeader) return;
          const commit = node.raft.commitIndex;
          const rose = commit > (seen.get(id) ?? commit);
          seen.set(id, commit);
          const down = world?.allServers.filter(({ state }) => state === "down") ?? [];
          if (rose && down.length >= 2)
            reached(`n${id} commits entry ${commit} while ${down.map((one) => `n${one.id}`).join(" and ")} are down`);
        },
      };
    },
  },
];
