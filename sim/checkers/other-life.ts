/**
 * What a server of an earlier life of the cluster says is not heard: its log has the same numbers and another history. No
 * more do servers take part together that began with different data, one with a backup and one with nothing; and whoever began
 * otherwise than the rest is met by nobody, so that it can be emptied and is let in then.
 */
import { TerrariumError } from "../../src/base/errors.ts";
import { admissionKey } from "../../src/storage/layout.ts";
import { decodeAdmission } from "../../src/storage/records.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import { otherTerm } from "../world/other-life.ts";
import type { RecoveredView, ServerView } from "../world/view.ts";

/** Steps from one look at what a server says of itself to the next. */
const everySteps = 16;

/** Whether `other` has on its disk that it met data of the server that it was allowed to meet. */
function hasMet(other: ServerView, { id, strange }: ServerView): boolean {
  const row = other.disk.sortedRows().find(({ key }) => key.length === 1 && key[0] === admissionKey[0]);
  const met = row === undefined ? undefined : decodeAdmission(row.value).acquaintances.get(id);
  return met !== undefined && !strange.has(met);
}

/** What a server began with that has just come to take part: nothing, a backup, or data of which nothing is known. */
function originOf(recovered: RecoveredView | undefined): number {
  const origin = recovered?.identity.origin ?? 0;
  return origin === 0 && (recovered?.log.base.index ?? 0) > 0 ? -1 : origin;
}

export class OtherLife implements Observer {
  readonly name = "other-life";
  /** Of those that take part, by server. */
  readonly #instances = new Map<number, number>();
  readonly #origins = new Map<number, number>();
  #servers: readonly ServerView[] = [];
  #steps = 0;

  begin({ allServers }: World): void {
    this.#servers = allServers;
  }

  /** An emptied server is kept out only where its former data were met, on good grounds. */
  stopped(server: ServerView, error: Error): void {
    if (!(error instanceof TerrariumError) || error.code !== "WIPED" || server.wiped || !server.emptied) return;
    const others = this.#servers.filter((other) => other !== server);
    // Whoever met them may have forgotten it since.
    if (others.some(({ emptied, wiped, disk }) => emptied || wiped || disk.damaged || disk.damageRead)) return;
    if (!others.some((other) => hasMet(other, server)))
      throw new InvariantBroken(
        this.name,
        `n${server.id} is kept out, since others have met what it began with, though they began otherwise: ${error.message}`,
      );
  }

  step({ id, node, recovered }: ServerView): void {
    if (node === undefined) return;
    this.#steps++;
    if (!node.admitted && this.#steps % everySteps === 0 && node.status().ready)
      throw new InvariantBroken(this.name, `n${id} says that it is ready, and takes no part`);
    if (node.raft.currentTerm >= otherTerm)
      throw new InvariantBroken(this.name, `n${id} has a term of another life of the cluster`);
    if (node.instance === 0 || this.#instances.get(id) === node.instance) return;
    this.#instances.set(id, node.instance);
    this.#origins.set(id, originOf(recovered));
    for (const [other, origin] of this.#origins)
      if (origin !== this.#origins.get(id))
        throw new InvariantBroken(this.name, `n${id} and n${other} take part together and began with different data`);
    for (const [other, instance] of this.#instances)
      if (instance !== node.instance)
        throw new InvariantBroken(this.name, `n${id} and n${other} take part in different lives of the cluster`);
  }
}
