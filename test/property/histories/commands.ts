/** What clients do and what befalls the cluster: the commands of which fast-check makes histories, and shrinks them. */
import fc from "fast-check";
import type { Action } from "../../../sim/plan/actions.ts";
import { checkPlan, type Step } from "../../../sim/plan/plan.ts";
import { type Cluster, sessionTimeoutMs } from "./cluster.ts";
import { lookAround } from "./look-around.ts";
import type { Promises } from "./promises.ts";

export type HistoryCommand = fc.Command<Promises, Cluster>;

/** What one client asks, without waiting for an answer in between. */
interface Asking {
  readonly client: number;
  readonly steps: readonly Step[];
}

/** Something that befalls the cluster, so many ms behind the asking. */
interface Strike {
  readonly action: Action;
  readonly afterMs: number;
}

/** Clients ask, something happens meanwhile, and all wait for their answers. */
class Round implements HistoryCommand {
  readonly #asked: readonly Asking[];
  readonly #strike: Strike | undefined;

  constructor(asked: readonly Asking[], strike: Strike | undefined) {
    this.#asked = asked;
    this.#strike = strike;
  }

  check(): boolean {
    return true;
  }

  run(promises: Promises, cluster: Cluster): void {
    for (const { client, steps } of this.#asked) {
      promises.client(client).gaveUp = steps.some(({ kind }) => kind === "abort");
      cluster.ask(client, steps);
    }
    if (this.#strike !== undefined) strike(promises, cluster, this.#strike);
    if (!promises.judge(cluster.settle())) lookAround(promises, cluster);
    for (const { client } of this.#asked) promises.client(client).gaveUp = false;
  }

  toString(): string {
    const asked = this.#asked.map(({ client, steps }) => `client ${client}: ${steps.map(told).join(", ")}`);
    return [...asked, ...(this.#strike === undefined ? [] : [toldOf(this.#strike)])].join(" | ");
  }
}

/** Something happens while nobody asks; then some time passes, too short or long enough for anybody to notice. */
class Meanwhile implements HistoryCommand {
  readonly #strike: Strike;
  readonly #waitMs: number;

  constructor(happens: Strike, waitMs: number) {
    this.#strike = happens;
    this.#waitMs = waitMs;
  }

  check(): boolean {
    return true;
  }

  run(promises: Promises, cluster: Cluster): void {
    strike(promises, cluster, this.#strike);
    cluster.wait(this.#waitMs);
  }

  toString(): string {
    return `${toldOf(this.#strike)}, ${this.#waitMs} ms pass`;
  }
}

function strike(promises: Promises, cluster: Cluster, { action, afterMs }: Strike): void {
  // Whom no server lets in for long enough loses its session. Nothing else that happens here takes it.
  if (action.kind === "resetClient" && action.refuseMs > sessionTimeoutMs / 2)
    for (const client of [1, 2])
      if (action.client === client || action.client === "all")
        promises.client(client).mayExpireUntilUs = cluster.nowUs + (action.refuseMs + 2 * sessionTimeoutMs) * 1000;
  cluster.strike(action, afterMs);
}

/** A step as a plan has it, with what is left out filled in. */
function step(given: object): Step {
  const [operation] = checkPlan({ seed: 1, workload: { operations: [{ client: 1, atMs: 0, step: given }] } }).workload
    .operations;
  if (operation === undefined) throw new Error("a plan has the operations that it is given");
  return operation.step;
}

function action(given: object): Action {
  const [fault] = checkPlan({ seed: 1, faults: [{ when: { kind: "at", atMs: 0 }, what: given }] }).faults;
  if (fault === undefined) throw new Error("a plan has the faults that it is given");
  return fault.what;
}

// Few, so that clients meet there.
const path = fc.constantFrom("/a", "/a", "/a/x", "/b", "/b/x");
const parent = fc.constantFrom("/a", "/b");
const version = fc.constantFrom(-1, -1, 0, 1, 2);
const data = fc.stringMatching(/^[a-z]{1,3}$/);

const write = fc.oneof(
  fc.record({ kind: fc.constant("create"), path: fc.constantFrom("/a/x", "/b/x"), data, ephemeral: fc.boolean() }),
  fc.record({
    kind: fc.constant("create"),
    path: parent.map((at) => `${at}/s-`),
    data,
    ephemeral: fc.boolean(),
    sequential: fc.constant(true),
  }),
  fc.record({ kind: fc.constant("setData"), path, data, version }),
  fc.record({ kind: fc.constant("delete"), path, version }),
);

const part = fc.oneof(
  fc.record({ kind: fc.constant("create"), path, data }),
  fc.record({ kind: fc.constant("setData"), path, data, version }),
  fc.record({ kind: fc.constant("delete"), path, version }),
  fc.record({ kind: fc.constant("check"), path, version }),
);

const read = fc.record({
  kind: fc.constant("read"),
  path,
  read: fc.constantFrom("getData", "exists", "getChildren"),
  local: fc.boolean(),
  watch: fc.constantFrom(true, true, false),
});

const anyStep = fc
  .oneof(
    { weight: 6, arbitrary: write },
    { weight: 6, arbitrary: read },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("multi"), parts: fc.array(part, { maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.constant({ kind: "sync" }) },
  )
  .map(step);

/** At the end of what one client asks, now and then. */
const lastStep = fc.constantFrom<object | undefined>(
  ...[undefined, undefined, undefined, undefined],
  { kind: "reconnect" },
  { kind: "move" },
  { kind: "abort", behind: 0 },
  { kind: "abort", behind: 1 },
  { kind: "close" },
);

const asking = fc
  .record({ client: fc.integer({ min: 1, max: 2 }), steps: fc.array(anyStep, { maxLength: 4 }), last: lastStep })
  .map(({ client, steps, last }) => ({ client, steps: last === undefined ? steps : [...steps, step(last)] }));

const client = fc.constantFrom(1, 2, "all");
const briefly = fc.constantFrom(100, 700, 2_000);
const befalls = fc
  .oneof(
    fc.record({ kind: fc.constant("resetClient"), client, refuseMs: fc.constantFrom(0, 500, 3 * sessionTimeoutMs) }),
    fc.record({ kind: fc.constant("moveClient"), client }),
    fc.record({ kind: fc.constant("stallClient"), client, forMs: fc.constantFrom(300, 1_500, 3 * sessionTimeoutMs) }),
    fc.record({ kind: fc.constant("crash"), server: fc.constantFrom("leader", "random"), restartAfterMs: briefly }),
    fc.record({
      kind: fc.constant("partition"),
      shape: fc.constantFrom("isolate", "halves", "deaf", "oneWay"),
      server: fc.constantFrom("leader", "random"),
      forMs: briefly,
    }),
    fc.record({ kind: fc.constant("transfer") }),
    fc.record({ kind: fc.constant("heal") }),
  )
  .map(action);

const strikes = fc.record({ action: befalls, afterMs: fc.constantFrom(0, 0.2, 0.5, 1, 2, 5) });

const round = fc
  .tuple(fc.array(asking, { minLength: 1, maxLength: 2 }), fc.option(strikes, { nil: undefined, freq: 1 }))
  .map(([asked, happens]) => new Round(oneEach(asked), happens));

const meanwhile = fc
  .tuple(strikes, fc.constantFrom(1, 1, 50, 1_500, 2 * sessionTimeoutMs, 5 * sessionTimeoutMs))
  .map(([happens, waitMs]) => new Meanwhile(happens, waitMs));

/** A client is let in nowhere until its session is over, and does not come back before others can see that. */
const shutOut = fc
  .constantFrom(1, 2)
  .map((client) => action({ kind: "resetClient", client, refuseMs: 3 * sessionTimeoutMs }))
  .map((reset) => new Meanwhile({ action: reset, afterMs: 0 }, 2 * sessionTimeoutMs));

/** The commands: clients ask more often than something befalls them while nobody does. */
export const historyCommands: readonly fc.Arbitrary<HistoryCommand>[] = [
  ...[round, round, round, round],
  ...[meanwhile, meanwhile],
  shutOut,
];

/** Each client asks once in a round. */
function oneEach(asked: readonly Asking[]): readonly Asking[] {
  return [...new Map(asked.map((one) => [one.client, one])).values()];
}

function told({ kind, ...rest }: Step): string {
  const shown = Object.entries(rest).filter(
    ([, value]) => value !== false && value !== "" && value !== 0 && value !== -1,
  );
  return [kind, ...shown.map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}

function toldOf({ action: { kind, ...rest }, afterMs }: Strike): string {
  return `${kind} ${JSON.stringify(rest)} ${afterMs} ms later`;
}
