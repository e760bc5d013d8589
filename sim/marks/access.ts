/** Marks of access control. */
import { partsOf, pathOf } from "../../src/base/operation-traits.ts";
import type { MultiPart, Result, Zxid } from "../../src/base/operations.ts";
import type { WatchSpec } from "../../src/base/reads.ts";
import type { Entry } from "../../src/raft/types.ts";
import { may } from "../access-rules.ts";
import type { Effect } from "../checkers/reference-model.ts";
import { covers, stands } from "../checkers/standing-watch.ts";
import { armedBy } from "../checkers/watch-model.ts";
import type { HistoryOperation, SessionEvent } from "../world/history.ts";
import type { Observer } from "../world/observer.ts";
import { EntryMarks } from "./entry-marks.ts";

/** Is to watch the log behind its feed. */
export class AccessMarks extends EntryMarks implements Observer {
  readonly name = "access marks";
  /** By session of a client: credentials that were taken, and those of them that its present connection brought along. */
  readonly #taken = new Map<string, number>();
  readonly #brought = new Map<string, number>();
  /** By client: the watches of its session that stay armed, and the zxid up to which it is known of what they kept back. */
  readonly #standing = new Map<number, { readonly life: number; readonly watches: WatchSpec[]; knownTo: Zxid }>();

  protected entered({ index }: Entry): void {
    const effect = this.feed.model.effects.get(index);
    if (effect === undefined) return;
    if (effect.code === "NO_AUTH") this.#refused(effect);
    else if (effect.code === "ok") for (const part of partsOf(effect.operation)) this.#done(effect, part);
  }

  sessionEvent({ client, life, type }: SessionEvent): void {
    const key = `${client}.${life}`;
    if (type === "connected") this.#brought.set(key, this.#taken.get(key) ?? 0);
  }

  answered(operation: HistoryOperation): void {
    const { client, life, invocation, outcome, result, identities } = operation;
    if (outcome !== "answered" || result === undefined) return;
    this.#keptBack(operation, result);
    const key = `${client}.${life}`;
    if (invocation.type === "auth") this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    if (invocation.type === "read" && result.failure?.code === "NO_AUTH") this.marks.hit("list-hides");
    const digests = identities.filter(({ scheme }) => scheme === "digest").length;
    if (invocation.type === "write" && digests > 0 && (this.#brought.get(key) ?? 0) > 0)
      this.marks.hit("identity-comes-along");
  }

  /** By what a client is answered, its watches have told, but for what it may not read. */
  #keptBack({ client, life, invocation, identities, zxid }: HistoryOperation, result: Result): void {
    const known = this.#standing.get(client);
    if (known?.life === life && zxid > known.knownTo) {
      for (const { path, acl, ...change } of this.feed.model.tree.changesAfter(known.knownTo)) {
        if (change.zxid > zxid || may(acl, ["READ"], identities)) continue;
        if (known.watches.some((watch) => covers(watch, path))) this.marks.hit("standing-watch-keeps-back");
      }
      known.knownTo = zxid;
    }
    const kind = armedBy(invocation, result);
    if (invocation.type !== "read" || kind === undefined || !stands(kind)) return;
    const watch = { kind, path: invocation.read.path };
    if (known?.life === life) known.watches.push(watch);
    else this.#standing.set(client, { life, watches: [watch], knownTo: zxid });
  }

  #refused({ operation, failedPart = 0 }: Effect): void {
    this.marks.hit("list-refuses");
    const parts = partsOf(operation);
    const refused = parts[failedPart];
    if (refused === undefined) return;
    const before = parts.slice(0, failedPart);
    if (before.some((part) => part.op === "setAcl" && pathOf(refused).startsWith(part.path)))
      this.marks.hit("list-of-own-multi-refuses");
  }

  #done({ zxid, identities }: Effect, part: MultiPart): void {
    if (part.op === "setAcl" || part.op === "createWithAcl") {
      if (part.acl.some(({ scheme }) => scheme === "auth")) this.marks.hit("auth-stands-for-its-author");
      return;
    }
    const before = part.op === "setData" ? this.feed.model.tree.at(part.path, zxid - 1) : undefined;
    if (before === undefined || may(before.acl, ["WRITE"], [])) return;
    this.marks.hit(identities.some(({ scheme }) => scheme === "super") ? "super-passes" : "list-lets-in");
  }
}
