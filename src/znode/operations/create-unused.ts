/** createContainer and createTtl: creates of znodes that go when nobody uses them. */
import { ttlProblem } from "../../base/znode-kinds.ts";
import { refusal } from "../failures.ts";
import { decideCreate } from "./create.ts";
import type { Decide } from "./decision.ts";

const persistent = { op: "create", ephemeral: false } as const;

/** Check order: that of create. */
export const decideCreateContainer: Decide<"createContainer"> = (view, { path, data }) => {
  const decision = decideCreate(view, { ...persistent, path, data, sequential: false });
  return decision.failure === undefined ? { ...decision, container: true } : decision;
};

/** Check order: time to live → that of create. */
export const decideCreateTtl: Decide<"createTtl"> = (view, { path, data, sequential, ttlMs }) => {
  const problem = ttlProblem(ttlMs);
  if (problem !== undefined) return refusal("BAD_ARGUMENTS", `the create of ${path} is refused: ${problem}`);
  const decision = decideCreate(view, { ...persistent, path, data, sequential });
  return decision.failure === undefined ? { ...decision, ttlMs } : decision;
};
