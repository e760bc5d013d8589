/**
 * Goes with a process that is to be looked into (`node --import`): at SIGUSR2 it begins to note what runs, at the next one it
 * writes that down, as Node's own `--cpu-prof` would, into `BENCH_PROFILES/PID.cpuprofile`.
 */
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { join } from "node:path";

const { BENCH_PROFILES: folder } = process.env;
const session = new Session();
let noting = false;

/** Between two looks, microseconds: fine enough for turns of a fraction of a millisecond. */
const intervalMicros = 200;

function turn(home: string): void {
  if (!noting) {
    session.connect();
    session.post("Profiler.enable");
    session.post("Profiler.setSamplingInterval", { interval: intervalMicros });
    session.post("Profiler.start");
  } else {
    session.post("Profiler.stop", (error, result) => {
      const file = join(home, `${process.pid}.cpuprofile`);
      writeFileSync(`${file}.part`, JSON.stringify(error ?? result.profile));
      // Whoever waits for the file finds it whole.
      renameSync(`${file}.part`, file);
    });
    session.disconnect();
  }
  noting = !noting;
}

if (folder !== undefined) process.on("SIGUSR2", () => turn(folder));
