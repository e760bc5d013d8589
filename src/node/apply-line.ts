/**
 * Entries on their way from the log into the state, and from there to the clients (docs/decisions/0021).
 *
 * An entry is applied whole and at once, as everybody is to see it. But it may change very much, as the end of a session
 * with very many ephemerals does; and of each change many watches may have to tell. So a turn does some of this, counted
 * in units of work, and leaves the rest to the next: heartbeats and acknowledgements go out in between.
 *
 *     committed → wait here → applied → its events are told, change by change → its answer
 *
 * Until the last event of an entry is told, nothing is answered from the state (`Replica.allTold`), and no further entry
 * is applied: so each client hears of a change before it is shown it, and of all changes in their order.
 */
import { requestsIn } from "../base/operation-traits.ts";
import { Queue } from "../base/queue.ts";
import { decodeCommand } from "../protocol/command-codec.ts";
import { membershipText } from "../protocol/membership-text.ts";
import { entrySize } from "../raft/log.ts";
import type { ConfigurationEntry, Entry } from "../raft/types.ts";
import type { Applied, Change, Command } from "../znode/commands.ts";
import type { ClientRouter } from "./clients/router.ts";
import type { Core } from "./core.ts";
import type { QuorumWatch } from "./peers/quorum-watch.ts";
import type { SessionLiveness } from "./peers/session-liveness.ts";
import type { Checkpoints } from "./snapshots/checkpoints.ts";

/** Who has to do with what is applied. */
export interface ApplyParts extends Omit<Core, "replica"> {
  readonly replica: { readonly machine: Core["replica"]["machine"]; allTold: boolean };
  readonly clients: ClientRouter;
  readonly checkpoints: Checkpoints;
  readonly liveness: SessionLiveness;
  readonly quorum: QuorumWatch;
}

/** Bytes of an entry that make a unit of work. */
const bytesPerUnit = 16 * 1024;

/** Parts that are decided, whether or not they change something. */
function partsToApply({ body }: Command): number {
  if (body.type === "removeUnused") return Math.max(1, body.paths.length);
  return body.type === "write" ? requestsIn(body.operation) : 1;
}

/** An entry that is applied. */
interface Telling {
  /** In the order in which watches are to fire. */
  readonly changes: readonly Change[];
  /** What it was, and came to; undefined: it was no command, but made others the members. */
  readonly command: Command | undefined;
  readonly applied: Applied | undefined;
  /** So many of its changes are told. */
  told: number;
}

/** Applies what is committed, some of it in each turn. */
export class ApplyLine {
  readonly #parts: ApplyParts;
  readonly #workMax: number;
  readonly #entries = new Queue<Entry>();
  #telling: Telling | undefined;
  #overspent = false;

  /** `workMax`: units of work in one turn; one entry may exceed it alone. */
  constructor(parts: ApplyParts, workMax: number) {
    this.#parts = parts;
    this.#workMax = workMax;
  }

  /** Whether entries, or events, wait for the next turn. */
  get busy(): boolean {
    return this.#telling !== undefined || this.#entries.length > 0;
  }

  /** Whether one entry of the last turn took more than belongs in one: what can wait had better. */
  get overspent(): boolean {
    return this.#overspent;
  }

  /** Takes entries that may be applied, in order. */
  add(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.push(entry);
  }

  /** Does the work of one turn. Whether more is left. */
  run(): boolean {
    let left = this.#workMax;
    this.#overspent = false;
    while (left > 0) {
      if (this.#telling !== undefined) left -= this.#tell(this.#telling, left);
      else {
        const entry = this.#entries.shift();
        if (entry === undefined) return false;
        const work = this.#apply(entry);
        this.#overspent ||= work > this.#workMax;
        left -= work;
      }
    }
    return this.busy;
  }

  /** A snapshot has taken the place of the state: what waits is part of it. */
  clear(): void {
    while (this.#entries.shift() !== undefined);
    this.#telling = undefined;
    this.#parts.replica.allTold = true;
  }

  /** Applies an entry; returns what that cost. */
  #apply(entry: Entry): number {
    const { checkpoints, clients, liveness, ports, raft, replica } = this.#parts;
    const { machine } = replica;
    const work = 1 + Math.floor(entrySize(entry) / bytesPerUnit);
    let more = 0;
    let applied: Applied | undefined;
    checkpoints.applied(entrySize(entry));
    if (entry.kind === "command") {
      const command = decodeCommand(entry.data);
      clients.beforeApply(command.body);
      applied = machine.apply(entry.index, command);
      ports.applied?.(command, applied);
      clients.changed(applied.changes);
      more = partsToApply(command) - 1 + applied.changes.length + applied.ended.length;
      this.#telling = { changes: applied.changes, command, applied, told: 0 };
      replica.allTold = false;
    } else if (entry.kind === "configuration") this.#configure(entry);
    else machine.skip(entry.index);
    if (entry.term === raft.currentTerm && raft.isLeader) liveness.startLeading();
    // Now, not when its changes are told, turns later: meanwhile the leader looks for sessions that are silent.
    if (applied !== undefined) liveness.applied(applied);
    return work + more;
  }

  /** What is committed is who the members are: not the newest configuration of the log, which may be taken back. */
  #configure({ index, configuration }: ConfigurationEntry): void {
    const { clients, replica } = this.#parts;
    const members = membershipText(configuration);
    if (members === undefined) return replica.machine.skip(index);
    const changes = replica.machine.configure(index, members);
    if (changes.length === 0) return;
    clients.changed(changes);
    this.#telling = { changes, command: undefined, applied: undefined, told: 0 };
    replica.allTold = false;
  }

  /** Tells of changes of the entry, while there is work left; behind the last one it is answered. Returns what that cost. */
  #tell(telling: Telling, left: number): number {
    const { clients, id, ports, quorum, replica } = this.#parts;
    const { changes, command, applied } = telling;
    let work = 0;
    for (; telling.told < changes.length; telling.told++) {
      const change = changes[telling.told];
      if (work >= left || change === undefined) return work;
      work += 1 + clients.tell(change);
    }
    this.#telling = undefined;
    replica.allTold = true;
    if (command === undefined || applied === undefined) return work;
    clients.afterApply(command, applied);
    if (command.origin === id) quorum.proven(ports.clock.now());
    return work;
  }
}
