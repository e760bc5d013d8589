/**
 * Nobody sees or changes what a list keeps from him, and nobody is refused without a list that says so. What each answer
 * should be follows from who asked; this watches that it is decided for who asked: by what the client had shown when it
 * asked, on whatever server, and by nothing that it, or somebody else, showed at another time.
 */
import type { ClientIdentity } from "../../src/base/acl.ts";
import { may } from "../access-rules.ts";
import type { HistoryOperation } from "../world/history.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ModelFeed } from "./model-feed.ts";

export class AccessControl implements Observer {
  readonly name = "access-control";
  readonly #feed: ModelFeed;

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  answered(operation: HistoryOperation): void {
    const { invocation, outcome, result } = operation;
    if (outcome !== "answered" || result === undefined) return;
    if (invocation.type === "auth" && result.failure !== undefined)
      this.#break(operation, `was answered ${result.failure.code} by a credential`);
    if (invocation.type === "write") this.#write(operation);
    else if (invocation.type === "read" && invocation.read.parts === undefined) this.#read(operation);
  }

  /** Entries say for whom they are decided. */
  #write(operation: HistoryOperation): void {
    const effect = this.#feed.model.effects.get(operation.zxid);
    if (effect === undefined) return;
    const [decided, shown] = [inWords(effect.identities), inWords(operation.identities)];
    if (decided !== shown)
      this.#break(operation, `was decided for ${decided}, and its client had shown to be ${shown}`);
  }

  #read(operation: HistoryOperation): void {
    const { invocation, identities, result, zxid } = operation;
    if (invocation.type !== "read") return;
    const { kind, path } = invocation.read;
    if (kind !== "getData" && kind !== "getChildren" && kind !== "getAcl" && kind !== "getAllChildrenNumber") return;
    const znode = this.#feed.model.tree.at(path, zxid);
    if (znode === undefined) return;
    const allowed = may(znode.acl, kind === "getAcl" ? ["READ", "ADMIN"] : ["READ"], identities);
    const refused = result?.failure?.code === "NO_AUTH";
    if (allowed && refused) this.#break(operation, `was refused ${kind} ${path}, which its list allows`);
    if (!allowed && !refused) this.#break(operation, `saw by ${kind} ${path} what its list keeps from it`);
  }

  #break({ client, id }: HistoryOperation, what: string): never {
    throw new InvariantBroken(this.name, `operation ${id} of client ${client} ${what}`);
  }
}

function inWords(identities: readonly ClientIdentity[]): string {
  const all = identities.map(({ scheme, id }) => `${scheme}:${id}`).sort();
  return all.length === 0 ? "nobody" : all.join(" and ");
}
