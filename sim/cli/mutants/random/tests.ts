/** Gives mutants that lived to the unit and property tests. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { root } from "../../root.ts";
import type { RandomMutant } from "./draw.ts";
import { TestFiles } from "./test-files.ts";

/** What the tests said of a mutant. */
export interface TestVerdict {
  /** How many test files lead to its file. */
  readonly files: number;
  /** The first that failed; empty if none did. */
  readonly failed: string;
}

/** So many files at a time, so that the near ones come first and the others are often spared. */
const batch = 12;

/** Tests that take longer than any, ms, hang: a mutant can make a loop that never ends. */
const silenceMs = 300_000;

/** Tries mutants on tests. */
export class Tests {
  readonly #files = new TestFiles();
  readonly #folder = mkdtempSync(join(tmpdir(), "terrarium-planted-"));

  readonly #stop: AbortSignal;

  /** `stop`: aborted, what runs is ended. */
  constructor(stop: AbortSignal) {
    this.#stop = stop;
  }

  /** Undefined if it was stopped. What fails without the mutant too does not count. */
  async verdictOn({ file, planted }: RandomMutant): Promise<TestVerdict | undefined> {
    const tests = this.#files.of(file);
    const text = join(this.#folder, "planted.ts");
    writeFileSync(text, planted);
    const put = { TERRARIUM_PLANTED_TEXT: text, TERRARIUM_PLANTED_FILE: resolve(root, file) };
    for (let i = 0; i < tests.length && !this.#stop.aborted; i += batch) {
      const failed = await this.#run(tests.slice(i, i + batch), put);
      if (failed === undefined || this.#stop.aborted) continue;
      if ((await this.#run([failed], {})) === undefined) return { files: tests.length, failed };
    }
    return this.#stop.aborted ? undefined : { files: tests.length, failed: "" };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs `tests`; the first that failed, or undefined. */
  async #run(tests: readonly string[], environment: Readonly<Record<string, string>>): Promise<string | undefined> {
    const report = join(this.#folder, "report.json");
    rmSync(report, { force: true });
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const config = join(root, "scripts/planted-tests.config.js");
    const args = ["run", "--config", config, "--reporter=json", `--outputFile=${report}`, ...tests];
    const ended = await new Promise<boolean>((done, fail) => {
      // In a group of its own, so that its workers end with it.
      const child = spawn(process.execPath, [vitest, ...args], {
        cwd: root,
        env: { ...process.env, ...environment },
        stdio: "ignore",
        detached: true,
      });
      const kill = (): void => {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      };
      const timer = setTimeout(kill, silenceMs);
      this.#stop.addEventListener("abort", kill);
      child.once("error", fail);
      child.once("close", (code) => {
        clearTimeout(timer);
        this.#stop.removeEventListener("abort", kill);
        done(code !== null);
      });
    });
    if (!ended || !existsSync(report)) {
      if (environment["TERRARIUM_PLANTED_FILE"] === undefined && !this.#stop.aborted)
        throw new Error(`vitest gives no report of ${tests.join(", ")}`);
      return tests[0];
    }
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
    const failed = testResults.find(({ status }) => status === "failed");
    return failed === undefined ? undefined : relative(root, failed.name).replaceAll("\\", "/");
  }
}

/** The part of vitest's report that is read. */
interface Report {
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}
