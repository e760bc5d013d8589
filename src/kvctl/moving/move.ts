/** Puts one znode after the other where it belongs, many at once, each behind its parent. */
import type { Context } from "../ports.ts";
import { type ParentState, type PlaceOptions, placeZnode } from "./place.ts";
import { type MoveOutcome, MoveTally } from "./tally.ts";
import type { MovedZnode, TargetTree } from "./trees.ts";

/** Znodes under way to the target. */
const underWayMax = 256;
/** Their data, bytes; one may exceed it alone. */
const underWayBytesMax = 8 * 1024 * 1024;

interface Placing {
  readonly path: string;
  readonly outcome: Promise<MoveOutcome>;
}

/** Where znodes go, as they come. */
export class Mover {
  readonly tally: MoveTally;
  readonly #target: TargetTree;
  readonly #options: PlaceOptions;
  readonly #underWay = new Map<string, Placing>();
  /** Of the last znode and those above it: what came of each. */
  readonly #above: Placing[] = [];
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(context: Context, target: TargetTree, options: PlaceOptions) {
    this.tally = new MoveTally(context.out, options.dryRun);
    this.#target = target;
    this.#options = options;
  }

  /** Takes the next znode as soon as there is room. Rejects with what ended the move. */
  async take(znode: MovedZnode): Promise<void> {
    const { path, data } = znode;
    while (this.#isFull(data.length)) await this.#change();
    const placing = { path, outcome: this.#place(znode, this.#parentOf(path)) };
    this.#above.push(placing);
    this.#underWay.set(path, placing);
    this.#bytes += data.length;
    const done = (): void => {
      if (this.#underWay.get(path) === placing) this.#underWay.delete(path);
      this.#bytes -= data.length;
      this.#wake();
    };
    placing.outcome.then(done, (error: unknown) => {
      this.#failure ??= { error };
      done();
    });
  }

  /** Resolves when all are where they belong. Rejects with what ended the move. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await this.#change();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #isFull(bytes: number): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#underWay.size >= underWayMax) return true;
    return this.#underWay.size > 0 && this.#bytes + bytes > underWayBytesMax;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** What comes of the parent, as far as this run has to do with it. */
  #parentOf(path: string): Promise<MoveOutcome> | undefined {
    const parent = path.slice(0, Math.max(1, path.lastIndexOf("/")));
    for (let last = this.#above.at(-1); last !== undefined; last = this.#above.at(-1)) {
      if (last.path === parent) return last.outcome;
      if (path.startsWith(last.path === "/" ? "/" : `${last.path}/`) && path !== last.path) break;
      this.#above.pop();
    }
    return this.#underWay.get(parent)?.outcome;
  }

  async #place(znode: MovedZnode, parent: Promise<MoveOutcome> | undefined): Promise<MoveOutcome> {
    const state = parent === undefined ? undefined : stateOf(await parent);
    return await placeZnode(this.#target, znode, state, this.#options, this.tally);
  }
}

function stateOf(outcome: MoveOutcome): ParentState {
  if (outcome === "created") return "fresh";
  return outcome === "failed" ? "lacking" : "there";
}
