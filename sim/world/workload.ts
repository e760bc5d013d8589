/** What clients ask for: draws the next step of a client from the plan's mix. */
import { drawCredential } from "../access-rules.ts";
import { type WriteChoice, writeChoices } from "../operations.ts";
import type { Mix, Step, Workload } from "../plan/plan.ts";
import type { Drawing } from "../write-steps.ts";
import type { Draws } from "./random.ts";
import type { Seen } from "./seen.ts";

type Choice = Exclude<keyof Mix, "localPercent" | "watchPercent" | "pagePercent">;

type ReadStep = Extract<Step, { readonly kind: "read" }>;

/** What changes nothing in the tree. */
const reading: readonly Choice[] = [
  "getData",
  "exists",
  "getChildren",
  "sync",
  "close",
  "reconnect",
  "move",
  "abort",
  "multiRead",
  "getEphemerals",
  "getAllChildrenNumber",
  "addWatch",
  "getMembers",
  "getAcl",
  "auth",
  "getQuota",
  "blunder",
  "vanish",
  "inherit",
];

const choices: readonly Choice[] = [...(Object.keys(writeChoices) as WriteChoice[]), ...reading];

/** Paths that clients contend for: a third of them at the top, the others below those. */
export function pathNames(count: number): string[] {
  const tops = Math.max(1, Math.ceil(count / 3));
  return Array.from({ length: count }, (_, i) => (i < tops ? `/p${i}` : `/p${i % tops}/c${i}`));
}

function isWrite(choice: Choice): choice is WriteChoice {
  return Object.hasOwn(writeChoices, choice);
}

/** Draws steps for one client. */
export class StepSource {
  readonly #workload: Workload;
  readonly #draws: Draws;
  readonly #paths: readonly string[];
  readonly #tops: readonly string[];
  readonly #choices: readonly Choice[];
  readonly #total: number;

  /** `client`: from 1. */
  constructor(workload: Workload, client: number, draws: Draws) {
    this.#workload = workload;
    this.#draws = draws;
    this.#paths = pathNames(workload.paths);
    this.#tops = this.#paths.filter((path) => path.lastIndexOf("/") === 0);
    const reads = client <= workload.readers && reading.some((choice) => workload.mix[choice] > 0);
    this.#choices = reads ? reading : choices;
    this.#total = this.#choices.reduce((sum, choice) => sum + workload.mix[choice], 0);
  }

  /** Microseconds until the next operation; sometimes 0, so that requests come in bursts. */
  gapUs(): number {
    if (this.#draws.chance(0.15)) return 0;
    return Math.round((1_000_000 / this.#workload.perSecond) * (0.6 + 1.15 * this.#draws.next()));
  }

  /** The next step; `data` is what a write stores. */
  next(seen: Seen, data: string): Step {
    const draws = this.#draws;
    const path = draws.pick(this.#paths);
    const choice = this.#choose();
    if (isWrite(choice)) return writeChoices[choice].step(this.#drawing(path, seen, data));
    switch (choice) {
      case "getData":
        return this.#read("getData", path);
      case "exists":
        return this.#read("exists", path);
      case "getChildren":
        return this.#page(this.#read("getChildren", draws.pick(this.#tops)), seen);
      case "getQuota":
        return this.#read("getData", `/zookeeper/quota${draws.pick(this.#tops)}/zookeeper_stats`);
      case "getMembers":
        return this.#read("getData", "/zookeeper/config");
      case "multiRead":
        return { kind: "multiRead", paths: [path, draws.pick(this.#paths)], local: this.#isLocal() };
      case "getEphemerals":
        return { ...this.#read("getEphemerals", draws.chance(0.5) ? "/" : draws.pick(this.#tops)), watch: false };
      case "getAllChildrenNumber":
        return { ...this.#read("getAllChildrenNumber", draws.pick(["/", path, ...this.#tops])), watch: false };
      case "addWatch": {
        const recursive = draws.chance(0.6);
        const at = recursive && draws.chance(0.5) ? draws.pick(["/", ...this.#tops]) : path;
        return { kind: "addWatch", path: at, recursive, local: this.#isLocal() };
      }
      case "getAcl":
        return { ...this.#read("getAcl", draws.chance(0.8) ? path : "/zookeeper/config"), watch: false };
      case "auth":
        return { kind: "auth", credential: drawCredential(draws) };
      case "sync":
        return { kind: "sync" };
      case "close":
        return { kind: "close" };
      case "reconnect":
        return { kind: "reconnect" };
      case "move":
        return { kind: "move" };
      case "blunder":
      case "vanish":
      case "inherit":
        return { kind: choice };
      case "abort":
        return { kind: "abort", behind: draws.below(1_000) };
    }
  }

  #drawing(path: string, seen: Seen, data: string): Drawing {
    return {
      draws: this.#draws,
      path,
      data,
      largeData: data + "-".repeat(this.#workload.setBytes),
      version: seen.versions.get(path) ?? 0,
      aversion: seen.aversions.get(path) ?? 0,
      parent: () => this.#draws.pick(this.#tops),
      someName: () => this.#someName(seen),
    };
  }

  /** Half of the deletes clean up what sequential creates left. */
  #someName(seen: Seen): string | undefined {
    return seen.names.length > 0 && this.#draws.chance(0.5) ? this.#draws.pick(seen.names) : undefined;
  }

  #read(read: ReadStep["read"], path: string): ReadStep {
    const { watchPercent } = this.#workload.mix;
    const local = this.#isLocal();
    const watch = this.#draws.below(100) < watchPercent;
    return { kind: "read", path, read, local, watch, limit: 0, after: "" };
  }

  #isLocal(): boolean {
    return this.#draws.below(100) < this.#workload.mix.localPercent;
  }

  /** A page of a few names, mostly the next one. */
  #page(step: ReadStep, seen: Seen): Step {
    const { pagePercent } = this.#workload.mix;
    if (pagePercent === 0 || this.#draws.below(100) >= pagePercent) return step;
    const limit = this.#draws.between(1, 3);
    const goesOn = this.#draws.chance(0.8);
    return { ...step, limit, after: goesOn ? (seen.pageEnds.get(step.path) ?? "") : "" };
  }

  #choose(): Choice {
    let left = this.#draws.next() * this.#total;
    for (const choice of this.#choices) {
      left -= this.#workload.mix[choice];
      if (left < 0) return choice;
    }
    return "sync";
  }
}
