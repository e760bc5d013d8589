/** At the end, every replica that has applied the whole committed log holds exactly what the reference model holds. */
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { judgeRead } from "./judge.ts";
import type { ModelFeed } from "./model-feed.ts";

export class ReplicaEquality implements Observer {
  readonly name = "replica-equality";
  readonly #feed: ModelFeed;
  #servers: readonly ServerView[] = [];

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

  #compare(id: number, machine: NonNullable<ServerView["node"]>["machine"]): void {
    const { model } = this.#feed;
    const paths = model.tree.paths();
    // Who may see everything.
    const identities = [{ scheme: "super", id: "" }];
    for (const path of paths) {
      for (const kind of ["getData", "getChildren", "getAcl"] as const) {
        const read = { kind, path, watch: false, local: true };
        const wrong = judgeRead(model, read, model.applied, machine.read(read, 0, identities), {
          sessionId: 0,
          identities,
        });
        if (wrong !== undefined) throw new InvariantBroken(this.name, `a read of n${id}'s whole state ${wrong}`);
      }
    }
    const { znodes, sessions } = machine.counts();
    if (znodes !== paths.length)
      throw new InvariantBroken(this.name, `n${id} holds ${znodes} znodes, but the log leaves ${paths.length}`);
    for (const { id: session, attachment, lastRequestId } of model.sessions.values()) {
      const held = machine.session(session);
      if (held?.attachment !== attachment || held.lastRequestId !== lastRequestId)
        throw new InvariantBroken(this.name, `n${id} holds session ${session} otherwise than the log leaves it`);
    }
    if (sessions !== model.sessions.size)
      throw new InvariantBroken(
        this.name,
        `n${id} holds ${sessions} sessions, but the log leaves ${model.sessions.size}`,
      );
  }
}
