import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { noApacheZooKeeper } from "../support/apache-zookeeper.ts";
import { LocalCluster, type LocalServer } from "../support/local-cluster.ts";

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
        "config",
        "config -c",
        "config -s",
        "reconfig -remove 3",
        "quit",
      ],
    ];
    const { servers } = cluster;
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
        ...servers.map(memberLine),
        "dataVersion = -1",
        "mZxid = 0x1",
        "KeeperErrorCode = Reconfig is disabled",
      ],
    ])
      expect(said.split("\n")).toContain(line);
    // In an order that depends on the names.
    const addresses = /^1 (\S+)$/m.exec(said)?.[1]?.split(",") ?? [];
    expect(addresses.sort()).toEqual(servers.map(({ zookeeperAddress }) => zookeeperAddress).sort());
  });
});

describe("a cluster whose members ZooKeeper's clients may change", () => {
  it.skipIf(!hasZkCli)(
    `zkCli.sh: reconfig, at any server, is told to who watches the configuration${reason(hasZkCli, "zookeeper and a Java runtime")}`,
    async () => {
      const changing = await LocalCluster.start(3, ["--zookeeper-words", "*", "--zookeeper-reconfig"], undefined, true);
      try {
        const fourth = await changing.join();
        const leader = await changing.leader();
        const follower = present(
          changing.servers.find(({ id, joins }) => id !== leader && !joins),
          "a follower",
        );
        const gone = present(
          changing.servers.find(({ id, joins }) => id !== leader && id !== follower.id && !joins),
          "another",
        );
        const said = await runZkCli(follower.zookeeperAddress, [
          "config -w",
          "reconfig -remove 7",
          "reconfig -add junk",
          "reconfig -v 77 -remove 1",
          "reconfig -add server.9=127.0.0.1:1:2;3",
          `reconfig -remove ${gone.id} -add ${memberLine(fourth)}`,
          "config",
          "set /zookeeper/config x",
          "quit",
        ]);
        const lines = said.split("\n");
        for (const line of [
          "Arguments are not valid : ",
          "version No is not valid : ",
          "No quorum of new config is connected and up-to-date with the leader of last committed config - try invoking reconfiguration after new servers are connected and synced",
          "Committed new configuration:",
          memberLine(fourth),
          "WatchedEvent state:SyncConnected type:NodeDataChanged path:/zookeeper/config",
        ])
          expect(lines).toContain(line);
        expect(lines.filter((line) => line === "Committed new configuration:")).toHaveLength(2);
        expect(said.slice(said.lastIndexOf("Committed new"))).not.toContain(memberLine(gone));
        const status = await changing.status(leader);
        expect(status?.members.map(({ id }) => id)).not.toContain(gone.id);
      } finally {
        await changing.destroy();
      }
    },
  );
});

function memberLine({ id, peerAddress, endpoint, zookeeperAddress }: LocalServer): string {
  return `server.${id}=${peerAddress}:${endpoint.split(":").at(-1)}:participant;${zookeeperAddress}`;
}

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
