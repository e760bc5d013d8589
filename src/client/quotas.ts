/** Quotas by the znodes that keep them, in ZooKeeper's places: see docs/decisions/0028. */
import { fromUtf8 } from "../base/bytes.ts";
import { isErrorCode, TerrariumError } from "../base/errors.ts";
import {
  formatCounts,
  formatLimits,
  limitsPath,
  mayHaveQuota,
  parseCounts,
  parseLimits,
  type QuotaLimits,
  quotaPart,
  statsPath,
} from "../base/quotas.ts";
import { badArgument, checkPath } from "./checks.ts";
import type { TerrariumClient } from "./client.ts";
import type { RequestOptions } from "./options.ts";

/** A quota, and what is there. */
export interface Quota {
  /** The znode that it is set on: it counts itself and all below it. */
  readonly path: string;
  readonly limits: QuotaLimits;
  /** Znodes. */
  readonly count: number;
  /** Of their data. */
  readonly bytes: number;
}

/** What is used of a client. */
export type QuotaClient = Pick<
  TerrariumClient,
  "get" | "exists" | "create" | "set" | "delete" | "childPages" | "transaction"
>;

const root = "/zookeeper/quota";

function checkedPath(path: string): string {
  const checked = checkPath(path);
  if (mayHaveQuota(checked)) return checked;
  throw badArgument("path", path, "a znode that may have a quota: not the root, nor /zookeeper and what is below it");
}

function checkedLimits(limits: QuotaLimits): QuotaLimits {
  for (const [name, value] of Object.entries(limits) as [string, unknown][])
    if (value !== undefined && (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0))
      throw badArgument(name, value, "a whole number, 0 at least");
  return limits;
}

function isRefusal(error: unknown, code: string): boolean {
  return isErrorCode(code) && error instanceof TerrariumError && error.code === code;
}

/**
 * Sets a quota on a znode, which need not be there, in place of the one that it has. Rejects with BAD_ARGUMENTS for the
 * root and for /zookeeper and what is below it. The servers count what is there, which takes time that grows with it.
 *
 * ```ts
 * await setQuota(client, "/jobs", { hardCount: 10_000, bytes: 5_000_000 });
 * ```
 */
export async function setQuota(
  client: QuotaClient,
  path: string,
  limits: QuotaLimits,
  options: RequestOptions = {},
): Promise<void> {
  checkedPath(path);
  const text = formatLimits(checkedLimits(limits));
  for (let end = path.indexOf("/", 1); ; end = path.indexOf("/", end + 1)) {
    await createIfMissing(client, root + (end === -1 ? path : path.slice(0, end)), "", options);
    if (end === -1) break;
  }
  // Counts first: a limit that counts nothing refuses nothing.
  await createIfMissing(client, statsPath(path), formatCounts({ count: 0, bytes: 0 }), options);
  if (!(await createIfMissing(client, limitsPath(path), text, options)))
    await client.set(limitsPath(path), text, options);
}

async function createIfMissing(
  client: QuotaClient,
  path: string,
  data: string,
  options: RequestOptions,
): Promise<boolean> {
  try {
    await client.create(path, data, options);
    return true;
  } catch (error) {
    if (isRefusal(error, "NODE_EXISTS")) return false;
    throw error;
  }
}

/** The quota that is set on a znode, or undefined. */
export async function getQuota(
  client: QuotaClient,
  path: string,
  options: RequestOptions = {},
): Promise<Quota | undefined> {
  checkedPath(path);
  try {
    const [limits, stats] = await Promise.all([
      client.get(limitsPath(path), options),
      client.get(statsPath(path), options),
    ]);
    return { path, limits: parseLimits(fromUtf8(limits.data)), ...parseCounts(fromUtf8(stats.data)) };
  } catch (error) {
    if (isRefusal(error, "NO_NODE")) return undefined;
    throw error;
  }
}

/** All quotas, by path. */
export async function listQuotas(client: QuotaClient, options: RequestOptions = {}): Promise<readonly Quota[]> {
  const found: Quota[] = [];
  const left = [root];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    try {
      for await (const { children } of client.childPages(at, options))
        for (const name of children) {
          const path = `${at}/${name}`;
          const part = quotaPart(path);
          if (part === undefined) left.push(path);
          else if (part.part === "limits") {
            const quota = await getQuota(client, part.path, options);
            if (quota !== undefined) found.push(quota);
          }
        }
    } catch (error) {
      // It went meanwhile.
      if (!isRefusal(error, "NO_NODE")) throw error;
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Takes a quota away, with the znodes above that keep nothing any more. Resolves to whether there was one. */
export async function removeQuota(client: QuotaClient, path: string, options: RequestOptions = {}): Promise<boolean> {
  checkedPath(path);
  const removed = await deleteIfThere(client, limitsPath(path), options);
  await deleteIfThere(client, statsPath(path), options);
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/")))
    if (!(await deleteIfThere(client, root + at, options))) break;
  return removed;
}

async function deleteIfThere(client: QuotaClient, path: string, options: RequestOptions): Promise<boolean> {
  try {
    await client.delete(path, options);
    return true;
  } catch (error) {
    if (isRefusal(error, "NO_NODE") || isRefusal(error, "NOT_EMPTY")) return false;
    throw error;
  }
}
