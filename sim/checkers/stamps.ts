/**
 * Time comes from the clocks of a majority: a leader's stamp is ahead of what most voters' clocks show by no more than a
 * bound, however far ahead its own clock is, unless an earlier stamp was there already, and then it is that one. Nor is it
 * behind the leader's own clock, unless that is further ahead of a majority than the bound.
 */
import { limits } from "../../src/base/limits.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Configuration, Entry, ServerId } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type StruckFault, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { commandOf } from "./commands.ts";

/** A report of a clock may be used for so long, ms of a leader's clock … */
const reportMs = 3_000;
/** … and meanwhile the leader's own clock runs at most twice as fast as it should. */
const driftMax = 2;

/** What a voter's clock showed, as it reached a leader. */
interface Report {
  readonly wallMs: number;
  readonly atUs: number;
}

export class StampRules implements Observer {
  readonly name = "stamps";
  readonly #marks: Marks | undefined;
  #world: World | undefined;
  /** By server: the newest stamp that it has seen in this life … */
  readonly #newest: number[] = [];
  /** … and, by reporter, the last report before the present turn and all that reached it since, which may be used too. */
  readonly #reports: Map<ServerId, Report[]>[] = [];
  /** By server: by how much its clock was set back in the present turn, ms; it may have been looked at before. */
  readonly #setBackMs: number[] = [];
  /** By server: whether the present turn may have begun before a pause. */
  readonly #paused: boolean[] = [];
  /** So long before its end a turn may have stamped, ms. */
  #lateMs = 0;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin(world: World): void {
    this.#world = world;
    this.#lateMs = 1 + (driftMax * world.plan.config.lateFlushUs) / 1000;
  }

  woke({ id }: ServerView): void {
    this.#paused[id] = true;
  }

  started({ id, recovered }: ServerView): void {
    this.#reports[id] = new Map();
    this.#newest[id] = recovered?.machine.lastTimeMs ?? 0;
    for (const entry of recovered?.log.entries ?? []) this.#sees(id, entry);
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type !== "WallClock") return;
    const atUs = this.#world?.now ?? 0;
    // Before the first one it had none, and may have stamped without it: as it ends a session, before its turn ends.
    const reports = this.#reports[to.id]?.get(from) ?? [{ wallMs: Number.NEGATIVE_INFINITY, atUs }];
    this.#reports[to.id]?.set(from, reports);
    reports.push({ wallMs: message.wallClockMs, atUs });
  }

  fault({ action, resolved }: StruckFault): void {
    if (action.kind !== "jumpClock" || action.byMs >= 0) return;
    const id = typeof action.server === "number" ? action.server : resolved[0]?.server;
    if (id === undefined || this.#world?.servers[id]?.hasUnflushedInput !== true) return;
    this.#setBackMs[id] = (this.#setBackMs[id] ?? 0) - action.byMs;
  }

  effects(server: ServerView, { write, installed }: Effects): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    if (installed !== undefined) this.#newest[server.id] = Math.max(this.#of(server.id), this.#everyNewest());
    for (const entry of write?.entries ?? []) {
      const stamp = stampOf(entry);
      if (raft.isLeader && stamp !== undefined) this.#isLate(server, stamp, raft.configuration);
      if (raft.isLeader && stamp !== undefined && stamp > this.#of(server.id)) {
        const latest = configurationsOf(server, raft.configuration).map((one) => this.#latest(server, one));
        if (stamp > Math.max(...latest))
          throw new InvariantBroken(
            this.name,
            `n${server.id} stamps ${stamp}, ${stamp - Math.max(...latest)} ms later than a majority's clocks allow`,
          );
        if (server.clock.wallClock() - stamp > limits.clockSkewMaxMs) this.#marks?.hit("clock-ahead-at-leader");
      }
      this.#sees(server.id, entry);
    }
    this.#setBackMs[server.id] = 0;
    this.#paused[server.id] = false;
    // The one that came last counts, though another may have been overtaken on its way.
    for (const reports of this.#reports[server.id]?.values() ?? [])
      if (reports.length > 1) reports.splice(0, reports.length - 1);
  }

  /** A stamp is as late as the leader's own clock, or as a majority's clocks allow. */
  #isLate(server: ServerView, stamp: number, configuration: Configuration): void {
    const wallMs = server.clock.wallClock();
    if (stamp >= wallMs - this.#lateMs || this.#paused[server.id] === true) return;
    const allowed = configurationsOf(server, configuration).map((one) => this.#allowed(server, one));
    if (stamp < Math.min(wallMs, ...allowed) - this.#lateMs)
      throw new InvariantBroken(
        this.name,
        `n${server.id} stamps ${stamp}, though its clock shows ${wallMs - stamp} ms more, and a majority's allow that`,
      );
  }

  /** The earliest that the bound may be, by the reports that the leader has. */
  #allowed(server: ServerView, configuration: Configuration | undefined): number {
    if (configuration === undefined) return Number.NEGATIVE_INFINITY;
    const groups = [configuration.voters, configuration.oldVoters].filter((group) => group.length > 0);
    const reached = groups.map((group) => {
      const falling = group.map((id) => this.#told(server, id)).sort((a, b) => b - a);
      return falling[Math.floor(group.length / 2)] ?? Number.NEGATIVE_INFINITY;
    });
    return Math.min(...reached) + limits.clockSkewMaxMs;
  }

  /** What a voter's clock showed at the least when it last told this server, if that is not long ago. */
  #told(server: ServerView, id: ServerId): number {
    if (id === server.id) return server.clock.wallClock();
    const nowUs = this.#world?.now ?? 0;
    const reports = this.#reports[server.id]?.get(id) ?? [];
    const isFresh = reports.length > 0 && reports.every(({ atUs }) => nowUs - atUs < (1000 * reportMs) / driftMax);
    return isFresh ? Math.min(...reports.map(({ wallMs }) => wallMs)) : Number.NEGATIVE_INFINITY;
  }

  /** The latest stamp that the clocks of a majority allow. */
  #latest(server: ServerView, configuration: Configuration | undefined): number {
    if (configuration === undefined) return 0;
    const { voters, oldVoters } = configuration;
    const latest = [voters, oldVoters].filter((group) => group.length > 0).map((group) => this.#reached(server, group));
    return Math.min(...latest) + limits.clockSkewMaxMs;
  }

  #reached(server: ServerView, voters: readonly ServerId[]): number {
    const falling = voters.map((id) => this.#shows(server, id)).sort((a, b) => b - a);
    return falling[Math.floor(voters.length / 2)] ?? 0;
  }

  /** What a voter's clock shows, or showed when it last told this server, if that was more. */
  #shows(server: ServerView, id: ServerId): number {
    const shows = this.#world?.servers[id]?.clock.wallClock() ?? 0;
    if (id === server.id) return shows + (this.#setBackMs[id] ?? 0);
    const reports = this.#reports[server.id]?.get(id) ?? [];
    return Math.max(shows, ...reports.map((report) => this.#upTo(report)));
  }

  /** Up to what a leader may take a clock to be that showed this then; 0 when that is long ago. */
  #upTo({ wallMs, atUs }: Report): number {
    const ageMs = ((this.#world?.now ?? 0) - atUs) / 1000;
    return ageMs > 2 * reportMs ? 0 : wallMs + driftMax * ageMs;
  }

  #everyNewest(): number {
    return Math.max(0, ...this.#newest.filter((stamp) => stamp !== undefined));
  }

  #sees(id: ServerId, entry: Entry): void {
    this.#newest[id] = Math.max(this.#of(id), stampOf(entry) ?? 0);
  }

  #of(id: ServerId): number {
    return this.#newest[id] ?? 0;
  }
}

/** Whose clocks may count: a configuration of this very turn counts from the next one on. */
function configurationsOf({ configuration: before }: ServerView, now: Configuration): (Configuration | undefined)[] {
  return before === now ? [now] : [before, now];
}

function stampOf(entry: Entry): number | undefined {
  return entry.kind === "command" ? commandOf(entry.data).timeMs : undefined;
}
