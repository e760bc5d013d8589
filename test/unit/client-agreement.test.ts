import { describe, expect, it } from "vitest";
import { checkAgreement } from "../../src/client/agreement.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { twoClusters } from "./client-two-clusters.ts";

const status = {
  clusterId: "c",
  instance: 7,
  id: 1,
  role: "leader",
  term: 1,
  leader: 1,
  members: [],
  ready: true,
};

describe("endpoints of one cluster", () => {
  const found = (endpoint: string, clusterId: string, instance?: number) => ({
    endpoint,
    status: instance === undefined ? { clusterId } : { clusterId, instance },
  });

  it("agree, whoever is silent or takes no part yet", () => {
    for (const list of [
      [],
      [found("a:1", "c", 7)],
      [found("a:1", "c", 7), found("b:1", "c", 7)],
      [found("a:1", "c", 0), found("b:1", "c"), found("d:1", "c", 7)],
    ])
      expect(() => checkAgreement(list)).not.toThrow();
  });

  it("disagree by name or by life, also past one that takes no part yet; both are named", () => {
    const code = "WRONG_CLUSTER";
    expect(() => checkAgreement([found("a:1", "c", 7), found("b:1", "d", 8)])).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/a:1 is of cluster c, b:1 of cluster d/) }),
    );
    expect(() => checkAgreement([found("a:1", "c"), found("b:1", "c", 7), found("d:1", "c", 8)])).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/b:1 is of life 7 .*, d:1 of life 8/) }),
    );
  });
});

describe("a session at endpoints of two clusters", () => {
  const clusters = twoClusters(status);

  it("is not opened, whichever answers first", async () => {
    for (const endpoints of [
      [...clusters.servers.endpoints, ...clusters.others.endpoints],
      [...clusters.others.endpoints, ...clusters.servers.endpoints],
    ])
      await expect(TerrariumClient.connect({ endpoints, discover: false })).rejects.toMatchObject({
        code: "WRONG_CLUSTER",
        message: expect.stringContaining(clusters.others.endpoints[0] ?? ""),
      });
  });

  it("is opened where they agree, or one of them is silent", async () => {
    clusters.others.status = clusters.servers.status;
    for (const dead of [clusters.others.endpoints, ["127.0.0.1:1"]]) {
      const client = await TerrariumClient.connect({
        endpoints: [...clusters.servers.endpoints, ...dead],
        discover: false,
      });
      expect(client.state).toBe("connected");
      await client.close();
    }
  });
});
