/** etcd, where the machine has it (Debian's package `etcd-server`), with its own defaults: each write is forced to the disk. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { present } from "../../src/base/assert.ts";
import { freePorts } from "../../test/support/free-ports.ts";
import { Processes } from "./processes.ts";
import type { System } from "./system.ts";

/** Throws a sentence that names the package if it is not there. */
export function etcdSystem(): System {
  if (spawnSync("etcd", ["--version"]).status !== 0)
    throw new Error("there is no etcd: install etcd-server (apt install etcd-server)");
  return {
    name: "etcd",
    operations: ["set", "get", "get-local", "create"],
    start: async (servers) => {
      const all = await Processes.begin("etcd");
      try {
        const ports = await freePorts(2 * servers);
        const port = (server: number, which: number) => present(ports[2 * server + which], "a port");
        const ids = Array.from({ length: servers }, (_, i) => i);
        const client = (i: number) => `http://127.0.0.1:${port(i, 0)}`;
        const peer = (i: number) => `http://127.0.0.1:${port(i, 1)}`;
        const members = ids.map((i) => `server-${i + 1}=${peer(i)}`).join(",");
        for (const i of ids)
          all.start("etcd", [
            ...["--name", `server-${i + 1}`, "--data-dir", join(all.home, `server-${i + 1}`)],
            ...["--listen-peer-urls", peer(i), "--initial-advertise-peer-urls", peer(i)],
            ...["--listen-client-urls", client(i), "--advertise-client-urls", client(i)],
            ...["--initial-cluster", members, "--initial-cluster-state", "new"],
          ]);
        await all.ready(ids.map((i) => () => isHealthy(client(i))));
        const endpoints = ids.map((i) => `127.0.0.1:${port(i, 0)}`);
        return { target: { kind: "etcd", endpoints }, pids: all.pids, destroy: () => all.destroy() };
      } catch (error) {
        await all.destroy();
        throw error;
      }
    },
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}
