/**
 * Goes with a process that is to be looked into (`node --import`): at SIGUSR2 it begins to note what runs, at the next one it
 * writes that down, as Node's own `--cpu-prof` would, into `BENCH_PROFILES/PID.cpuprofile`. At the third it begins to note what
 * is allocated, and at the fourth it writes that into `PID.heapprofile`; then all over again.
 */
import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { join } from "node:path";

const { BENCH_PROFILES: folder } = process.env;
const session = new Session();
let turns = 0;

/** Between two looks, microseconds: fine enough for turns of a fraction of a millisecond. */
const intervalMicros = 200;

/** From one allocation that is noted to the next, bytes on average. */
const intervalBytes = 64 * 1024;

function write(file: string, content: object): void {
  writeFileSync(`${file}.part`, JSON.stringify(content));
  // Whoever waits for the file finds it whole.
  renameSync(`${file}.part`, file);
}

const steps: readonly ((home: string) => void)[] = [
  () => {
    session.connect();
    session.post("Profiler.enable");
    session.post("Profiler.setSamplingInterval", { interval: intervalMicros });
    session.post("Profiler.start");
  },
  (home) => {
    session.post("Profiler.stop", (error, result) =>
      write(join(home, `${process.pid}.cpuprofile`), error ?? result.profile),
    );
    session.post("Profiler.disable");
  },
  () => {
    // What is gone by the end counts as well.
    const options = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    session.post("HeapProfiler.startSampling", { samplingInterval: intervalBytes, ...options });
  },
  (home) => {
    session.post("HeapProfiler.stopSampling", (error, result) =>
      write(join(home, `${process.pid}.heapprofile`), error ?? result.profile),
    );
    session.disconnect();
  },
];

if (folder !== undefined) process.on("SIGUSR2", () => steps[turns++ % steps.length]?.(folder));
