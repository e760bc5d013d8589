/** Marks of changing configurations. */

import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { AppendEntries } from "../../src/raft/messages.ts";
import type { Configuration, Entry, ServerId } from "../../src/raft/types.ts";
import type { RaftChecker, RaftHistory } from "../checkers/raft-history.ts";
import type { SimEvent } from "../world/events.ts";
import type { HistoryOperation } from "../world/history.ts";
import type { Observer, World } from "../world/observer.ts";
import { otherInstance } from "../world/other-life.ts";
import type { RaftView, ServerView } from "../world/view.ts";
import type { Marks } from "./marks.ts";

export class MembershipMarks implements Observer, RaftChecker {
  readonly name = "membership marks";
  readonly #marks: Marks;
  readonly #history: RaftHistory;
  #servers: readonly ServerView[] = [];
  #committed: Configuration | undefined;
  /** As first members have told them. */
  readonly #instances = new Set<number>();

  constructor(marks: Marks, history: RaftHistory) {
    this.#marks = marks;
    this.#history = history;
  }

  begin({ allServers }: World): void {
    this.#servers = allServers;
  }

  crashed(): void {
    const wanted = this.#committed?.wantedVoters ?? [];
    const there = this.#servers.filter(({ id, state }) => state === "running" && wanted.includes(id));
    if (wanted.length > 0 && there.length <= wanted.length / 2) this.#marks.hit("change-loses-voters");
  }

  committed(_id: ServerId, entry: Entry): void {
    if (entry.index !== this.#history.committed.lastIndex + 1 || entry.kind !== "configuration") return;
    const { configuration } = entry;
    const learners = this.#committed?.learners ?? [];
    if (configuration.oldVoters.length > 0) this.#marks.hit("joint-consensus");
    else if (!configuration.voters.includes(this.#history.leaders.get(entry.term) ?? 0))
      this.#marks.hit("leader-leaves");
    if (configuration.voters.some((voter) => learners.includes(voter))) this.#marks.hit("learner-promoted");
    this.#committed = configuration;
  }

  event(event: SimEvent): void {
    if (event.kind === "message" && event.instance === otherInstance) this.#marks.hit("other-life-speaks");
  }

  delivered(_from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type !== "HelloReply" || to.recovered?.identity.joining === true) return;
    if (message.origin !== (to.recovered?.identity.origin ?? 0)) this.#marks.hit("other-origin-met");
    if (message.origin === 1) this.#marks.hit("unknown-origin-met");
    if (message.instance !== 0) this.#instances.add(message.instance);
    if (this.#instances.size > 1) this.#marks.hit("first-members-disagree");
  }

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type === "AppendEntries" && message.entries.length > 0) this.#toLearner(from, to, message);
    if (message.type !== "RequestVote" || this.#committed === undefined) return;
    if (from.node !== undefined && isLeaver(from.id, from.node.raft)) this.#marks.hit("leaver-campaigns");
    const { voters, oldVoters } = this.#committed;
    if (!voters.includes(from.id) && !oldVoters.includes(from.id)) this.#marks.hit("removed-server-campaigns");
  }

  /** The leader has more than what is committed, and keeps it from a learner. */
  #toLearner({ id, node }: ServerView, to: ServerId, { prevLogIndex, entries }: AppendEntries): void {
    if (node?.raft.configuration.learners.includes(to) !== true) return;
    if (prevLogIndex + entries.length < this.#history.log(id).lastIndex) this.#marks.hit("learner-waits");
  }

  serverFrame({ id }: ServerView, _client: number, _connection: number, messages: readonly ServerMessage[]): void {
    if (this.#committed?.learners.includes(id) && messages.some(({ type }) => type === "reply"))
      this.#marks.hit("observer-answers");
    if (messages.some((message) => message.type === "event" && message.event.path === "/zookeeper/config"))
      this.#marks.hit("members-told");
  }

  answered({ invocation, outcome }: HistoryOperation): void {
    if (this.#committed === undefined || outcome !== "answered" || invocation.type !== "read") return;
    const { oldVoters, wantedVoters } = this.#committed;
    if (invocation.read.path === "/zookeeper/config" && (oldVoters.length > 0 || wantedVoters !== undefined))
      this.#marks.hit("members-of-a-step");
  }
}

/** Whether the newest configuration of `id` leaves it out, and may not be committed. */
function isLeaver(id: ServerId, { configuration, configurationIndex, commitIndex }: RaftView): boolean {
  const { voters, oldVoters } = configuration;
  return configurationIndex > commitIndex && !voters.includes(id) && !oldVoters.includes(id);
}
