/**
 * Linearizable reads on their way through a ReadIndex round (thesis §6.4).
 *
 * All reads of a turn share one question to Raft. Its answer is an index; the reads may be answered from any state that
 * is at least as new.
 */
import { present } from "../../base/assert.ts";
import type { Zxid } from "../../base/operations.ts";
import type { Connection } from "./connection.ts";
import type { Slot } from "./request-queue.ts";

interface Waiting {
  readonly slot: Slot;
  readonly connection: Connection;
}

export class ReadIndexes {
  #collecting: Waiting[] = [];
  readonly #asked = new Map<number, readonly Waiting[]>();
  /** The questions in which each connection has reads. */
  readonly #waitingIn = new Map<Connection, Set<number>>();
  /** Connections whose reads have an index that is not applied yet. */
  #behind: { readonly index: Zxid; readonly connections: ReadonlySet<Connection> }[] = [];
  #nextId = 1;

  /** Questions without an answer, as those who asked and those who wait know them, and answers that are not applied yet. */
  get size(): number {
    let size = this.#collecting.length + this.#asked.size + this.#behind.length;
    for (const questions of this.#waitingIn.values()) size += questions.size;
    return size;
  }

  /** Connections of which it knows. */
  get connections(): Iterable<Connection> {
    return this.#waitingIn.keys();
  }

  /** A read joins the question of this turn. */
  add(slot: Slot, connection: Connection): void {
    this.#collecting.push({ slot, connection });
  }

  /** Ends the turn: asks for a read index, if a read wants one. */
  ask(requestRead: (id: number) => void): void {
    if (this.#collecting.length === 0) return;
    const id = this.#nextId++;
    this.#asked.set(id, this.#collecting);
    for (const { connection } of this.#collecting) this.#questionsOf(connection).add(id);
    this.#collecting = [];
    requestRead(id);
  }

  /** The connection has gone: its reads wait no more. `cancelRead` is told of questions that nobody waits for. */
  forget(gone: Connection, cancelRead: (id: number) => void): void {
    const others = (waiting: readonly Waiting[]) => waiting.filter(({ connection }) => connection !== gone);
    this.#collecting = others(this.#collecting);
    for (const id of this.#waitingIn.get(gone) ?? []) {
      const left = others(present(this.#asked.get(id), "a question that is not answered"));
      if (left.length > 0) this.#asked.set(id, left);
      else {
        this.#asked.delete(id);
        cancelRead(id);
      }
    }
    this.#waitingIn.delete(gone);
  }

  /** Raft answered question `id`. */
  answered(id: number, index: Zxid): void {
    const waiting = this.#asked.get(id);
    if (waiting === undefined) return;
    this.#asked.delete(id);
    const connections = new Set<Connection>();
    for (const { slot, connection } of waiting) {
      slot.readIndex = index;
      connections.add(connection);
      this.#waitingIn.get(connection)?.delete(id);
    }
    this.#behind.push({ index, connections });
  }

  /** The connections that can go on now that `applied` is applied. */
  takeReady(applied: Zxid): readonly Connection[] {
    if (this.#behind.length === 0) return [];
    const ready = new Set<Connection>();
    this.#behind = this.#behind.filter(({ index, connections }) => {
      if (index > applied) return true;
      for (const connection of connections) ready.add(connection);
      return false;
    });
    return [...ready];
  }

  #questionsOf(connection: Connection): Set<number> {
    const known = this.#waitingIn.get(connection);
    if (known !== undefined) return known;
    const questions = new Set<number>();
    this.#waitingIn.set(connection, questions);
    return questions;
  }
}
