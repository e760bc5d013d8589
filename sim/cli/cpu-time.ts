/** How long a thread has worked. */
import { readFileSync } from "node:fs";

/** Processor time of this thread, ms; on systems that do not tell it, time. */
export function cpuMs(): number {
  try {
    // After the name in brackets, which may hold blanks: utime and stime are the 12th and 13th, in hundredths of a second.
    const stat = readFileSync("/proc/thread-self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}
