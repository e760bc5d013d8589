/** Loads Terrarium by its own client, of this checkout or of another one. */

import type { TerrariumClient } from "../../src/client/index.ts";
import { type Driver, inTurn, type Keys, type LoadOperation } from "./driver.ts";

type ClientModule = { readonly TerrariumClient: typeof TerrariumClient };

/** `module`: URL of the client's. Each session prefers another endpoint. */
export async function openTerrarium(
  module: string,
  endpoints: readonly string[],
  sessions: number,
  keys: Keys,
): Promise<Driver> {
  const { TerrariumClient } = (await import(module)) as ClientModule;
  const clients = await Promise.all(
    Array.from({ length: sessions }, (_, i) =>
      TerrariumClient.connect({
        endpoints: [inTurn(endpoints, i)],
        requestTimeoutMs: 60_000,
      }),
    ),
  );
  const client = (session: number) => inTurn(clients, session);
  const { path: root } = await client(0).create("/bench-", "", { sequential: true });
  const value = new Uint8Array(keys.valueBytes).fill(120);
  const paths = Array.from({ length: keys.count }, (_, i) => `${root}/k${i}`);
  return {
    prepare: async () => {
      await Promise.all(paths.map((path, i) => client(i).create(path, value)));
    },
    operate: (operation: LoadOperation, session, key) => {
      const path = inTurn(paths, key);
      switch (operation) {
        case "set":
          return client(session).set(path, value);
        case "get":
          return client(session).get(path);
        case "get-local":
          return client(session).get(path, { local: true });
        case "create":
          return client(session).create(`${root}/n-`, value, { sequential: true });
      }
    },
    close: async () => {
      await Promise.all(clients.map((one) => one.close()));
    },
  };
}
