/**
 * Quotas, in ZooKeeper's places and words: that of a znode and all below it is kept in two znodes at
 * `/zookeeper/quota<path>`, of which one says what is allowed and the other what is there. Counts take in the znode itself.
 */

const root = "/zookeeper/quota";
const limitsName = "/zookeeper_limits";
const statsName = "/zookeeper_stats";

/** What is allowed. Left out: as much as they like. */
export interface QuotaLimits {
  /** Znodes, and bytes of their data, beyond which the servers warn; not looked at where there is a hard limit of the kind. */
  readonly count?: number;
  readonly bytes?: number;
  /** The same, beyond which creates and new data are refused. */
  readonly hardCount?: number;
  readonly hardBytes?: number;
}

/** What is there. */
export interface QuotaCounts {
  /** Znodes, the one at the path included. */
  readonly count: number;
  /** Of their data. */
  readonly bytes: number;
}

/** Whether a znode may have a quota: the root has none, nor what is below /zookeeper. */
export function mayHaveQuota(path: string): boolean {
  return path !== "/" && path !== "/zookeeper" && !path.startsWith("/zookeeper/");
}

/** Where the limits of a quota are. */
export function limitsPath(path: string): string {
  return root + path + limitsName;
}

/** Where its counts are. */
export function statsPath(path: string): string {
  return root + path + statsName;
}

/** Which part of which znode's quota is kept at `at`; undefined: none. */
export function quotaPart(at: string): { readonly path: string; readonly part: "limits" | "stats" } | undefined {
  if (!at.startsWith(`${root}/`)) return undefined;
  const part = at.endsWith(limitsName) ? "limits" : at.endsWith(statsName) ? "stats" : undefined;
  if (part === undefined) return undefined;
  const path = at.slice(root.length, -(part === "limits" ? limitsName : statsName).length);
  return path !== "" && mayHaveQuota(path) ? { path, part } : undefined;
}

/** Longer data say nothing. */
const textMax = 1_000;

/** `count=3,bytes=-1=;byteHardLimit=-1;countHardLimit=-1`, in whatever order; what is no number is passed over. */
function numbersIn(text: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const pair of text.slice(0, textMax).split(/[,;]+/)) {
    const [name = "", value = ""] = pair.split("=");
    if (/^-?\d{1,15}$/.test(value)) numbers.set(name, Number(value));
  }
  return numbers;
}

/** Reads limits; what is missing, negative or no number is no limit. */
export function parseLimits(text: string): QuotaLimits {
  const numbers = numbersIn(text);
  const limit = <N extends keyof QuotaLimits>(name: N, word: string): { readonly [M in N]?: number } => {
    const value = numbers.get(word) ?? -1;
    return value < 0 ? {} : ({ [name]: value } as { readonly [M in N]: number });
  };
  return {
    ...limit("count", "count"),
    ...limit("bytes", "bytes"),
    ...limit("hardCount", "countHardLimit"),
    ...limit("hardBytes", "byteHardLimit"),
  };
}

/** Writes limits as zkCli does. */
export function formatLimits({ count = -1, bytes = -1, hardCount = -1, hardBytes = -1 }: QuotaLimits): string {
  return `count=${count},bytes=${bytes}=;byteHardLimit=${hardBytes};countHardLimit=${hardCount}`;
}

/** Reads counts; what is no number is 0. */
export function parseCounts(text: string): QuotaCounts {
  const numbers = numbersIn(text);
  return { count: numbers.get("count") ?? 0, bytes: numbers.get("bytes") ?? 0 };
}

/** Writes counts as ZooKeeper does. */
export function formatCounts({ count, bytes }: QuotaCounts): string {
  return `count=${count},bytes=${bytes}`;
}

/** Soft limits, of which one with a hard limit of its kind counts for nothing. */
export function softLimits({ count, bytes, hardCount, hardBytes }: QuotaLimits): Pick<QuotaLimits, "count" | "bytes"> {
  return {
    ...(count === undefined || hardCount !== undefined ? {} : { count }),
    ...(bytes === undefined || hardBytes !== undefined ? {} : { bytes }),
  };
}

/** Whether a quota's soft limits are passed. */
export function isOverSoftLimit({ limits, count, bytes }: QuotaCounts & { readonly limits: QuotaLimits }): boolean {
  const soft = softLimits(limits);
  return count > (soft.count ?? Number.POSITIVE_INFINITY) || bytes > (soft.bytes ?? Number.POSITIVE_INFINITY);
}
