/** What clients draw to set, change and take away quotas, near what is there, so that writes meet their limits. */
import type { Drawing, PartStep, WriteStep } from "./write-steps.ts";

/** A step that has to do with a quota. */
export function drawQuota({ draws, path, data, parent }: Drawing): WriteStep {
  const at = draws.chance(0.7) ? parent() : path;
  const limits = (letter: string): string => `${drawLimits(draws)},by=${data}${letter}`;
  const place = `/zookeeper/quota${at}`;
  const create = (where: string, stored: string): PartStep => ({
    kind: "create",
    path: where,
    data: stored,
    ephemeral: false,
    sequential: false,
  });
  const both = [create(`${place}/zookeeper_limits`, limits("b")), create(`${place}/zookeeper_stats`, `${data}c`)];
  switch (draws.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: "multi", parts: [create(place, `${data}a`), ...both] };
    case 4:
    case 5:
      return { kind: "multi", parts: both };
    case 6:
    case 7:
    case 8:
      return { kind: "setData", path: `${place}/zookeeper_limits`, data: limits("d"), version: -1 };
    case 9:
      return { kind: "setData", path: `${place}/zookeeper_stats`, data: `count=1,bytes=1,by=${data}e`, version: -1 };
    case 10:
      return { kind: "delete", path: `${place}/zookeeper_${draws.pick(["limits", "stats"])}`, version: -1 };
    default:
      // Limits that the same multi meets, before they count.
      return {
        kind: "multi",
        parts: [
          { kind: "setData", path: `${place}/zookeeper_limits`, data: limits("f"), version: -1 },
          create(path, `${data}g`),
          { kind: "setData", path, data: `${data}h`, version: -1 },
        ],
      };
  }
}

function drawLimits(draws: Drawing["draws"]): string {
  const count = draws.pick([-1, 1, 2, 4, 8]);
  const bytes = draws.pick([-1, 5, 20, 100, 1_000]);
  const [soft, hard] = draws.pick([
    [true, false],
    [false, true],
    [false, true],
    [true, true],
  ]);
  const countAnd = `count=${soft ? Math.ceil(count / 2) : -1},bytes=${soft ? Math.ceil(bytes / 2) : -1}=`;
  return `${countAnd};byteHardLimit=${hard ? bytes : -1};countHardLimit=${hard ? count : -1}`;
}
