/** Time stamps, which come from the clocks of a majority and never go back. */
import type { Mutant } from "./mutant.ts";

export const time: readonly Mutant[] = [
  {
    id: "D1",
    title: "the leader stamps with its own clock",
    source: "ours (stamps of 2036)",
    file: "src/node/peers/cluster-clock.ts",
    find: "return Math.floor(Math.min(Math.max(now.wallMs, unpassedMs - bound), reachedMs + bound));",
    replace: "return Math.floor(Math.max(now.wallMs, unpassedMs - bound));",
    expects: ["stamps"],
    kind: "safety",
    lesson:
      "Stamps never go back, so a clock that is ahead for six seconds sets all later ones. The leader's own word is not enough: a majority has to have got so far.",
  },
  {
    id: "D2",
    title: "one clock that agrees is enough",
    source: "ours",
    file: "src/node/peers/cluster-clock.ts",
    find: "const reachedMs = quorumValue(configuration, (id) => shown(id) ?? Number.NEGATIVE_INFINITY);\n    if (reachedMs === Number.NEGATIVE_INFINITY) return undefined;",
    replace:
      "const reachedMs = Math.max(...configuration.voters.map((id) => shown(id) ?? Number.NEGATIVE_INFINITY));\n    if (reachedMs === Number.NEGATIVE_INFINITY) return undefined;",
    expects: ["stamps"],
    kind: "safety",
    lesson: "The leader's clock always agrees with itself. Counted alone, it is no bound at all.",
  },
  {
    id: "D3",
    title: "a voter that has not reported agrees with the leader",
    source: "ours",
    file: "src/node/peers/cluster-clock.ts",
    find: "const reachedMs = quorumValue(configuration, (id) => shown(id) ?? Number.NEGATIVE_INFINITY);\n    if (reachedMs === Number.NEGATIVE_INFINITY) return undefined;",
    replace: "const reachedMs = quorumValue(configuration, (id) => shown(id) ?? now.wallMs);",
    expects: ["stamps"],
    kind: "safety",
    lesson:
      "A leader just elected has heard nobody's clock. It commits nothing before a majority has answered, so it can wait for their clocks too.",
  },
  {
    id: "D4",
    title: "a clock counts for ever as it was first reported",
    source: "ours",
    file: "src/node/peers/cluster-clock.ts",
    find: "    this.#reports.set(from, { offsetMs: wallClockMs - nowMs, atMs: nowMs });",
    replace:
      "    const first = this.#reports.get(from)?.offsetMs ?? wallClockMs - nowMs;\n    this.#reports.set(from, { offsetMs: first, atMs: nowMs });",
    expects: ["stamps"],
    kind: "safety",
    lesson: "Clocks are set. One that was ahead when it was first heard of would vouch for the leader's for ever.",
  },
  {
    id: "D5",
    title: "a stamp that no command carries holds later ones back",
    source: "ours (a hunt, seed 6417570)",
    file: "src/node/peers/reports.ts",
    find: "    return Math.max(this.#lastStampMs, replica.machine.lastTimeMs, timeMs);",
    replace:
      "    this.#lastStampMs = Math.max(this.#lastStampMs, replica.machine.lastTimeMs, timeMs);\n    return this.#lastStampMs;",
    expects: ["stamps"],
    kind: "safety",
    survives:
      "it takes a log that refuses commands, as behind a disk that hangs, while the clocks are wrong, and takes them when these are right again; the kept plan stamp-of-a-refused-command.json does it",
    lesson:
      "Stamps never go back behind what is in the log. What the log refused is not in it, and the clock that it came from may have been wrong.",
  },
  {
    id: "D6",
    title: "stamps are as far behind the clocks of a majority as they may be",
    source: "ours (made by a rule, and lived)",
    file: "src/node/peers/cluster-clock.ts",
    find: "Math.min(Math.max(now.wallMs, unpassedMs - bound), reachedMs + bound)",
    replace: "Math.min(Math.min(now.wallMs, unpassedMs - bound), reachedMs + bound)",
    expects: ["stamps"],
    kind: "liveness",
    lesson:
      "A bound is for clocks that are wrong. Where all are right it must not show: ages, and times to live, would be a second out for everybody, and nobody would know why.",
  },
  {
    id: "T2",
    title: "a leader that hands over asks its heir to campaign in each turn",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/leadership-transfer.ts",
    find: "|| state.now < transfer.nextCall) return;",
    replace: "|| state.now < transfer.to) return;",
    expects: ["sparing-reports"],
    kind: "liveness",
    lesson:
      "An heir that campaigns already does nothing more when it is asked again, so that nobody is harmed but the network.",
  },
];
