/**
 * The membership as ZooKeeper's clients read it in /zookeeper/config: a line for each member, as ZooKeeper 3.8 writes
 * them. The two ports behind a server's name are those for other servers and for native clients, where ZooKeeper has those
 * for other servers and for elections; behind the semicolon is where ZooKeeper's protocol is spoken, if it is.
 */
import type { Configuration, Member } from "../raft/types.ts";

/**
 * The lines, sorted by id, without one for the version. Undefined while a change is under way: what it passes through is
 * nobody's membership, and another leader may take part of it back.
 */
export function membershipText({ members, voters, oldVoters, wantedVoters }: Configuration): string | undefined {
  if (oldVoters.length > 0 || wantedVoters !== undefined || members.length === 0) return undefined;
  const sorted = [...members].sort((a, b) => a.id - b.id);
  return sorted.map((member) => line(member, voters.includes(member.id) ? "participant" : "observer")).join("\n");
}

function line({ id, peerAddress, clientAddress, zookeeperAddress }: Member, role: string): string {
  const clientPort = clientAddress.slice(clientAddress.lastIndexOf(":") + 1);
  const server = `server.${id}=${peerAddress}:${clientPort}:${role}`;
  return zookeeperAddress === undefined ? server : `${server};${zookeeperAddress}`;
}
