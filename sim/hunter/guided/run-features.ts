/**
 * What a run has reached, as a set of numbers that is nearly free: so that a guided hunt can tell a run that got somewhere
 * new from one that did not. V8's own coverage would cost a third of a run, and says of a line only whether it was reached,
 * not in which order of events.
 */
import { mix32 } from "../../../src/base/random.ts";
import type { PeerMessage } from "../../../src/protocol/peer-messages.ts";
import type { RoleName } from "../../../src/raft/status.ts";
import type { ServerId } from "../../../src/raft/types.ts";
import { type Mark, Marks } from "../../marks/marks.ts";
import type { SimEvent } from "../../world/events.ts";
import type { SessionEvent } from "../../world/history.ts";
import type { Observer, StruckFault, World } from "../../world/observer.ts";
import type { RaftView, ServerView } from "../../world/view.ts";

const roleCodes: Readonly<Record<RoleName, number>> = { follower: 1, preCandidate: 2, candidate: 3, leader: 4 };

/** So many faults before a mark count as having led to it. */
const faultsKept = 3;

/**
 * Notes how often each mark was hit, in powers of two; which kind of event followed which, on each server and at each client;
 * in which states the cluster was as a whole; which fault came before which, and before which mark. Is an observer, and the
 * {@link Marks} of the run.
 */
export class RunFeatures extends Marks implements Observer {
  readonly name = "features";
  readonly #reached = new Set<number>();
  /** How often each mark was hit. */
  readonly #hits = new Map<number, number>();
  /** By server, and by client behind them: the event before. */
  readonly #before = new Map<number, number>();
  readonly #faults: number[] = [];
  #world: World | undefined;
  #state = 0;
  #mark = 0;

  begin(world: World): void {
    this.#world = world;
  }

  override hit(mark: Mark): void {
    super.hit(mark);
    const code = nameCode(mark);
    this.#hits.set(code, (this.#hits.get(code) ?? 0) + 1);
    if (code === this.#mark) return;
    this.#reached.add(pair(this.#mark, code));
    for (const fault of this.#faults) this.#reached.add(pair(fault, code));
    this.#mark = code;
  }

  event(event: SimEvent): void {
    if (event.kind === "message") {
      const raft = this.#world?.servers[event.to]?.node?.raft;
      this.#follows(event.to, messageCode(event.message, raft));
    } else if (event.kind === "written" || event.kind === "streamBroken" || event.kind === "restart")
      this.#follows(event.server, pair(nameCode(event.kind), this.#roleOf(event.server)));
  }

  step(): void {
    let state = 0;
    for (const { node, state: life } of this.#world?.allServers ?? [])
      state += node === undefined ? nameCode(life) : stateCode(node.raft);
    if (state === this.#state) return;
    this.#reached.add(state);
    this.#reached.add(pair(this.#state, state));
    this.#state = state;
  }

  crashed({ id }: ServerView): void {
    this.#follows(id, nameCode("crashed"));
  }

  serverFrame(
    _server: ServerView,
    client: number,
    _connection: number,
    messages: readonly { readonly type: string }[],
  ): void {
    for (const { type } of messages) this.#follows(-client, nameCode(type));
  }

  sessionEvent({ client, type, reason, event }: SessionEvent): void {
    this.#follows(-client, pair(nameCode(type), nameCode(reason ?? event?.type ?? "")));
  }

  fault({ action, resolved, subject }: StruckFault): void {
    const code = nameCode(action.kind);
    for (const before of this.#faults) this.#reached.add(pair(before, code));
    this.#faults.push(code);
    if (this.#faults.length > faultsKept) this.#faults.shift();
    const server = subject ?? resolved[0]?.server;
    if (server !== undefined) this.#follows(server, pair(code, this.#roleOf(server)));
  }

  /** What the run has reached, each once. */
  features(): number[] {
    // To have come to a place twice as often as ever before is new, too.
    return [...this.#reached, ...[...this.#hits].map(([code, times]) => pair(code, 32 - Math.clz32(times)))];
  }

  #roleOf(id: ServerId): number {
    const role = this.#world?.servers[id]?.node?.raft.role;
    return role === undefined ? 0 : roleCodes[role];
  }

  #follows(who: number, code: number): void {
    this.#reached.add(pair(this.#before.get(who) ?? 0, code));
    this.#before.set(who, code);
  }
}

/** The order counts. */
function pair(first: number, second: number): number {
  return mix32(Math.imul(first, 0x9e3779b9) ^ second);
}

const codes = new Map<string, number>();

function nameCode(name: string): number {
  let code = codes.get(name);
  if (code === undefined) {
    code = mix32(codes.size + 1);
    codes.set(name, code);
  }
  return code;
}

/** What a server is, for itself, in its cluster. */
function stateCode({ role, configuration, configurationIndex, commitIndex, isTransferring }: RaftView): number {
  const joint = configuration.oldVoters.length > 0 ? 8 : 0;
  const uncommitted = configurationIndex > commitIndex ? 16 : 0;
  const learners = configuration.learners.length > 0 ? 32 : 0;
  return mix32(roleCodes[role] + joint + uncommitted + learners + (isTransferring ? 64 : 0));
}

/** A message, and what its receiver is. */
function messageCode(message: PeerMessage, raft: RaftView | undefined): number {
  let detail = 0;
  if (raft !== undefined) {
    const term = "term" in message ? message.term - raft.currentTerm : 0;
    detail = (term < 0 ? 1 : term > 0 ? 2 : 0) + 4 * roleCodes[raft.role];
    if (raft.configuration.oldVoters.length > 0) detail += 32;
    if (raft.configurationIndex > raft.commitIndex) detail += 64;
  }
  if (message.type === "AppendEntries") detail += message.entries.length === 0 ? 128 : 256;
  else if (message.type === "AppendEntriesReply") detail += message.success ? 128 : 256;
  else if (message.type === "RequestVote") detail += message.preVote ? 128 : 256;
  else if (message.type === "RequestVoteReply")
    detail += (message.preVote ? 128 : 256) + (message.voteGranted ? 512 : 0);
  return pair(nameCode(message.type), detail);
}
