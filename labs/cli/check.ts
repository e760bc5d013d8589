/** Grades an answer: does it compile, do the tests of the rule pass, does every promise hold in the simulator. */

import type { HuntTask } from "../hunt.ts";
import type { TestFile } from "../lab.ts";
import { unwrittenIn } from "./blank.ts";
import { compile, type Problem } from "./compile.ts";
import type { LabFolder } from "./folder.ts";
import { type CodePlace, type HuntOutcome, hunt, plansOf } from "./hunt.ts";
import { outOfRoom } from "./rooms.ts";
import { type TestOutcome, TestRunner } from "./tests.ts";

/** What an answer is put to. */
export interface Exam {
  readonly tests: readonly TestFile[];
  readonly plans: HuntTask["plans"];
  readonly seeds: HuntTask["seeds"];
}

/** What came of it; what was not reached is undefined. */
export interface Verdict {
  readonly passed: boolean;
  /** Symbols that are not written yet. */
  readonly unwritten: readonly (CodePlace & { readonly symbol: string })[];
  readonly problems: readonly Problem[];
  /** What its rooms do not allow. */
  readonly outOfRoom: readonly Problem[];
  readonly tests: TestOutcome | undefined;
  readonly hunt: HuntOutcome | undefined;
}

/** Events for shrinking: some seconds. */
export const shrinkEventsMax = 250_000;

/** The exam of a lab. */
export function examOf(lab: {
  readonly tests: readonly TestFile[];
  readonly scenes?: readonly string[];
  readonly regressions?: readonly string[];
  readonly seeds: HuntTask["seeds"];
}): Exam {
  return { tests: lab.tests, plans: plansOf(lab.scenes ?? [], lab.regressions ?? []), seeds: lab.seeds };
}

/**
 * Grades what is in `folder`. The same answer gets the same verdict, wherever it is graded. `loopMs`: how much processor time
 * its code may take without coming back.
 */
export async function check(folder: LabFolder, exam: Exam, loopMs?: number): Promise<Verdict> {
  const files = folder.files();
  const unwritten = [...files].flatMap(([file, text]) => unwrittenIn(text).map((one) => ({ file, ...one })));
  const problems = await compile(folder.path);
  const nothing = { passed: false, unwritten, problems, outOfRoom: [], tests: undefined, hunt: undefined };
  if (unwritten.length > 0 || problems.length > 0) return nothing;
  const impure = outOfRoom(files);
  if (impure.length > 0) return { ...nothing, outOfRoom: impure };
  const runner = new TestRunner(loopMs);
  try {
    // One on each of two cores.
    const [tests, hunted] = await Promise.all([
      exam.tests.length === 0 ? undefined : runner.run(files, exam.tests),
      exam.plans.length + exam.seeds.count === 0
        ? undefined
        : hunt(files, { plans: exam.plans, seeds: exam.seeds, shrinkEventsMax }, loopMs),
    ]);
    const testsPassed = tests === undefined || (tests.failed.length === 0 && tests.stuck === undefined);
    const held = hunted === undefined || hunted.kind === "held";
    return { passed: testsPassed && held, unwritten, problems, outOfRoom: [], tests, hunt: hunted };
  } catch (error) {
    const problem = bundlerProblem(error);
    if (problem === undefined) throw error;
    return { ...nothing, problems: [problem] };
  } finally {
    runner.close();
  }
}

/** What the bundler complains about, such as an export that another file misses, is the answer's fault too. */
function bundlerProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("errors" in error) || !Array.isArray(error.errors)) return undefined;
  const [first] = error.errors as readonly { text: string; location: BundlerLocation | null }[];
  if (first === undefined) return undefined;
  const { file = "", line = 0, column = 0, lineText = "" } = first.location ?? {};
  return { file, line, column: column + 1, message: first.text, text: lineText };
}

interface BundlerLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
}
