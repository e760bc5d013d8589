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

/** A server and its addresses: `HOST:PEERPORT/HOST:CLIENTPORT`, the second host left out if it is the same. */
export function parseMember(id: string, ports: string): MemberAddress {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})\/(?:(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):)?(\d{1,5})$/.exec(
    ports,
  );
  const [, peerHost = "", peerPort = "0", clientHost = peerHost, clientPort = "0"] = match ?? [];
  for (const port of [Number(peerPort), Number(clientPort)]) {
    if (port >= 1 && port <= 65_535) continue;
    throw usage(
      `'${ports}' does not say where the server listens`,
      "write HOST:PEERPORT/CLIENTPORT, such as 127.0.0.1:7204/7104",
    );
  }
  return {
    id: parseServerId(id),
    peerAddress: `${peerHost}:${peerPort}`,
    clientAddress: `${clientHost}:${clientPort}`,
  };
}
