/** The driver for a target. */
import type { Driver, Keys, Target } from "./driver.ts";
import { openTerrarium } from "./terrarium.ts";

/** Opens `sessions` sessions with what is to be loaded. */
export function openTarget(target: Target, sessions: number, keys: Keys): Promise<Driver> {
  return openTerrarium(target.client, target.endpoints, sessions, keys);
}
