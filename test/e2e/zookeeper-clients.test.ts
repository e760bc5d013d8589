import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { digestId } from "../../src/client/acl.ts";
import { LocalCluster, type LocalServer } from "../support/local-cluster.ts";
import { inFolder, lacking, ZooKeeperProgram } from "../support/zookeeper-programs.ts";

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await LocalCluster.start(5, ["--zookeeper-words", "*"], undefined, true);
});

afterAll(() => cluster.destroy());

const hosts = (): string => cluster.servers.map(({ zookeeperAddress }) => zookeeperAddress).join(",");
/** A title: what the program lacks is in it. */
const named = (title: string, lack: string | undefined): string =>
  lack === undefined ? title : `${title} (skipped: install ${lack})`;

/** Kills the leader and starts it again, time and again, until the program has ended; resolves to how often. */
async function storm(program: ZooKeeperProgram): Promise<number> {
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  let killed = 0;
  for (; !over; killed++) {
    const leader = await cluster.leader();
    await cluster.signal(leader, "SIGKILL");
    await sleep(300);
    cluster.startServer(leader);
    // On a loaded machine an election takes its time: between two of them there is always some to be served in.
    await cluster.leader();
    for (let waited = 0; !over && waited < 2_000; waited += 20) await sleep(20);
  }
  await cluster.leader();
  return killed;
}

/** Runs a program among leaders that are killed. */
async function survives(program: ZooKeeperProgram): Promise<void> {
  try {
    const killed = await storm(program);
    expect(program.said).toContain("all is well");
    expect(await program.ended).toBe(0);
    expect(killed).toBeGreaterThan(0);
  } finally {
    program.kill();
  }
}

describe("clients that were written for ZooKeeper", () => {
  it.skipIf(lacking.kazoo)(
    named("kazoo's recipes, while its server and the leader are killed", lacking.kazoo),
    async () => {
      const program = ZooKeeperProgram.kazoo(hosts());
      const [, attached] = await program.hears(/^attached (\S+)$/m);
      const server = cluster.servers.find(({ zookeeperAddress }) => zookeeperAddress === attached);
      const victims = new Set([present(server, `the server at ${attached}`).id, await cluster.leader()]);
      try {
        await Promise.all([...victims].map((id) => cluster.signal(id, "SIGKILL")));
        program.say("");
        await program.hears(/^stop me$/m);
        // Longer than that client's session lasts, and not so long as the others'.
        await program.standsStill(4_000);
        program.say("");
        const code = await program.ended;
        expect(program.said).toContain("all is well");
        expect(code).toBe(0);
      } finally {
        program.kill();
        for (const id of victims) if (cluster.server(id).process === undefined) cluster.startServer(id);
        await cluster.leader();
      }
    },
  );

  it.skipIf(lacking.curator)(named("Curator's recipes, while leaders are killed", lacking.curator), () =>
    inFolder((folder) => survives(ZooKeeperProgram.curator(hosts(), folder))),
  );

  it.skipIf(lacking.go)(named("Go's client, while leaders are killed", lacking.go), () =>
    inFolder((folder) => survives(ZooKeeperProgram.go(hosts(), folder))),
  );

  it.skipIf(lacking.cClient)(named("the C client's cli_mt, whose server is killed", lacking.cClient), async () => {
    const victim = await cluster.leader();
    const other = present(
      cluster.servers.find(({ id }) => id !== victim),
      "another server",
    );
    const program = ZooKeeperProgram.cClient(
      cluster.server(victim).zookeeperAddress.concat(",", other.zookeeperAddress),
    );
    try {
      await program.hears(/state = CONNECTED_STATE/);
      program.say("create /c", "set /c one", "get /c");
      await program.hears(/\/c: rc = 0\n(?:.*\n)*?.*one/);
      program.say("create +e /c/e", "create +s /c/s-", "create +c /c/box", "create +t=60000 /c/ttl", "ls2 /c");
      // Only the list says a name alone on a line.
      for (const name of ["box", "e", "s-0000000001", "ttl"]) await program.hears(new RegExp(`^\\s+${name}$`, "m"));
      program.say("wexists /c", "set /c two");
      await program.hears(/CHANGED_EVENT state = CONNECTED_STATE for path \/c/);
      await cluster.signal(victim, "SIGKILL");
      program.say("sync /c", "exists /c/e", "delete /c/e", "exists /c/e");
      const before = program.said.length;
      for (let answered = false; !answered; ) {
        program.say("sync /c", "get /c");
        await sleep(200);
        answered = /\/c: rc = 0[\s\S]*two/.test(program.said.slice(before));
      }
      expect(program.said.match(/Got a new session id/g) ?? []).toHaveLength(1);
      expect(program.said).not.toContain("EXPIRED");
      program.say("quit");
      await program.ended;
    } finally {
      program.kill();
      if (cluster.server(victim).process === undefined) cluster.startServer(victim);
      await cluster.leader();
    }
  });

  it.skipIf(lacking.zkCli)(named("zkCli.sh, every command", lacking.zkCli), async () => {
    const address = cluster.server(2).zookeeperAddress;
    const program = ZooKeeperProgram.zkCli(address, zkCliLines(cluster.server(1).zookeeperAddress));
    expect(await program.ended).toBe(0);
    const said = program.said.split("\n");
    for (const line of zkCliAnswers) expect(said).toContain(line);
    expect(program.said).toMatch(/^\[container, e-0000000003, s-0000000000, ttl\]$/m);
    for (const server of cluster.servers) expect(said).toContain(memberLine(server));
    // In an order that depends on the names.
    const addresses = /^1 (\S+)$/m.exec(program.said)?.[1]?.split(",") ?? [];
    expect(addresses.sort()).toEqual(cluster.servers.map(({ zookeeperAddress }) => zookeeperAddress).sort());
  });
});

