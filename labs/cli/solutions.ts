/** `npm run lab -- check --solutions`: the code as it is as the answer to each lab, and how long it takes to be graded. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, print } from "../../sim/cli/command.ts";
import { root } from "../../sim/cli/root.ts";
import { allLabs } from "../catalogue.ts";
import type { Lab } from "../lab.ts";
import { check, examOf, type Verdict } from "./check.ts";
import { defaultHome, LabFolder } from "./folder.ts";
import { reportLines } from "./report.ts";

/** Grades the code as it is, as if a reader had written it. `home` holds the lab's folder meanwhile. */
export async function gradeSolution(lab: Lab, home: string): Promise<Verdict> {
  const files = [...new Set(lab.blanks.map(({ file }) => file))];
  const folder = new LabFolder(lab.name, home);
  folder.create(new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")])), "");
  return await check(folder, examOf(lab));
}

/** The command: a line for each lab, and what is wrong with the one that does not pass. */
export async function gradeSolutions(): Promise<number> {
  const home = `${defaultHome}/.solutions-${process.pid}`;
  const longest = Math.max(...allLabs.map(({ name }) => name.length));
  let [passed, slowest] = [0, 0];
  try {
    for (const lab of allLabs) {
      const from = performance.now();
      const verdict = await gradeSolution(lab, home);
      const seconds = (performance.now() - from) / 1_000;
      slowest = Math.max(slowest, seconds);
      if (verdict.passed) passed++;
      print(`${verdict.passed ? "✓" : "✗"} ${lab.name.padEnd(longest)} ${seconds.toFixed(1).padStart(6)} s`);
      if (!verdict.passed) {
        const of = { name: lab.name, folder: home, files: new Map(), promise: lab.promise, plan: undefined };
        print(reportLines(verdict, of).join("\n"));
      }
    }
  } finally {
    rmSync(join(root, home), { recursive: true, force: true });
  }
  print(`\n${passed} of ${allLabs.length} passed · ${slowest.toFixed(1)} s at most`);
  return passed === allLabs.length ? exitCodes.fine : exitCodes.broken;
}
