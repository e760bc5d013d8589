/** Numbers and times as people read them, and text that came from elsewhere made safe to look at. */
import type { Durations } from "../../src/http/observed.ts";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A count, with its thousands apart. */
export function count(n: number): string {
  return whole.format(n);
}

/** A rate, with a fraction where that tells something. */
export function rate(perSecond: number | null): string {
  return perSecond === null ? "–" : (perSecond < 10 ? tenths : whole).format(perSecond);
}

/** A duration of measurements, in the unit that fits. */
export function took(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** Median and 99th percentile; a dash where nothing was measured. */
export function percentiles({ count: measured, p50, p99 }: Durations): string {
  return measured === 0 ? "–" : `${took(p50)} · ${took(p99)}`;
}

/** A span of time. */
export function span(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

/** Bytes, in the unit that fits. */
export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  for (const unit of ["KiB", "MiB", "GiB"]) {
    n /= 1024;
    if (n < 1024 || unit === "GiB") return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${unit}`;
  }
  return "";
}

/** The time of day, with seconds. */
export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** Date and time to the millisecond, in the reader's time zone. */
export function moment(ms: number): string {
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) return String(ms);
  return `${at.toLocaleDateString("sv")} ${at.toLocaleTimeString("en-GB")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** What moves the cursor, turns the direction of writing, or is not seen at all. Line ends and tabs may stay. */
const unseen = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` with what would not show, or would show in another place than where it is, written as `⟨U+NNNN⟩`. */
export function shown(text: string): string {
  return text.replace(unseen, (char) => {
    if (char === "\n" || char === "\t") return char;
    return `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** {@link shown} on one line, cut in the middle if it is longer than `max` code units. */
export function shownLine(text: string, max = 200): string {
  const line = shown(text).replace(/[\n\t]/g, " ");
  return line.length <= max ? line : `${line.slice(0, max / 2)}…${line.slice(-max / 2)}`;
}
