/** Server ids and addresses as a user types them. */
import { isEndpoint } from "../../base/endpoint.ts";
import { limits } from "../../base/limits.ts";
import type { MemberAddress } from "../../client/index.ts";
import { usage } from "../failures.ts";

/** A server id, 1 to `limits.serverIdMax`. */
export function parseServerId(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id >= 1 && id <= limits.serverIdMax) return id;
  throw usage(`'${text}' is not a server id`, `ids are whole numbers from 1 to ${limits.serverIdMax}`);
}

/** An address as `HOST:PORT`. */
export function parseAddress(text: string): string {
  if (isEndpoint(text)) return text;
  throw usage(`'${text}' does not say where the server listens`, "write HOST:PORT, such as 127.0.0.1:7204");
}

/**
 * A server and its addresses: `HOST:PEERPORT/HOST:CLIENTPORT`, and `/HOST:ZOOKEEPERPORT` where it speaks ZooKeeper's
 * protocol; a host is left out if it is that of the port before.
 */
export function parseMember(id: string, ports: string): MemberAddress {
  const addresses: string[] = [];
  let host = "";
  for (const part of ports.split("/")) {
    const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):)?(\d{1,5})$/.exec(part);
    host = match?.[1] ?? host;
    const port = Number(match?.[2] ?? 0);
    if (host === "" || port < 1 || port > 65_535) throw nowhere(ports);
    addresses.push(`${host}:${port}`);
  }
  const [peerAddress, clientAddress, zookeeperAddress, ...more] = addresses;
  if (peerAddress === undefined || clientAddress === undefined || more.length > 0) throw nowhere(ports);
  const member = { id: parseServerId(id), peerAddress, clientAddress };
  return zookeeperAddress === undefined ? member : { ...member, zookeeperAddress };
}

function nowhere(ports: string): Error {
  return usage(
    `'${ports}' does not say where the server listens`,
    "write HOST:PEERPORT/CLIENTPORT, such as 127.0.0.1:7204/7104",
  );
}
