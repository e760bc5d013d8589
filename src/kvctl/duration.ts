/** Durations as people type them. */
import { limits } from "../base/limits.ts";
import { usage } from "./failures.ts";

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  "": 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
};
const dayMs = 24 * 3_600_000;

/**
 * Milliseconds of `500ms`, `5s`, `1.5s`, `2m`, `1h`, `1d` or a bare number of seconds: more than 0, at most `longestMs`.
 * Anything else is a usage error; `option` names its source.
 */
export function parseDuration(text: string, option: string, longestMs = dayMs): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text.trim());
  const unit = match ? units[match[2] ?? ""] : undefined;
  const hint = "give it as 500ms, 5s, 2m or 1h; a bare number means seconds";
  if (!match || unit === undefined) throw usage(`${option}: '${text}' is not a duration`, hint);
  const ms = Math.round(Number(match[1]) * unit);
  if (ms < 1 || ms > longestMs)
    throw usage(`${option}: '${text}' is out of range (1ms to ${longest(longestMs)})`, hint);
  return ms;
}

/** The time to live of a znode, milliseconds: as {@link parseDuration}, but as long as ZooKeeper allows. */
export function parseTtl(text: string): number {
  return parseDuration(text, "--ttl", limits.ttlMaxMs);
}

function longest(ms: number): string {
  return ms > dayMs ? `${Math.floor(ms / dayMs)}d` : "24h";
}
