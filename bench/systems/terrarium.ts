/** Terrarium itself: of this checkout, of another one, or a cluster that runs already. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { LocalCluster } from "../../test/support/local-cluster.ts";
import { loadOperations } from "../load/driver.ts";
import type { System } from "./system.ts";

/** This checkout; the program is in its folder for what is built. */
const here = fileURLToPath(new URL("../../..", import.meta.url));

/** The client library of a checkout. Throws if that is not built. */
export function clientOf(checkout: string): string {
  const client = resolve(checkout, "dist/src/client/index.js");
  if (!existsSync(client))
    throw new Error(`there is no built Terrarium in ${checkout}: run npm ci && npm run build there`);
  return pathToFileURL(client).href;
}

/** The client library of this checkout. */
export const terrariumClient = clientOf(here);

/** A cluster from a checkout, by default this one, loaded by that checkout's own client. Throws if it is not built. */
export function terrariumSystem(name: string, checkout = here): System {
  const client = clientOf(checkout);
  return {
    name,
    operations: loadOperations,
    start: async (servers) => {
      const cluster = await LocalCluster.start(servers, [], undefined, false, checkout);
      return {
        target: { kind: "terrarium", endpoints: cluster.endpoints, client },
        pids: pidsOf(cluster),
        destroy: () => cluster.destroy(),
      };
    },
  };
}

/** Terrarium's door for ZooKeeper's clients, loaded as ZooKeeper itself is. */
export function zooKeeperDoor(): System {
  return {
    name: "terrarium-zk",
    operations: ["set", "get-local", "create"],
    start: async (servers) => {
      const cluster = await LocalCluster.start(servers, [], undefined, true);
      return {
        target: { kind: "zookeeper", endpoints: cluster.servers.map(({ zookeeperAddress }) => zookeeperAddress) },
        pids: pidsOf(cluster),
        destroy: () => cluster.destroy(),
      };
    },
  };
}

/** The processes of the servers that run. */
export function pidsOf({ servers }: LocalCluster): readonly number[] {
  return servers.flatMap(({ process: { pid } = {} }) => (pid === undefined ? [] : [pid]));
}

/** A cluster that runs. */
export function runningTerrarium(endpoints: readonly string[]): System {
  return {
    name: "terrarium",
    operations: loadOperations,
    start: async () => ({
      target: { kind: "terrarium", endpoints, client: terrariumClient },
      pids: [],
      destroy: async () => {},
    }),
  };
}
