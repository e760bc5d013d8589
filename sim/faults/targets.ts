/** Whom a symbolic target means right now. */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { ServerTarget, Symbolic } from "../plan/actions.ts";
import type { Observer } from "../world/observer.ts";
import type { Draws } from "../world/random.ts";
import type { ServerView } from "../world/view.ts";

/** Knows the servers, of whatever kind `S`, and who voted and campaigned last. */
export class Targets<S extends ServerView = ServerView> implements Observer {
  readonly name = "targets";
  readonly #servers: readonly S[];
  readonly #draws: Draws;
  #lastVoter: ServerId = 0;
  #lastCandidate: ServerId = 0;

  /** `servers` sorted by id. */
  constructor(servers: readonly S[], draws: Draws) {
    this.#servers = servers;
    this.#draws = draws;
  }

  sent(from: ServerView, _to: ServerId, message: PeerMessage): void {
    if (message.type === "RequestVoteReply") {
      if (message.voteGranted && !message.preVote) this.#lastVoter = from.id;
    } else if (message.type === "RequestVote" && !message.preVote) this.#lastCandidate = from.id;
  }

  /** The server meant, or `undefined` if nobody fits. */
  resolve(target: ServerTarget): S | undefined {
    if (typeof target === "number") return this.#servers.find((server) => server.id === target);
    return this.#symbolic(target);
  }

  /** Whether `server` is the one meant now; a cheap test for triggers. */
  matches(target: ServerTarget | "any", server: ServerView): boolean {
    if (target === "any" || target === server.id) return true;
    if (typeof target === "number") return false;
    if (target === "leader") return server === this.#leader();
    if (target === "follower") return server.node !== undefined && !server.node.raft.isLeader;
    if (target === "random") return true;
    return server === this.#symbolic(target);
  }

  #symbolic(target: Symbolic): S | undefined {
    switch (target) {
      case "leader":
        return this.#leader();
      case "oldLeader": {
        const leader = this.#leader();
        return this.#running().find((server) => server !== leader && server.node?.raft.isLeader === true);
      }
      case "follower":
        return this.#any(this.#running().filter((server) => server.node?.raft.isLeader === false));
      case "lastVoter":
        return this.#servers.find((server) => server.id === this.#lastVoter);
      case "lastCandidate":
        return this.#servers.find((server) => server.id === this.#lastCandidate);
      case "laggard":
        return this.#byLog(-1);
      case "freshest":
        return this.#byLog(1);
      case "random":
        return this.#any(this.#running());
      case "down":
        return this.#any(this.#servers.filter((server) => server.state === "down" && server.goneForGood === ""));
    }
  }

  #running(): S[] {
    return this.#servers.filter((server) => server.node?.admitted === true);
  }

  #any(servers: readonly S[]): S | undefined {
    return servers.length === 0 ? undefined : this.#draws.pick(servers);
  }

  #leader(): S | undefined {
    let best: S | undefined;
    for (const server of this.#servers) {
      const raft = server.node?.raft;
      if (raft?.isLeader && raft.currentTerm > (best?.node?.raft.currentTerm ?? 0)) best = server;
    }
    return best;
  }

  /** The running follower whose log goes furthest in the direction of `sign`. */
  #byLog(sign: 1 | -1): S | undefined {
    let best: S | undefined;
    let bestIndex = 0;
    for (const server of this.#running()) {
      if (server.node === undefined || server.node.raft.isLeader) continue;
      const index = server.node.raft.status().lastIndex * sign;
      if (best === undefined || index > bestIndex) {
        best = server;
        bestIndex = index;
      }
    }
    return best;
  }
}
