import type { Lab } from "../lab.ts";

const create = "src/znode/operations/create.ts";
const edits = "src/znode/edits.ts";

export const makeAZnode: Lab = {
  name: "make-a-znode",
  title: "Znodes that come numbered and go by themselves",
  chapter: 10,
  promise:
    "Every replica builds the same tree from the same log, a sequence number is never given twice under one parent, and an ephemeral is gone when its session is. So the tree can be used to take turns, and to see who is alive.",
  blanks: [
    {
      file: create,
      symbol: "decideCreate",
      task: [
        "Decides and changes nothing: returns why not, or the edit. The checks come in ZooKeeper's order, and the first that fails is the answer: (1) more than `limits.dataBytesMax` bytes: `dataTooLarge(data)`; (2) the path has no parent, `parentPath(wanted)` is undefined: `badPath(wanted, 'it does not start with \"/\"')`; (3) there is no such parent, `view.znode(path)`: `noNode(parentName)`; (4) the path, with its number if it is sequential, is malformed, `pathProblem(path)` says how: `badPath(path, problem)`; (5) there is a znode at it: NODE_EXISTS; (6) the parent is ephemeral, its `ephemeralOwner` is not 0: NO_CHILDREN_FOR_EPHEMERALS. `refusal(code, message)` makes the last two; the message is a sentence of yours.",
        "The name of a sequential znode ends with `sequenceSuffix(n)`, n being the parent's `childCounter`: children ever created, not children that are there.",
        'The edit is `{ type: "insert", parent, path, data, ephemeralOwner, timeMs }`: the owner is `view.sessionId`, or 0 if it is not ephemeral; the time that of the view.',
      ],
    },
    {
      file: edits,
      symbol: "insert",
      task: [
        'Does what was decided: `tree.insert(parent, path, data, ephemeralOwner, zxid, timeMs, edit)` makes the znode and returns it, of the kind that the edit says; `znodeAt(tree, path)` is the parent. The owner of an ephemeral keeps it in a list, `sessions.own(session, znode)`, and `ownerOf(sessions, znode)` is that session. Two changes go to `changes`, in this order: the path was "created", and the parent\'s "childrenChanged", both with the zxid. The answer is the path and the Stat, `statOf(znode)`.',
      ],
    },
    {
      file: edits,
      symbol: "endSession",
      task: [
        "Removes all ephemerals of a session that ends, then the session itself, `sessions.end(session)`. `sessions.disownAll(session)` empties its list and gives the znodes in the order of their creation. `tree.removeAll(leaves, zxid, removed)` takes them out of the tree and calls `removed(znode, parent)` for each.",
        'For each the path was "deleted"; and the parent\'s "childrenChanged" follows it, but once for each parent, however many children it loses.',
      ],
    },
  ],
  hints: [
    "A sequential znode is created, deleted, and another one created under the same parent. Which numbers do they get, and what would a lock say if they were the same?",
    "The order of the checks is part of the promise: every replica must refuse with the same answer. The number has to be appended before the path is checked.",
    "endSession: what goes is what the session's list says, not what is found at some path; and the set of parents that were told is a `Set<Znode>`.",
  ],
  tests: [{ file: "test/unit/znode-operations.test.ts" }, { file: "test/unit/znode-sessions.test.ts" }],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "Z4", test: "take the parent's counter" },
    {
      mutant: "W9",
      breaks: [
        "assertion",
        "checkpoint-equality",
        "linearizability",
        "replica-equality",
        "sequential-reads",
        "watches",
      ],
    },
    {
      title: "the path is checked without its number",
      file: create,
      find: "const problem = pathProblem(path);",
      replace: "const problem = pathProblem(wanted);",
      test: "the syntax is checked with the sequence number",
    },
    {
      title: "an ephemeral may have children",
      file: create,
      find: "if (parent.ephemeralOwner !== 0)",
      replace: "if (parent.ephemeralOwner < 0)",
      test: "existing comes before the ephemeral parent",
    },
    {
      title: "the ephemerals outlive the session",
      file: edits,
      find: "  tree.removeAll(sessions.disownAll(session), zxid, (znode, parent) => {\n",
      replace:
        "  [...sessions.disownAll(session)].forEach((znode) => {\n    const parent = znodeAt(tree, znode.path);\n",
      test: "removes the ephemerals in the order of their creation",
    },
    {
      title: "the parent is not told",
      file: edits,
      find: 'changes.push(changeOf("created", znode, zxid), changeOf("childrenChanged", parent, zxid));',
      replace: 'changes.push(changeOf("created", znode, zxid));',
      test: "create: the znode, then its parent",
    },
  ],
};
