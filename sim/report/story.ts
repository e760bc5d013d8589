/**
 * The story of a run: a line for each thing that matters, with the server that it happened to, what that server was then,
 * and its log where it changed. Whoever tells a run, in short or in full, takes it from here.
 */

import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { RoleName } from "../../src/raft/status.ts";
import type { Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import { bootstrapConfiguration } from "../world/configuration.ts";
import type { SimEvent } from "../world/events.ts";
import type { HistoryOperation, SessionEvent } from "../world/history.ts";
import type { Observer, StruckFault, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { type StoryLine, StoryLines } from "./story-lines.ts";
import { tellAction, tellStruck } from "./tell.ts";
import { tellConfiguration, tellEntry } from "./tell-commands.ts";
import { askedIn, tellInvocation, tellMessage } from "./tell-events.ts";

/** One election that was won. */
export interface Election {
  readonly atUs: number;
  readonly leader: ServerId;
  readonly term: Term;
  readonly why: string;
}

/** What was seen of a server last. */
interface Seen {
  role: RoleName;
  term: Term;
  commit: Index;
  last: Index;
  /** Why it may campaign soon, if something happened. */
  trigger: string | undefined;
  campaign: string;
  readonly votes: Set<ServerId>;
}

export class Story implements Observer {
  readonly name = "story";
  readonly elections: Election[] = [];
  readonly #messages: boolean;
  readonly #lines: StoryLines;
  readonly #seen: Seen[] = [];
  readonly #acknowledged = new Map<number, string>();
  #configurationIndex = 1;
  #configuration = "";

  /** Keeps the last `max` lines, with or without messages. */
  constructor(max = Number.POSITIVE_INFINITY, messages = false) {
    this.#lines = new StoryLines(max);
    this.#messages = messages;
  }

  /** What it is the story of; undefined before it began. */
  get world(): World | undefined {
    return this.#lines.world;
  }

  /** What was kept, in order. */
  lines(): readonly StoryLine[] {
    return this.#lines.kept;
  }

  /** Lines that were not kept. */
  get left(): number {
    return this.#lines.left;
  }

  begin(world: World): void {
    this.#lines.world = world;
    this.#configuration = tellConfiguration(bootstrapConfiguration(world.plan.config.servers));
  }

  event(event: SimEvent): void {
    if (event.kind === "streamBroken") {
      const server = this.#lines.world?.servers[event.server];
      if (server?.node?.raft.leader === event.peer)
        this.#of(event.server).trigger = `its stream from the leader n${event.peer} broke`;
    } else if (event.kind === "faultEnd" && event.phase === 0) {
      const action = this.#lines.world?.plan.faults[event.fault]?.what;
      if (action !== undefined) this.#lines.add("step", "", () => `it is over: ${tellAction(action)}`);
    }
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const seen = this.#of(to.id);
    if (message.type === "RequestVoteReply" && message.voteGranted) seen.votes.add(from);
    else if (message.type === "TimeoutNow") seen.trigger = `n${from} hands leadership over to it`;
    else if (message.type === "AppendEntries" && message.term >= seen.term) seen.trigger = undefined;
    if (!this.#messages || isIdle(message) || this.#isOld(from, to.id, message)) return;
    this.#lines.add("message", `n${from}`, () => `→ n${to.id}  ${tellMessage(message)}`);
  }

  lost(from: ServerId, to: ServerId, message: PeerMessage, why: string): void {
    if (!this.#messages || isIdle(message)) return;
    if (message.type === "AppendEntriesReply" && message.success) return;
    this.#lines.add("message", `n${from}`, () => `⇥ n${to}  lost (${why}): ${tellMessage(message)}`);
  }

  effects(server: ServerView, { write, installed }: Effects): void {
    // It may die before the turn ends.
    this.#lookAtRole(server);
    if (installed !== undefined)
      this.#lines.add("turning", server, () => `takes over the snapshot up to entry ${installed}, in place of its log`);
    if (write !== undefined) this.#written(server, write);
    this.#lookAtLog(server);
  }

  step(server: ServerView): void {
    this.#lookAtRole(server);
    this.#lookAtLog(server);
  }

  crashed(server: ServerView, why: string): void {
    this.#seen.length = Math.max(this.#seen.length, server.id + 1);
    this.#seen[server.id] = fresh();
    if (why !== "fault") this.#lines.add("turning", `n${server.id}`, () => `dies (${why})`);
  }

  started(server: ServerView): void {
    const status = server.node?.raft.status();
    const seen = this.#of(server.id);
    seen.term = status?.currentTerm ?? 0;
    seen.commit = status?.commitIndex ?? 0;
    seen.last = status?.lastIndex ?? 0;
    if (server.life > 1) this.#lines.add("turning", server, () => `runs again, in term ${seen.term}`, true);
    else this.#lines.add("step", server, () => "runs", true);
  }

  stopped({ id }: ServerView, error: Error): void {
    this.#lines.add("turning", `n${id}`, () => `stops: ${error.message}`);
  }

  woke({ id }: ServerView): void {
    this.#lines.add("step", `n${id}`, () => "goes on after its pause");
  }

  clientFrame(client: number, server: ServerId, _connection: number, messages: readonly ClientMessage[]): void {
    for (const tell of askedIn(messages)) this.#lines.add("step", `c${client}`, () => `asks n${server}: ${tell()}`);
  }

  answered({ client, invocation, outcome, answeredBy, result, zxid }: HistoryOperation): void {
    const how = result?.failure === undefined ? "done" : result.failure.code;
    this.#lines.add(outcome === "answered" ? "step" : "turning", `c${client}`, () =>
      outcome === "answered"
        ? `has the answer of n${answeredBy} to ${tellInvocation(invocation)}: ${how}, zxid ${zxid}`
        : `will have no answer to ${tellInvocation(invocation)}${invocation.type === "read" ? "" : ": whether it took effect is not known"}`,
    );
  }

  sessionEvent({ client, type, server, sessionId, event, reason, watch }: SessionEvent): void {
    const who = `c${client}`;
    if (type === "connected") this.#lines.add("step", who, () => `is attached to n${server} with session ${sessionId}`);
    else if (type === "disconnected") this.#lines.add("step", who, () => "has lost its server and looks for another");
    else if (type === "lost") this.#lines.add("turning", who, () => `is told that session ${sessionId} may be gone`);
    else if (type === "unwatched") this.#lines.add("step", who, () => `waits no more for its watch on ${watch?.path}`);
    else if (type === "ended") this.#lines.add("turning", who, () => `session ${sessionId} has ended (${reason})`);
    else if (event !== undefined)
      this.#lines.add("step", who, () => `its watch fires: ${event.type} ${event.path}, zxid ${event.zxid}`);
  }

  fault(struck: StruckFault): void {
    this.#lines.add("turning", "", () => `FAULT: ${tellStruck(struck)}`);
  }

  calmed(core: readonly ServerId[]): void {
    this.#lines.add("turning", "", () => `the faults stop; ${core.map((id) => `n${id}`).join(", ")} must recover`);
  }

  #written(server: ServerView, { truncateFrom, entries }: NonNullable<Effects["write"]>): void {
    const { last } = this.#of(server.id);
    if (truncateFrom !== undefined && truncateFrom <= last)
      this.#lines.add(
        "turning",
        server,
        () => `throws away ${range(truncateFrom, last)}: its leader has something else there`,
      );
    if (entries.length > 0) this.#lines.add("step", server, () => tellAppended(server, entries), true);
  }

  #lookAtRole(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const { role, currentTerm } = raft;
    const seen = this.#of(server.id);
    if (role !== seen.role || currentTerm !== seen.term) this.#turned(server, seen, role, currentTerm);
  }

  #lookAtLog(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const { role, commitIndex, lastIndex } = raft.status();
    const seen = this.#of(server.id);
    if (commitIndex > seen.commit) {
      const told = role === "leader" ? "commits" : "learns that these are committed:";
      const first = seen.commit + 1;
      this.#lines.add("step", server, () => `${told} ${range(first, commitIndex)}`, true);
      seen.commit = commitIndex;
    }
    seen.last = lastIndex;
    if (raft.configurationIndex <= this.#configurationIndex) return;
    this.#configurationIndex = raft.configurationIndex;
    const told = tellConfiguration(raft.configuration);
    // A snapshot brings the configuration along, be it new or not.
    if (told !== this.#configuration) this.#lines.add("turning", server, () => `from now on ${told}`);
    this.#configuration = told;
  }

  #turned(server: ServerView, seen: Seen, role: RoleName, term: Term): void {
    const before = { role: seen.role, term: seen.term };
    seen.role = role;
    seen.term = term;
    if (role === "leader") {
      const { now = 0 } = this.#lines.world ?? {};
      this.elections.push({ atUs: now, leader: server.id, term, why: seen.campaign });
      const votes = [...seen.votes].filter((id) => id !== server.id).sort((a, b) => a - b);
      const by =
        votes.length === 0 ? "its own vote" : `the votes of ${votes.map((id) => `n${id}`).join(", ")} and its own`;
      this.#lines.add("turning", server, () => `leads term ${term}, by ${by}`, true);
    } else if (role === "preCandidate" || role === "candidate") {
      if (before.role === "follower" || before.role === "leader") {
        seen.campaign = seen.trigger ?? "it had heard of no leader for too long";
        seen.trigger = undefined;
      }
      seen.votes.clear();
      const { campaign } = seen;
      if (role === "candidate") this.#lines.add("turning", server, () => `campaigns for term ${term}: ${campaign}`);
      else this.#lines.add("step", server, () => `asks who would vote for it (PreVote): ${campaign}`);
    } else if (before.role === "leader") {
      const why = term > before.term ? `it has seen term ${term}` : "it hears of no quorum, or is no voter any more";
      this.#lines.add("turning", server, () => `leads no more: ${why}`);
    } else if (before.role !== "follower") {
      this.#lines.add("step", server, () => tellGivenUp(server, term > before.term));
    }
  }

  #of(id: ServerId): Seen {
    let seen = this.#seen[id];
    if (seen === undefined) {
      seen = fresh();
      this.#seen[id] = seen;
    }
    return seen;
  }

  /** An acknowledgement that says what the one before it said. */
  #isOld(from: ServerId, to: ServerId, message: PeerMessage): boolean {
    if (message.type !== "AppendEntriesReply" || !message.success) return false;
    const [key, said] = [from * 256 + to, `${message.term} ${message.matchIndex}`];
    if (this.#acknowledged.get(key) === said) return true;
    this.#acknowledged.set(key, said);
    return false;
  }
}

