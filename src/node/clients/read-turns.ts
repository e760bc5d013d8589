/**
 * Whose reads are answered next, and how many in one turn. A client may ask for thousands of long lists at once; the
 * servers' heartbeats and everybody else must not wait for them. So a turn answers reads up to a number of units of work,
 * and the connections take turns: each visit ends after some units, and who has more to be answered stands at the end of
 * the line. Work is counted, not timed: a simulated run depends on nothing but its plan.
 */
import { limits } from "../../base/limits.ts";
import type { Connection } from "./connection.ts";

/** How much work is done at a time, in the units of `workOf` (`znode/reads.ts`). One read may exceed each alone. */
export interface ReadWork {
  /** In one turn of the server. */
  readonly turn: number;
  /** For one connection before the next one has its turn. */
  readonly visit: number;
  /** Reads of one connection that are taken up and not answered; what comes behind them waits. */
  readonly ahead: number;
}

/** Of a production server. */
export const defaultReadWork: ReadWork = {
  turn: limits.readWorkPerTurn,
  visit: limits.readWorkPerVisit,
  ahead: limits.readWorkAhead,
};

export class ReadTurns {
  readonly #work: ReadWork;
  /** In the order of their visits. */
  readonly #line = new Set<Connection>();
  /** Whose visits wait until their clients have read what was sent. */
  readonly #aside = new Set<Connection>();
  /** Units left of the present visit. */
  #left = 0;
  #visiting = false;
  /** Units spent since the last turn outside of visits. */
  #debt = 0;

  constructor(work: ReadWork) {
    this.#work = work;
  }

  /** Connections that wait for a visit. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Connections that wait for a visit, or for their clients to read. */
  get connections(): Iterable<Connection> {
    return [...this.#line, ...this.#aside];
  }

  /** Whether the connection that is being visited may have another read answered. */
  get mayRead(): boolean {
    return this.#visiting && this.#left > 0;
  }

  /** A read was answered, now or, where it could not wait for a visit, outside of one. */
  spent(units: number): void {
    if (this.#visiting) this.#left -= units;
    else this.#debt += units;
  }

  /** The connection has reads that can be answered: it stands in line, if it does not yet. */
  add(connection: Connection): void {
    this.#line.add(connection);
  }

  /** The connection's client has to read what was sent before it is visited again. */
  putAside(connection: Connection): void {
    this.#aside.add(connection);
  }

  /** The client has read: if it was put aside, it stands in line again. */
  takeBack(connection: Connection): void {
    if (this.#aside.delete(connection)) this.add(connection);
  }

  /** The connection has gone. */
  forget(connection: Connection): void {
    this.#line.delete(connection);
    this.#aside.delete(connection);
  }

  /** Makes the visits of one turn. `visit` says whether the connection has more that can be answered. */
  run(visit: (connection: Connection) => boolean): void {
    // Whatever could not wait, some have their turn.
    let left = Math.max(1, this.#work.turn - this.#debt);
    this.#debt = 0;
    while (left > 0) {
      const [connection] = this.#line;
      if (connection === undefined) return;
      this.#line.delete(connection);
      const units = Math.min(left, this.#work.visit);
      this.#left = units;
      this.#visiting = true;
      const hasMore = visit(connection);
      this.#visiting = false;
      left -= units - this.#left;
      if (hasMore) this.#line.add(connection);
    }
  }
}
