// How vitest runs when a mutant is tried on the tests (`npm run mutants -- --random N --tests`): one file has another text.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Where the other text is, and in the place of which file: both absolute. Neither: the code as it is. */
const { TERRARIUM_PLANTED_TEXT: text, TERRARIUM_PLANTED_FILE: file } = process.env;

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [
    {
      name: "a file with another text",
      enforce: "pre",
      load: (id) => (text !== undefined && id.split("?")[0] === file ? readFileSync(text, "utf8") : undefined),
    },
  ],
  test: {
    watch: false,
    include: ["test/{unit,property,paper}/**/*.test.ts"],
    // A slow machine must not count as a kill.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
    bail: 1,
  },
});
