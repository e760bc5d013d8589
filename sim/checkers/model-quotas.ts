/**
 * Quotas as the model has them: nothing is counted along, all is counted from scratch whenever it is looked at, by the
 * words of docs/decisions/0028.
 */

/** What the model looks at. */
interface Present {
  now(path: string): { readonly data: Uint8Array } | undefined;
  paths(): string[];
}

/** The znode that a quota is set on, by the path of the one that keeps its counts. */
export function countedBy(path: string): string | undefined {
  const [, on] = /^\/zookeeper\/quota(\/.+)\/zookeeper_stats$/.exec(path) ?? [];
  return on === undefined || /^\/zookeeper(\/|$)/.test(on) ? undefined : on;
}

/** What the counts of the znode `on` say. */
export function countsOf(tree: Present, on: string): string {
  const { count, bytes } = counted(tree, on);
  return `count=${count},bytes=${bytes}`;
}

function counted(tree: Present, on: string): { readonly count: number; readonly bytes: number } {
  let count = 0;
  let bytes = 0;
  for (const path of tree.paths()) {
    if (path !== on && !path.startsWith(`${on}/`)) continue;
    count += 1;
    bytes += tree.now(path)?.data.length ?? 0;
  }
  return { count, bytes };
}

/** A hard limit that is in force. */
interface HardLimits {
  readonly on: string;
  readonly count: number;
  readonly bytes: number;
}

/** All that are in force now: `stats` are the paths of znodes that ever kept counts. */
export function hardLimitsOf(tree: Present, stats: Iterable<string>): readonly HardLimits[] {
  const found: HardLimits[] = [];
  for (const path of stats) {
    const on = countedBy(path);
    const limits = tree.now(path.replace(/stats$/, "limits"));
    if (on === undefined || limits === undefined || tree.now(path) === undefined) continue;
    const text = new TextDecoder().decode(limits.data);
    const hard = (name: string): number => {
      const value = Number(new RegExp(`(?:^|[,;])${name}=(\\d+)(?:=|[,;]|$)`).exec(text)?.[1] ?? -1);
      return value < 0 ? Number.POSITIVE_INFINITY : value;
    };
    found.push({ on, count: hard("countHardLimit"), bytes: hard("byteHardLimit") });
  }
  return found;
}

/** Whether something more at `path` goes beyond one of these. */
export function goesBeyond(
  tree: Present,
  limits: readonly HardLimits[],
  path: string,
  more: { readonly count: number; readonly bytes: number },
): boolean {
  return limits.some((limit) => {
    if (path !== limit.on && !path.startsWith(`${limit.on}/`)) return false;
    const { count, bytes } = counted(tree, limit.on);
    return (more.count > 0 && count + more.count > limit.count) || (more.bytes > 0 && bytes + more.bytes > limit.bytes);
  });
}
