/** A server that has lost its disk takes no part under its old id: it has forgotten its votes and what it acknowledged. */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

export class WipedServers implements Observer {
  readonly name = "wiped-servers";

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (!from.wiped || message.type === "Hello" || message.type === "HelloReply") return;
    throw new InvariantBroken(this.name, `n${from.id} was wiped, and sends a ${message.type} to n${to} all the same`);
  }
}
