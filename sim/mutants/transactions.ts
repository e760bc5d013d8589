/** Transactions: a multi is done as a whole or not at all, each part on what those before it leave. */
import type { Mutant } from "./mutant.ts";

export const transactions: readonly Mutant[] = [
  {
    id: "U1",
    title: "a multi is done up to the part that is refused",
    source: "ours",
    file: "src/znode/operations/multi.ts",
    find: "    if (decision.failure !== undefined) return { failure: { ...decision.failure, failedPart: i } };",
    replace:
      "    if (decision.failure !== undefined && i === 0) return { failure: { ...decision.failure, failedPart: i } };\n    if (decision.failure !== undefined) break;",
    expects: ["linearizability", "sequential-reads", "replica-equality", "exactly-once", "assertion"],
    kind: "safety",
    lesson: "Who writes two znodes together relies on never seeing one without the other. Half a transaction is a lie.",
  },
  {
    id: "U2",
    title: "parts of a multi do not see those before them",
    source: "ours",
    file: "src/znode/operations/multi.ts",
    find: "    overlay.show(decision);\n",
    replace: "",
    expects: ["linearizability", "sequential-reads", "assertion"],
    kind: "safety",
    lesson:
      "Decided each on the tree as it was, two parts may both be right and yet not fit together: the second must be decided on what the first leaves.",
  },
  {
    id: "W12",
    title: "each part of a multi has a zxid of its own",
    source: "ours",
    file: "src/znode/edits.ts",
    find: "const results = edits.map((edit) => makePart(target, edit));",
    replace: "const results = edits.map((edit, i) => makePart({ ...target, zxid: target.zxid + i }, edit));",
    expects: ["linearizability", "sequential-reads", "watches", "assertion"],
    kind: "safety",
    lesson:
      "A zxid is the number of a state. Between the parts of a transaction there is no state that anybody may see.",
  },
  {
    id: "U4",
    title: "a multi that is refused fires watches",
    source: "ours",
    file: "src/znode/writes.ts",
    find: "  return decision.failure === undefined ? makeEdit(target, decision) : decision;",
    replace:
      '  if (decision.failure === undefined) return makeEdit(target, decision);\n  if (operation.op === "multi") for (const { path } of operation.parts) target.changes.push({ type: "dataChanged", path, zxid: target.zxid });\n  return decision;',
    expects: ["watches"],
    kind: "safety",
    lesson: "What did not happen is not told. A watch that fires for nothing is spent when something happens.",
  },
  {
    id: "U5",
    title: "watches hear of the first part of a multi only",
    source: "ours",
    file: "src/znode/edits.ts",
    find: "const results = edits.map((edit) => makePart(target, edit));",
    replace: "const results = edits.map((edit, i) => makePart(i === 0 ? target : { ...target, changes: [] }, edit));",
    expects: ["watches"],
    kind: "safety",
    lesson: "To the watches of its znode, each part is a change like any other.",
  },
  {
    id: "U6",
    title: "the answer of a refused multi is not remembered",
    source: "ours",
    file: "src/znode/writes.ts",
    find: "  sessions.remember(session, requestId, zxid, result);",
    replace: "  if (result.failure?.failedPart === undefined) sessions.remember(session, requestId, zxid, result);",
    expects: ["exactly-once", "linearizability", "client-protocol", "liveness", "replica-equality"],
    kind: "safety",
    lesson:
      "A refusal is an answer: it takes its number. Otherwise the same request, sent again, is decided again, and those behind it wait for ever.",
  },
  {
    id: "U7",
    title: "a check passes when the version is newer than the one expected",
    source: "ours",
    file: "src/znode/operations/check.ts",
    find: "version !== -1 && version !== znode.version",
    replace: "version !== -1 && version > znode.version",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    lesson: "A check says that nothing changed since somebody looked. A newer version is exactly what it is to find.",
  },
  {
    id: "U8",
    title: "a refused multi uses up sequence numbers",
    source: "ZOOKEEPER-1624",
    file: "src/znode/operations/multi.ts",
    find: "    if (decision.failure !== undefined) return { failure: { ...decision.failure, failedPart: i } };",
    replace: `    if (decision.failure !== undefined) {
      for (const edit of edits) {
        const parent = edit.type === "insert" ? view.znode(edit.parent) : undefined;
        if (parent !== undefined) parent.childCounter++;
      }
      return { failure: { ...decision.failure, failedPart: i } };
    }`,
    expects: ["linearizability", "sequential-reads", "replica-equality", "checkpoint-equality"],
    kind: "safety",
    lesson:
      "What a transaction counts on its way is its own until it is done. In ZooKeeper the parent's counter once stayed changed, and other requests met it, later.",
  },
  {
    id: "U9",
    title: "sequential znodes of one multi get one number",
    source: "ours",
    file: "src/znode/operations/overlay.ts",
    find: "return this.#childChanged(parent, 1, (childCounter + 1) | 0);",
    replace: "return this.#childChanged(parent, 1, childCounter);",
    expects: ["linearizability", "sequential-names", "sequential-reads"],
    kind: "safety",
    lesson: "A view that shows edits as done has to show all that they change, the parent's counter too.",
  },
  {
    id: "U10",
    title: "within a multi, what was deleted is still there",
    source: "ours",
    file: "src/znode/operations/overlay.ts",
    find: "        this.#shown.set(edit.path, undefined);\n",
    replace: "",
    expects: ["linearizability", "sequential-reads", "assertion"],
    kind: "safety",
    lesson:
      "That something is gone is a thing to show as well: absence in the overlay must not look through to the tree.",
  },
  {
    id: "U11",
    title: "a checkpoint keeps of a multi's answer only that there was one",
    source: "ours",
    file: "src/storage/segment.ts",
    find: '    answers.push(present(session.results.get(request), "an answer that is not acknowledged"));',
    replace: `    const { zxid, result } = present(session.results.get(request), "an answer that is not acknowledged");
    answers.push({ zxid, result: result.results === undefined ? result : { results: [] } });`,
    expects: ["checkpoint-equality", "replica-equality", "linearizability", "assertion"],
    kind: "safety",
    lesson: "A remembered answer is part of the state: a server that has it from a checkpoint must say the same words.",
  },
  {
    id: "U12",
    title: "one part that finds nothing fails the whole multiRead",
    source: "ours",
    file: "src/znode/reads.ts",
    find: "    results.push(result);\n",
    replace: "    if (result.failure !== undefined) return { failure: result.failure };\n    results.push(result);\n",
    expects: ["linearizability", "sequential-reads"],
    kind: "safety",
    lesson: "Reads that go together are of one state, and each has its own answer: that a znode is missing is one.",
  },
  {
    id: "U13",
    title: "a multi that brings data passes a full disk if another part of it brings none",
    source: "ours",
    file: "src/base/operation-traits.ts",
    find: "if (!parts.some((part) => partWithoutData(part) !== undefined)) return undefined;",
    replace: "if (!parts.every((part) => partWithoutData(part) !== undefined)) return undefined;",
    expects: ["disk-room"],
    kind: "safety",
    lesson: "Parts are done together: if one has no room, none is done.",
  },
];
