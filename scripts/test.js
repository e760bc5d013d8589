// What `npm test` runs: code generation, lint, types, build, then all tests. Ends with one line, `N passed, N failed`,
// in which each step counts as one and each test as one.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (path) => join(root, "node_modules", path);
let passed = 0;
let failed = 0;

/** Runs a Node program in the checkout; returns whether it exited with 0. */
function run(title, args) {
  console.log(`\n── ${title}`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return status === 0;
}

function step(title, args) {
  if (run(title, args)) passed += 1;
  else {
    failed += 1;
    console.log(`✗ ${title} failed`);
  }
}

/** Runs vitest and adds its counts. A file that could not be loaded counts as one failure. */
function tests(title, args) {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-test-"));
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const ok = run(title, [bin("vitest/vitest.mjs"), "run", ...reporters, ...args]);
  const failedBefore = failed;
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    passed += numPassedTests;
    failed += numFailedTests;
    for (const { status, assertionResults } of testResults) {
      if (status === "failed" && !assertionResults.some((result) => result.status === "failed")) failed += 1;
    }
  }
  // An error outside of any test, or a crash.
  if (!ok && failed === failedBefore) failed += 1;
  rmSync(folder, { recursive: true, force: true });
}

step("protobuf code", ["scripts/proto.js"]);
step("format and lint", [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."]);
step("rooms", ["scripts/check-rooms.js"]);
step("types", [bin("typescript/bin/tsc"), "-p", "tsconfig.json", "--noEmit"]);
step("types of the browser's part", [bin("typescript/bin/tsc"), "-p", "web/tsconfig.json", "--noEmit"]);
step("build", ["scripts/build.js"]);
step("documentation", ["scripts/docs.js", "check"]);
tests("tests", process.argv.slice(2));
const hunted = ["--seed-from", "1", "--runs", "500", "--all-marks", "--coverage"];
// Always the same seeds: a failure here is a failure of the change, not of luck. `npm run hunt` looks further. Together
// they reach every mark, and no less of the code than before: so the checkers were put to the test.
if (process.argv.length === 2) step("a short hunt", ["scripts/run.js", "sim/hunt-main", ...hunted]);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
