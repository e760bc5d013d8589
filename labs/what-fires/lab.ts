import type { Lab } from "../lab.ts";

const rules = "src/base/watch-rules.ts";
const table = "src/znode/watches.ts";

export const whatFires: Lab = {
  name: "what-fires",
  title: "What a watch hears",
  chapter: 11,
  promise:
    "A watch fires at the next change of what it was set on, once, and at nothing else. So whoever waits for an event may sleep until it comes.",
  blanks: [
    {
      file: rules,
      symbol: "rules",
      task: [],
      instead: `{
  // Fill in \`firedBy\` of the first three. A change of a znode is "created", "deleted" or
  // "dataChanged"; if a child of it comes or goes, that is "childrenChanged", of the parent. What becomes of a child's data is no change of the parent at all.
  //
  // A data watch and an exist watch hear of everything that happens to the znode itself, its creation too. A watch on
  // children hears of children that come and go, and of the end of the znode.
  data: { armedBy: "getData", onMissing: false, firedBy: [], stays: false },
  exist: { armedBy: "exists", onMissing: true, firedBy: [], stays: false },
  children: { armedBy: "getChildren", onMissing: false, firedBy: [], stays: false },
  // Armed by no read, but to stay (\`client.addWatch\`): the first for its own path, the second for all below it, too.
  persistent: { armedBy: "addWatch", onMissing: true, firedBy: [...onNode, "childrenChanged"], stays: true },
  recursive: { armedBy: "addRecursiveWatch", onMissing: true, firedBy: onNode, stays: true },
}`,
    },
    {
      file: rules,
      symbol: "watchArmedBy",
      task: [
        "Which watch does this read arm? None if `read.watch` is not set, or if no row of `rules` is armed by reads of that kind: `watchKinds` has the kinds. If the read failed (`result.failure`), none either, with one exception: on a znode that is not there (the failure's code is NO_NODE) a watch is armed if its row says `onMissing`. Else the kind, on the path of the read.",
      ],
    },
    {
      file: table,
      symbol: "WatchTable.trigger",
      task: [
        "A change has happened. For each kind that it fires (`kindsFiredBy(change.type)`), in that order, and each connection that watches `change.path` with this kind, in the order of arming: disarms the watch and delivers an event `{ type, path, zxid, kind }`, the first three being the change's.",
        "A kind that stays (`staysArmed(kind)`) is the easy one: `watching(byPath, kind, change.path)` has the connections, each once; deliver to each, and disarm nothing.",
        "`this.#byKind[kind]` maps a path to its connections: a number if there is one, a set if there are several, nothing if there are none. Disarmed is a watch when it is there no more and `this.#disarmed(connection, kind, path)` was told so.",
        "`deliver` may call back: it may arm the same watch again, for the next change, or drop connections whose events are still to come. So disarm all watches of a kind before the first of its events is delivered.",
      ],
    },
  ],
  hints: [
    "Make a table for yourself: getData on /a, exists on /a, getChildren on /a; and then: /a is created, /a is set, /a/b is created, /a/b is set, /a is deleted.",
    "`exists` is the only read that may leave a watch on nothing: that is how one waits for a znode to come.",
    "trigger: look up the connections, delete the path from the map, tell #disarmed for each, and only then go through them again and deliver. Once the path is deleted from the map, the set is yours: what is armed anew gets another one.",
  ],
  tests: [{ file: "test/unit/watch-table.test.ts" }, { file: "test/property/znode-watches.test.ts" }],
  scenes: ["watch-failover"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "W3", test: "fires once" },
    {
      title: "a watch on children hears of the children's data",
      file: rules,
      find: 'firedBy: ["deleted", "childrenChanged"]',
      replace: 'firedBy: ["deleted", "childrenChanged", "dataChanged"]',
      test: "not of their data",
    },
    {
      title: "getData on a missing znode arms a watch",
      file: rules,
      find: 'if (failure !== undefined && !(failure.code === "NO_NODE" && rules[kind].onMissing)) return undefined;',
      replace: 'if (failure !== undefined && failure.code !== "NO_NODE") return undefined;',
      test: "on a missing znode, exists alone",
    },
    {
      title: "the end of a znode is no news for a watch on its children",
      file: rules,
      find: 'firedBy: ["deleted", "childrenChanged"]',
      replace: 'firedBy: ["childrenChanged"]',
      test: "deleted fires",
    },
    {
      title: "a watch is disarmed after its event is delivered",
      file: table,
      find: "        this.#disarmed(watched, kind, change.path);\n        deliver(watched, event);\n",
      replace: "        deliver(watched, event);\n        this.#disarmed(watched, kind, change.path);\n",
      test: "lets the receiver arm again at once",
    },
  ],
};
