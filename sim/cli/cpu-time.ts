/** How long a thread has worked. */
import { readFileSync, readlinkSync } from "node:fs";

/** What the system calls this thread, for {@link cpuMs} of another one; undefined on systems that do not tell it. */
export function ownThread(): string | undefined {
  try {
    return readlinkSync("/proc/thread-self");
  } catch {
    return undefined;
  }
}

/** Processor time of a thread of this process, ms, by default this one's; on systems that do not tell it, time. */
export function cpuMs(thread = "thread-self"): number {
  try {
    // After the name in brackets, which may hold blanks: utime and stime are the 12th and 13th, in hundredths of a second.
    const stat = readFileSync(`/proc/${thread}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}
