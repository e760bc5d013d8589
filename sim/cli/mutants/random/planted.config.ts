/** How vitest runs when a mutant is tried on the tests: one of the files is another. */
import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { root } from "../../root.ts";

/** Where the mutated text is, and in the place of which file: both absolute. Neither: the code as it is. */
const { TERRARIUM_PLANTED_TEXT: text, TERRARIUM_PLANTED_FILE: file } = process.env;

export default defineConfig({
  root,
  plugins: [
    {
      name: "a file in the place of another",
      enforce: "pre",
      load: (id) => (text !== undefined && id.split("?")[0] === file ? readFileSync(text, "utf8") : undefined),
    },
  ],
  test: {
    watch: false,
    include: ["test/{unit,property,paper}/**/*.test.ts"],
    // The one thing that may not happen: that a slow machine counts as a kill.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
    bail: 1,
  },
});
