/** createContainer and createTtl: creates of znodes that go when nobody uses them. */
import type { Acl } from "../../base/acl.ts";
import type { CreateContainerOperation, CreateTtlOperation } from "../../base/operations.ts";
import { ttlProblem } from "../../base/znode-kinds.ts";
import { type Refusal, refusal } from "../failures.ts";
import { decideCreate } from "./create.ts";
import type { InsertEdit, View } from "./decision.ts";

const persistent = { op: "create", ephemeral: false } as const;

/** Check order: that of create. */
export function decideCreateContainer(
  view: View,
  { path, data }: CreateContainerOperation,
  acl?: Acl,
): Refusal | InsertEdit {
  const decision = decideCreate(view, { ...persistent, path, data, sequential: false }, acl);
  return decision.failure === undefined ? { ...decision, container: true } : decision;
}

/** Check order: time to live → that of create. */
export function decideCreateTtl(
  view: View,
  { path, data, sequential, ttlMs }: CreateTtlOperation,
  acl?: Acl,
): Refusal | InsertEdit {
  const problem = ttlProblem(ttlMs);
  if (problem !== undefined) return refusal("BAD_ARGUMENTS", `the create of ${path} is refused: ${problem}`);
  const decision = decideCreate(view, { ...persistent, path, data, sequential }, acl);
  return decision.failure === undefined ? { ...decision, ttlMs } : decision;
}
