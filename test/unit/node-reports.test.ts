import { expect, it } from "vitest";
import { defaultNodeOptions } from "../../src/node/options.ts";
import { NodeCluster } from "../support/node-cluster.ts";

it("a follower reports to its leader when it begins to follow it, and then once a tick, however much else it does", () => {
  const cluster = new NodeCluster(3);
  /** By sender and receiver. */
  const reports = new Map<string, number>();
  cluster.loses = ({ from, to, message }) => {
    const link = `${from} to ${to}`;
    if (message.type === "WallClock") reports.set(link, (reports.get(link) ?? 0) + 1);
    return false;
  };
  const leader = cluster.leader();
  const followers = [1, 2, 3].filter((id) => id !== leader);
  for (const id of followers) expect(reports.get(`${id} to ${leader}`)).toBeGreaterThan(0);
  reports.clear();
  const follower = cluster.otherThan(leader);
  cluster.connect(follower, 7);
  const ticks = 10;
  for (let n = 1; n <= (ticks * defaultNodeOptions.sessionTickMs) / 10 - 5; n++) {
    const operation = { op: "setData", path: "/", data: Uint8Array.of(n % 256), version: -1 } as const;
    const body = { type: "write", operation } as const;
    cluster.say(follower, 7, { type: "request", xid: n, requestId: n, ackedRequestId: 0, body });
    cluster.run(10);
  }
  expect([...reports.keys()].sort()).toEqual(followers.map((id) => `${id} to ${leader}`).sort());
  for (const times of reports.values()) {
    expect(times).toBeGreaterThanOrEqual(ticks - 1);
    expect(times).toBeLessThanOrEqual(ticks);
  }
});
