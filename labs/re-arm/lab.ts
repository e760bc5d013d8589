import type { Lab } from "../lab.ts";

const file = "src/znode/change-history.ts";

export const reArm: Lab = {
  name: "re-arm",
  title: "Arming a watch again without missing anything",
  chapter: 11,
  promise:
    "A watch that is armed again on another server tells what it would have told on the first one, if anything, and invents nothing. So the death of a server costs a client no event.",
  blanks: [
    {
      file,
      symbol: "ChangeHistory.missed",
      task: [
        "The client knows everything up to and including `relativeZxid`. Returns the event of the *first* change after that which fires a watch of `spec.kind` on `spec.path` (`isFiredBy(spec.kind, change.type)`); undefined if there was none. `event(type, spec, zxid)` makes it, with the zxid of the change.",
        "Changes at or before `this.#floor` may be forgotten: for a client that is further back, `missedLongAgo(relativeZxid, spec, now)` is all that can be said. A client that has seen the newest, `now.appliedIndex`, has missed nothing.",
        "Changes have numbers, from 0. After `this.#catchUp()`, `this.#newest.get(path)` is the number of the newest change of that path (undefined: none), `this.#change(n)` the change with the number n, and `this.#previousOf(n)` the number of the change of the same path before it (-1: none). Only the newest `this.#ring.length` of all `this.#recorded` changes are still there: ask for no older one.",
      ],
    },
    {
      file,
      symbol: "missedLongAgo",
      task: [
        "The same without a history, from the Stat of the znode as it is now, `now.stat(spec.path)`, which is undefined if there is none. An event may be told only if it certainly happened; nothing may be told (undefined) only if certainly nothing did; else the answer is a `resync`, with the zxid `now.appliedIndex`: look again yourself.",
        'If there is no znode now: it may have been there and have gone, so `resync`. If it was created after `relativeZxid` (`czxid`): an exist watch hears "created", with that zxid; for the other kinds, which are armed only on a znode that is there, there must have been another one before, whose end is not known: `resync`. Else it has been there all the time. Then a watch on children hears "childrenChanged" if `pzxid` is after `relativeZxid`, and the others "dataChanged" if `mzxid` is; with that zxid; and nothing otherwise.',
      ],
    },
  ],
  hints: [
    "The history of /a is: created at 3, set at 5, set at 7, deleted at 9. What does a data watch tell to a client that knows everything up to 5? And one on children?",
    "The list of a path goes from the newest change back. Go along it while changes are after `relativeZxid`, and remember each that fires: the last one remembered is the first that happened.",
    "Be strict with the ends: `relativeZxid < floor` goes long ago, `relativeZxid >= appliedIndex` has missed nothing, a change *at* `relativeZxid` is known.",
  ],
  tests: [{ file: "test/unit/watch-history.test.ts" }, { file: "test/property/znode-watches.test.ts" }],
  scenes: ["watch-failover"],
  seeds: { from: 1, count: 24 },
  wrong: [
    { mutant: "H1", test: "the first event since, not the last" },
    { mutant: "H2", test: "for children: theirs coming" },
    { mutant: "H3", test: "a create and a delete while away" },
    { mutant: "W5", test: "nothing, if nothing changed since" },
    {
      title: "what was deleted and is not there now is told as deleted",
      file,
      find: "if (stat === undefined) return resync;",
      replace: 'if (stat === undefined) return event("deleted", spec, now.appliedIndex);',
      test: "one that is not may have been",
    },
    {
      title: "a znode that came again is told as changed, as ZooKeeper does",
      file,
      find: 'return spec.kind === "exist" ? event("created", spec, stat.czxid) : resync;',
      replace: 'return event(spec.kind === "exist" ? "created" : "dataChanged", spec, stat.czxid);',
      test: "czxid prove",
    },
  ],
};
