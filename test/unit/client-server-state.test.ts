import { describe, expect, it } from "vitest";
import { checkOneCluster, type ServerStatus, serverCondition, unservedError } from "../../src/client/index.ts";

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
    const error = unservedError(servers);
    expect(error.code).toBe("NO_QUORUM");
    expect(error.message).toContain(words);
    expect(error.hint).not.toBe("");
  });

  it("does not ask to start servers where a majority runs", () => {
    expect(unservedError(asked(status(1), status(2))).hint).toContain("try again soon");
    expect(unservedError(asked(status(1))).hint).toContain("start servers");
  });

  it("counts a server once, however many endpoints lead to it", () => {
    const { message, hint } = unservedError(asked(status(1), status(1)));
    expect(message).toMatch(/; server 1 answers \(1 of 3 voters\)$/);
    expect(hint).toContain("start servers");
  });

  it.each([
    ["c:2", "server 1 follows server 2, which does not answer at c:2"],
    ["x:2", "server 1 follows server 2, which is none of those that answer (its address is c:2); no answer from x:2"],
  ])("claims no lost quorum where a leader serves that does not answer here: %s", (endpoint, words) => {
    const follower = { endpoint: "e:1", status: status(1, { ready: true, leader: 2 }) };
    const error = unservedError([follower, { endpoint, status: undefined }]);
    expect(error).toMatchObject({ code: "NO_SERVER", message: words, hint: expect.stringContaining("from here") });
    // What a server of an older term says of its leader is no longer true.
    expect(unservedError([follower, ...asked(status(3, { term: 4 }))]).code).toBe("NO_QUORUM");
    // A leader that was met, and did nothing, is not away.
    expect(unservedError([follower, ...asked(status(2))]).code).toBe("NO_QUORUM");
  });

  it("refuses servers of two clusters as one", () => {
    checkOneCluster(asked(status(1), status(2), undefined));
    expect(() => checkOneCluster(asked(status(1), status(1, { clusterId: "d" }), status(2)))).toThrow(
      "the endpoints belong to different clusters: e:1, e:3 of c; e:2 of d",
    );
  });
});
