/** Faults that wait for the nth time that something happens on a server, or between it and a client. */
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { When } from "../plan/actions.ts";
import type { Plan } from "../plan/plan.ts";
import type { ServerHooks } from "../world/hooks.ts";
import type { Kernel } from "../world/kernel.ts";
import type { ServerView } from "../world/view.ts";
import type { Targets } from "./targets.ts";

interface Armed {
  readonly fault: number;
  readonly when: Exclude<When, { readonly kind: "at" }>;
  readonly notBeforeUs: number;
  seen: number;
}

/** Counts what happens and lets faults strike, at once and in the middle of whatever the server is doing. */
export class Triggers implements ServerHooks {
  readonly #kernel: Kernel;
  readonly #targets: () => Targets;
  readonly #strike: (fault: number, subject: ServerView, client?: number) => void;
  /** Clients whose server has answered nothing yet that came behind their attachment. */
  readonly #fresh = new Set<number>();
  #waiting: Armed[] = [];
  /** Terms in which each server was seen to lead. */
  readonly #led = new Map<number, number>();

  constructor(
    kernel: Kernel,
    plan: Plan,
    targets: () => Targets,
    strike: (fault: number, subject: ServerView, client?: number) => void,
  ) {
    this.#kernel = kernel;
    this.#targets = targets;
    this.#strike = strike;
    plan.faults.forEach(({ when }, fault) => {
      if (when.kind !== "at") this.#waiting.push({ fault, when, notBeforeUs: when.atMs * 1000, seen: 0 });
    });
  }

  /** Whether anything waits: spares the calls if not. */
  get armed(): boolean {
    return this.#waiting.length > 0;
  }

  /** No fault strikes any more. */
  disarm(): void {
    this.#waiting = [];
  }

  receives(server: ServerView, message: PeerMessage): void {
    this.#count("receives", server, message);
  }

  sends(server: ServerView, message: PeerMessage): void {
    this.#count("sends", server, message);
  }

  writes(server: ServerView): void {
    this.#count("writes", server);
  }

  persists(server: ServerView): void {
    this.#count("persists", server);
  }

  /** As leader, it hands entries out to be applied; its messages and answers of the turn have not left. */
  commits(server: ServerView): void {
    this.#count("commits", server);
  }

  answers(server: ServerView): void {
    this.#count("answers", server);
  }

  /** A client has taken a frame of `server`, and done with it what it does. */
  hears(server: ServerView, client: number, messages: readonly ServerMessage[]): void {
    for (const { type } of messages) {
      if (type === "connected") this.#fresh.add(client);
      else if (type === "reply" || type === "pong") this.#fresh.delete(client);
      const early = type === "event" && this.#fresh.has(client);
      this.#each("hears", server, client, ({ when }) => {
        if (when.kind !== "hears") return false;
        return when.what === "any" || when.what === type || (early && when.what === "early");
      });
    }
  }

  /** The server may have become leader. */
  step(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined || !raft.isLeader || this.#led.get(server.id) === raft.currentTerm) return;
    this.#led.set(server.id, raft.currentTerm);
    this.#count("elected", server);
  }

  #count(kind: Armed["when"]["kind"], server: ServerView, message?: PeerMessage): void {
    this.#each(kind, server, undefined, ({ when }) => {
      if (message === undefined || !("message" in when)) return true;
      return when.message === "any" || when.message === message.type;
    });
  }

  #each(
    kind: Armed["when"]["kind"],
    server: ServerView,
    client: number | undefined,
    isMeant: (armed: Armed) => boolean,
  ): void {
    for (const armed of this.#waiting) {
      const { when } = armed;
      if (when.kind !== kind || this.#kernel.now < armed.notBeforeUs || !isMeant(armed)) continue;
      if (!this.#targets().matches(when.server, server)) continue;
      if (++armed.seen < when.nth) continue;
      this.#waiting = this.#waiting.filter((other) => other !== armed);
      this.#strike(armed.fault, server, client);
    }
  }
}
