import { describe, expect, it } from "vitest";
import { membershipComplaint } from "../../scripts/cluster/advice.js";

describe("the advice of cluster.sh while the membership changes already", () => {
  const complaint = (newcomers: readonly number[]) =>
    membershipComplaint({ size: 3, newcomers }, "remove", 1, { code: "CHANGE_IN_PROGRESS", message: "busy" }, 1);

  it("names no server of the cluster as one to be taken out", () => {
    expect(complaint([]).hint).toBe("./cluster.sh status shows it: wait for it");
  });

  it("names the server that is to join", () => {
    expect(complaint([4]).hint).toMatch(/, or take the newcomer out that cannot catch up: \.\/cluster\.sh remove 4$/);
  });
});
