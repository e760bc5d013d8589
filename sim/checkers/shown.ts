/**
 * What people are shown of a server (`kvctl sessions`, the dashboard, four-letter words) is what it holds. It is looked at now
 * and then: to look at every step would take most of a run.
 */

import type { SessionId } from "../../src/base/operations.ts";
import type { SessionRow } from "../../src/node/clients/session-page.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { NodeView, ServerView } from "../world/view.ts";
import { wronglyShown } from "./shown-core.ts";

/** Steps from one look to the next, and sessions on a page: few, so that there are several pages. */
const everySteps = 256;
const pageSize = 2;

export class Shown implements Observer {
  readonly name = "shown";
  #steps = 0;

  step({ id, node }: ServerView): void {
    this.#steps++;
    if (node === undefined || this.#steps % everySteps !== 0) return;
    const rows = this.#rowsOf(id, node);
    this.#sessions(id, node, rows);
    this.#watches(id, node, rows);
    const wrong = wronglyShown(node);
    if (wrong !== undefined) this.#break(id, wrong);
  }

  /** All rows, page by page. */
  #rowsOf(id: number, { lookers }: NodeView): readonly SessionRow[] {
    const rows: SessionRow[] = [];
    for (let after: SessionId = 0; ; ) {
      const { sessions, more } = lookers.sessionsBehind(after, pageSize);
      rows.push(...sessions);
      const last = sessions.at(-1)?.id ?? 0;
      if (!more) return rows;
      if (last <= after) this.#break(id, `no session behind ${after}, and that there are more`);
      after = last;
    }
  }

  #sessions(id: number, { lookers, machine }: NodeView, rows: readonly SessionRow[]): void {
    const held = [...machine.sessions()];
    const told = rows.map((row) => row.id).join(", ");
    const are = held.map((session) => session.id).join(", ");
    if (told !== are) this.#break(id, `the sessions ${told}, and has ${are}`);
    for (const [i, { id: told, silentMs, ephemeralCount, ephemerals }] of rows.entries()) {
      // A page has it in whole milliseconds.
      if (Math.abs((lookers.silentMs(told) ?? 0) - (silentMs ?? 0)) > 1)
        this.#break(id, `two silences of session ${told}`);
      const session = held[i];
      const paths = session?.ephemeralPaths(ephemerals.length) ?? [];
      if (session?.ephemeralCount !== ephemeralCount || [...paths].join() !== ephemerals.join())
        this.#break(id, `${ephemeralCount} ephemerals of session ${rows[i]?.id}, among them ${ephemerals.join(", ")}`);
    }
  }

  #watches(id: number, node: NodeView, rows: readonly SessionRow[]): void {
    const watchers = new Map([...node.lookers.watchers()].map(({ sessionId, watches }) => [sessionId, watches]));
    for (const { id: session, attachedHere, watches } of rows) {
      const held = watchers.get(session);
      if (attachedHere !== (held !== undefined) || watches !== (held?.length ?? 0))
        this.#break(id, `${watches} watches of session ${session}, and has ${held?.length ?? "no such client"}`);
    }
    const paths = new Set([...watchers.values()].flat().map(({ path }) => path));
    const strange = node.lookers.watched(pageSize).find(({ path }) => !paths.has(path));
    if (strange !== undefined) this.#break(id, `a watch at ${strange.path}, which no client of it has`);
  }

  #break(id: number, what: string): never {
    throw new InvariantBroken(this.name, `n${id} shows ${what}`);
  }
}
