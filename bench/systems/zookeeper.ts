/** Apache ZooKeeper, where the machine has it (Debian's package `zookeeper`), with its own defaults: each write is forced to the disk. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { present } from "../../src/base/assert.ts";
import {
  apacheZooKeeperAnswers,
  apacheZooKeeperJar,
  apacheZooKeeperMain,
  noApacheZooKeeper,
} from "../../test/support/apache-zookeeper.ts";
import { freePorts } from "../../test/support/free-ports.ts";
import { Processes } from "./processes.ts";
import type { System } from "./system.ts";

/** Throws a sentence that names the package if it is not there. */
export function zooKeeperSystem(): System {
  const missing = noApacheZooKeeper();
  if (missing !== undefined) throw new Error(missing);
  return {
    name: "zookeeper",
    operations: ["set", "get-local", "create"],
    start: async (servers) => {
      const all = await Processes.begin("zookeeper");
      try {
        const ports = await freePorts(3 * servers);
        const port = (server: number, which: number) => present(ports[3 * server + which], "a port");
        const ids = Array.from({ length: servers }, (_, i) => i);
        const members = ids.map((i) => `server.${i + 1}=127.0.0.1:${port(i, 1)}:${port(i, 2)}`);
        for (const i of ids) {
          const home = join(all.home, `server-${i + 1}`);
          await mkdir(join(home, "data"), { recursive: true });
          await writeFile(join(home, "data", "myid"), `${i + 1}\n`);
          const settings = [
            ...["tickTime=2000", "initLimit=10", "syncLimit=5", `dataDir=${home}/data`, "maxClientCnxns=0"],
            ...[`clientPort=${port(i, 0)}`, "clientPortAddress=127.0.0.1", "admin.enableServer=false", ...members],
          ];
          await writeFile(join(home, "zoo.cfg"), `${settings.join("\n")}\n`);
          await writeFile(join(home, "log4j.properties"), "log4j.rootLogger=OFF\n");
          all.start("java", ["-cp", `${home}:${apacheZooKeeperJar}`, apacheZooKeeperMain, join(home, "zoo.cfg")]);
        }
        await all.ready(ids.map((i) => () => apacheZooKeeperAnswers(port(i, 0))));
        const endpoints = ids.map((i) => `127.0.0.1:${port(i, 0)}`);
        return { target: { kind: "zookeeper", endpoints }, pids: all.pids, destroy: () => all.destroy() };
      } catch (error) {
        await all.destroy();
        throw error;
      }
    },
  };
}