describe("access control", () => {
  it.skipIf(lacking.kazoo)(named("kazoo, who shows who it is, while its server is killed", lacking.kazoo), async () => {
    const program = ZooKeeperProgram.kazooAccess(hosts());
    const [, attached] = await program.hears(/^attached (\S+)$/m);
    const server = cluster.servers.find(({ zookeeperAddress }) => zookeeperAddress === attached);
    const { id } = present(server, `the server at ${attached}`);
    try {
      await cluster.signal(id, "SIGKILL");
      program.say("");
      const code = await program.ended;
      expect(program.said).toContain("all is well");
      expect(code).toBe(0);
    } finally {
      program.kill();
      cluster.startServer(id);
      await cluster.leader();
    }
  });

  it.skipIf(lacking.zkCli)(named("zkCli.sh", lacking.zkCli), async () => {
    const bob = digestId("bob:secret");
    const program = ZooKeeperProgram.zkCli(cluster.server(1).zookeeperAddress, [
      ...[
        `create /guarded secret digest:${bob}:cdrwa`,
        "get /guarded",
        "create /guarded/x y",
        "create /odd x nobody:x:r",
      ],
      ...["addauth digest bob:secret", "get /guarded", "getAcl -s /guarded", "setAcl /guarded auth::r,world:anyone:r"],
      ...["getAcl /guarded", "set /guarded more", "setAcl -v 7 /guarded world:anyone:r", "delete /guarded", "quit"],
    ]);
    await program.ended;
    const said = program.said.split("\n");
    for (const line of [
      ...["Created /guarded", "Insufficient permission : /guarded", "Insufficient permission : /guarded/x", "secret"],
      ...[`'digest,'${bob}`, ": cdrwa", "aclVersion = 0", "'digest,'bob:x", ": r"],
    ])
      expect(said).toContain(line);
    expect(program.said).toMatch(/acl is not valid/i);
  });
});

describe("quotas, by zkCli.sh", () => {
  it.skipIf(lacking.zkCli)(named("are set, met, listed and taken away", lacking.zkCli), async () => {
    const program = ZooKeeperProgram.zkCli(cluster.server(1).zookeeperAddress, [
      ...["create /quota", "create /quota/a 12345", "setquota -n 3 /quota", "listquota /quota", "setquota -B 9 /quota"],
      ...["listquota /quota", "set /quota/a 1234567890", "set /quota/a 123456789", "set /quota/a 1", "create /quota/b"],
      ...["create /quota/c", "listquota /quota", "setquota -n 3 /quota/a", "setquota -N 4 /quota", "create /quota/d"],
      ...["get /zookeeper/quota/quota/zookeeper_stats", "delquota -N /quota", "create /quota/d", "delquota /quota"],
      ...["listquota /quota", "ls /zookeeper/quota", "setquota -n 0 /quota", "quit"],
    ]);
    await program.ended;
    const lines = program.said.split("\n");
    for (const line of [
      ...["absolute path is /zookeeper/quota/quota/zookeeper_limits", "Output stat for /quota count=2,bytes=5"],
      "Output quota for /quota count=3,bytes=-1=;byteHardLimit=-1;countHardLimit=-1",
      "Output quota for /quota count=3,bytes=-1=;byteHardLimit=9;countHardLimit=-1",
      ...["Quota has exceeded : /quota/a", "Created /quota/c", "Output stat for /quota count=4,bytes=1"],
      ...["/quota/a has a parent /quota which has a quota", "Quota has exceeded : /quota/d", "count=4,bytes=1"],
      ...["Created /quota/d", "quota for /quota does not exist.", "[]", "the num quota must be greater than zero"],
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line === "Quota has exceeded : /quota/a")).toHaveLength(1);
    await expect
      .poll(() => cluster.servers.some(({ output }) => output.includes("the quota of /quota is passed")))
      .toBe(true);
  });
});

