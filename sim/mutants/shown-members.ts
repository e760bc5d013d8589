/** Who the members are, as /zookeeper/config tells it: what is committed and done with, the same everywhere. */
import type { Mutant } from "./mutant.ts";

export const shownMembers: readonly Mutant[] = [
  {
    id: "CF1",
    title: "the members are told from a configuration that is not committed",
    source: "ours",
    file: "src/node/apply-line.ts",
    find: "const members = membershipText(configuration);",
    replace: "const members = membershipText(this.#parts.raft.configuration);",
    expects: ["linearizability", "sequential-reads", "watches", "replica-equality", "checkpoint-equality"],
    kind: "safety",
    lesson:
      "Raft uses the newest configuration of its log at once, and may have to take it back. What clients are told is never taken back: it comes from what is applied, on every server at the same entry.",
  },
  {
    id: "CF2",
    title: "each step of a change is told as the membership",
    source: "ours",
    file: "src/protocol/membership-text.ts",
    find: "  if (oldVoters.length > 0 || wantedVoters !== undefined || members.length === 0) return undefined;",
    replace: "  if (oldVoters.length < 0 || wantedVoters?.length === 0 || members.length === 0) return undefined;",
    expects: ["linearizability", "sequential-reads", "watches", "replica-equality"],
    kind: "safety",
    lesson:
      "A server that still catches up may be given up again, and while a change is joint two memberships are in force. Clients are to connect to those that stay.",
  },
  {
    id: "CF3",
    title: "who watches the members is not told of others",
    source: "ours",
    file: "src/znode/members.ts",
    find: '  changes.push(changeOf("dataChanged", znode, zxid));',
    replace: "  void changes;",
    expects: ["watches"],
    kind: "safety",
    lesson:
      "It is no client's write, but a change of a znode like any other, and watches are all that clients learn it by.",
  },
  {
    id: "CF4",
    title: "a checkpoint has the members of before",
    source: "ours",
    file: "src/znode/tree.ts",
    find: "    this.#putData(znode, data);\n    znode.version = -1;",
    replace:
      "    const was = znode.dirty;\n    znode.dirty = true;\n    this.#putData(znode, data);\n    znode.dirty = was;\n    znode.version = -1;",
    expects: ["checkpoint-equality", "linearizability", "sequential-reads", "watches", "replica-equality"],
    kind: "safety",
    lesson: "Whatever an entry changes is due for the next checkpoint, also where no client had a hand in it.",
  },
  {
    id: "CF5",
    title: "the same members anew are told as others",
    source: "ours",
    file: "src/znode/members.ts",
    find: "  if (shown === members) return;",
    replace: "  if (shown === members && zxid === 0) return;",
    expects: ["linearizability", "sequential-reads", "watches", "replica-equality", "checkpoint-equality"],
    kind: "safety",
    lesson:
      "A change that is given up leaves the members that there were, and a server that starts from a checkpoint takes note of them again: both must leave the znode alone, or replicas differ.",
  },
];
