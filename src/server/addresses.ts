/** The addresses on which a server listens. */
import { createServer } from "node:net";
import { TerrariumError } from "../base/errors.ts";
import { listenError } from "../rpc/grpc.ts";

/** Host and port of `address`, which is host:port or [IPv6]:port. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
}

/**
 * Sees that a server could listen on all of these addresses (undefined ones are passed over): before its data directory
 * is touched, since a server that failed to listen would leave a database in it.
 *
 * @throws TerrariumError ADDRESS_IN_USE, USAGE
 */
export async function checkAddresses(addresses: readonly (string | undefined)[]): Promise<void> {
  const seen = new Set<string>();
  for (const address of addresses) {
    if (address === undefined) continue;
    if (seen.has(address) && splitAddress(address).port !== 0) {
      throw new TerrariumError(
        "USAGE",
        `${address}: clients, other servers and HTTP cannot share an address`,
        "give each of --client-address, --peer-address and --http-address a port of its own",
      );
    }
    seen.add(address);
    await tryListen(address);
  }
}

function tryListen(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Whoever calls in this moment calls again.
    const probe = createServer((socket) => socket.destroy());
    probe.once("error", (error) => reject(listenError(address, error)));
    probe.listen({ ...splitAddress(address), exclusive: true }, () => probe.close(() => resolve()));
  });
}