function fresh(): Seen {
  return { role: "follower", term: 0, commit: 0, last: 0, trigger: undefined, campaign: "", votes: new Set() };
}

/** Why a (pre-)candidate is a follower again. */
function tellGivenUp({ node }: ServerView, isNewTerm: boolean): string {
  if (isNewTerm) return `gives up: it has seen term ${node?.raft.currentTerm}`;
  const leader = node?.raft.leader;
  return leader === undefined ? "has lost: too many have refused" : `gives up: n${leader} leads`;
}

/** "5", or "5 to 7". */
function range(first: Index, last: Index): string {
  return first === last ? `${first}` : `${first} to ${last}`;
}

/** At most so many entries are told one by one. */
const toldMax = 3;

function tellAppended(server: ServerView, entries: readonly Entry[]): string {
  const does = server.node?.raft.isLeader === true ? "appends" : "takes up";
  const told = entries.slice(0, toldMax).map((entry) => `${entry.index} (${tellEntry(entry)})`);
  const more = entries.length > toldMax ? ` and ${entries.length - toldMax} more` : "";
  return `${does} ${told.join(", ")}${more}`;
}

/** What is sent all the time. */
function isIdle(message: PeerMessage): boolean {
  if (message.type === "AppendEntries") return message.entries.length === 0;
  return ["TouchSessions", "SessionsHeard", "WallClock", "DiskFull"].includes(message.type);
}
