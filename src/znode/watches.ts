/**
 * Watches, kept by the server that the session is attached to and never replicated, as in ZooKeeper. A watch
 * belongs to a connection; arming it twice gives one event.
 */
import { assert, present } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type { WatchEvent, WatchKind, WatchSpec } from "../base/reads.ts";
import { forEachKind, kindsFiredBy, staysArmed, watchedPaths, watchKinds } from "../base/watch-rules.ts";
import type { Change } from "./commands.ts";

/** A path that is watched, and by how many connections. */
export interface Watched extends WatchSpec {
  readonly watchers: number;
}

/** Connections in order of arming; one alone, as with most of very many watches, needs no set. */
type Connections = number | Set<number>;

type ByPath = Map<string, Connections>;

/** What one connection watches. */
interface Armed {
  readonly paths: Readonly<Record<WatchKind, Set<string>>>;
  /** Of all paths. */
  characters: number;
}

/** The watches of one server. */
export class WatchTable {
  readonly #byKind: Readonly<Record<WatchKind, ByPath>> = forEachKind(() => new Map());
  readonly #byConnection = new Map<number, Armed>();
  #size = 0;

  /** Armed watches of all connections. */
  get size(): number {
    return this.#size;
  }

  /** Arms a watch; `full` if the connection has as many as limits allow. */
  arm(connection: number, spec: WatchSpec): "armed" | "full" {
    const armed = this.#byConnection.get(connection) ?? nothingArmed();
    if (armed.paths[spec.kind].has(spec.path)) return "armed";
    if (sizeOf(armed) >= limits.watchesPerConnectionMax) return "full";
    if (armed.characters + spec.path.length > limits.watchCharactersPerConnectionMax) return "full";
    this.#byConnection.set(connection, armed);
    armed.paths[spec.kind].add(spec.path);
    armed.characters += spec.path.length;
    const byPath = this.#byKind[spec.kind];
    const connections = byPath.get(spec.path);
    if (connections === undefined) byPath.set(spec.path, connection);
    else if (typeof connections === "number") byPath.set(spec.path, new Set([connections, connection]));
    else connections.add(connection);
    this.#size++;
    return "armed";
  }

  /**
   * Fires the watches that a change concerns, and disarms those that do not stay: kind by kind, and within a kind in order
   * of arming. A watch that `deliver` arms again waits for the next change. However many recursive watches of a connection
   * lie above the change, it has one event of them.
   */
  trigger(change: Change, deliver: (connection: number, event: WatchEvent) => void): void {
    for (const kind of kindsFiredBy(change.type)) {
      const byPath = this.#byKind[kind];
      if (byPath.size === 0) continue;
      const event: WatchEvent = { type: change.type, path: change.path, zxid: change.zxid, kind };
      if (staysArmed(kind)) {
        for (const connection of watching(byPath, kind, change.path)) deliver(connection, event);
        continue;
      }
      const watched = byPath.get(change.path);
      if (watched === undefined) continue;
      byPath.delete(change.path);
      if (typeof watched === "number") {
        this.#disarmed(watched, kind, change.path);
        deliver(watched, event);
        continue;
      }
      for (const connection of watched) this.#disarmed(connection, kind, change.path);
      for (const connection of watched) deliver(connection, event);
    }
  }

  /** Whether a connection has a watch. */
  has(connection: number, { kind, path }: WatchSpec): boolean {
    return this.#byConnection.get(connection)?.paths[kind].has(path) === true;
  }

  /** Disarms one watch, if it is armed. */
  disarm(connection: number, { kind, path }: WatchSpec): void {
    if (this.#byConnection.get(connection)?.paths[kind].has(path) !== true) return;
    this.#removed(kind, path, connection);
    this.#disarmed(connection, kind, path);
  }

  /** The watches of a connection. */
  watchesOf(connection: number): readonly WatchSpec[] {
    const { paths } = this.#byConnection.get(connection) ?? nothingArmed();
    return watchKinds.flatMap((kind) => [...paths[kind]].map((path) => ({ kind, path })));
  }

  /** How many these are. */
  countOf(connection: number): number {
    const armed = this.#byConnection.get(connection);
    return armed === undefined ? 0 : sizeOf(armed);
  }

  /** At most `max` of the watched paths, by kind and in order of arming. Visits no more than it returns. */
  watched(max: number): readonly Watched[] {
    const found: Watched[] = [];
    for (const kind of watchKinds)
      for (const [path, connections] of this.#byKind[kind]) {
        if (found.length >= max) return found;
        found.push({ kind, path, watchers: typeof connections === "number" ? 1 : connections.size });
      }
    return found;
  }

  /** Disarms all watches of a connection. */
  dropConnection(connection: number): void {
    const armed = this.#byConnection.get(connection);
    if (armed === undefined) return;
    for (const kind of watchKinds) {
      for (const path of armed.paths[kind]) this.#removed(kind, path, connection);
      this.#size -= armed.paths[kind].size;
    }
    this.#byConnection.delete(connection);
  }

  #removed(kind: WatchKind, path: string, connection: number): void {
    const connections = present(this.#byKind[kind].get(path), "the connections of an armed watch");
    if (typeof connections !== "number") connections.delete(connection);
    if (connections === connection || (typeof connections !== "number" && connections.size === 0))
      this.#byKind[kind].delete(path);
  }

  #disarmed(connection: number, kind: WatchKind, path: string): void {
    const armed = present(this.#byConnection.get(connection), "the watches of a connection that has one");
    assert(armed.paths[kind].delete(path), "a watch that fires was armed");
    armed.characters -= path.length;
    this.#size--;
    if (armed.paths[kind].size === 0 && sizeOf(armed) === 0) this.#byConnection.delete(connection);
  }
}

/** The connections that have watches of a kind which a change of `path` fires, each once; nearest first. */
function watching(byPath: ByPath, kind: WatchKind, path: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const at of watchedPaths(kind, path)) {
    const connections = byPath.get(at);
    if (typeof connections === "number") found.add(connections);
    else for (const connection of connections ?? []) found.add(connection);
  }
  return found;
}

function nothingArmed(): Armed {
  return { paths: forEachKind(() => new Set()), characters: 0 };
}

function sizeOf({ paths }: Armed): number {
  let size = 0;
  for (const kind of watchKinds) size += paths[kind].size;
  return size;
}
