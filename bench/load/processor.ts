/** What processes have taken of the machine, as Linux counts it. */
import { readFileSync } from "node:fs";

/** `/proc` counts in hundredths of a second, on every architecture that Node runs on. */
const tickMicros = 10_000;

/** User and system time of processes so far, all their threads together, in microseconds; `undefined` where there is no `/proc`. */
export function processorMicros(pids: readonly number[]): number | undefined {
  let micros = 0;
  for (const pid of pids) {
    const taken = microsIn(`/proc/${pid}/stat`);
    if (taken === undefined) return undefined;
    micros += taken;
  }
  return micros;
}

/** The same of the thread alone in which a process runs its JavaScript. */
export function mainThreadMicros(pid: number): number | undefined {
  return microsIn(`/proc/${pid}/task/${pid}/stat`);
}

function microsIn(file: string): number | undefined {
  const text = read(file);
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses, which may hold anything: times are the 14th and the 15th.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMicros;
}

/** Memory that processes have in use, bytes, all together; `undefined` where there is no `/proc`. */
export function residentBytes(pids: readonly number[]): number | undefined {
  let bytes = 0;
  for (const pid of pids) {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
    if (kibibytes === undefined) return undefined;
    bytes += Number(kibibytes) * 1024;
  }
  return bytes;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return undefined;
  }
}