describe("a cluster whose members ZooKeeper's clients may change", () => {
  it.skipIf(lacking.zkCli)(
    named("zkCli.sh: reconfig, at any server, is told to who watches the configuration", lacking.zkCli),
    async () => {
      const changing = await LocalCluster.start(
        3,
        ["--zookeeper-words", "*", "--zookeeper-reconfig", "--super-digest", "super:lK75jTNcA+U9vtVEw5vB51mj/w4="],
        undefined,
        true,
      );
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
        const program = ZooKeeperProgram.zkCli(follower.zookeeperAddress, [
          "config -w",
          "reconfig -remove 1",
          "addauth digest super:secret",
          "reconfig -remove 7",
          "reconfig -add junk",
          "reconfig -v 77 -remove 1",
          "reconfig -add server.9=127.0.0.1:1:2;3",
          `reconfig -remove ${gone.id} -add ${memberLine(fourth)}`,
          "config",
          "set /zookeeper/config x",
          "quit",
        ]);
        await program.ended;
        const { said } = program;
        const lines = said.split("\n");
        for (const line of [
          "Insufficient permission : ",
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

/** All commands that it knows but for access control and quotas, which have tests of their own. */
const zkCliLines = (elsewhere: string): readonly string[] => [
  ...["help", "version", 'create /cli "hello"', "create -s /cli/s- x", "create -c /cli/container"],
  ...["create -t 600000 /cli/ttl", "create -e -s /cli/e- x", "get -s /cli", "stat /cli", "ls /cli", "ls -s /cli"],
  ...["ls -R /cli", "set /cli two", "set -v 0 /cli three", "set -s /cli three", "getAcl /cli", "getAcl -s /cli"],
  ...["sync /", "printwatches on", "addWatch -m PERSISTENT_RECURSIVE /cli", "create /cli/watched y", "stat -w /cli"],
  ...["set /cli four", "removewatches /cli", "ls -w /cli", "delete /cli/watched", "get -w /cli", "set /cli five"],
  ...["delete -v 3 /cli", "delete /cli", "getEphemerals /cli", "getAllChildrenNumber /cli", "deleteall /cli"],
  ...[
    "get /cli",
    "create /cli/missing/parent",
    "addauth digest bob:secret",
    "whoami",
    "config",
    "config -c",
    "config -s",
  ],
  ...["reconfig -remove 3", "history", "redo 2", "close", "ls /", `connect ${elsewhere}`, "ls /zookeeper", "quit"],
];

const zkCliAnswers: readonly string[] = [
  ...["Created /cli", "Created /cli/s-0000000000", "Created /cli/e-0000000003", "hello", "dataLength = 5"],
  ...["numChildren = 4", "/cli/e-0000000003", "version No is not valid : /cli", "dataVersion = 2"],
  ...["'world,'anyone", ": cdrwa", "Sync is OK", "Created /cli/watched", "four"],
  "WatchedEvent state:SyncConnected type:NodeCreated path:/cli/watched",
  "WatchedEvent state:SyncConnected type:NodeDataChanged path:/cli",
  "WatchedEvent state:SyncConnected type:PersistentWatchRemoved path:/cli",
  "WatchedEvent state:SyncConnected type:NodeChildrenChanged path:/cli",
  ...["Node not empty: /cli", "[/cli/e-0000000003]", "4", "Node does not exist: /cli"],
  ...["Node does not exist: /cli/missing/parent", "ip: 127.0.0.1", "digest: bob", "version=1"],
  ...["mZxid = 0x1", "dataVersion = -1", "KeeperErrorCode = Reconfig is disabled", "Not connected", "[config, quota]"],
];
