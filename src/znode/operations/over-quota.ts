/** Hard limits of quotas: what would go beyond one is refused. Soft limits are none of a decision's business. */
import { type Refusal, refusal } from "../failures.ts";
import type { View } from "./decision.ts";

/**
 * Why a change at `path` is refused that adds `count` znodes, and `bytes` of data, which may be negative; undefined: it is
 * not. What frees room, or takes none, is never refused, however much is there already.
 */
export function overQuota(view: View, path: string, count: 0 | 1, bytes: number): Refusal | undefined {
  for (const quota of view.quotas(path)) {
    const { hardCount, hardBytes } = quota.limits;
    if (count > 0 && hardCount !== undefined && quota.count + count > hardCount)
      return refusal("QUOTA_EXCEEDED", `${quota.path} may have ${hardCount} znodes, and has ${quota.count}`);
    if (bytes > 0 && hardBytes !== undefined && quota.bytes + bytes > hardBytes)
      return refusal(
        "QUOTA_EXCEEDED",
        `${quota.path} may have ${hardBytes} bytes of data, and has ${quota.bytes}: ${bytes} more are too many`,
      );
  }
  return undefined;
}
