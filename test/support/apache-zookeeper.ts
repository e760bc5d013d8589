/** An Apache ZooKeeper server of its own, where the machine has one (Debian: `apt install zookeeper`). */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-ports.ts";
import { type Begun, begins, ended } from "./leave-nothing.ts";

/** Where Debian has it; it names what it needs by itself. */
export const apacheZooKeeperJar = "/usr/share/java/zookeeper.jar";
/** The class that is a server. */
export const apacheZooKeeperMain = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

/** Why there is none to be had here, as a sentence; undefined: there is. */
export function noApacheZooKeeper(): string | undefined {
  if (!existsSync(apacheZooKeeperJar))
    return `there is no ${apacheZooKeeperJar}: install zookeeper (apt install zookeeper)`;
  if (spawnSync("java", ["-version"]).status !== 0)
    return "there is no Java: install a runtime (apt install default-jre)";
  return undefined;
}

/** A server that runs. */
export interface ApacheZooKeeper {
  /** host:port of its clients. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a server that is alone, with a tick of one second, and waits until it answers. */
export async function startApacheZooKeeper(): Promise<ApacheZooKeeper> {
  const home = await mkdtemp(join(tmpdir(), "apache-zookeeper-"));
  const [port = 0] = await freePorts(1);
  const settings = [
    ...["tickTime=1000", `dataDir=${home}/data`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"],
    "enforceQuota=true",
    ...["admin.enableServer=false", "maxClientCnxns=0", "4lw.commands.whitelist=*", "extendedTypesEnabled=true"],
  ];
  await writeFile(join(home, "zoo.cfg"), `${settings.join("\n")}\n`);
  await writeFile(join(home, "log4j.properties"), "log4j.rootLogger=OFF\n");
  const flags = ["-Xmx256m", "-Dzookeeper.forceSync=no", "-Dzookeeper.extendedTypesEnabled=true"];
  const child = spawn(
    "java",
    [...flags, "-cp", `${home}:${apacheZooKeeperJar}`, apacheZooKeeperMain, join(home, "zoo.cfg")],
    { stdio: "ignore" },
  );
  const begun: Begun = { home, children: () => [child] };
  begins(begun);
  const stop = async (): Promise<void> => {
    await killed(child);
    await rm(home, { recursive: true, force: true });
    ended(begun);
  };
  const address = `127.0.0.1:${port}`;
  for (const deadline = Date.now() + 60_000; !(await apacheZooKeeperAnswers(port)); await sleep(50)) {
    if (Date.now() < deadline && child.exitCode === null) continue;
    await stop();
    throw new Error("the ZooKeeper server does not start");
  }
  return { address, stop };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Whether the server of this port serves. */
export function apacheZooKeeperAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    let said = "";
    socket.on("connect", () => socket.write("srvr"));
    socket.on("data", (chunk) => {
      said += chunk.toString();
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve(said.includes("Mode:")));
  });
}
