/** Faults that wait for the nth time that something happens on a server. */
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
  readonly #strike: (fault: number, subject: ServerView) => void;
  #waiting: Armed[] = [];
  /** Terms in which each server was seen to lead. */
  readonly #led = new Map<number, number>();

  constructor(
    kernel: Kernel,
    plan: Plan,
    targets: () => Targets,
    strike: (fault: number, subject: ServerView) => void,
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

  /** The server may have become leader. */
  step(server: ServerView): void {
    const raft = server.node?.raft;
    if (raft === undefined || !raft.isLeader || this.#led.get(server.id) === raft.currentTerm) return;
    this.#led.set(server.id, raft.currentTerm);
    this.#count("elected", server);
  }

  #count(kind: Armed["when"]["kind"], server: ServerView, message?: PeerMessage): void {
    for (const armed of this.#waiting) {
      const { when } = armed;
      if (when.kind !== kind || this.#kernel.now < armed.notBeforeUs) continue;
      if (message !== undefined && "message" in when && when.message !== "any" && when.message !== message.type)
        continue;
      if (!this.#targets().matches(when.server, server)) continue;
      if (++armed.seen < when.nth) continue;
      this.#waiting = this.#waiting.filter((other) => other !== armed);
      this.#strike(armed.fault, server);
    }
  }
}
