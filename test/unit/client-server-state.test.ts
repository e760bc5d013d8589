import { describe, expect, it } from "vitest";
import { checkOneCluster, noQuorumError, type ServerStatus, serverCondition } from "../../src/client/index.ts";

const member = (id: number, voter = true) => ({ id, peerAddress: `p:${id}`, clientAddress: `c:${id}`, voter });

function status(id: number, more: Partial<ServerStatus> = {}): ServerStatus {
  return {
    clusterId: "c",
    id,
    role: "follower",
    term: 3,
    leader: null,
    commitIndex: 0,
    appliedIndex: 0,
    lastIndex: 0,
    durableIndex: 0,
    firstIndex: 1,
    checkpointIndex: 0,
    members: [1, 2, 3].map((each) => member(each)),
    sessions: 0,
    znodes: 4,
    watches: 0,
    connections: 0,
    ready: false,
    ...more,
  };
}

const asked = (...statuses: (ServerStatus | undefined)[]) =>
  statuses.map((one, i) => ({ endpoint: `e:${i + 1}`, status: one }));

const joining = status(4, { joining: true, members: [], reason: "joining: waiting" });
const forming = status(1, { reason: "forming the cluster: waiting for server 2, 3" });
const removed = status(9, { reason: "no quorum: this server knows no leader" });

describe("what a status means", () => {
  it("tells the ways of not serving apart", () => {
    expect(serverCondition(status(1, { ready: true }))).toBe("serving");
    expect(serverCondition(status(1))).toBe("noQuorum");
    expect(serverCondition(joining)).toBe("joining");
    expect(serverCondition(forming)).toBe("forming");
    expect(serverCondition(removed)).toBe("removed");
  });

  it.each([
    [asked(joining), "server 4 waits to be added to the cluster"],
    [
      asked(forming, undefined),
      "has not been formed yet: server 1: forming the cluster: waiting for server 2, 3; no answer from e:2",
    ],
    [asked(removed), "server 9 is no longer in the cluster"],
    [asked(status(2), undefined, undefined), "server 2 answers (1 of 3 voters); no answer from e:2, e:3"],
    [asked(joining, status(2)), "server 2 answers (1 of 3 voters)"],
  ])("says why nothing can be done: %#", (servers, words) => {
    const error = noQuorumError(servers);
    expect(error.code).toBe("NO_QUORUM");
    expect(error.message).toContain(words);
    expect(error.hint).not.toBe("");
  });

  it("does not ask to start servers where a majority runs", () => {
    expect(noQuorumError(asked(status(1), status(2))).hint).toContain("try again soon");
    expect(noQuorumError(asked(status(1))).hint).toContain("start servers");
  });

  it("refuses servers of two clusters as one", () => {
    checkOneCluster(asked(status(1), status(2), undefined));
    expect(() => checkOneCluster(asked(status(1), status(1, { clusterId: "d" }), status(2)))).toThrow(
      "the endpoints belong to different clusters: e:1, e:3 of c; e:2 of d",
    );
  });
});
