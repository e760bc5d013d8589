/** Runs the tests of a lab's rule against an answer, in a process that is ended when a test does not come back. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { root } from "../../sim/cli/root.ts";
import type { TestFile } from "../lab.ts";
import { type CodePlace, loopCpuMs } from "./hunt.ts";

/** A test that failed. */
export interface FailedTest {
  /** "test/paper/5.2.test.ts > group > test". */
  readonly name: string;
  readonly message: string;
  /** What was expected and what came, if the test compares values. */
  readonly diff: string;
  /** The innermost line of the answer, or else of the test. */
  readonly at: CodePlace | undefined;
}

/** How the tests went. */
export interface TestOutcome {
  readonly passed: number;
  readonly failed: readonly FailedTest[];
  /** They do not come back; this is the last one that did, "" if none. Else undefined. */
  readonly stuck: string | undefined;
}

type FromTests =
  | { readonly type: "cpu"; readonly ms: number }
  | { readonly type: "alive" }
  | { readonly type: "end"; readonly test: string; readonly error?: ErrorOfTest }
  | { readonly type: "over" };

interface ErrorOfTest {
  readonly message: string;
  readonly diff: string;
  readonly stacks: readonly CodePlace[];
}

/** A process that runs tests, job after job. To be closed. */
export class TestRunner {
  #child: ChildProcess | undefined;
  readonly #loopMs: number;

  /** `loopMs`: after so much processor time without a sign of life the code under test counts as caught in a loop. */
  constructor(loopMs: number = loopCpuMs) {
    this.#loopMs = loopMs;
  }

  /** Runs `tests` with `files` in the place of those of the checkout. One job at a time. */
  run(files: ReadonlyMap<string, string>, tests: readonly TestFile[]): Promise<TestOutcome> {
    this.#child ??= fork(join(root, "scripts/lab-tests.js"), { cwd: root, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    const child = this.#child;
    return new Promise((resolve, reject) => {
      let passed = 0;
      const failed: FailedTest[] = [];
      let last = "";
      let said = "";
      // Of the process, at its last sign of life.
      let aliveAt: number | undefined;
      const end = (): void => {
        child.removeAllListeners();
        child.stderr?.removeAllListeners();
      };
      child.stderr?.on("data", (text: Buffer) => {
        said += text.toString();
      });
      child.on("message", (message: FromTests) => {
        if (message.type !== "cpu") aliveAt = undefined;
        else {
          aliveAt ??= message.ms;
          if (message.ms - aliveAt <= this.#loopMs) return;
          end();
          this.close();
          resolve({ passed, failed, stuck: last });
        }
        if (message.type === "end") {
          last = message.test;
          if (message.error === undefined) passed++;
          else failed.push(failedTest(message.test, message.error, files));
        } else if (message.type === "over") {
          end();
          resolve({ passed, failed, stuck: undefined });
        }
      });
      child.on("exit", (code) => {
        end();
        this.#child = undefined;
        reject(new Error(`the tests ended with ${code}: ${said.trim()}`));
      });
      child.send({ files: Object.fromEntries(files), tests });
    });
  }

  /** Ends the process. */
  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}

function failedTest(name: string, error: ErrorOfTest, files: ReadonlyMap<string, string>): FailedTest {
  const { message, diff, stacks } = error;
  const at = stacks.find(({ file }) => files.has(file)) ?? stacks[0];
  // Colours are for another terminal than this one.
  return { name, message: stripVTControlCharacters(message), diff: stripVTControlCharacters(diff), at };
}
