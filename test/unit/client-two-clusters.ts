/** Two clusters of one server each, as for a client that was given endpoints of both. */
import { afterEach, beforeEach } from "vitest";
import { FakeServers } from "./client-fake-server.ts";

/** New ones for each test of the suite. The server of the first has this status, that of the other is of cluster "d". */
export function twoClusters(status: object): { readonly servers: FakeServers; readonly others: FakeServers } {
  const clusters = { servers: new FakeServers(), others: new FakeServers() };
  beforeEach(async () => {
    clusters.servers = new FakeServers();
    clusters.others = new FakeServers();
    await clusters.servers.add();
    await clusters.others.add();
    clusters.servers.status = JSON.stringify(status);
    clusters.others.status = JSON.stringify({ ...status, clusterId: "d" });
  });
  afterEach(() => {
    clusters.servers.stop();
    clusters.others.stop();
  });
  return clusters;
}
