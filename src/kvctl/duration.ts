/** Durations as people type them. */
import { usage } from "./failures.ts";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, "": 1_000, m: 60_000, h: 3_600_000 };
const longestMs = 24 * 3_600_000;

/**
 * Milliseconds of `500ms`, `5s`, `1.5s`, `2m`, `1h` or a bare number of seconds: more than 0, at most a day. Anything else is
 * a usage error; `option` names its source.
 */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text.trim());
  const unit = match ? units[match[2] ?? ""] : undefined;
  const hint = "give it as 500ms, 5s, 2m or 1h; a bare number means seconds";
  if (!match || unit === undefined) throw usage(`${option}: '${text}' is not a duration`, hint);
  const ms = Math.round(Number(match[1]) * unit);
  if (ms < 1 || ms > longestMs) throw usage(`${option}: '${text}' is out of range (1ms to 24h)`, hint);
  return ms;
}
