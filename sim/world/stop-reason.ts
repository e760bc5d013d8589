/** Whether a server that stopped by itself had a reason for it. */
import { TerrariumError } from "../../src/base/errors.ts";
import { InvariantBroken } from "./observer.ts";
import type { ServerView } from "./view.ts";

/**
 * Why `server` stopped with `error`: only a failed write lets it start again. Breaks the promise of recovery if its disk
 * gives no reason for what it says.
 */
export function stopReason({ id, disk, wiped, emptied }: ServerView, error: Error): "diskFailed" | "wiped" | "corrupt" {
  const code = error instanceof TerrariumError ? error.code : undefined;
  const damaged = disk.damaged || disk.damageRead;
  if (code === "CORRUPT" && !damaged)
    throw new InvariantBroken("recovery", `n${id} found damage on an undamaged disk: ${error.message}`);
  if (code === "DISK_FAILED") return "diskFailed";
  if (code === "WIPED" && (wiped || emptied)) return "wiped";
  if (code !== "CORRUPT")
    throw new InvariantBroken(
      "recovery",
      damaged
        ? `n${id} has a damaged disk and does not say so, but: ${error.message}`
        : `n${id} stopped for no reason that its disk gives: ${error.message}`,
    );
  return "corrupt";
}
