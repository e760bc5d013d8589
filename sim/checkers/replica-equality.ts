/** At the end, every replica that has applied the whole committed log holds exactly what the reference model holds. */
import { InvariantBroken, type Observer, type World } from "../observer.ts";
import type { SimServer } from "../server.ts";
import type { ModelFeed } from "./model-feed.ts";
import { statDifference, statOf } from "./reference-model.ts";

export class ReplicaEquality implements Observer {
  readonly name = "replica-equality";
  readonly #feed: ModelFeed;
  #servers: readonly SimServer[] = [];

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  begin(world: World): void {
    this.#servers = world.allServers;
  }

  end(): void {
    const { model } = this.#feed;
    let digest: string | undefined;
    for (const { node, id } of this.#servers) {
      if (node === undefined || node.machine.appliedIndex !== model.applied) continue;
      this.#compare(id, node.machine);
      const own = node.machine.digest();
      digest ??= own;
      if (own !== digest) throw new InvariantBroken(this.name, `n${id} holds another state than its peers`);
    }
  }

  #compare(id: number, machine: NonNullable<SimServer["node"]>["machine"]): void {
    const { model } = this.#feed;
    const paths = model.paths();
    for (const path of paths) {
      const expected = model.at(path, model.applied);
      const stat = machine.stat(path);
      if (expected === undefined || stat === undefined)
        throw new InvariantBroken(this.name, `n${id} has no znode ${path}, but the log made it`);
      const difference = statDifference(stat, statOf(expected));
      if (difference !== undefined) throw new InvariantBroken(this.name, `n${id} holds ${path} with ${difference}`);
    }
    const { znodes, sessions } = machine.counts();
    if (znodes !== paths.length)
      throw new InvariantBroken(this.name, `n${id} holds ${znodes} znodes, but the log leaves ${paths.length}`);
    if (sessions !== model.sessions.size)
      throw new InvariantBroken(
        this.name,
        `n${id} holds ${sessions} sessions, but the log leaves ${model.sessions.size}`,
      );
  }
}
