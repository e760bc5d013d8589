import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { noApacheZooKeeper } from "../support/apache-zookeeper.ts";
import { LocalCluster } from "../support/local-cluster.ts";

const python = "/usr/bin/python3";
const zkCli = "/usr/share/zookeeper/bin/zkCli.sh";

const hasKazoo = existsSync(python) && spawnSync(python, ["-c", "import kazoo"]).status === 0;
const hasZkCli = existsSync(zkCli) && noApacheZooKeeper() === undefined;
const reason = (has: boolean, name: string): string => (has ? "" : ` (skipped: install ${name})`);

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await LocalCluster.start(3, ["--zookeeper-words", "*"], undefined, true);
});

afterAll(() => cluster.destroy());

describe("clients that were written for ZooKeeper", () => {
  it.skipIf(!hasKazoo)(`kazoo's recipes, while its server is killed${reason(hasKazoo, "python3-kazoo")}`, async () => {
    const script = fileURLToPath(new URL("../support/kazoo-recipes.py", import.meta.url));
    const hosts = cluster.servers.map(({ zookeeperAddress }) => zookeeperAddress).join(",");
    const child = spawn(python, [script, hosts], { stdio: "pipe" });
    let said = "";
    let killed: Promise<void> | undefined;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const attached = /^attached (\S+)$/m.exec(said)?.[1];
        if (attached === undefined || killed !== undefined) return;
        const server = cluster.servers.find(({ zookeeperAddress }) => zookeeperAddress === attached);
        killed = cluster.signal(present(server, `the server at ${attached}`).id, "SIGKILL").then(() => {
          child.stdin.write("\n");
        });
      });
    const code = await new Promise((resolve) => child.once("close", resolve));
    await killed;
    expect(said).toContain("all is well");
    expect(code).toBe(0);
    for (const server of cluster.servers) if (server.process === undefined) cluster.startServer(server.id);
    await cluster.leader();
  });

  it.skipIf(!hasZkCli)(`zkCli.sh${reason(hasZkCli, "zookeeper and a Java runtime")}`, async () => {
    const script = [
      ...['create /cli "hello"', "get -s /cli", "set /cli two", "create -e -s /cli/e- x", "ls -R /cli", "getAcl /cli"],
      ...["sync /", "get -w /cli", "set /cli three", "delete /cli", "delete /cli/e-0000000000", "delete /cli"],
      ...[
        "get /cli",
        "create /cli/missing/parent",
        "addauth digest bob:secret",
        "whoami",
        "create -e /mine",
        "getEphemerals /m",
        "getAllChildrenNumber /zookeeper",
        "quit",
      ],
    ];
    const said = await runZkCli(cluster.server(2).zookeeperAddress, script);
    for (const line of [
      ...["Created /cli", "hello", "dataLength = 5", "Created /cli/e-0000000000", "'world,'anyone", ": cdrwa"],
      ...["Sync is OK", "WatchedEvent state:SyncConnected type:NodeDataChanged path:/cli", "Node not empty: /cli"],
      ...[
        "Node does not exist: /cli",
        "Node does not exist: /cli/missing/parent",
        "ip: 127.0.0.1",
        "digest: bob",
        "[/mine]",
        "2",
      ],
    ])
      expect(said.split("\n")).toContain(line);
  });
});

/** What zkCli.sh prints for these commands. */
function runZkCli(address: string, commands: readonly string[]): Promise<string> {
  const child = spawn(zkCli, ["-waitforconnection", "-timeout", "60000", "-server", address], {
    stdio: "pipe",
    env: { ...process.env, ZOO_LOG_DIR: tmpdir() },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  child.stdin.end(`${commands.join("\n")}\n`);
  return new Promise((resolve) => child.once("close", () => resolve(said)));
}
