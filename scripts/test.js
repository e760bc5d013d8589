// What `npm test` runs: code generation, lint, types, build, then all tests. Ends with one line, `N passed, N failed`,
// in which each step counts as one and each test as one.

import { spawn, spawnSync } from "node:child_process";
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

function count(title, ok) {
  if (ok) passed += 1;
  else {
    failed += 1;
    console.log(`✗ ${title} failed`);
  }
}

function step(title, args) {
  count(title, run(title, args));
}

/** Steps one after the other, each with all that it said once it has ended: beside them go those of another lane. */
async function lane(steps) {
  for (const [title, args] of steps) {
    const { ok, output } = await outputOf(args);
    console.log(`\n── ${title}`);
    process.stdout.write(output);
    count(title, ok);
  }
}

function outputOf(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
    child.once("error", (error) => resolve({ ok: false, output: `${error.message}\n` }));
    child.once("close", (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks) }));
  });
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
// The pages' transcripts wait for servers, most of the time: the types are checked meanwhile.
await Promise.all([
  lane([
    ["format and lint", [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."]],
    ["rooms", ["scripts/check-rooms.js"]],
    ["types", [bin("typescript/bin/tsc"), "-p", "tsconfig.json", "--noEmit"]],
    ["types of the browser's part", [bin("typescript/bin/tsc"), "-p", "web/tsconfig.json", "--noEmit"]],
  ]),
  lane([
    ["build", ["scripts/build.js"]],
    ["documentation", ["scripts/docs.js", "check"]],
  ]),
]);
tests("tests", process.argv.slice(2));
const hunted = ["--seed-from", "1", "--runs", "500", "--all-marks", "--coverage"];
// Always the same seeds: a failure here is a failure of the change, not of luck. `npm run hunt` looks further. Together
// they reach every mark, and no less of the code than before: so the checkers were put to the test.
if (process.argv.length === 2) step("a short hunt", ["scripts/run.js", "sim/hunt-main", ...hunted]);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
