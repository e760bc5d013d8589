/** What V8 counts while runs go on: in the thread that runs them. */
import { type Profiler, Session } from "node:inspector";
import { pathToFileURL } from "node:url";
import { roomFiles } from "../rooms.ts";
import { root } from "../root.ts";

/** Counts of one file's functions and blocks. */
export type ScriptCoverage = Profiler.ScriptCoverage;

/** Has V8 count from now on how often each block of the code of this thread runs. It must begin before that code is loaded. */
export class CoverageCount {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** The counts of the files of the simulated rooms. */
  take(): readonly ScriptCoverage[] {
    const wanted = new Set(roomFiles().map(urlOf));
    let counts: readonly ScriptCoverage[] = [];
    // Within a thread, the answer comes before the call returns.
    this.#session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error !== null) throw error;
      counts = answer.result.filter(({ url }) => wanted.has(url));
    });
    this.#session.disconnect();
    return counts;
  }
}

/** The address of the built code of a source file. */
export function urlOf(file: string): string {
  return pathToFileURL(`${root}dist/${file.replace(/\.ts$/, ".js")}`).href;
}
