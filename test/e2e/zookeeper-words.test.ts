import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { requests } from "../../src/zookeeper/records.ts";
import { create, portOf, statOf, ZooKeeperGuests } from "./zookeeper-guests.ts";

const guests = new ZooKeeperGuests();

describe("four-letter words", () => {
  /** What a server answers to a word. */
  async function said(word: string, server = 1): Promise<string> {
    const client = connect({ host: "127.0.0.1", port: portOf(guests.cluster.server(server).zookeeperAddress) });
    client.write(word);
    let answer = "";
    for await (const chunk of client) answer += String(chunk);
    return answer;
  }

  it("are answered in the shapes that parsers want", async () => {
    const { client } = await guests.join();
    await create(client, "/counted");
    await create(client, "/counted/e", 1);
    expect(await said("ruok")).toBe("imok");
    expect(await said("isro")).toBe("rw");
    // As go-zookeeper reads it.
    const srvr =
      /^Zookeeper version: (\d+\.\d+\.\d+)[^\n]*, built on \d\d\/\d\d\/\d{4} \d\d:\d\d \w+\nLatency min\/avg\/max: \d+\/[\d.]+\/\d+\nReceived: (\d+)\nSent: (\d+)\nConnections: (\d+)\nOutstanding: \d+\nZxid: 0x[0-9a-f]+\nMode: (\w+)\nNode count: (\d+)\n$/;
    const [, version, received, sent, connections, , nodes] = present(
      srvr.exec(await said("srvr")) ?? undefined,
      "lines",
    );
    expect(version).toBe("3.8.0");
    for (const count of [received, sent, connections, nodes]) expect(Number(count)).toBeGreaterThan(0);
    const modes = await Promise.all(
      [1, 2, 3].map(async (server) => /^Mode: (\w+)$/m.exec(await said("stat", server))?.[1]),
    );
    expect(modes.sort()).toEqual(["follower", "follower", "leader"]);
    const mntr = (await said("mntr", await guests.cluster.leader()))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(mntr.every((pair) => pair.length === 2 && /^zk_\w+$/.test(pair[0] ?? ""))).toBe(true);
    const figures = Object.fromEntries(mntr) as Record<string, string>;
    expect(figures).toMatchObject({
      zk_server_state: "leader",
      zk_followers: "2",
      zk_learners: "2",
      zk_quorum_size: "3",
    });
    // What exporters and alerts look for beyond that.
    for (const key of ["ephemerals_count", "open_file_descriptor_count", "max_file_descriptor_count", "uptime"])
      expect(Number(figures[`zk_${key}`]), key).toBeGreaterThan(0);
    expect(figures["zk_approximate_data_size"]).toMatch(/^\d+$/);
    expect(await said("envi")).toMatch(/^Environment:\nzookeeper\.version=3\.8\.0/);
    expect(await said("conf")).toContain(`clientPort=${portOf(guests.cluster.server(1).zookeeperAddress)}\n`);
    expect(await said("conf")).toMatch(/^minSessionTimeout=2000\nmaxSessionTimeout=60000$/m);
    expect(await said("srst")).toBe("Server stats reset.\n");
    expect(/^Received: 0$/m.test(await said("srvr"))).toBe(true);
  });

  it("list connections, what is watched, what is owned and what it takes on the disk", async () => {
    const leader = await guests.cluster.leader();
    const { client, session } = await guests.join(leader);
    const id = `0x${session.sessionId.toString(16)}`;
    await create(client, "/listed", 1);
    await statOf(client, "/listed", true);
    await client.ask(opcode.getChildren, requests.read, { path: "/", watch: true });
    const line = (await said("cons", leader)).split("\n").find((one) => one.includes(`sid=${id},`));
    expect(line).toMatch(
      /^ \/127\.0\.0\.1:\d+\[1\]\(queued=0,recved=4,sent=4,sid=0x[0-9a-f]+,lop=GETC,est=\d+,to=60000,lcxid=0x3,lzxid=0x[0-9a-f]+,lresp=\d+,llat=\d+,minlat=\d+,avglat=[\d.]+,maxlat=\d+\)$/,
    );
    expect(await said("stat", leader)).toMatch(/built on [^\n]+\nClients:\n( \/[^\n]+\n)+\nLatency min/);
    expect(await said("crst", leader)).toBe("Connection stats reset.\n");
    expect(await said("cons", leader)).toMatch(new RegExp(`recved=0,sent=0,sid=${id},`));
    expect(await said("wchc", leader)).toContain(`${id}\n\t/listed\n\t/\n`);
    expect(await said("wchp", leader)).toMatch(new RegExp(`^/listed\n\t${id}$`, "m"));
    const dump = await said("dump", leader);
    expect(dump).toMatch(/^SessionTracker dump:\nSession Sets \(\d+\)\/\(\d+\):\n\d+ expire at [^\n]+:\n\t0x/);
    expect(dump).toMatch(/^Sessions with Ephemerals \([1-9]\d*\):$/m);
    expect(dump).toContain(`\n${id}:\n\t/listed\n`);
    expect(/^datadir_size: (\d+)\nlogdir_size: \d+\n$/.exec(await said("dirs"))?.[1]).not.toBe("0");
  });

  it("that are not allowed are refused in ZooKeeper's words", async () => {
    for (const word of ["wchs", "hash", "gtmk"])
      expect(await said(word)).toBe(`${word} is not executed because it is not in the whitelist.\n`);
  });
});
