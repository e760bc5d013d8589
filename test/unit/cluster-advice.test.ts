import { describe, expect, it } from "vitest";
import { membershipComplaint } from "../../scripts/cluster/advice.js";

describe("the advice of cluster.sh while the membership changes already", () => {
  const complaint = (ids: readonly number[], lastId: number) =>
    membershipComplaint({ size: 3, ids, lastId }, "remove", 1, { code: "CHANGE_IN_PROGRESS", message: "busy" }, 1);

  it("names no server of the cluster as one to be taken out", () => {
    const { hint } = complaint([1, 2, 3], 3);
    expect(hint).toBe("npx kvctl member list shows it: wait for it, or take out a newcomer that cannot catch up");
  });

  it("names the server that was to join", () => {
    expect(complaint([1, 2, 3], 4).hint).toMatch(/, such as with\nnpx kvctl member remove 4$/);
  });
});
