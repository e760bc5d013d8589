/** What must hold in the replicated state at every moment, beyond what each part asserts of itself. */
import { assert, present } from "../base/assert.ts";
import { fromUtf8 } from "../base/bytes.ts";
import { formatCounts } from "../base/quotas.ts";
import { viewOf } from "./data-store.ts";
import type { SessionTable } from "./sessions.ts";
import { walkedCounts } from "./subtrees.ts";
import type { Tree } from "./tree.ts";

/** Asserts all invariants of the state. Visits everything. */
export function assertSound(tree: Tree, sessions: SessionTable): void {
  tree.assertSound();
  sessions.assertSound();
  assertOwnership(tree, sessions);
  assertQuotas(tree);
}

/** What quotas count along with each change is what is there. */
function assertQuotas(tree: Tree): void {
  for (const { path, count, bytes, stats } of tree.quotas.counted()) {
    const now = present(walkedCounts(tree, path), "what is counted without a bound");
    assert(now.count === count && now.bytes === bytes, `the quota of ${path} counts what is there`);
    assert(fromUtf8(viewOf(stats)) === formatCounts(now), `the counts of ${path} are shown as they are`);
  }
}

/** An ephemeral exists if and only if its owner lives and lists it. */
function assertOwnership(tree: Tree, sessions: SessionTable): void {
  let ephemerals = 0;
  for (const znode of tree.znodes()) {
    const { path, ephemeralOwner } = znode;
    if (ephemeralOwner === 0) continue;
    ephemerals++;
    const listed = sessions.get(ephemeralOwner)?.ephemerals?.has(znode);
    assert(listed === true, `session ${ephemeralOwner} lives and lists its ephemeral ${path}`);
  }
  let listed = 0;
  for (const session of sessions.all()) listed += session.ephemeralCount;
  assert(listed === ephemerals, "sessions list no znode that is not their ephemeral");
}
