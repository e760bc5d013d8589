/** Whom a symbolic target means right now. */
import type { PeerMessage } from "../src/node/ports.ts";
import type { ServerId } from "../src/raft/types.ts";
import type { Observer } from "./observer.ts";
import type { ServerTarget, Symbolic } from "./plan/actions.ts";
import type { Draws } from "./random.ts";
import type { SimServer } from "./server.ts";

/** Knows the servers and who voted and campaigned last. */
export class Targets implements Observer {
  readonly name = "targets";
  readonly #servers: readonly SimServer[];
  readonly #draws: Draws;
  #lastVoter: ServerId = 0;
  #lastCandidate: ServerId = 0;

  /** `servers` sorted by id. */
  constructor(servers: readonly SimServer[], draws: Draws) {
    this.#servers = servers;
    this.#draws = draws;
  }

  sent(from: SimServer, _to: ServerId, message: PeerMessage): void {
    if (message.type === "RequestVoteReply") {
      if (message.voteGranted && !message.preVote) this.#lastVoter = from.id;
    } else if (message.type === "RequestVote" && !message.preVote) this.#lastCandidate = from.id;
  }

  /** The server meant, or `undefined` if nobody fits. */
  resolve(target: ServerTarget): SimServer | undefined {
    if (typeof target === "number") return this.#servers.find((server) => server.id === target);
    return this.#symbolic(target);
  }

  /** Whether `server` is the one meant now; a cheap test for triggers. */
  matches(target: ServerTarget | "any", server: SimServer): boolean {
    if (target === "any" || target === server.id) return true;
    if (typeof target === "number") return false;
    if (target === "leader") return server === this.#leader();
    if (target === "follower") return server.node !== undefined && !server.node.raft.isLeader;
    if (target === "random") return true;
    return server === this.#symbolic(target);
  }

  #symbolic(target: Symbolic): SimServer | undefined {
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

  #running(): SimServer[] {
    return this.#servers.filter((server) => server.node?.admitted === true);
  }

  #any(servers: readonly SimServer[]): SimServer | undefined {
    return servers.length === 0 ? undefined : this.#draws.pick(servers);
  }

  #leader(): SimServer | undefined {
    let best: SimServer | undefined;
    for (const server of this.#servers) {
      const raft = server.node?.raft;
      if (raft?.isLeader && raft.currentTerm > (best?.node?.raft.currentTerm ?? 0)) best = server;
    }
    return best;
  }

  /** The running follower whose log goes furthest in the direction of `sign`. */
  #byLog(sign: 1 | -1): SimServer | undefined {
    let best: SimServer | undefined;
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
