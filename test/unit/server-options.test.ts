import { describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { parseMembers, parseServeOptions, type ServeFlags } from "../../src/server/options.ts";

const members = "2=h2:7202/h2:7102,1=h1:7201/h1:7101,3=[::1]:7203/[::1]:7103";
const flags: ServeFlags = { id: "1", members, dataDir: "data" };

function failure(given: ServeFlags): TerrariumError {
  try {
    parseServeOptions(given);
  } catch (error) {
    if (error instanceof TerrariumError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("terrarium serve", () => {
  it("takes what it needs from --members, and sensible defaults", () => {
    expect(parseServeOptions(flags)).toMatchObject({
      id: 1,
      dataDir: "data",
      clientAddress: "h1:7101",
      peerAddress: "h1:7201",
      httpAddress: undefined,
      electionTimeoutMs: 1000,
      heartbeatMs: 100,
      logLevel: "info",
    });
  });

  it("takes sizes of a disk as bytes or with a unit, and 0 for none", () => {
    expect(parseServeOptions(flags).disk).toEqual({ freeMinBytes: 64 * 2 ** 20, quotaBytes: 0 });
    const disk = parseServeOptions({ ...flags, diskFreeMin: "0", diskQuota: "20GiB" }).disk;
    expect(disk).toEqual({ freeMinBytes: 0, quotaBytes: 20 * 2 ** 30 });
    expect(parseServeOptions({ ...flags, diskQuota: "1000000" }).disk.quotaBytes).toBe(1_000_000);
    for (const diskQuota of ["", "-1", "1.5GiB", "20GB", "20 GiB", "9999999999TiB", "much"])
      expect(failure({ ...flags, diskQuota }).message).toBe(`--disk-quota: "${diskQuota}" is not a size`);
  });

  it("serves pages wherever it serves HTTP, under the names that it is told, unless it is told not to", () => {
    expect(parseServeOptions(flags)).toMatchObject({ dashboard: true, httpNames: [] });
    expect(parseServeOptions({ ...flags, dashboard: false }).dashboard).toBe(false);
    expect(parseServeOptions({ ...flags, httpName: "a.example, b-2" }).httpNames).toEqual(["a.example", "b-2"]);
    for (const name of ["", "a:80", "http://a", "a/b", "*", "-a", "a.", "a b", "a".repeat(300)])
      expect(failure({ ...flags, httpName: name }).message).toBe(`--http-name: "${name}" is not a host name`);
  });

  it("speaks ZooKeeper's protocol where it is told to, and answers the four-letter words that it is told", () => {
    expect(parseServeOptions(flags)).toMatchObject({ zookeeperAddress: undefined, zookeeperWords: ["srvr"] });
    const told = parseServeOptions({ ...flags, zookeeper: "127.0.0.1:2181", zookeeperWords: "ruok, mntr" });
    expect(told).toMatchObject({ zookeeperAddress: "127.0.0.1:2181", zookeeperWords: ["ruok", "mntr"] });
    expect(parseServeOptions({ ...flags, zookeeperWords: "*" }).zookeeperWords).toContain("envi");
    expect(failure({ ...flags, zookeeper: "2181" }).message).toBe('--zookeeper: "2181" is not an address');
    const { message } = failure({ ...flags, zookeeperWords: "ruok,kill" });
    expect(message).toBe('--zookeeper-words: "kill" is no word that is answered');
  });

  it("reads members in any order and sorts them", () => {
    expect(parseMembers(members).map((member) => member.id)).toEqual([1, 2, 3]);
    expect(parseMembers(members)[2]).toEqual({ id: 3, peerAddress: "[::1]:7203", clientAddress: "[::1]:7103" });
  });

  it("derives one cluster id from the members, whatever their order and whoever asks", () => {
    const other = { ...flags, id: "3", members: members.split(",").reverse().join(",") };
    expect(parseServeOptions(other).clusterId).toBe(parseServeOptions(flags).clusterId);
    const moved = { ...flags, members: members.replace("7202", "7299") };
    expect(parseServeOptions(moved).clusterId).not.toBe(parseServeOptions(flags).clusterId);
    expect(parseServeOptions({ ...flags, clusterId: "mine" }).clusterId).toBe("mine");
  });

  it("lets addresses and times be set", () => {
    const given = {
      ...flags,
      clientAddress: "0.0.0.0:1",
      httpAddress: "h:2",
      electionTimeout: "2s",
      heartbeat: "50ms",
    };
    expect(parseServeOptions(given)).toMatchObject({
      clientAddress: "0.0.0.0:1",
      httpAddress: "h:2",
      electionTimeoutMs: 2000,
      heartbeatMs: 50,
    });
  });

  it("takes ids beyond a byte", () => {
    const joins = { ...flags, members: undefined, join: "a:1", peerAddress: "a:2", clientAddress: "a:3" };
    const { members: _, ...joining } = joins;
    expect(parseServeOptions({ ...joining, id: "300" }).id).toBe(300);
    expect(parseServeOptions({ ...joining, id: "2147483647" }).id).toBe(2 ** 31 - 1);
  });

  it("refuses an id that is not in the membership", () => {
    expect(failure({ ...flags, id: "9" })).toMatchObject({ code: "NOT_A_MEMBER" });
  });

  it.each<[string, Partial<ServeFlags>, string]>([
    ["an id that is no number", { id: "one" }, "--id"],
    ["an id out of range", { id: "2147483648" }, "--id"],
    ["no id", { id: "" }, "--id is missing"],
    ["no data directory", { dataDir: "" }, "--data-dir is missing"],
    ["malformed members", { members: "1=h:1" }, '"1=h:1" is malformed'],
    ["a member twice", { members: "1=h:1/h:2,1=h:3/h:4" }, "1 appears twice"],
    ["an address twice", { members: "1=h:1/h:2,2=h:1/h:4" }, "h:1 appears twice"],
    ["a port too large", { members: "1=h:1/h:65536" }, '"h:65536" is not an address'],
    ["an address without port", { clientAddress: "h" }, "--client-address"],
    ["a strange cluster id", { clusterId: "a b" }, "--cluster-id"],
    ["a time that is none", { heartbeat: "soon" }, "--heartbeat"],
    ["a heartbeat of zero", { heartbeat: "0" }, "--heartbeat"],
    ["an election timeout below two heartbeats", { electionTimeout: "150" }, "--election-timeout"],
    ["an unknown log level", { logLevel: "loud" }, "--log-level"],
  ])("refuses %s", (_what, given, sentence) => {
    const error = failure({ ...flags, ...given });
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain(sentence);
    expect(error.hint).not.toBe("");
  });
});

describe("terrarium serve --join", () => {
  const joining: ServeFlags = {
    id: "6",
    join: "h1:7101,h2:7102",
    peerAddress: "h6:7206",
    clientAddress: "h6:7106",
    dataDir: "data",
  };

  it("needs no members, and takes the cluster's id unless told", () => {
    expect(parseServeOptions(joining)).toMatchObject({
      id: 6,
      members: [],
      join: ["h1:7101", "h2:7102"],
      clusterId: "",
      peerAddress: "h6:7206",
    });
    expect(parseServeOptions({ ...joining, clusterId: "mine" }).clusterId).toBe("mine");
  });

  it("needs its own addresses, and excludes --members", () => {
    const { peerAddress: _, ...incomplete } = joining;
    expect(failure(incomplete)).toMatchObject({ code: "USAGE", message: expect.stringContaining("--peer-address") });
    expect(failure({ ...joining, members })).toMatchObject({ code: "USAGE" });
    expect(failure({ ...joining, join: "h1" })).toMatchObject({ code: "USAGE" });
  });
});
