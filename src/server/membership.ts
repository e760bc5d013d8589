/** Keeps the streams between servers in step with the configuration, and with the life of the cluster they are of. */

import type { DoorLog } from "../doors/door-log.ts";
import type { Node } from "../node/node.ts";
import type { Configuration } from "../raft/types.ts";
import type { PeerTransport } from "../rpc/peer-transport.ts";
import type { ServerIntroduction } from "../rpc/probe.ts";

/**
 * A function to call after each turn. Servers that leave keep their streams until that is committed. `hosts`: whom a
 * joining server knows before its log names anybody.
 */
export function followMembership(
  node: Node,
  peers: PeerTransport,
  hosts: ServerIntroduction["members"],
  log: DoorLog,
): () => void {
  let seen: Configuration | undefined;
  let committed = false;
  let { instance } = node;
  return () => {
    if (node.instance !== instance) {
      instance = node.instance;
      peers.redial();
    }
    const { raft } = node;
    const { configuration } = raft;
    const nowCommitted = raft.configurationIndex <= raft.commitIndex;
    if (configuration === seen && nowCommitted === committed) return;
    if (configuration !== seen && seen !== undefined) {
      const { voters, oldVoters, learners } = configuration;
      log.info({ voters, oldVoters, learners }, "the membership changes");
    }
    seen = configuration;
    committed = nowCommitted;
    const known = configuration.members.length === 0 ? hosts : raft.acquaintances;
    peers.setPeers(known.map(({ id, peerAddress }) => ({ id, address: peerAddress })));
  };
}
