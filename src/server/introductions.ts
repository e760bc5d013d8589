/** Who answers at the addresses that an operator gives: looked at before the configuration names them. */
import type { AdminRequest, MemberAddress } from "../base/admin.ts";
import { TerrariumError } from "../base/errors.ts";
import type { Node } from "../node/node.ts";
import { askPeer, type PeerAnswer, type PeerIntroduction } from "../rpc/peer-probe.ts";
import { introduction, type ServerIntroduction } from "../rpc/probe.ts";

/** The server has to answer within this, ms. */
const probeTimeoutMs = 2000;

/**
 * Sees that the server to be added is there, is the one meant, and has not been a member of anything.
 *
 * @throws TerrariumError NO_SERVER, WRONG_SERVER
 */
export async function incarnationOf(node: Node, member: MemberAddress): Promise<number> {
  const found = await introduced(node, member);
  if (!found.joining || found.incarnation === 0)
    throw new TerrariumError(
      "WRONG_SERVER",
      `server ${found.id} at ${member.clientAddress} has data already and was not started to join`,
    );
  await checkPeerAddress(node, member, found.incarnation, false);
  return found.incarnation;
}

/**
 * Sees that a member answers at the addresses where it is to be found from now on. With `force` it need not run; but
 * another one must not answer in its place.
 *
 * @throws TerrariumError NO_SERVER, WRONG_SERVER
 */
export async function checkNewAddresses(
  node: Node,
  { id, peerAddress, clientAddress, force }: Extract<AdminRequest, { readonly type: "update" }>,
): Promise<void> {
  const incarnation = id === node.options.id ? (node.status().incarnation ?? 0) : node.knownIncarnation(id);
  if (clientAddress !== undefined) {
    try {
      const found = await introduced(node, { id, clientAddress });
      if (incarnation !== 0 && found.incarnation !== incarnation)
        throw new TerrariumError("WRONG_SERVER", `at ${clientAddress} is another server ${id} than the member`);
    } catch (error) {
      if (!force || !(error instanceof TerrariumError) || error.code !== "NO_SERVER") throw error;
    }
  }
  if (peerAddress !== undefined) await checkPeerAddress(node, { id, peerAddress }, incarnation, force);
}

/** Who is at a client address: the server meant, of this cluster. */
async function introduced(
  node: Node,
  { id, clientAddress }: Pick<MemberAddress, "id" | "clientAddress">,
): Promise<ServerIntroduction> {
  const { clusterId } = node.options;
  const found = await introduction(clientAddress, probeTimeoutMs);
  const at = `at ${clientAddress}`;
  if (found.clusterId !== clusterId)
    throw new TerrariumError("WRONG_SERVER", `the server ${at} is of cluster ${found.clusterId}, not of ${clusterId}`);
  if (found.id !== id) throw new TerrariumError("WRONG_SERVER", `the server ${at} is server ${found.id}, not ${id}`);
  return found;
}

/**
 * Sees that it is this server that answers at the peer address, from this server and from every member that answers now:
 * one that joined or moved to a wrong address would never hear of it. Members that cannot say are passed over.
 */
async function checkPeerAddress(
  node: Node,
  { id, peerAddress }: Pick<MemberAddress, "id" | "peerAddress">,
  incarnation: number,
  mayBeAbsent: boolean,
): Promise<void> {
  const { clusterId, id: self } = node.options;
  const others = node.status().members.filter((other) => other.id !== self && other.id !== id && other.active === true);
  const asked = await Promise.all([
    askPeer(peerAddress, probeTimeoutMs).then((found) => ({ from: self, found })),
    ...others.map(async (other) => ({
      from: other.id,
      found: await askPeer(peerAddress, probeTimeoutMs, other.peerAddress),
    })),
  ]);
  for (const { from, found } of asked) {
    if (found === undefined || (mayBeAbsent && "nothing" in found)) continue;
    const wrong = whatIsWrong(found, { clusterId, id, incarnation });
    if (wrong !== undefined)
      throw new TerrariumError("WRONG_SERVER", `server ${from} tried the peer address ${peerAddress}: ${wrong}`);
  }
}

function whatIsWrong(found: PeerAnswer, wanted: PeerIntroduction): string | undefined {
  if ("nothing" in found) return found.nothing;
  if (found.clusterId !== wanted.clusterId) return `a server of cluster ${found.clusterId} answers`;
  if (found.id !== wanted.id) return `server ${found.id} answers, not ${wanted.id}`;
  if (wanted.incarnation !== 0 && found.incarnation !== wanted.incarnation)
    return `another server ${found.id} answers than the one meant`;
  return undefined;
}
