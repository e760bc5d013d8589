import type { Lab } from "../lab.ts";

const file = "src/raft/election-timer.ts";

export const electionTimer: Lab = {
  name: "election-timer",
  title: "A timer without a clock",
  chapter: 2,
  promise:
    "A server that hears no leader campaigns after a time that nobody else has drawn. So somebody campaigns alone sooner or later, and a cluster that lost its leader gets another one.",
  blanks: [
    {
      file,
      symbol: "ElectionTimer.#draw",
      task: ["A timeout from [base, 2 · base), by `this.#options.random()`, which gives a number from [0, 1)."],
    },
    { file, symbol: "ElectionTimer.restart", task: ["Draws a new timeout and waits for it from `now` on."] },
    {
      file,
      symbol: "ElectionTimer.leaderHeard",
      task: [
        "Waits once more, from `now` on, for the timeout that was drawn last: it is drawn anew only for an attempt. If the timer was eager, there is a leader after all: the base is the usual election timeout again, and then the timeout has to be drawn from it.",
      ],
    },
    {
      file,
      symbol: "ElectionTimer.leaderBroke",
      task: [
        "The first attempt comes within `campaignDelayMaxMs` of `now`, at a random moment. From then on the timer is eager: its base is that delay, but at least 1 ms and at most the usual election timeout. Draw one random number, and no timeout.",
      ],
    },
    {
      file,
      symbol: "ElectionTimer.campaignStarted",
      task: [
        "The base doubles with each attempt, but never above the usual election timeout. A new timeout is drawn from it and waited for.",
      ],
    },
  ],
  hints: [
    "Nothing here waits. The timer is two numbers, `#base` and `#timeout`, and from them a third, `#deadline`; somebody else compares the deadline with the time.",
    "leaderHeard is called for every heartbeat. If it drew a number each time, the draws of a run would depend on how many heartbeats came; and the timeout would be another one each time.",
    "The deadline is always `now` plus something: the timeout drawn last, or, in leaderBroke, random() times the delay.",
  ],
  tests: [{ file: "test/unit/raft-election-timer.test.ts" }, { file: "test/paper/5.2-leader-election.test.ts" }],
  scenes: ["split-vote"],
  seeds: { from: 1, count: 20 },
  wrong: [
    {
      title: "the timeout is not random",
      file,
      find: "return this.#base * (1 + this.#options.random());",
      replace: "return this.#base;",
      test: "draws from [T, 2T)",
    },
    {
      title: "every heartbeat draws a new timeout",
      file,
      find: "    if (this.eager) {\n      this.#base = this.#options.electionTimeoutMs;\n      this.#timeout = this.#draw();\n    }",
      replace: "    this.#base = this.#options.electionTimeoutMs;\n    this.#timeout = this.#draw();",
      test: "without a new draw",
    },
    {
      title: "an eager timer never calms down",
      file,
      find: "    this.#base = Math.min(2 * this.#base, this.#options.electionTimeoutMs);\n",
      replace: "",
      test: "eager",
    },
    {
      title: "the eagerness outlives the new leader",
      file,
      find: "      this.#base = this.#options.electionTimeoutMs;\n      this.#timeout = this.#draw();\n    }",
      replace: "      this.#timeout = this.#draw();\n    }",
      test: "a heard leader ends the eagerness",
    },
  ],
};
