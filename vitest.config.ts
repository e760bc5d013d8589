import { defineConfig } from "vitest/config";

const timed = ["failover", "moving", "stopping"].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    watch: false,
    // Once, before any project: the generated code is not committed.
    globalSetup: "scripts/proto-setup.js",
    projects: [
      {
        test: {
          name: "code",
          include: ["test/{unit,property,paper,scenarios}/**/*.test.ts"],
          // Generous: a loaded machine may take many times as long as an idle one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real processes, which wait for each other most of the time: two files at a time, when nothing else runs.
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: timed,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One at a time: how long something takes means something there.
        test: {
          name: "e2e-timed",
          include: timed,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Pages in a real browser, where there is one: skipped, in words, where there is none.
        test: {
          name: "web",
          include: ["test/web/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
