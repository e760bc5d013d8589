/** How far a long command has come: a line on the terminal that the next one replaces. */
import type { Output } from "../ports.ts";

/** Between two lines, milliseconds. */
const intervalMs = 200;
const barWidth = 24;

/** Where a command stands. */
export interface Standing {
  readonly done: number;
  /** Undefined: it is not known. */
  readonly total: number | undefined;
}

/** Shows lines while `task` runs; none where nobody looks. */
export async function withProgress<T>(
  out: Output,
  what: string,
  standing: () => Standing,
  task: () => Promise<T>,
): Promise<T> {
  const { status } = out;
  if (status === undefined || out.json) return await task();
  const began = performance.now();
  const show = (): void => status(progressLine(what, standing(), performance.now() - began));
  const timer = setInterval(show, intervalMs);
  try {
    return await task();
  } finally {
    clearInterval(timer);
    status("");
  }
}

/** The line after `elapsedMs`. */
export function progressLine(what: string, { done, total }: Standing, elapsedMs: number): string {
  const rate = (done * 1000) / Math.max(1, elapsedMs);
  const speed = `${Math.round(rate).toLocaleString("en")}/s`;
  if (total === undefined || total === 0) return `${what}  ${done.toLocaleString("en")} znodes  ${speed}`;
  // What comes while it is counted may make it more than it was.
  const share = Math.min(1, done / total);
  const filled = Math.floor(share * barWidth);
  const bar = `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}]`;
  const left = rate > 0 && done < total ? `  ${duration((total - done) / rate)} left` : "";
  return `${what}  ${bar} ${Math.floor(share * 100)} %  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}  ${speed}${left}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
