/** What another server says, as far as it is understood: it may be of another version, and say more or less. */
import type { Glimpse, WatchedPaths } from "../http/observed.ts";
import type { SessionRow } from "../node/clients/session-page.ts";

/** What a server alone knows of a session; the rest is the same at all. */
export type OwnKnowledge = Pick<SessionRow, "id" | "attachedHere" | "silentMs"> & Partial<Pick<SessionRow, "watches">>;

/** The value of a JSON text; undefined if it is none. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whether all is there that a view is made of. */
export function isGlimpse(value: unknown): value is Glimpse {
  if (!has(value, "status") || !has(value, "log") || !has(value, "links")) return false;
  const { status, log, links } = value;
  const numbers = ["id", "term", "commitIndex", "appliedIndex", "lastIndex", "durableIndex", "sessions"];
  return (
    Array.isArray(log) &&
    Array.isArray(links) &&
    has(status, "role") &&
    typeof status.role === "string" &&
    has(status, "members") &&
    Array.isArray(status.members) &&
    status.members.every((member: unknown) => typeof property(member, "id") === "number") &&
    numbers.every((name) => typeof property(status, name) === "number") &&
    ["disk", "turns", "reads", "writes"].every((name) => typeof property(value, name) === "object")
  );
}

/** Where its sessions stand, if it says that. */
export function standingsOf(value: unknown): readonly OwnKnowledge[] | undefined {
  if (!has(value, "sessions") || !Array.isArray(value.sessions)) return undefined;
  const rows: readonly unknown[] = value.sessions;
  return rows.every((row) => has(row, "id") && typeof row.id === "number")
    ? (rows as readonly OwnKnowledge[])
    : undefined;
}

/** What clients watch, if it is that. */
export function watchesOf(value: unknown): WatchedPaths | undefined {
  if (!has(value, "id") || !has(value, "total") || !has(value, "watched")) return undefined;
  return typeof value.id === "number" && typeof value.total === "number" && Array.isArray(value.watched)
    ? (value as unknown as WatchedPaths)
    : undefined;
}

function has<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === "object" && value !== null && key in value;
}

function property(value: unknown, key: string): unknown {
  return has(value, key) ? value[key] : undefined;
}
