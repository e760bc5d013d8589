/** The addresses on which a server listens. */
import { createServer, type Server } from "node:net";
import { TerrariumError } from "../base/errors.ts";
import { splitAddress } from "../doors/address.ts";
import { listenError } from "../doors/listener.ts";

/**
 * Sees that a server could listen on all of these addresses (undefined ones are passed over): before its data directory
 * is touched, since a server that failed to listen would leave a database in it.
 *
 * @throws TerrariumError ADDRESS_IN_USE, USAGE
 */
export async function checkAddresses(addresses: readonly (string | undefined)[]): Promise<void> {
  const given = addresses.filter((address) => address !== undefined);
  // First what can be told from the words alone: it holds whatever else goes on at this machine.
  for (const [i, address] of given.entries())
    if (given.indexOf(address) !== i && splitAddress(address).port !== 0) throw shared(address, "");
  const probes: { readonly address: string; readonly server: Server }[] = [];
  try {
    // Each one stays open while the next are tried: 0.0.0.0:7101 and 127.0.0.1:7101 can be had, but not both.
    for (const address of given) {
      const server = await tryListen(address).catch((error: Error) => {
        const { port } = splitAddress(address);
        const rival = probes.find((probe) => splitAddress(probe.address).port === port && port !== 0);
        const refusal = listenError(address, error);
        throw rival !== undefined && refusal.code === "ADDRESS_IN_USE" ? shared(address, rival.address) : refusal;
      });
      probes.push({ address, server });
    }
  } finally {
    await Promise.all(probes.map(({ server }) => close(server)));
  }
}

/** The error for an address that two of a server's ports would have; `rival`: how the other is written, if otherwise. */
function shared(address: string, rival: string): TerrariumError {
  return new TerrariumError(
    "USAGE",
    `${address}${rival && ` with ${rival}`}: clients, other servers and HTTP cannot share an address`,
    "give each of --client-address, --peer-address and --http-address a port of its own",
  );
}

function tryListen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Whoever calls in this moment calls again.
    const probe = createServer((socket) => socket.destroy());
    probe.once("error", reject);
    probe.listen({ ...splitAddress(address), exclusive: true }, () => resolve(probe));
  });
}

function close(probe: Server): Promise<void> {
  return new Promise((resolve) => probe.close(() => resolve()));
}
