import type { Lab } from "../lab.ts";

const file = "labs/fenced-lock/lock.ts";

export const fencedLock: Lab = {
  name: "fenced-lock",
  title: "A lock with a fence",
  chapter: 13,
  promise:
    "The lock goes from client to client, each woken by the one before it, and what it protects is never written by somebody who has lost it. A lock alone cannot promise the second part: whoever has it may be paused, lose it, and not know; so the store has to take part.",
  blanks: [
    {
      file,
      symbol: "entered",
      task: [
        "The znode is there: next, look who else is. Its token must rise from holder to holder, whoever they are. The number of the log's entry that created the znode does, and so does the queue: both are the order of the log.",
      ],
    },
    {
      file,
      symbol: "looked",
      task: [
        "If its own znode is not among them, it went with an older session: enter again. If no name is before its own, it has the lock. Else watch the one *right* before its own, that is the last of those before it. The names come in no particular order; since the numbers have ten digits each, they compare as text.",
      ],
    },
    {
      file,
      symbol: "watched",
      task: [
        "If the znode before its own exists, the watch will fire when it goes: sleep. If it has gone between the list and this question, there will be no event: look again.",
      ],
    },
    {
      file,
      symbol: "woken",
      task: [
        "The znode before its own is gone. That need not mean that it is the first now: the one that has gone may have waited too, and given up.",
      ],
    },
    {
      file,
      symbol: "uncertain",
      task: ["Whatever it had or waited for, it can count on nothing, and begins anew."],
    },
    {
      file,
      symbol: "Fence.accepts",
      task: [
        "Refuses whoever shows a token lower than one that was shown before; else accepts, and remembers it in `this.#highest`. The same holder may write several times.",
      ],
    },
  ],
  hints: [
    "Four clients are in the queue. The second one's session expires. Who has to be woken, and what should it do then?",
    "After each piece of news the safe thing is to look again: the list of names is the only thing that says who has the lock.",
    "looked: filter the names that are less than your own; if none is left you have the lock; else the greatest of them is `before`.",
  ],
  tests: [{ file: "test/unit/fenced-lock.test.ts" }],
  seeds: { from: 1, count: 0 },
  wrong: [
    {
      title: "everybody watches the first in the queue",
      file,
      find: ".sort((a, b) => (a < b ? 1 : -1))",
      replace: ".sort((a, b) => (a < b ? -1 : 1))",
      test: "keeps its promises in run 1",
    },
    {
      title: "whoever is woken has the lock",
      file,
      find: 'export function woken({ name, token }: Own): Place {\n  return { step: "look", name, token };',
      replace: 'export function woken({ name, token }: Own): Place {\n  return { step: "held", name, token };',
      test: "whoever is woken looks again",
    },
    {
      title: "it sleeps, whether the watch is armed on something or not",
      file,
      find: 'return exists ? { step: "sleep", name, token, before } : { step: "look", name, token };',
      replace: 'return { step: exists ? "sleep" : "sleep", name, token, before };',
      test: "if it has gone meanwhile",
    },
    {
      title: "the store takes every write",
      file,
      find: "    if (token < this.#highest) return false;\n",
      replace: "",
      test: "keeps its promises in run 1",
    },
    {
      title: "the store takes one write of each holder",
      file,
      find: "    if (token < this.#highest) return false;\n",
      replace: "    if (token <= this.#highest) return false;\n",
      test: "keeps its promises in run 1",
    },
    {
      title: "a znode that went with its session counts as being in the queue",
      file,
      find: '  if (!names.includes(name)) return { step: "enter" };\n',
      replace: "",
      test: "whoever is not in the queue any more",
    },
  ],
};
