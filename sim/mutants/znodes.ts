/** Znodes: the tree that every replica must build alike from the log, ephemerals and sequence numbers included. */
import type { Mutant } from "./mutant.ts";

export const znodes: readonly Mutant[] = [
  {
    id: "W9",
    title: "an ephemeral outlives its owner",
    source: "ZOOKEEPER-2355, 5010",
    file: "src/znode/edits.ts",
    find: "if (ephemeralOwner !== 0) sessions.own(ownerOf(sessions, znode), znode);",
    replace: "if (ephemeralOwner !== 0 && !/\\d{10}$/.test(path)) sessions.own(ownerOf(sessions, znode), znode);",
    expects: ["linearizability", "sequential-reads", "replica-equality", "assertion", "watches"],
    kind: "safety",
    lesson: "An ephemeral is a sign of life. One that stays behind is a lock that nobody holds and nobody gets.",
  },
  {
    id: "W10",
    title: "the end of a session deletes by path and hits the new owner's znode",
    source: "ours",
    file: "src/znode/edits.ts",
    find: `  tree.removeAll(sessions.disownAll(session), zxid, (znode, parent) => {
    changes.push(changeOf("deleted", znode, zxid));
    if (parents.has(parent)) return;
    parents.add(parent);
    changes.push(changeOf("childrenChanged", parent, zxid));
  });
  sessions.end(session);
}

function remove({ tree, sessions, zxid, changes }: Target, { path }: RemoveEdit): Success {
  const znode = znodeAt(tree, path);
  const parent = tree.remove(znode, zxid);
  if (znode.ephemeralOwner !== 0) sessions.disown(ownerOf(sessions, znode), znode);`,
    replace: `  const there = [...sessions.disownAll(session)].flatMap(({ path }) => tree.get(path) ?? []);
  const ephemerals = there.filter(({ ephemeralOwner }) => ephemeralOwner !== 0);
  tree.removeAll(ephemerals, zxid, (znode, parent) => {
    changes.push(changeOf("deleted", znode, zxid));
    if (parents.has(parent)) return;
    parents.add(parent);
    changes.push(changeOf("childrenChanged", parent, zxid));
  });
  sessions.end(session);
}

function remove({ tree, zxid, changes }: Target, { path }: RemoveEdit): Success {
  const znode = znodeAt(tree, path);
  const parent = tree.remove(znode, zxid);`,
    expects: ["linearizability", "replica-equality", "checkpoint-equality"],
    kind: "safety",
    lesson:
      "A path may belong to somebody else by now. What ends with a session is what it owns, not what bears a name.",
  },
  {
    id: "W11",
    title: "a delete takes the parent's counter back: a sequence number is used twice",
    source: "ZOOKEEPER-3249, 3125",
    file: "src/znode/tree.ts",
    find: "    removeChild(parent, nameOf(znode.path));\n",
    replace: "    removeChild(parent, nameOf(znode.path));\n    parent.childCounter--;\n",
    expects: ["sequential-names", "linearizability", "sequential-reads", "replica-equality"],
    kind: "safety",
    lesson: "Sequential names order those who wait in a queue. A number that comes again puts two in one place.",
  },
  {
    id: "Z1",
    title: "a replica applies with its own clock",
    source: "ours",
    file: "src/node/apply-line.ts",
    find: "const command = decodeCommand(entry.data);",
    replace: "const command = { ...decodeCommand(entry.data), timeMs: ports.clock.wallClock() };",
    expects: ["linearizability", "sequential-reads", "replica-equality", "checkpoint-equality"],
    kind: "safety",
    lesson:
      "Equal logs make equal states only if nothing but the log goes in. The one time is the leader's, in the entry.",
  },
  {
    id: "Z2",
    title: "stamps go back when another leader's clock is behind",
    source: "ours",
    file: "src/znode/machine.ts",
    find: "this.#lastTimeMs = Math.max(this.#lastTimeMs, command.timeMs);",
    replace: "this.#lastTimeMs = command.timeMs;",
    expects: ["linearizability", "sequential-reads", "replica-equality"],
    kind: "safety",
    lesson: "Leaders' clocks differ. A change made later must not bear an earlier time.",
  },
  {
    id: "Z8",
    title: "a znode that went with its session is still found",
    source: "ours (the end of large sessions)",
    file: "src/znode/tree.ts",
    find: "found === undefined || found.removed",
    replace: "found === undefined",
    expects: ["linearizability", "sequential-reads", "replica-equality", "checkpoint-equality", "assertion"],
    kind: "safety",
    lesson:
      "What is put off when very many znodes go at once is only the tidying: nobody may see the difference, not even within the turn.",
  },
  {
    id: "Z7",
    title: "tidying up takes away what was created since in the same place",
    source: "ours (the end of large sessions)",
    file: "src/znode/tree.ts",
    find: "      if (this.#znodes.get(znode.path) !== znode) continue;\n",
    replace: "",
    expects: [
      "linearizability",
      "sequential-reads",
      "replica-equality",
      "checkpoint-equality",
      "exception",
      "assertion",
    ],
    kind: "safety",
    lesson:
      "A lock's next holder may come before the last one's znode has been tidied up. What is put off has to look again.",
  },
  {
    id: "Z3",
    title: "a conditional setData does not look at the version",
    source: "ours",
    file: "src/znode/operations/set-data.ts",
    find: "if (version !== -1 && version !== znode.version)",
    replace: "if (version < -1)",
    expects: ["linearizability", "replica-equality", "sequential-reads"],
    kind: "safety",
    lesson: "The version is how a client says: only if nobody was here since I looked. Unchecked, updates get lost.",
  },
  {
    id: "Z4",
    title: "a sequential name counts the children that are there",
    source: "ours",
    file: "src/znode/operations/create.ts",
    find: "sequenceSuffix(parent.childCounter)",
    replace: "sequenceSuffix(parent.children?.size ?? 0)",
    expects: ["sequential-names", "linearizability", "sequential-reads", "replica-equality"],
    kind: "safety",
    lesson: "The number of children falls when one goes, and the next name would be an old one.",
  },
  {
    id: "Z5",
    title: "one change in sixteen moves the version by two",
    source: "ours",
    file: "src/znode/tree.ts",
    find: "znode.version = nextVersion(znode.version);",
    replace: "znode.version = nextVersion(znode.version + (zxid % 16 === 0 ? 1 : 0));",
    expects: ["linearizability", "replica-equality", "sequential-reads"],
    kind: "safety",
    lesson: "Versions rise by one. A client that made the one change between two reads checks just that.",
  },
  {
    id: "Z6",
    title: "a deleted znode is found again by whoever asks next",
    source: "ours",
    file: "src/znode/tree.ts",
    find: "if (path === this.#lastPath && last?.removed === false) return last;",
    replace: "if (path === this.#lastPath && last !== undefined) return last;",
    expects: ["linearizability", "sequential-reads", "replica-equality", "checkpoint-equality", "assertion"],
    kind: "safety",
    lesson: "An answer that is kept beside the tree, to save looking it up again, must not outlive what it tells of.",
  },
  {
    id: "Z9",
    title: "a session's ephemerals are listed whatever they begin with",
    source: "ours",
    file: "src/znode/reads.ts",
    find: "    if (!path.startsWith(wanted)) continue;\n",
    replace: "",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    lesson: "A prefix that is not kept to gives a client znodes to clean up that it did not ask for.",
  },
  {
    id: "Z10",
    title: "a count that goes from znode to child stays at the first",
    source: "ours",
    file: "src/znode/subtrees.ts",
    find: "    for (const name of names) {",
    replace: "    for (const name of next === top ? [] : names) {",
    expects: ["linearizability", "sequential-reads", "shown", "assertion"],
    kind: "safety",
    lesson: "Nothing below is an answer like others. Nobody doubts it who has no other count to set beside it.",
  },
  {
    id: "Z11",
    title: "a count by a look at all znodes leaves out the one whose subtree it is",
    source: "ours",
    file: "src/znode/subtrees.ts",
    find: "    if (!path.startsWith(below) && path !== top) return;\n",
    replace: "    if (!path.startsWith(below)) return;\n",
    expects: ["linearizability", "sequential-reads", "shown", "assertion"],
    kind: "safety",
    lesson: "Two ways to the same number have to come to the same number, whichever is taken.",
  },
];
