/** The driver for a target. */
import { present } from "../../src/base/assert.ts";
import type { Driver, Keys, Target } from "./driver.ts";
import { openEtcd } from "./etcd.ts";
import { openTerrarium } from "./terrarium.ts";
import { openZooKeeper } from "./zookeeper.ts";

/** Opens `sessions` sessions with what is to be loaded. */
export function openTarget({ kind, endpoints, client }: Target, sessions: number, keys: Keys): Promise<Driver> {
  switch (kind) {
    case "terrarium":
      return openTerrarium(present(client, "a client's module"), endpoints, sessions, keys);
    case "zookeeper":
      return openZooKeeper(endpoints, sessions, keys);
    case "etcd":
      return openEtcd(endpoints, sessions, keys);
  }
}
