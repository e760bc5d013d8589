/** What leaves for the other servers at the end of a turn: one batch each. */
import { limits } from "../../base/limits.ts";
import type { PeerMessage } from "../../protocol/peer-messages.ts";
import type { ServerId } from "../../raft/types.ts";
import { batchesOf } from "../batches.ts";
import type { Network } from "../ports.ts";

/** Collects messages by receiver. */
export class PeerOutbox {
  readonly #messages = new Map<ServerId, PeerMessage[]>();

  add(to: ServerId, message: PeerMessage): void {
    const messages = this.#messages.get(to);
    if (messages === undefined) this.#messages.set(to, [message]);
    else messages.push(message);
  }

  /** Adds proposals for the leader, in messages of a bounded size. */
  addForward(to: ServerId, commands: readonly Uint8Array[]): void {
    for (const batch of batchesOf(commands, limits.appendBytesMax)) this.add(to, { type: "Forward", commands: batch });
  }

  /** Sends what was collected, receivers in order of their ids. */
  flush(network: Network): void {
    if (this.#messages.size === 0) return;
    for (const [to, messages] of [...this.#messages].sort(([a], [b]) => a - b)) network.send(to, messages);
    this.#messages.clear();
  }
}
